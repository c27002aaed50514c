# SPDX-License-Identifier: Apache-2.0
"""Charts in pixels: values lie where their axes say, gaps interrupt lines, many points become one path."""

import math

import pytest

from reports import svg
from reports.document import Axis, Band, Chart, Point, Series
from reports.svg import BOTTOM, LEFT, RIGHT, TOP


def chart(
    *ys: float, log: bool = False, style: str = "line", names: tuple[str, ...] = (), bands: tuple[Band, ...] = ()
) -> Chart:
    points = tuple(Point(i + 1 if not names else i, y) for i, y in enumerate(ys))
    return Chart(
        "c", Axis("x", log=log, names=names), Axis("y", "W", log=log), (Series("s", "measured", points, style),), bands
    )  # type: ignore[arg-type]


def test_values_map_linearly() -> None:
    """The least tick is at the bottom and the greatest at the top; a value between stands in proportion."""
    found = svg.picture(chart(12.5, 31.0, 20.0))
    assert (found.y_ticks[0].at, found.y_ticks[-1].at) == (BOTTOM, TOP)
    assert (found.y_ticks[0].text, found.y_ticks[-1].text) == ("10", "35")
    (x0, y0), (_, y1), (x2, _) = found.drawn[0].dots
    assert (x0, x2) == (LEFT, RIGHT)
    assert y0 == pytest.approx(BOTTOM - (BOTTOM - TOP) * 2.5 / 25, abs=0.1)
    assert y1 < y0


def test_decades_are_equally_far_apart() -> None:
    """On logarithmic axes, which end at whole powers of ten."""
    found = svg.picture(chart(1.0, 10.0, 100.0, log=True))
    a, b, c = (y for _, y in found.drawn[0].dots)
    assert a - b == pytest.approx(b - c, abs=0.11)
    assert [tick.text for tick in found.y_ticks] == ["1", "10", "100"]


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("values", [(), (7.0, 7.0), (1e-3, 2e-3), (1.0, 1e5), (3e8, 4e8)])
def test_any_values(values: tuple[float, ...], log: bool) -> None:
    """Ticks are few, rise, and all points are inside the frame, also where there are none or all are equal."""
    found = svg.picture(chart(*values, log=log))
    assert 2 <= len(found.y_ticks) <= 10
    assert [t.at for t in found.y_ticks] == sorted((t.at for t in found.y_ticks), reverse=True)
    assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in found.drawn[0].dots)


def test_negative_values() -> None:
    found = svg.picture(chart(-3.0, -1.0))
    assert all(TOP <= y <= BOTTOM for _, y in found.drawn[0].dots)


def test_a_gap_interrupts_a_line() -> None:
    """What is not a number is neither drawn nor found by the pointer."""
    found = svg.picture(chart(1.0, math.nan, 3.0, 4.0))
    assert len(found.drawn[0].lines) == 1
    assert len(found.drawn[0].dots) == len(found.marks) == 3


def test_many_points_are_one_path() -> None:
    """A thousand points are no thousand elements; the pointer finds each."""
    found = svg.picture(chart(*map(float, range(1000)), style="points"))
    assert found.drawn[0].dots == ()
    assert found.drawn[0].cloud.count("M") == len(found.marks) == 1000


def test_marks_say_value_unit_place_and_source() -> None:
    assert svg.picture(chart(2.0, 3.0)).marks[1][2] == "s: 3 W at x 2 (measured)"


def test_names_stand_below_their_values() -> None:
    """Few enough to be read."""
    found = svg.picture(chart(1.0, 2.0, 3.0, names=("a", "b", "c")))
    assert [tick.text for tick in found.x_ticks] == ["a", "b", "c"]
    assert [tick.at for tick in found.x_ticks] == [x for x, _ in found.drawn[0].dots]
    many = svg.picture(chart(*[1.0] * 64, names=tuple(map(str, range(64)))))
    assert [tick.text for tick in many.x_ticks] == [str(i) for i in range(0, 64, 4)]


def test_bands_cover_their_range() -> None:
    """A band reaches from its begin to its end, and the axis encloses it."""
    (shade,) = svg.picture(chart(1.0, 2.0, bands=(Band("idle", 1.0, 2.0),))).shades
    assert (shade.left, shade.width) == (LEFT, RIGHT - LEFT)
