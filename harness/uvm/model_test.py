# SPDX-License-Identifier: Apache-2.0
"""Base of the tests of accelerators of whole models."""

from collections.abc import Iterable
from itertools import islice
from typing import Any, Protocol

from harness.uvm.kernel_test import KernelTest
from harness.uvm.model_sequences import Bed, Starts
from harness.uvm.sequences import walk_registers


class Source(Protocol):
    """The starts of a kernel, which its module `sequences` makes."""

    def random_models(self, bed: Bed, least: bool = False) -> Iterable[Iterable[Any]]:
        """The starts of drawn knobs, draw by draw for ever; of the least model where asked for."""

    def corners(self, bed: Bed) -> Iterable[Any]:
        """Starts that meet by construction what drawn ones meet by luck."""

    def refusals(self, bed: Bed) -> Iterable[Any]:
        """Every illegal argument between two starts."""

    def decoding(self, bed: Bed, items: int) -> Iterable[Any]:
        """A zoo model on held-out text, `items` times."""


class ModelTest(KernelTest):
    """Base: plays what a kernel's `SOURCE` makes."""

    SOURCE: Source

    @property
    def bed(self) -> Bed:
        """What starts are made for."""
        return Bed(self.cfg, self.bench.memory, self.job.seed, self.job.repeat, self.job.bias)

    async def play_random(self, items: int, least: bool = False) -> None:
        """Play drawn models."""
        drawn = islice(self.SOURCE.random_models(self.bed, least), items)
        await self.play(Starts("random_models", (start for starts in drawn for start in starts)))


class Drawn(ModelTest):
    """Plays drawn starts."""

    async def body(self) -> None:
        """Play as many as the job asks for."""
        await self.play_random(self.job.items)


class Least(ModelTest):
    """Plays the least model under drawn stalls."""

    async def body(self) -> None:
        """Play as many as the job asks for."""
        await self.play_random(self.job.items, least=True)


class Corners(ModelTest):
    """Plays all corners."""

    async def body(self) -> None:
        """Play them."""
        await self.play(Starts("corners", self.SOURCE.corners(self.bed)))


class Refusals(ModelTest):
    """Plays all illegal arguments between two starts."""

    async def body(self) -> None:
        """Play them."""
        await self.play(Starts("refusals", self.SOURCE.refusals(self.bed)))


class Registers(ModelTest):
    """Walks the register map, then runs one model so that the scoreboard has seen the kernel alive."""

    async def body(self) -> None:
        """Walk and run."""
        await walk_registers(self.env.registers, self.cfg.ports, self.job.seed)
        await self.play_random(1)


class Decoding(ModelTest):
    """Plays held-out texts."""

    async def body(self) -> None:
        """Play as many as the job asks for."""
        await self.play(Starts("decoding", self.SOURCE.decoding(self.bed, self.job.items)))
