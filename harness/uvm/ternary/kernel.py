# SPDX-License-Identifier: Apache-2.0
"""Kernel agent of `ternary_accel`: register writes of a start, everything it may have written."""

from collections.abc import Iterator

from golden.spec.gen import ternary_accel as regs
from golden.striping import stripe
from golden.ternary.accel.arguments import TAP_BITS, Arguments, up
from golden.ternary.accel.start import cache_of
from golden.ternary.integer.model import Cache
from harness.uvm.arena import Bytes, Mask, allow, wide
from harness.uvm.model_kernel import ModelDriver, counters
from harness.uvm.model_start import Action
from harness.uvm.starts import StartAgent
from harness.uvm.ternary.items import Stimulus
from harness.uvm.ternary.stimuli import grown

WORDS = (
    *("d_model", "heads", "kv_heads", "feed", "batch", "vocab", "model_layers", "prefix", "prefix_room", "own_room"),
    *("prompt", "generate", "feed_eps", "head_scale", "eps", "arena_bytes"),
    *("w_off", "e_off", "h_off", "a_off", "k_off", "tok_off", "out_off", "tap_off"),
)
COUNTERS = counters("CACHE_BEATS", "STALL_CACHE")


def written(s: Stimulus, size: int) -> Mask:
    """Where a start may write: records, copied beats, positions that join the caches; an illegal one nowhere."""
    a, step = s.legal, s.cfg.port_bytes
    if s.action is Action.ILLEGAL:
        return allow(size, s.cfg.ports, {})
    taps = up(TAP_BITS * s.taps, 8 * s.cfg.wide_bytes)
    mask = allow(size, s.cfg.ports, {a.out_off: a.batch * a.generate * step, a.tap_off: taps * step})
    new = stripe(grown(s).byte(), s.cfg).bool().numpy()
    mask[:, a.k_off : a.k_off + new.shape[1]] = new
    return mask


def caches(s: Stimulus, arena: Bytes) -> tuple[Cache, ...]:
    """Return what every text has cached behind the prefix."""
    a, laid = s.legal, s.laid

    def part(text: int, length: int) -> Cache:
        found = [laid.place(1 + text, layer) for layer in range(a.model_layers)]
        return tuple(cache_of(wide(arena, each.offset, each.beats, s.cfg), length, each, laid) for each in found)

    return tuple(part(text, own + a.added) for text, own in enumerate(a.texts))


class Driver(ModelDriver):
    """Driver of one `ternary_accel`."""

    WORDS = WORDS
    COUNTERS = COUNTERS
    ERRORS = regs.ErrorCode
    STATUS = ("CTRL", "ERROR", *COUNTERS)

    def packed(self, a: Arguments) -> Iterator[tuple[str, int]]:
        """Yield MODE, FRAC, TAP and the lengths of the texts."""
        yield "MODE", regs.MODE_HEAD.put(a.head, regs.MODE_TERNARY_HEAD.put(a.ternary_head))
        yield "FRAC", regs.FRAC_LOGIT.put(a.logit_frac, regs.FRAC_RESIDUAL.put(a.residual_frac))
        tap = regs.TAP_ALL_LAYERS.put(a.tap_all, regs.TAP_POINT.put(a.tap_point))
        yield "TAP", regs.TAP_LAYER.put(a.tap_layer, tap)
        yield from ((f"OWN_{text}", length) for text, length in enumerate(a.own))

    def written(self, stimulus: Stimulus, size: int) -> Mask:
        """Return where a start may write."""
        return written(stimulus, size)

    def kept(self, stimulus: Stimulus, after: Bytes) -> tuple[Cache, ...]:
        """Return the caches."""
        return caches(stimulus, after)


class TernaryAgent(StartAgent):
    """Sequencer and driver of whole starts."""

    DRIVER = Driver
