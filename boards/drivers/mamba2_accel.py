# SPDX-License-Identifier: Apache-2.0
"""Driver of `mamba2_accel`: a whole Mamba2 model from one start, tokens while it runs.

The only place where software writes the kernel's arguments; formats and laws come from `golden.mamba2.accel`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import torch

from boards.drivers.arena import Arena
from boards.drivers.striped import StripedIP
from golden.errors import InputError
from golden.mamba2.accel.arguments import Arguments
from golden.spec import Mamba2AccelConfig
from golden.spec.gen import mamba2_accel as regs
from harness.bench.mamba2_record import Mamba2Counters

BEST = 8
"""Logits in the record of a chosen token; also the values of a captured beat."""
LOOK_S = 1e-3
"""Between two looks for new tokens."""
REGIONS = ("p", "w", "e", "tok", "s", "out", "tap")
"""Names of the memory's regions: region `x` lies at the argument `x_off`."""
_WORDS = (
    *("d_model", "heads", "headdim", "d_state", "ngroups", "vocab", "model_layers", "layer_first", "layer_count"),
    *("prompt", "generate", "chunk_heads", "mem_first", "eps_d", "eps_i"),
)
_LONG_WORDS = (*(f"{name}_off" for name in REGIONS), "arena_bytes", "s_bytes")


class Image(Protocol):
    """What an arena holds before a start: the packed regions, and the arguments that say where they lie."""

    @property
    def regions(self) -> Mapping[str, torch.Tensor]:
        """By name of `REGIONS`: uint8 [beats, WIDE]; regions that the kernel alone writes may be left out."""

    @property
    def arguments(self) -> Arguments:
        """Of the first start; its `bases` do not count, as the arena has its own."""


@dataclass(frozen=True)
class Best:
    """The record of a chosen token: the greatest logits with their indices, the greatest first."""

    index: tuple[int, ...]
    value: tuple[int, ...]

    @property
    def token(self) -> int:
        """Return the chosen token."""
        return self.index[0]


