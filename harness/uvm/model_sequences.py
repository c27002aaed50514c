# SPDX-License-Identifier: Apache-2.0
"""Sequences of starts of whole models: what a generator yields, which makes each start when it is asked for."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from pyuvm import uvm_sequence

from harness.uvm.job import Bias
from harness.uvm.memory import MemoryTransport
from harness.uvm.model_start import ModelItem, ModelStimulus

UNSEEN = 4096
"""Token of the held-out text from which on no calibration has seen it."""

Make = Callable[[str, Any, Any, tuple[int, ...], int, Generator], Iterator[Any]]
"""A kernel's `stimuli.make`: name, knobs, configuration, bases, bytes of an arena, generator -> starts."""


@dataclass(frozen=True)
class Bed:
    """What starts are made for: a configuration, where memory lies, the job's bias; `repeat` runs the job again."""

    cfg: Any
    memory: MemoryTransport
    seed: int
    repeat: str
    bias: Bias | None = None

    @property
    def bases(self) -> tuple[int, ...]:
        """Device addresses of the ports' arenas."""
        return tuple(self.memory.base(port) for port in range(self.cfg.ports))

    def made(self, make: Make, knobs: Iterable[Any], what: str) -> Iterator[Iterator[Any]]:
        """The starts of each knobs in turn, by the seed's generator."""
        rng = np.random.default_rng(self.seed)
        for index, each in enumerate(knobs):
            yield make(f"{what} {index}; {self.repeat}", each, self.cfg, self.bases, self.memory.size, rng)


class Starts(uvm_sequence):
    """Sends an item around every start."""

    def __init__(self, name: str, starts: Iterable[ModelStimulus]) -> None:
        super().__init__(name)
        self._starts = starts

    async def body(self) -> None:
        """Send the items."""
        for stimulus in self._starts:
            item = ModelItem(stimulus)
            await self.start_item(item)
            await self.finish_item(item)
