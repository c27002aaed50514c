# SPDX-License-Identifier: Apache-2.0
"""How knobs of any kernel are drawn by pyvsc: each field says from what, a table how often. Payloads come from NumPy.

What a seed draws follows from pyvsc's order: of the fields as they are declared, then of the table.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import vsc

K = TypeVar("K")
Weights = Mapping[str, tuple[int, ...]]
"""Knob -> weights of its first values; each other value has the weight 1. Knobs without weights prefer no value."""


@dataclass(frozen=True)
class Knob:
    """What a field is drawn from.

    Attributes:
        values: one of them, by a number of `bits` bits.
        span: least and greatest number where not all of `values` are meant.
        count: how many are drawn; several make a tuple.
    """

    values: Sequence[Any]
    span: tuple[int, int] | None
    bits: int
    count: int

    def numbers(self, name: str) -> tuple[str, ...]:
        """Return the names of what pyvsc draws for the field `name`."""
        return (name,) if self.count == 1 else tuple(f"{name}_{i}" for i in range(self.count))

    def value(self, drawn: Sequence[int]) -> Any:
        """Return the field's value."""
        found = tuple(self.values[number] for number in drawn)
        return found[0] if self.count == 1 else found


def knob(
    values: Sequence[Any] = range(1 << 8), *, span: tuple[int, int] | None = None, bits: int = 8, count: int = 1
) -> Any:
    """Declare a field of a kernel's knobs: one of `values`, or any number of 8 bits."""
    return field(metadata={"knob": Knob(values, span, bits, count)})


@vsc.randobj
class _Draw:
    """A number for each knob, which pyvsc can constrain and weigh."""

    def __init__(self, knobs: Mapping[str, Knob], weighed: Weights) -> None:
        self._knobs = {each: which for name, which in knobs.items() for each in which.numbers(name)}
        self._weighed = weighed
        for name, which in self._knobs.items():
            setattr(self, name, vsc.rand_bit_t(which.bits))

    @vsc.constraint
    def ranges(self) -> None:
        """Keep every number inside its values."""
        for name, which in self._knobs.items():
            if which.span is not None:
                getattr(self, name).inside(vsc.rangelist(which.span))
            elif len(which.values) < 1 << which.bits:
                getattr(self, name) < len(which.values)  # noqa: B015 - pyvsc records the statement as a constraint

    @vsc.constraint
    def weights(self) -> None:
        """Draw some values more often."""
        for name, first in self._weighed.items():
            count = len(self._knobs[name].values)
            each = (*first, *(1,) * (count - len(first)))
            vsc.dist(getattr(self, name), [vsc.weight(number, weight) for number, weight in enumerate(each)])


def draw(kind: type[K], weights: Weights, seed: int) -> Iterator[K]:
    """Yield knobs of a kernel for ever; the same seed gives the same ones."""
    knobs: dict[str, Knob] = {each.name: each.metadata["knob"] for each in fields(kind)}  # type: ignore[arg-type]
    source = _Draw(knobs, weights)
    source.set_randstate(vsc.RandState.mkFromSeed(seed))
    while True:
        source.randomize()
        drawn = {name: [int(getattr(source, each)) for each in which.numbers(name)] for name, which in knobs.items()}
        yield kind(**{name: which.value(drawn[name]) for name, which in knobs.items()})
