# SPDX-License-Identifier: Apache-2.0
"""One start of a whole model: where the counters behind the last layer come from."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from boards.model_bench import STEP, STEPS, run_start

PAUSE = 4096
"""Cycles that a virtual board runs on while a driver waits for a time."""
READ = 10
"""Cycles of a look at a register."""


@dataclass
class Clock:
    """A simulator that only counts; its kernel is done at `end`."""

    end: int
    cycles: int = 0

    @property
    def interrupt(self) -> bool:
        """High from the end on."""
        return self.cycles >= self.end

    def run(self, cycles: int) -> None:
        """Let time pass."""
        self.cycles += cycles


@dataclass
class Kernel:
    """Answers as a driver of a kernel whose prompt has passed the layers at `passed`, None for never."""

    clock: Clock
    passed: int | None

    def looks(self, timeout_s: float, every_s: float) -> Iterator[None]:
        """As `KraitIP.looks` on a virtual board, whose time stands still while nobody waits."""
        while not self.clock.interrupt:
            yield
            if every_s:
                self.clock.run(PAUSE)

    def at(self, name: str) -> str:
        """A register is its name."""
        return name

    def get(self, name: str) -> int:
        """TOKENS_RUN."""
        assert name == "TOKENS_RUN"
        self.clock.run(READ)
        return 5 if self.passed is not None and self.clock.cycles >= self.passed else 0

    def get64(self, name: str) -> int:
        """CYCLES, WEIGHT_BEATS."""
        self.clock.run(READ)
        return self.clock.cycles

    def records_of(self, arguments: object) -> int:
        """Nothing is chosen."""
        return 0

    def poison(self, offset: int, count: int) -> None:
        """Nothing is there."""

    def begin(self, arguments: object) -> None:
        """Time begins."""

    def records(self, arguments: object, first: int, end: int) -> Iterator[object]:
        """No record."""
        return iter(())

    def taps(self, arguments: object) -> None:
        """Nothing is captured."""


@pytest.mark.parametrize("passed", range(1, 4 * STEP * STEPS, PAUSE - 96))
def test_the_end_of_the_layers_is_seen_soon(passed: int) -> None:
    """A look and its registers late at most, however long the layers take; then the run goes on to its end."""
    clock = Clock(8 * STEP * STEPS)
    ran = run_start(Kernel(clock, passed), clock, SimpleNamespace(prompt=5, out_off=0))
    assert passed - 2 * READ <= ran.layers.cycles <= passed + STEP + 4 * READ
    assert clock.interrupt


def test_without_an_end_of_the_layers_the_run_ends() -> None:
    """The counters are those of the end."""
    clock = Clock(100_000)
    ran = run_start(Kernel(clock, None), clock, SimpleNamespace(prompt=5, out_off=0))
    assert ran.layers.cycles >= clock.end
