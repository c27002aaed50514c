# SPDX-License-Identifier: Apache-2.0
"""Laws that the knobs of every kernel keep."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from itertools import islice
from typing import Any, ClassVar


class KnobContract:
    """A kernel's own says what its knobs are and which classes each has, or which numbers."""

    KNOBS: ClassVar[type[Any]]
    DRAWN: ClassVar[tuple[Any, ...]]
    """The first ones of seed 7."""
    CLASSES: ClassVar[dict[str, tuple[Any, ...]]]
    BOUNDED: ClassVar[dict[str, tuple[int, int]]]
    """Least and greatest number."""
    TUPLES: ClassVar[tuple[str, ...]] = ()
    """Of several values each, with a law of their own."""

    draw: Callable[[int], Iterator[Any]]

    def test_a_seed_repeats_the_knobs(self) -> None:
        """Two sources of one seed agree draw by draw; another seed draws others."""
        assert tuple(islice(self.draw(7), 20)) == self.DRAWN[:20]
        assert tuple(islice(self.draw(8), 20)) != self.DRAWN[:20]

    def test_every_class_is_drawn(self) -> None:
        """A few hundred draws meet every class of every knob, and nothing outside: none is closed off for ever."""
        assert {name: {getattr(each, name) for each in self.DRAWN} for name in self.CLASSES} == {
            name: set(classes) for name, classes in self.CLASSES.items()
        }

    def test_every_knob_is_accounted_for(self) -> None:
        """A new knob needs its classes, or its bounds."""
        assert {field.name for field in fields(self.KNOBS)} == {*self.CLASSES, *self.BOUNDED, *self.TUPLES}
        for name, (least, most) in self.BOUNDED.items():
            assert all(least <= getattr(each, name) <= most for each in self.DRAWN), name
