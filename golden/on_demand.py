# SPDX-License-Identifier: Apache-2.0
"""The layers of a model that is too large to stand in memory: each is read or made when it is taken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar, overload

T = TypeVar("T")


@dataclass(frozen=True)
class OnDemand(Sequence[T]):
    """What `make` gives for each of `indices`. It is called every time; none of its results is kept here."""

    make: Callable[[int], T]
    indices: range

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> "OnDemand[T]": ...

    def __getitem__(self, index: int | slice) -> "T | OnDemand[T]":
        """Make one, or choose some without making them."""
        if isinstance(index, slice):
            return OnDemand(self.make, self.indices[index])
        return self.make(self.indices[index])
