# SPDX-License-Identifier: Apache-2.0
"""Line charts as numbers for inline SVG. Own code: plotting libraries bring a script, or fonts and metadata."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 56, WIDTH - 12, 12, HEIGHT - 40
MOST_TICKS = 8
MOST_NAMES = 16
COLOURS = 6
"""Colours of report.css: s0..s5."""


@dataclass(frozen=True)
class Line:
    """A line with a value for each name of the x axis; None interrupts it."""

    name: str
    colour: int
    dashed: bool
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, in pixels, and its text."""

    at: float
    text: str


@dataclass(frozen=True)
class Curve:
    """A line as SVG draws it: points of its uninterrupted pieces ("x,y x,y"), and its dots (x, y, text)."""

    line: Line
    pieces: tuple[str, ...]
    dots: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True)
class Plot:
    """Axes and curves of a chart of WIDTH x HEIGHT pixels."""

    x_title: str
    y_title: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    curves: tuple[Curve, ...]


@dataclass(frozen=True)
class _Axis:
    """The y axis: its ends are multiples of its step."""

    low: float
    high: float
    step: float

    def pixel(self, value: float) -> float:
        """Where `value` stands."""
        return round(BOTTOM - (BOTTOM - TOP) * (value - self.low) / (self.high - self.low), 1)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """Marks at every step."""
        values = [self.low + i * self.step for i in range(round((self.high - self.low) / self.step) + 1)]
        return tuple(Tick(self.pixel(value), f"{value:g}") for value in values)


def plot(lines: Sequence[Line], names: Sequence[str], x_title: str, y_title: str) -> Plot:
    """Chart of `lines` over `names`; the y axis is fitted to the values."""
    axis = _axis([value for line in lines for value in line.values if value is not None])
    at = [round(LEFT + (RIGHT - LEFT) * (i + 0.5) / len(names), 1) for i in range(len(names))]
    every = max(-(-len(names) // MOST_NAMES), 1)
    ticks = tuple(Tick(x, name) for x, name in list(zip(at, names, strict=True))[::every])
    return Plot(x_title, y_title, ticks, axis.ticks, tuple(_curve(line, at, axis) for line in lines))


def _axis(values: Sequence[float]) -> _Axis:
    """Axis around `values` with steps of 1, 2 or 5 times a power of ten; 0 to 1 without values."""
    if not values:
        return _Axis(0, 1, 1)
    span = max(values) - min(values) or 1.0
    unit = 10.0 ** math.floor(math.log10(span / MOST_TICKS))
    step = next(unit * factor for factor in (1, 2, 5, 10, 20) if span / (unit * factor) <= MOST_TICKS - 2)
    low, high = math.floor(min(values) / step) * step, math.ceil(max(values) / step) * step
    return _Axis(low, high if high > low else low + step, step)


def _curve(line: Line, at: Sequence[float], axis: _Axis) -> Curve:
    dots = [None if v is None else (x, axis.pixel(v), f"{v:.1f}") for x, v in zip(at, line.values, strict=True)]
    pieces = [[dot for dot in piece if dot] for there, piece in groupby(dots, key=lambda dot: dot is not None) if there]
    points = tuple(" ".join(f"{x},{y}" for x, y, _ in piece) for piece in pieces)
    return Curve(line, points, tuple(dot for dot in dots if dot))
