# SPDX-License-Identifier: Apache-2.0
"""Driver of `mamba2_accel`: a whole Mamba2 model from one start, tokens while it runs.

The only place where software writes the kernel's arguments; formats and laws come from `golden.mamba2.accel`.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import ClassVar, Protocol

import torch

from boards.drivers.model_accel import ModelAccel, dump_of
from golden.mamba2.accel.arguments import Arguments
from golden.spec import Mamba2AccelConfig
from golden.spec.gen import mamba2_accel as regs
from harness.bench.mamba2_record import Mamba2Counters


class Image(Protocol):
    """What an arena holds before a start: the packed regions, and the arguments that say where they lie."""

    @property
    def regions(self) -> Mapping[str, torch.Tensor]:
        """By name of `REGIONS`: uint8 [beats, WIDE]; regions that the kernel alone writes may be left out."""

    @property
    def arguments(self) -> Arguments:
        """Of the first start; its `bases` do not count, as the arena has its own."""


class Mamba2Accel(ModelAccel[Arguments]):
    """The accelerator on one device. Use it inside `with kernel.arena(size): ...`, in which a model lives."""

    bindto: ClassVar[list[str]] = ["krait:kernel:mamba2_accel:1.0"]
    KERNEL = "mamba2_accel"
    MAP_VERSION = regs.MAP_VERSION
    KERNEL_ID = regs.KERNEL_ID
    ERRORS = regs.ErrorCode
    OFFSETS = regs.Offset
    REGIONS = ("p", "w", "e", "tok", "s", "out", "tap")
    WORDS = (
        *("d_model", "heads", "headdim", "d_state", "ngroups", "vocab", "model_layers", "layer_first", "layer_count"),
        *("prompt", "generate", "chunk_heads", "mem_first", "eps_d", "eps_i"),
    )
    LONG_WORDS = (*(f"{name}_off" for name in REGIONS), "arena_bytes", "s_bytes")
    COUNTERS: ClassVar[tuple[IntEnum, ...]] = (
        regs.Offset.CYCLES,
        regs.Offset.WEIGHT_BEATS,
        regs.Offset.WINDOW,
        regs.Offset.STALL_WEIGHTS,
        regs.Offset.STALL_ACTS,
        regs.Offset.STALL_OUT,
        regs.Offset.SSM_BEATS,
        regs.Offset.STALL_STATE,
        regs.Offset.FIRST_TOKEN,
    )
    DUMP = dump_of(COUNTERS, regs.Offset)

    config: Mamba2AccelConfig

    def load(self, image: Image) -> None:
        """Copy the regions of an image to the arena, at the offsets that its arguments give; errors as there."""
        for name, wide in image.regions.items():
            self.write_region(image.arguments, name, wide)

    def states(self, arguments: Arguments) -> torch.Tensor:
        """Return the states in memory, uint8 [beats, WIDE]; golden.mamba2.accel.layout.unpack_state reads them."""
        return self.read_beats(arguments.s_off, arguments.s_bytes // self.config.port_bytes)

    def records_of(self, arguments: Arguments) -> int:
        """Return how many tokens a start chooses."""
        return arguments.generate

    def packed(self, arguments: Arguments) -> dict[str, int]:
        """Return the words of MODE and TAP."""
        mode = regs.MODE_CONTINUE.put(arguments.keep, regs.MODE_RAW.put(arguments.raw))
        tap = regs.TAP_LAYER.put(arguments.tap_layer, regs.TAP_POINT.put(arguments.tap_point))
        return {
            "mode": regs.MODE_HEAD.put(arguments.head, mode),
            "tap": regs.TAP_ALL_LAYERS.put(arguments.tap_all, tap),
        }

    def counters(self) -> Mamba2Counters:
        """Return the counters of the last run, with the beats of every port."""
        return Mamba2Counters(**self.raw_counters())
