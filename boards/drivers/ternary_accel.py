# SPDX-License-Identifier: Apache-2.0
"""Driver of `ternary_accel`: whole BitNet models from one start, of up to four texts, tokens while it runs.

The only place where software writes the kernel's arguments; formats and laws come from `golden.ternary.accel`.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import ClassVar

from boards.drivers.model_accel import ModelAccel, dump_of
from golden.spec import TernAccelConfig
from golden.spec.gen import ternary_accel as regs
from golden.ternary.accel.arguments import Arguments
from golden.ternary.accel.start import Plan, cache_of, cache_parts
from golden.ternary.integer.model import Cache, Requests
from harness.bench.ternary_record import TernaryCounters


class TernaryAccel(ModelAccel[Arguments]):
    """The accelerator on one device. Use it inside `with kernel.arena(size): ...`, in which a model and its cache live.

    A start's records come step by step, and of each step text by text.
    """

    bindto: ClassVar[list[str]] = ["krait:kernel:ternary_accel:1.0"]
    KERNEL = "ternary_accel"
    MAP_VERSION = regs.MAP_VERSION
    KERNEL_ID = regs.KERNEL_ID
    ERRORS = regs.ErrorCode
    OFFSETS = regs.Offset
    REGIONS = ("w", "e", "h", "a", "k", "tok", "out", "tap")
    WORDS = (
        *("d_model", "heads", "kv_heads", "feed", "batch", "vocab", "model_layers"),
        *("prefix", "prefix_room", "own_room", "prompt", "generate", "feed_eps", "head_scale"),
    )
    LONG_WORDS = (*(f"{name}_off" for name in REGIONS), "arena_bytes", "eps")
    COUNTERS: ClassVar[tuple[IntEnum, ...]] = (
        regs.Offset.CYCLES,
        regs.Offset.WEIGHT_BEATS,
        regs.Offset.WINDOW,
        regs.Offset.STALL_WEIGHTS,
        regs.Offset.STALL_ACTS,
        regs.Offset.STALL_OUT,
        regs.Offset.CACHE_BEATS,
        regs.Offset.STALL_CACHE,
        regs.Offset.FIRST_TOKEN,
    )
    DUMP = dump_of(COUNTERS, regs.Offset)

    config: TernAccelConfig

    # ---- the cache

    def write_caches(self, requests: Requests, laid: Plan) -> None:
        """Copy the caches of a prefix and its texts to where they lie. InputError: there is no room for them."""
        for offset, beats in cache_parts(requests, laid):
            self.write_beats(offset, beats)

    def caches(self, laid: Plan, prefix: int, own: Sequence[int]) -> Requests:
        """Return what is cached: the first `prefix` positions of the shared part, and `own` ones of each text."""

        def part(index: int, length: int) -> Cache:
            places = [laid.place(index, layer) for layer in range(laid.shape.num_hidden_layers)]
            read = [self.read_beats(place.offset, place.beats) for place in places]
            return tuple(cache_of(beats, length, place, laid) for beats, place in zip(read, places, strict=True))

        return Requests(part(0, prefix), tuple(part(1 + text, length) for text, length in enumerate(own)))

    def copy_text(self, laid: Plan, text: int) -> None:
        """Copy the whole cache of text 0 to that of another text."""
        for layer in range(laid.shape.num_hidden_layers):
            place = laid.place(1, layer)
            self.write_beats(laid.place(1 + text, layer).offset, self.read_beats(place.offset, place.beats))

    # ---- runs

    def records_of(self, arguments: Arguments) -> int:
        """Return how many tokens a start chooses, of all texts."""
        return arguments.batch * arguments.generate

    def packed(self, arguments: Arguments) -> dict[str, int]:
        """Return the words of registers with fields, and the lengths of the texts."""
        tap = regs.TAP_LAYER.put(arguments.tap_layer, regs.TAP_POINT.put(arguments.tap_point))
        return {
            "mode": regs.MODE_HEAD.put(arguments.head, regs.MODE_TERNARY_HEAD.put(arguments.ternary_head)),
            "frac": regs.FRAC_LOGIT.put(arguments.logit_frac, regs.FRAC_RESIDUAL.put(arguments.residual_frac)),
            "tap": regs.TAP_ALL_LAYERS.put(arguments.tap_all, tap),
            **{f"own_{text}": length for text, length in enumerate(arguments.own)},
        }

    def counters(self) -> TernaryCounters:
        """Return the counters of the last run, with the beats of every port."""
        return TernaryCounters(**self.raw_counters())