class Mamba2Accel(StripedIP):
    """The accelerator on one device. Use it inside `with kernel.arena(size): ...`, in which a model lives."""

    bindto: ClassVar[list[str]] = ["krait:kernel:mamba2_accel:1.0"]
    KERNEL = "mamba2_accel"
    MAP_VERSION = regs.MAP_VERSION
    KERNEL_ID = regs.KERNEL_ID
    ERRORS = regs.ErrorCode
    COUNTERS: ClassVar[tuple[regs.Offset, ...]] = (
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
    PROGRESS: ClassVar[tuple[regs.Offset, ...]] = (
        regs.Offset.TOKENS_DONE,
        regs.Offset.TOKENS_RUN,
        regs.Offset.LAYERS_DONE,
        regs.Offset.TAP_BEATS,
    )
    DUMP: ClassVar[Mapping[str, tuple[int, int]]] = {
        "CTRL": (regs.Offset.CTRL, 32),
        "ERROR": (regs.Offset.ERROR, 32),
        **{offset.name: (offset, 32) for offset in PROGRESS},
        **{offset.name: (offset, 64) for offset in COUNTERS},
    }

    config: Mamba2AccelConfig

    # ---- memory

    def arena(self, size: int) -> Arena:
        """Return a new arena as `StripedIP.arena` does; where in it what lies is for the arguments to say."""
        arena = super().arena(size)
        arena.reserve(arena.size)
        return arena

    def load(self, image: Image) -> None:
        """Copy the regions of an image to the arena, at the offsets that its arguments give.

        Raises:
            InputError: a region is unknown, has bytes of another geometry, or leaves the arena.
        """
        for name, wide in image.regions.items():
            if name not in REGIONS:
                raise InputError(f"image: found region {name!r}, expected one of {', '.join(REGIONS)}")
            self.write_region(image.arguments, name, wide)

    def write_region(self, arguments: Arguments, name: str, wide: torch.Tensor) -> None:
        """Copy a region, uint8 [beats, WIDE]: another prompt, or states to go on from."""
        self.write_beats(getattr(arguments, f"{name}_off"), wide)

    def states(self, arguments: Arguments) -> torch.Tensor:
        """Return the states in memory, uint8 [beats, WIDE]; golden.mamba2.accel.layout.unpack_state reads them."""
        return self.read_beats(arguments.s_off, arguments.s_bytes // self.config.port_bytes)

    # ---- runs

    def begin(self, arguments: Arguments) -> None:
        """Write the arguments and start. What is illegal is not checked here: the kernel reports it (`KernelError`).

        Raises:
            InputError: ARENA_BYTES allow the kernel memory that is not the arena's.
        """
        if arguments.arena_bytes > self.memory.size:
            found, size = arguments.arena_bytes, self.memory.size
            raise InputError(f"{self.name}: ARENA_BYTES is {found}, the arena has {size} bytes a port")
        for name in _WORDS:
            self.put(regs.Offset[name.upper()], getattr(arguments, name))
        for name in _LONG_WORDS:
            self.put64(regs.Offset[name.upper()], getattr(arguments, name))
        self.put(regs.Offset.MODE, _mode(arguments))
        self.put(regs.Offset.TAP, _tap(arguments))
        self.start()

    def run(self, arguments: Arguments, timeout_s: float = 60.0) -> tuple[Best, ...]:
        """Start, wait for the end, and return the records of all chosen tokens.

        Raises:
            KernelError: the kernel reports an error.
            MachineError: not done in time.
        """
        return tuple(self.stream(arguments, timeout_s))

    def stream(self, arguments: Arguments, timeout_s: float = 60.0) -> Iterator[Best]:
        """Start, and yield each chosen token as soon as its record is in memory; errors as for `run`.

        A caller that stops early has to wait all the same: the arena stays in use until the run has ended.
        """
        if self._fits_out(arguments):
            self.poison(arguments.out_off, arguments.generate)
        self.begin(arguments)
        looks, given = self.looks(timeout_s, LOOK_S), 0
        try:
            for _ in looks:
                done = self.get(regs.Offset.TOKENS_DONE)
                yield from self.records(arguments, given, done)
                given = done
            yield from self.records(arguments, given, self.get(regs.Offset.TOKENS_DONE))
        finally:
            for _ in looks:
                pass

    def records(self, arguments: Arguments, first: int, end: int) -> Iterator[Best]:
        """Yield the records of the chosen tokens `first` .. `end` - 1, which are in memory."""
        if first < end:
            wide = self.read_beats(arguments.out_off + first * self.config.port_bytes, end - first)
            for record in wide[:, : BEST * 8].contiguous().view(torch.int32).reshape(-1, BEST, 2):
                yield Best(tuple(record[:, 0].tolist()), tuple(record[:, 1].tolist()))

    def taps(self, arguments: Arguments) -> torch.Tensor:
        """Return what the last run captured, int64 [beats, 8] in the order of the work.

        Raises:
            InputError: the arena ends before that.
        """
        beats = self.get(regs.Offset.TAP_BEATS)
        wide = self.read_beats(arguments.tap_off, -(-beats * BEST * 4 // self.config.wide_bytes))
        return wide.reshape(-1).view(torch.int32).reshape(-1, BEST)[:beats].to(torch.int64)

    def counters(self) -> Mamba2Counters:
        """Return the counters of the last run, with the beats of every port."""
        beats = self.port_beats()
        return Mamba2Counters(
            **self.count(),
            **{offset.name.lower(): self.get(offset) for offset in self.PROGRESS},
            rd_beats=tuple(read for read, _ in beats),
            wr_beats=tuple(written for _, written in beats),
        )

    # ---- inside

    def _fits_out(self, arguments: Arguments) -> bool:
        return arguments.out_off + arguments.generate * self.config.port_bytes <= self.memory.size


def _mode(arguments: Arguments) -> int:
    value = regs.MODE_CONTINUE.put(arguments.keep, regs.MODE_RAW.put(arguments.raw))
    return regs.MODE_HEAD.put(arguments.head, value)


def _tap(arguments: Arguments) -> int:
    value = regs.TAP_LAYER.put(arguments.tap_layer, regs.TAP_POINT.put(arguments.tap_point))
    return regs.TAP_ALL_LAYERS.put(arguments.tap_all, value)
