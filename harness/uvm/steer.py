# SPDX-License-Identifier: Apache-2.0
"""From bins to knobs: which values of which knobs lead to a bin. A kernel's own table stands beside its covergroup.

A table says what a start needs so that it may meet a bin. Where luck has to help (a padding that is drawn behind the
knobs), they are necessary and not sufficient. A bin that no knob leads to has no setting.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from harness.uvm import draws

Setting = Mapping[str, tuple[str, ...]]
"""Number of a knob (`draws.Knob.numbers`) -> values, as text, any of which leads to the bin; {} if all starts do."""
Point = Mapping[str, Setting | None]
"""Bin of a coverpoint -> its setting; None for a bin that no knob steers."""
TEST = "test"
"""In place of a knob: the test class whose starts meet the bin, where random ones cannot."""


class Bin(NamedTuple):
    """A bin of a coverpoint or cross."""

    point: str
    name: str

    def __str__(self) -> str:
        """Return it as reports have it."""
        return f"{self.point}.{self.name}"


@dataclass(frozen=True)
class Steering:
    """All bins of a covergroup: `crosses` are those of their points, whose settings they need together."""

    points: Mapping[str, Point]
    crosses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def bins(self) -> tuple[Bin, ...]:
        """Every bin, points in front of crosses."""
        return tuple(self._bins())

    def _bins(self) -> Iterator[Bin]:
        for point, bins in self.points.items():
            yield from (Bin(point, name) for name in bins)
        for cross, members in self.crosses.items():
            names: list[tuple[str, ...]] = [()]
            for member in members:
                names = [(*each, name) for each in names for name in self.points[member]]
            yield from (Bin(cross, f"<{','.join(each)}>") for each in names)

    def setting(self, wanted: Bin) -> Setting | None:
        """Return what leads to a bin; None where nothing does, points of a cross exclude each other, or it is none."""
        if wanted.point not in self.crosses:
            return self.points.get(wanted.point, {}).get(wanted.name)
        found: Setting | None = {}
        for member, name in zip(self.crosses[wanted.point], wanted.name.strip("<>").split(","), strict=True):
            one = self.points[member].get(name)
            found = None if found is None or one is None else together(found, one)
        return found


def together(one: Setting, other: Setting) -> Setting | None:
    """Return the setting that keeps both, None where they exclude each other."""
    both = dict(one)
    for name, values in other.items():
        both[name] = tuple(each for each in both.get(name, values) if each in values)
        if not both[name]:
            return None
    return both


def by(knob: str, values: Iterable[Any], **always: Any) -> dict[str, Setting]:
    """Bins that are called as the values of a knob; all need what is `always` needed besides."""
    return {draws.text(value): needs(**{knob: value}, **always) for value in values}


def needs(**values: Any) -> dict[str, tuple[str, ...]]:
    """A setting of values: of a knob one, or several in a tuple or list."""
    return {
        name: tuple(map(draws.text, value if isinstance(value, tuple | list) else (value,)))
        for name, value in values.items()
    }


def where(values: Sequence[int], chosen: Iterable[bool]) -> tuple[str, ...]:
    """The values, as text, of which it holds."""
    return tuple(str(value) for value, wanted in zip(values, chosen, strict=True) if wanted)
