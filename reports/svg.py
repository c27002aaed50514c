# SPDX-License-Identifier: Apache-2.0
"""A chart in pixels: what the page's inline SVG draws, and where the script finds each point under the pointer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reports.document import FEW, Axis, Chart, Point, Series

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 70, WIDTH - 26, 16, HEIGHT - 46
COLOURS = 9
"""Colours of report.css: s0..s8."""
MOST_TICKS = 8
MOST_NAMES = 16


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, in pixels, and its text."""

    at: float
    text: str


@dataclass(frozen=True)
class Drawn:
    """A series: the paths of its line, its dots one by one, and those of many points as one path."""

    series: Series
    colour: int
    lines: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    cloud: str


@dataclass(frozen=True)
class Shade:
    """A band: its name, its left end and its width."""

    name: str
    left: float
    width: float


@dataclass(frozen=True)
class Picture:
    """A chart of WIDTH x HEIGHT pixels; `marks` are x, y and text of every point that the pointer finds."""

    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    shades: tuple[Shade, ...]
    drawn: tuple[Drawn, ...]
    marks: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True)
class Scale:
    """Values of an axis in pixels; logarithmic ones are positive."""

    low: float
    high: float
    log: bool
    begin: float
    end: float
    ticks: tuple[float, ...]

    def pixel(self, value: float) -> float:
        """Return where a value stands."""
        low, high, value = (math.log10(v) if self.log else v for v in (self.low, self.high, value))
        return round(self.begin + (self.end - self.begin) * (value - low) / (high - low), 1)


def picture(chart: Chart) -> Picture:
    """Return a chart in pixels."""
    known = [point for series in chart.series for point in series.points if not math.isnan(point.y)]
    xs = [point.x for point in known] + [end for band in chart.bands for end in (band.begin, band.end)]
    x = names_scale(len(chart.x.names)) if chart.x.names else scale(xs, chart.x.log, LEFT, RIGHT)
    y = scale([point.y for point in known], chart.y.log, BOTTOM, TOP)
    drawn = tuple(_drawn(series, i % COLOURS, x, y) for i, series in enumerate(chart.series))
    marks = tuple(
        (x.pixel(point.x), y.pixel(point.y), said(chart, series, point))
        for series in chart.series
        for point in series.points
        if not math.isnan(point.y)
    )
    shades = tuple(
        Shade(band.name, x.pixel(band.begin), round(x.pixel(band.end) - x.pixel(band.begin), 1)) for band in chart.bands
    )
    return Picture(_ticks(x, chart.x), _ticks(y, chart.y), shades, drawn, marks)


def said(chart: Chart, series: Series, point: Point) -> str:
    """Return what the page says of a point."""
    name = f"{series.name}, {point.text}" if point.text else series.name
    return f"{name}: {chart.y.text(point.y)} at {chart.x.title} {chart.x.text(point.x)} ({series.source})"


def scale(values: Sequence[float], log: bool, begin: float, end: float) -> Scale:
    """Return the scale around values: steps of 1, 2 or 5 times a power of ten, or whole powers of ten."""
    if not values:
        values = (1, 10) if log else (0, 1)
    if log:
        low, high = (fit(math.log10(end)) for fit, end in ((math.floor, min(values)), (math.ceil, max(values))))
        high = max(high, low + 1)
        every = -(-(high - low) // MOST_TICKS)
        return Scale(10.0**low, 10.0**high, True, begin, end, tuple(10.0**i for i in range(low, high + 1, every)))
    span = max(values) - min(values) or abs(max(values)) or 1.0
    unit = 10.0 ** math.floor(math.log10(span / MOST_TICKS))
    step = next(unit * factor for factor in (1, 2, 5, 10, 20) if span / (unit * factor) <= MOST_TICKS - 2)
    first, last = math.floor(min(values) / step), math.ceil(max(values) / step)
    last = max(last, first + 1)
    return Scale(first * step, last * step, False, begin, end, tuple(i * step for i in range(first, last + 1)))


def names_scale(count: int) -> Scale:
    """Return the x axis of so many names, each in the middle of its share."""
    every = max(-(-count // MOST_NAMES), 1)
    return Scale(-0.5, max(count, 1) - 0.5, False, LEFT, RIGHT, tuple(map(float, range(0, count, every))))


def _ticks(of: Scale, axis: Axis) -> tuple[Tick, ...]:
    text = axis.text if axis.names else lambda value: f"{value:g}"
    return tuple(Tick(of.pixel(value), text(value)) for value in of.ticks)


def _drawn(series: Series, colour: int, x: Scale, y: Scale) -> Drawn:
    pieces: list[list[tuple[float, float]]] = [[]]
    for point in series.points:
        if math.isnan(point.y):
            pieces.append([])
        else:
            pieces[-1].append((x.pixel(point.x), y.pixel(point.y)))
    lines = tuple(_path(piece) for piece in pieces if len(piece) > 1) if series.style != "points" else ()
    dots = tuple(dot for piece in pieces for dot in piece)
    if len(dots) <= FEW:
        return Drawn(series, colour, lines, dots, "")
    cloud = "".join(f"M{a:g} {b:g}h0" for a, b in dots) if series.style == "points" else ""
    return Drawn(series, colour, lines, (), cloud)


def _path(piece: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{a:g} {b:g}" for a, b in piece)
