# SPDX-License-Identifier: Apache-2.0
"""How knobs of any kernel are drawn by pyvsc: each field says from what, a table how often. Payloads come from NumPy.

What a seed draws follows from pyvsc's order: of the fields as they are declared, then of the table. A bias changes the
table, and puts values in the place of drawn ones afterwards.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from itertools import chain, repeat
from typing import Any, TypeVar

import vsc

from golden.errors import InputError
from harness.uvm.job import Bias

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
        directed: values that are never drawn, only asked for.

    With 0 bits nothing is drawn at all: it is the first of `values` unless a direction asks for another.
    """

    values: Sequence[Any]
    span: tuple[int, int] | None
    bits: int
    count: int
    directed: Sequence[Any] = ()

    def numbers(self, name: str) -> tuple[str, ...]:
        """Return the names of what pyvsc draws for the field `name`."""
        return (name,) if self.count == 1 else tuple(f"{name}_{i}" for i in range(self.count))

    def value(self, drawn: Sequence[int]) -> Any:
        """Return the field's value."""
        known = (*self.values, *self.directed)
        found = tuple(known[number] for number in drawn)
        return found[0] if self.count == 1 else found

    def number(self, name: str, wanted: str) -> int:
        """Return the number of a value by its text. InputError names the knob: it has no such value."""
        low, high = self.span or (0, len(self.values) - 1)
        texts = [text(value) for value in (*self.values, *self.directed)]
        found = texts.index(wanted) if wanted in texts else -1
        if found < len(self.values) and not low <= found <= high:
            raise InputError(
                f"direction of knob {name}: found {wanted!r}, expected one of its values, such as {texts[low]}"
            )
        return found


def knob(
    values: Sequence[Any] = range(1 << 8),
    *,
    span: tuple[int, int] | None = None,
    bits: int = 8,
    count: int = 1,
    directed: Sequence[Any] = (),
) -> Any:
    """Declare a field of a kernel's knobs: one of `values`, or any number of 8 bits."""
    return field(metadata={"knob": Knob(values, span, bits, count, directed)})


def led(*values: Any) -> Any:
    """Declare a field that only directions change: the first of `values` without them, and nothing is drawn for it."""
    return field(default=values[0], repr=False, metadata={"knob": Knob(values[:1], None, 0, 1, values[1:])})


def text(value: Any) -> str:
    """Return how a value of a knob is written in a job."""
    return value.name if isinstance(value, Enum) else str(value)


def table(kind: type) -> dict[str, Knob]:
    """Return what the fields of a kernel's knobs are drawn from, by name."""
    return {each.name: each.metadata["knob"] for each in fields(kind)}


def numbers(kind: type) -> dict[str, Knob]:
    """Return the knob of every number that is drawn."""
    return {each: which for name, which in table(kind).items() for each in which.numbers(name)}


@vsc.randobj
class _Draw:
    """A number for each knob, which pyvsc can constrain and weigh."""

    def __init__(self, knobs: Mapping[str, Knob], weighed: Weights) -> None:
        self._knobs = {each: which for name, which in knobs.items() for each in which.numbers(name) if which.bits}
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


def draw(kind: type[K], weights: Weights, seed: int, bias: Bias | None = None) -> Iterator[K]:
    """Yield knobs of a kernel for ever; the same seed and bias give the same ones.

    Raises:
        InputError: the bias names a knob, or a value of one, that the kernel does not have.
    """
    knobs, asked = table(kind), _asked(kind, bias or Bias())
    source = _Draw(knobs, {**weights, **(bias.weights if bias else {})})
    source.set_randstate(vsc.RandState.mkFromSeed(seed))
    for direction in chain(asked, repeat({})):
        source.randomize()
        drawn = {
            name: [direction.get(each, int(getattr(source, each, 0))) for each in which.numbers(name)]
            for name, which in knobs.items()
        }
        yield kind(**{name: which.value(drawn[name]) for name, which in knobs.items()})


def _asked(kind: type, bias: Bias) -> list[dict[str, int]]:
    """Return what a bias asks for in numbers, checked with its weights."""
    known = numbers(kind)
    for name in (*bias.weights, *(each for direction in bias.directions for each in direction)):
        if name not in known:
            raise InputError(f"bias: found knob {name!r}, expected one of {', '.join(known)}")
    for name, weights in bias.weights.items():
        if len(weights) != len(known[name].values) or known[name].span:
            raise InputError(f"weights of knob {name}: found {len(weights)}, expected one for each listed value")
    return [{each: known[each].number(each, value) for each, value in asked.items()} for asked in bias.directions]
