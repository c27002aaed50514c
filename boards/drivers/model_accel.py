# SPDX-License-Identifier: Apache-2.0
"""What the kernels that run whole models share: a model in the arena, one start, tokens while it runs.

Registers that mean the same have one name in every such kernel's map; they are found by it.
"""

from abc import ABCMeta, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import torch
from pynq.overlay import RegisterIP

from boards.drivers.arena import Arena
from boards.drivers.striped import StripedIP
from golden.errors import InputError

BEST = 8
"""Logits in the record of a chosen token; also the values of a captured beat."""
RESIDUAL = 2
"""Tap point behind each layer."""
LOOK_S = 1e-3
"""Between two looks for new tokens."""


class Start(Protocol):
    """Arguments of a start, as far as all kernels have them; the rest are registers by their names in lower case."""

    @property
    def arena_bytes(self) -> int:
        """Bytes of every port's arena."""

    @property
    def out_off(self) -> int:
        """Where records of chosen tokens go."""

    @property
    def tap_off(self) -> int:
        """Where captured beats go."""


A = TypeVar("A", bound=Start)


@dataclass(frozen=True)
class Best:
    """The record of a chosen token: the greatest logits with their indices, the greatest first."""

    index: tuple[int, ...]
    value: tuple[int, ...]

    @property
    def token(self) -> int:
        """Return the chosen token."""
        return self.index[0]


class AbstractIP(RegisterIP, ABCMeta):
    """PYNQ's binding of drivers to kernels, and no driver that leaves an abstract method open."""


class ModelAccel(StripedIP, Generic[A], metaclass=AbstractIP):
    """The accelerator on one device. Use it inside `with kernel.arena(size): ...`, in which a model lives.

    A subclass sets beyond what `StripedIP` asks for: `OFFSETS`, its registers; `REGIONS`, of which `x` lies at the
    argument `x_off`; `WORDS` and `LONG_WORDS`, arguments of 32 and 64 bits that have a register each; `PROGRESS`. It
    offers `packed`, its other registers, and `records_of`, how many records a start leaves.
    """

    OFFSETS: ClassVar[type[IntEnum]]
    REGIONS: ClassVar[tuple[str, ...]]
    WORDS: ClassVar[tuple[str, ...]]
    LONG_WORDS: ClassVar[tuple[str, ...]]
    PROGRESS: ClassVar[tuple[str, ...]] = ("TOKENS_DONE", "TOKENS_RUN", "LAYERS_DONE", "TAP_BEATS")

    # ---- memory

    def arena(self, size: int) -> Arena:
        """Return a new arena as `StripedIP.arena` does; where in it what lies is for the arguments to say."""
        arena = super().arena(size)
        arena.reserve(arena.size)
        return arena

    def write_region(self, arguments: A, name: str, wide: torch.Tensor) -> None:
        """Copy a region, uint8 [beats, WIDE]: a prompt, or what earlier starts left.

        Raises:
            InputError: the region is unknown, has bytes of another geometry, or leaves the arena.
        """
        if name not in self.REGIONS:
            raise InputError(f"image: found region {name!r}, expected one of {', '.join(self.REGIONS)}")
        self.write_beats(getattr(arguments, f"{name}_off"), wide)

    # ---- runs

    def begin(self, arguments: A) -> None:
        """Write the arguments and start. What is illegal is not checked here: the kernel reports it (`KernelError`).

        Raises:
            InputError: ARENA_BYTES allow the kernel memory that is not the arena's.
        """
        if arguments.arena_bytes > self.memory.size:
            found, size = arguments.arena_bytes, self.memory.size
            raise InputError(f"{self.name}: ARENA_BYTES is {found}, the arena has {size} bytes a port")
        self.put_all({self.at(name): getattr(arguments, name) for name in self.WORDS})
        self.put_all({self.at(name): getattr(arguments, name) for name in self.LONG_WORDS}, 64)
        self.put_all({self.at(name): value for name, value in self.packed(arguments).items()})
        self.start()

    @abstractmethod
    def packed(self, arguments: A) -> dict[str, int]:
        """Return the words of registers that hold several arguments, or one of another name."""

    @abstractmethod
    def records_of(self, arguments: A) -> int:
        """Return how many tokens a start chooses."""

    def run(self, arguments: A, timeout_s: float = 60.0) -> tuple[Best, ...]:
        """Start, wait for the end, and return the records of all chosen tokens.

        Raises:
            KernelError: the kernel reports an error.
            MachineError: not done in time.
        """
        return tuple(self.stream(arguments, timeout_s))

    def stream(self, arguments: A, timeout_s: float = 60.0) -> Iterator[Best]:
        """Start, and yield each chosen token as soon as its record is in memory; errors as for `run`.

        A caller that stops early has to wait all the same: the arena stays in use until the run has ended.
        """
        if arguments.out_off + self.records_of(arguments) * self.config.port_bytes <= self.memory.size:
            self.poison(arguments.out_off, self.records_of(arguments))
        self.begin(arguments)
        looks, given = self.looks(timeout_s, LOOK_S), 0
        try:
            for _ in looks:
                done = self.get(self.at("TOKENS_DONE"))
                yield from self.records(arguments, given, done)
                given = done
            yield from self.records(arguments, given, self.get(self.at("TOKENS_DONE")))
        finally:
            for _ in looks:
                pass

    def records(self, arguments: A, first: int, end: int) -> Iterator[Best]:
        """Yield the records of the chosen tokens `first` .. `end` - 1, which are in memory."""
        if first < end:
            wide = self.read_beats(arguments.out_off + first * self.config.port_bytes, end - first)
            for record in wide[:, : BEST * 8].contiguous().view(torch.int32).reshape(-1, BEST, 2):
                yield Best(tuple(record[:, 0].tolist()), tuple(record[:, 1].tolist()))

    def taps(self, arguments: A) -> torch.Tensor:
        """Return what the last run captured, int64 [beats, 8] in the order of the work.

        Raises:
            InputError: the arena ends before that.
        """
        beats = self.get(self.at("TAP_BEATS"))
        wide = self.read_beats(arguments.tap_off, -(-beats * BEST * 4 // self.config.wide_bytes))
        return wide.reshape(-1).view(torch.int32).reshape(-1, BEST)[:beats].to(torch.int64)

    def raw_counters(self) -> dict[str, Any]:
        """Return the counters of the last run by the names of `ModelCounters`, with the beats of every port."""
        beats = self.port_beats()
        return {
            **self.count(),
            **{name.lower(): self.get(self.at(name)) for name in self.PROGRESS},
            "rd_beats": tuple(read for read, _ in beats),
            "wr_beats": tuple(written for _, written in beats),
        }

    def at(self, name: str) -> IntEnum:
        """Return the offset of a register by its name, or that of the argument in it."""
        return self.OFFSETS[name.upper()]


def dump_of(counters: tuple[IntEnum, ...], offsets: type[IntEnum]) -> dict[str, tuple[int, int]]:
    """Return what a timeout reports of such a kernel, for `KraitIP.DUMP`."""
    words = (offsets[name] for name in ("CTRL", "ERROR", *ModelAccel.PROGRESS))
    return {
        **{offset.name: (int(offset), 32) for offset in words},
        **{offset.name: (int(offset), 64) for offset in counters},
    }
