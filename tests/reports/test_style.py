# SPDX-License-Identifier: Apache-2.0
"""The page's colours: text is readable in both themes, computed from the style sheet as WCAG 2 defines contrast."""

import itertools
import re

import pytest

from reports.html import TEMPLATES

CSS = (TEMPLATES / "report.css").read_text()
COLOURS = {
    name: dict(zip(("light", "dark"), pair, strict=True))
    for name, *pair in re.findall(r"--(\w+): light-dark\((#\w{6}), (#\w{6})\)", CSS)
}
TEXT = ("ink", "soft", "accent", "good", "bad", "warn")
GROUND = ("paper", "panel")
DRAWN = [name for name in COLOURS if re.fullmatch(r"s\d", name)]


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2, sRGB)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 .. 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_by_hand() -> None:
    """Black on white is 21; #767676 on white is the known grey that just passes."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


def test_every_colour_has_both_themes() -> None:
    """No variable is of one theme alone, and the colours that texts and drawings use are among them."""
    assert len(re.findall(r"--\w+:", CSS)) == len(COLOURS)
    assert set(TEXT + GROUND) < set(COLOURS)
    assert len(DRAWN) == 9
    assert set(re.findall(r"var\(--(\w+)\)", CSS)) == set(COLOURS)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), [*itertools.product(TEXT, GROUND)])
def test_text_is_readable(text: str, ground: str, theme: str) -> None:
    """At least 4.5 : 1 on every ground."""
    assert contrast(COLOURS[text][theme], COLOURS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("drawn", "ground"), [*itertools.product(DRAWN, GROUND)])
def test_drawings_are_visible(drawn: str, ground: str, theme: str) -> None:
    """At least 3 : 1 for lines, dots and bars."""
    assert contrast(COLOURS[drawn][theme], COLOURS[ground][theme]) >= 3
