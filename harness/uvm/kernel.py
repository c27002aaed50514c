# SPDX-License-Identifier: Apache-2.0
"""Kernel agent of `tern_matvec`: memory contents and register writes of a start, results with their guards."""

import numpy as np
import torch

from golden.spec.gen import tern_matvec as regs
from golden.striping import stripe, unstripe
from golden.ternary.packing import tiling, unpack_y
from harness.uvm.items import Outcome, Stimulus
from harness.uvm.starts import SENTINEL, StartAgent, StartDriver
from harness.uvm.stimuli import GUARD

COUNTERS = ("CYCLES", "WEIGHT_BEATS", "WINDOW", "STALL_WEIGHTS", "STALL_TABLES", "STALL_OUTPUT", "STALL_HAZARD")


class KernelDriver(StartDriver):
    """Driver of one `tern_matvec`."""

    STATUS = ("CTRL", "ERROR", "ROW_TILES", "COL_BLOCKS", "VECTORS", *COUNTERS)

    def _fill(self, stimulus: Stimulus) -> None:
        """Write x and weights to every port's arena, and the sentinel where results and their guards will be."""
        arguments = stimulus.arguments
        for offset, data in ((arguments.x_off, stimulus.activations), (arguments.w_off, stimulus.weights)):
            place = offset - offset % self._cfg.port_bytes
            for port, lane in enumerate(stripe(data, self._cfg)):
                self._memory.write(port, place, lane.numpy())
        start, stop = self._y_span(stimulus)
        for port in range(self._cfg.ports):
            self._memory.write(port, start, np.full(stop - start, SENTINEL, dtype=np.uint8))

    def _y_span(self, stimulus: Stimulus) -> tuple[int, int]:
        """Return the bytes of the result region with a guard on both sides."""
        sizes = tiling(stimulus.rows, stimulus.cols, stimulus.vectors, self._cfg)
        y_off = stimulus.arguments.y_off - stimulus.arguments.y_off % self._cfg.port_bytes
        return y_off - GUARD, y_off + sizes.y_beats * self._cfg.port_bytes + GUARD

    async def _program(self, stimulus: Stimulus) -> None:
        arguments = stimulus.arguments
        for name in ("ROW_TILES", "COL_BLOCKS", "VECTORS", "X_OFF", "W_OFF", "Y_OFF"):
            await self._regs.write(name, getattr(arguments, name.lower()))
        for port, base in enumerate(arguments.port_base):
            await self._regs.write("PORT_BASE", base, element=port)

    async def _outcome(self, stimulus: Stimulus) -> Outcome:
        code, port = await self._error()
        counters = await self._count(COUNTERS)
        y, intact = self._results(stimulus)
        return Outcome(
            y=y,
            error=regs.ErrorCode(code),
            error_port=port,
            counters=counters,
            guards_intact=intact,
            violations=tuple(self._memory.violations()),
        )

    def _results(self, stimulus: Stimulus) -> tuple[torch.Tensor | None, bool]:
        """Return y int32 [M, V] (None if no byte of its region was written) and whether the guards are intact."""
        start, stop = self._y_span(stimulus)
        lanes = [self._memory.read(port, start, stop - start) for port in range(self._cfg.ports)]
        intact = all((lane[:GUARD] == SENTINEL).all() and (lane[-GUARD:] == SENTINEL).all() for lane in lanes)
        if all((lane == SENTINEL).all() for lane in lanes):
            return None, intact
        inner = torch.from_numpy(np.stack([lane[GUARD:-GUARD] for lane in lanes]))
        return unpack_y(unstripe(inner, self._cfg), stimulus.rows, stimulus.vectors, self._cfg), intact


class KernelAgent(StartAgent):
    """Sequencer and driver of whole starts."""

    DRIVER = KernelDriver
