# SPDX-License-Identifier: Apache-2.0
"""Boards as the benchmarks see them (harness.bench.target, harness.bench.measure), over the kernel's PYNQ driver."""

import time
from itertools import pairwise
from typing import Any, Generic, TypeVar

import torch

from boards.device import KraitDevice
from boards.drivers.tern_matvec import TernMatvec, Weights
from boards.open import OpenBoard
from boards.sim.device import SimDevice
from golden.errors import InputError
from golden.spec.configs import TernConfig
from golden.striping import stripe
from harness.bench.measure import Timed
from harness.bench.measured import Times
from harness.bench.record import Counters, Kind

D = TypeVar("D", bound=KraitDevice)


class KernelTarget(Generic[D]):
    """A board with the kernel on it. Weights stay in its arena until it is closed."""

    def __init__(self, device: D, kernel: TernMatvec, arena_bytes: int) -> None:
        self._device, self._kernel = device, kernel
        self.arena = kernel.arena(arena_bytes)
        self._weights: dict[str, Weights] = {}

    @property
    def board(self) -> str:
        """Name as on the command line."""
        return str(self._device.name)

    @property
    def board_hash(self) -> str:
        """Hash of the board's declared facts."""
        return f"{self._device.facts.facts_hash():016x}"

    @property
    def config(self) -> TernConfig:
        """The kernel's configuration."""
        return self._kernel.config

    def load(self, name: str, weights: torch.Tensor, rows: int, cols: int) -> None:
        """Place packed weights uint8 [beats, WIDE] in device memory under a name, unless that name is there."""
        if name not in self._weights:
            self._weights[name] = self._kernel.load(stripe(weights, self.config).numpy(), rows, cols)

    def loaded(self, name: str) -> Weights:
        """Return weights by their name. InputError: there are none."""
        if name not in self._weights:
            raise InputError(f"board {self.board}: no weights {name!r} were loaded")
        return self._weights[name]

    def close(self) -> None:
        """Free the arena; a buffer that is still allocated afterwards is an error."""
        self.arena.close()
        self._device.check_leaks()


class VirtualTarget(KernelTarget[SimDevice]):
    """A virtual board: time is simulated, and the memory behind the ports is known."""

    kind: Kind = "simulated"

    @property
    def memory(self) -> str:
        """`ideal`, or `model` of the board's memory."""
        return "ideal" if self._device.ideal else "model"

    @property
    def deliverable(self) -> float:
        """Beats per cycle and port that the memory sustains."""
        return self._device.timing(self.config.port_bytes, self.config.clock_mhz).deliverable

    @property
    def cycles(self) -> int:
        """Simulated cycles since the overlay was loaded."""
        return 0 if self._device.model is None else self._device.model.cycles

    def start(self, weights: str, x: torch.Tensor, vectors: int) -> tuple[torch.Tensor, Counters]:
        """Run one start on loaded weights and packed activations uint8 [beats, WIDE]; y int32 [rows, vectors]."""
        result = self._kernel.run(self.loaded(weights), stripe(x, self.config).numpy(), vectors)
        return torch.from_numpy(result.y), result.counters

    def check(self) -> float:
        """Return the measured clock in MHz; MachineError if it is not the declared one."""
        return self._kernel.check_clock()


class TimedTarget(KernelTarget[KraitDevice]):
    """Any board, of which the host's time is measured.

    Args:
        opened: the board with its overlay.
        arena_bytes: bytes a port.
        timeout_s: of a start.
    """

    def __init__(self, opened: OpenBoard[Any], arena_bytes: int, timeout_s: float = 60.0) -> None:
        self._opened, self._bytes, self._timeout_s = opened, arena_bytes, timeout_s
        super().__init__(opened.device, opened.kernel, arena_bytes)

    def timed(self, weights: str, x: torch.Tensor, vectors: int) -> Timed:
        """Run one start on loaded weights and packed activations uint8 [beats, WIDE], and tell where its time went."""
        kernel, striped = self._kernel, stripe(x, self.config).numpy()
        with self.arena.scratch():
            times = [time.perf_counter()]
            case = kernel.prepare(self.loaded(weights), striped, vectors)
            times.append(time.perf_counter())
            counters = kernel.run_cases([case], self._timeout_s)[0]
            times.append(time.perf_counter())
            y = kernel.result(case)
            times.append(time.perf_counter())
        copied, ran, returned = (after - before for before, after in pairwise(times))
        return Timed(torch.from_numpy(y), counters, Times(counters.cycles, copied, ran, returned))

    def recover(self) -> None:
        """Load the overlay again, after a start that did not end; weights and arena are new. MachineError: it fails."""
        self._opened.reload()
        self.arena.close()
        self._weights.clear()
        self.arena = self._kernel.arena(self._bytes)
