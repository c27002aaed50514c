# SPDX-License-Identifier: Apache-2.0
"""Kernel agent of `mamba2_accel`: memory contents and register writes of a start, everything it may have written."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from golden.fixed.pot import Pot
from golden.mamba2.accel.arguments import TAP_BITS, Arguments, tap_beats, up
from golden.mamba2.accel.layout import unpack_state
from golden.mamba2.accel.outcome import BEST
from golden.spec.gen import mamba2_accel as regs
from golden.striping import stripe, unstripe
from harness.uvm.mamba2.items import Action, Outcome, Stimulus
from harness.uvm.starts import SENTINEL, StartAgent, StartDriver

Bytes = NDArray[np.uint8]
"""[ports, size]: what every port's arena holds."""
REGIONS = ("p", "w", "e", "tok", "s", "out", "tap")
WORDS = (
    *("d_model", "heads", "headdim", "d_state", "ngroups", "vocab", "model_layers", "layer_first", "layer_count"),
    *("prompt", "generate", "chunk_heads", "mem_first", "eps_d", "eps_i"),
    *(f"{name}_off" for name in REGIONS),
    *("arena_bytes", "s_bytes"),
)
"""Arguments that are a register each."""
COUNTERS = (
    *("CYCLES", "WEIGHT_BEATS", "WINDOW", "STALL_WEIGHTS", "STALL_ACTS", "STALL_OUT", "SSM_BEATS", "STALL_STATE"),
    *("FIRST_TOKEN", "TOKENS_DONE", "TOKENS_RUN", "LAYERS_DONE", "TAP_BEATS"),
)


@dataclass(frozen=True)
class Span:
    """Bytes [start, stop) of every port's arena, by name."""

    name: str
    start: int
    stop: int


def written(s: Stimulus) -> Iterator[Span]:
    """Where a start may write: records, copied beats, states of the run's layers in memory; an illegal one nowhere."""
    a, c, step = s.legal, s.counts, s.cfg.port_bytes
    if s.action is Action.ILLEGAL:
        return
    yield Span("records", a.out_off, a.out_off + a.generate * step)
    yield Span("taps", a.tap_off, a.tap_off + up(TAP_BITS * tap_beats(a, c), 8 * s.cfg.wide_bytes) * step)
    for layer in s.state_layers:
        beats = c.chunks * c.chunk_beats
        at = a.s_off + layer * beats * step
        yield Span(f"state of layer {layer}", at, at + beats * step)


def contents(s: Stimulus, size: int) -> Bytes:
    """Return what every port's arena holds before the start, [ports, size]."""
    arena = np.full((s.cfg.ports, size), SENTINEL, dtype=np.uint8)
    for name, wide in s.regions.items():
        at = getattr(s.legal, f"{name}_off")
        arena[:, at : at + len(wide) * s.cfg.port_bytes] = stripe(wide, s.cfg).numpy()
    return arena


def changes(before: Bytes, after: Bytes, spans: Iterator[Span]) -> list[str]:
    """Return one line for each port on which bytes outside of `spans` changed."""
    different = before != after
    for span in spans:
        different[:, span.start : span.stop] = False
    return [
        f"memory: {int(row.sum())} bytes of port {port} changed where the start may not write, "
        f"the first at {int(row.argmax()):#x}"
        for port, row in enumerate(different)
        if row.any()
    ]


def _wide(s: Stimulus, arena: Bytes, at: int, beats: int) -> Tensor:
    """Wide beats at an offset, uint8 [beats, WIDE]."""
    part = np.ascontiguousarray(arena[:, at : at + beats * s.cfg.port_bytes])
    return unstripe(torch.from_numpy(part), s.cfg)


def records(s: Stimulus, arena: Bytes) -> tuple[Tensor, Tensor]:
    """Return index and value of the chosen tokens' records, int64 [generated, 8] each."""
    wide = _wide(s, arena, s.legal.out_off, s.legal.generate)[:, : 8 * BEST].contiguous()
    record = wide.view(torch.int32).reshape(-1, BEST, 2).to(torch.int64)
    return record[..., 0], record[..., 1]


def stream(s: Stimulus, arena: Bytes) -> Tensor:
    """Return the captured beats, int64 [beats, 8]."""
    beats = tap_beats(s.legal, s.counts)
    wide = _wide(s, arena, s.legal.tap_off, up(TAP_BITS * beats, 8 * s.cfg.wide_bytes))
    return wide.contiguous().view(torch.int32).reshape(-1, BEST)[:beats].to(torch.int64)


def states(s: Stimulus, arena: Bytes) -> dict[int, Pot]:
    """Return the states of the run's layers in memory, by layer."""
    beats = s.counts.chunks * s.counts.chunk_beats
    places = {layer: s.legal.s_off + layer * beats * s.cfg.port_bytes for layer in s.state_layers}
    return {
        layer: unpack_state(_wide(s, arena, at, beats), s.model.cfg, s.model.profile, s.state_shape, s.cfg)
        for layer, at in places.items()
    }


class ModelDriver(StartDriver):
    """Driver of one `mamba2_accel`."""

    STATUS = ("CTRL", "ERROR", *COUNTERS)

    def _fill(self, stimulus: Stimulus) -> None:
        self._before = contents(stimulus, self._memory.size)
        for port, arena in enumerate(self._before):
            self._memory.write(port, 0, arena)

    async def _program(self, stimulus: Stimulus) -> None:
        a = stimulus.arguments
        for name in WORDS:
            await self._regs.write(name.upper(), getattr(a, name))
        for port, base in enumerate(a.bases):
            await self._regs.write("PORT_BASE", base, element=port)
        await self._regs.write("MODE", _mode(a))
        await self._regs.write("TAP", _tap(a))

    async def _outcome(self, stimulus: Stimulus) -> Outcome:
        code, port = await self._error()
        counters = await self._count(COUNTERS)
        after = np.stack([self._memory.read(port, 0, self._memory.size) for port in range(self._cfg.ports)])
        index, value = records(stimulus, after)
        return Outcome(
            error=regs.ErrorCode(code),
            error_port=port,
            counters=counters,
            index=index,
            value=value,
            stream=stream(stimulus, after),
            states=states(stimulus, after),
            changed=tuple(changes(self._before, after, written(stimulus))),
            violations=tuple(self._memory.violations()),
        )


def _mode(a: Arguments) -> int:
    return regs.MODE_HEAD.put(a.head, regs.MODE_CONTINUE.put(a.keep, regs.MODE_RAW.put(a.raw)))


def _tap(a: Arguments) -> int:
    return regs.TAP_LAYER.put(a.tap_layer, regs.TAP_ALL_LAYERS.put(a.tap_all, regs.TAP_POINT.put(a.tap_point)))


class ModelAgent(StartAgent):
    """Sequencer and driver of whole starts."""

    DRIVER = ModelDriver
