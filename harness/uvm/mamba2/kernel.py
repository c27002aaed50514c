# SPDX-License-Identifier: Apache-2.0
"""Kernel agent of `mamba2_accel`: memory contents and register writes of a start, everything it may have written."""

from collections.abc import Iterator

from golden.fixed.pot import Pot
from golden.mamba2.accel.arguments import TAP_BITS, Arguments, up
from golden.mamba2.accel.layout import unpack_state
from golden.spec.gen import mamba2_accel as regs
from harness.uvm.arena import Bytes, Mask, allow, wide
from harness.uvm.mamba2.items import Stimulus
from harness.uvm.model_kernel import ModelDriver, counters
from harness.uvm.model_start import Action
from harness.uvm.starts import StartAgent

REGIONS = ("p", "w", "e", "tok", "s", "out", "tap")
WORDS = (
    *("d_model", "heads", "headdim", "d_state", "ngroups", "vocab", "model_layers", "layer_first", "layer_count"),
    *("prompt", "generate", "chunk_heads", "mem_first", "eps_d", "eps_i"),
    *(f"{name}_off" for name in REGIONS),
    *("arena_bytes", "s_bytes"),
)
"""Arguments that are a register each."""
COUNTERS = counters("SSM_BEATS", "STALL_STATE")


def written(s: Stimulus) -> dict[int, int]:
    """Where a start may write, begin -> bytes: records, copied beats, states in memory; an illegal one nowhere."""
    a, c, step = s.legal, s.counts, s.cfg.port_bytes
    if s.action is Action.ILLEGAL:
        return {}
    beats = c.chunks * c.chunk_beats
    taps = up(TAP_BITS * s.taps, 8 * s.cfg.wide_bytes)
    spans = {a.out_off: a.generate * step, a.tap_off: taps * step}
    return spans | {a.s_off + layer * beats * step: beats * step for layer in s.state_layers}


def states(s: Stimulus, arena: Bytes) -> dict[int, Pot]:
    """Return the states of the run's layers in memory, by layer."""
    beats = s.counts.chunks * s.counts.chunk_beats
    places = {layer: s.legal.s_off + layer * beats * s.cfg.port_bytes for layer in s.state_layers}
    return {
        layer: unpack_state(wide(arena, at, beats, s.cfg), s.model.cfg, s.model.profile, s.state_shape, s.cfg)
        for layer, at in places.items()
    }


class Driver(ModelDriver):
    """Driver of one `mamba2_accel`."""

    WORDS = WORDS
    COUNTERS = COUNTERS
    ERRORS = regs.ErrorCode
    STATUS = ("CTRL", "ERROR", *COUNTERS)

    def packed(self, a: Arguments) -> Iterator[tuple[str, int]]:
        """Yield MODE and TAP."""
        yield "MODE", regs.MODE_HEAD.put(a.head, regs.MODE_CONTINUE.put(a.keep, regs.MODE_RAW.put(a.raw)))
        tap = regs.TAP_ALL_LAYERS.put(a.tap_all, regs.TAP_POINT.put(a.tap_point))
        yield "TAP", regs.TAP_LAYER.put(a.tap_layer, tap)

    def written(self, stimulus: Stimulus, size: int) -> Mask:
        """Return where a start may write."""
        return allow(size, self._cfg.ports, written(stimulus))

    def kept(self, stimulus: Stimulus, after: Bytes) -> dict[int, Pot]:
        """Return the states in memory."""
        return states(stimulus, after)


class ModelAgent(StartAgent):
    """Sequencer and driver of whole starts."""

    DRIVER = Driver
