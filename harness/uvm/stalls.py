# SPDX-License-Identifier: Apache-2.0
"""Stall and fault profiles of the memory, shared by the beat-level and the bulk transport."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from random import Random


class StallKind(Enum):
    """How a memory channel holds the accelerator up."""

    NONE = 0
    """Ready and valid whenever there is something to move."""
    RANDOM = 1
    """Each channel stalls in each cycle with probability `p`."""
    BURSTS = 2
    """Long pauses (16..64 cycles) between long free runs, as a refresh makes them."""
    ALTERNATE = 3
    """Every other cycle: no two beats in a row."""
    ONE_PORT = 4
    """Port 0 crawls (7 of 8 cycles stalled) while the others run free: the ports drift apart."""
    WRITES = 5
    """Only AW, W and B stall, heavily: results pile up."""


@dataclass(frozen=True)
class Stalls:
    """A stall profile; `p` is used by RANDOM alone. `seed` makes it repeatable."""

    kind: StallKind = StallKind.NONE
    p: float = 0.0
    seed: int = 0

    def pattern(self, port: int, channel: str) -> Iterator[bool]:
        """Yield for each cycle whether `channel` ('ar', 'r', 'aw', 'w', 'b') of `port` stalls."""
        random = Random(f"{self.seed}/{self.kind.name}/{port}/{channel}")
        writes = channel in ("aw", "w", "b")
        if self.kind is StallKind.RANDOM:
            return _bernoulli(random, self.p)
        if self.kind is StallKind.BURSTS:
            return _bursts(random)
        if self.kind is StallKind.ALTERNATE:
            return _alternate()
        if self.kind is StallKind.ONE_PORT and port == 0:
            return _bernoulli(random, 7 / 8)
        if self.kind is StallKind.WRITES and writes:
            return _bernoulli(random, 15 / 16)
        return _never()


def _never() -> Iterator[bool]:
    while True:
        yield False


def _alternate() -> Iterator[bool]:
    while True:
        yield True
        yield False


def _bernoulli(random: Random, p: float) -> Iterator[bool]:
    while True:
        yield random.random() < p


def _bursts(random: Random) -> Iterator[bool]:
    while True:
        for _ in range(random.randint(16, 128)):
            yield False
        for _ in range(random.randint(16, 64)):
            yield True


class Access(Enum):
    """Which side of a port a fault hits."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True)
class Fault:
    """An error response (SLVERR) on every access of one kind that touches [start, stop) of a port's arena."""

    port: int
    access: Access
    start: int
    stop: int
