# SPDX-License-Identifier: Apache-2.0
"""The report of an evaluation: every figure with its source, in one file that needs no network, and in Markdown."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from golden.errors import MachineError
from golden.mamba2.accuracy.quoted import QUOTED
from golden.mamba2.accuracy.records import (
    SCHEMA,
    Evaluation,
    FunctionRow,
    LossRow,
    Provenance,
    Setting,
    SignalRow,
    Study,
    StudyRow,
)
from reports import accuracy
from reports.accuracy import markdown, noise, within, write_html, write_markdown
from reports.plot import BOTTOM, LEFT, RIGHT, TOP, Line, plot

MADE = Provenance(
    "tiny", "aa11", "held-out <text>", "bb22", "bytes", 256, 128, 64, 8192, 8193, False, "training text", 16384, "cc33",
    1, "0.1.0", "2.13",
)  # fmt: skip
LOSSES = (
    LossRow("float", "float", "the published block", 1.75, 3.36, 0.0, 0.0, None, 1.0),
    LossRow("w8a8-static", "fake", "round to nearest", 1.77, 3.4, 1.14, 0.05, None, 1.0),
    LossRow("good-w8a8, linear layers only", "fake", "linear layers", 1.751, 3.37, 0.06, 0.01, None, 1.0),
    LossRow("good-w8a8", "integer", "all", 1.755, 3.38, 0.28, 0.02, 1.0, 9.0, (Setting("hadamard", "both"),)),
    LossRow(
        "bad-w4a4", "integer", "all", 2.1, 4.3, 20.0, 0.9, 8.0, 9.0, (Setting("hadamard", "off"), Setting("bits", "4"))
    ),
)
SIGNALS = tuple(
    SignalRow(model, mode, layer, tensor, base + 10 * layer, 1.0, 0.1)
    for model in ("good-w8a8", "bad-w4a4")
    for mode, base in (("running", 20.5), ("isolated", 30.5))
    for layer in (0, 1)
    for tensor in ("norm", "in_proj", "y")
) + tuple(
    SignalRow(model, mode, -1, "logits", 33.25 if mode == "running" else None, 1.0, 0.1)
    for model in ("good-w8a8", "bad-w4a4")
    for mode in ("running", "isolated")
)
FUNCTIONS = (
    FunctionRow("NAU exp", "-20 .. 0", -0.5, -9.5e-4, 1.91e-3, 4e-4, 1.91e-3, "published"),
    FunctionRow("table SiLU", "-8 .. 8", 7.9, -9.2e-2, 3e-2, 1e-2, 9.0e-2, "published"),
    FunctionRow("norm", "0 .. 1", 0.5, -1e-3, 1e-3, 5e-4, None, "no bound stated"),
)
STUDY = Study(
    "random, 4 layers", (1, 2), 512,
    (StudyRow("w8a8-token", "fake", "plain", 13.0, 0.18, 0.68), StudyRow("w8a8-both", "fake", "H", 21.3, 0.02, 0.88)),
)  # fmt: skip
FULL = Evaluation(SCHEMA, MADE, LOSSES, SIGNALS, FUNCTIONS, STUDY)
BARE = Evaluation(SCHEMA, MADE, LOSSES[:1], (), ())


@pytest.fixture
def html(tmp_path: Path) -> str:
    return write_html(FULL, tmp_path / "a" / "index.html").read_text()


def rows(html: str, section: str) -> list[str]:
    body = html.split(f'<section id="{section}">')[1].split("</section>")[0]
    return re.findall(r"<tr>.*?</tr>", body, re.S)


def test_losses_goals_and_verdicts(html: str) -> None:
    """Each model has one row with its figure, its loss and whether that is within the goal; schemes stand apart."""
    found = {re.findall(r"<td>(.*?)</td>", row)[0]: row for row in rows(html, "loss")[1:]}
    assert list(found) == ["float", "good-w8a8, linear layers only", "good-w8a8", "bad-w4a4"]
    assert "1.7550" in found["good-w8a8"]
    assert "+0.28 %" in found["good-w8a8"]
    assert ">met<" in found["good-w8a8"]
    assert ">missed<" in found["bad-w4a4"]
    assert ">met<" not in found["float"] + found["good-w8a8, linear layers only"]
    assert "1 / 2" in html
    assert any("w8a8-static" in row and "+1.14 %" in row for row in rows(html, "ablation"))


def test_every_figure_says_where_it_comes_from(html: str) -> None:
    """What this run found is tagged measured, what papers print quoted, with paper, model and how it was read."""
    for section in ("loss", "outliers"):
        assert all('<span class="tag">measured</span>' in row for row in rows(html, section)[1:])
    quoted = [row for row in rows(html, "ablation") if '<span class="tag">quoted</span>' in row]
    assert len(quoted) == len(QUOTED)
    for each, row in zip(QUOTED, quoted, strict=True):
        for part in (each.paper, each.model, each.value, each.how):
            assert part in unescape(row)
        assert "measured" not in row
    figures = {(q.paper.split(",")[0], q.method): q.value for q in QUOTED}
    assert figures["LightMamba", "W4A4 LightMamba"] == "6.48"
    assert figures["FastMamba", "W8A8 FastMamba"] == "42.2 %"


def test_functions_stand_beside_their_bounds(html: str) -> None:
    """Within or beyond the published bound to its printed digits; nothing is said where there is no bound."""
    assert [within(row) for row in FUNCTIONS] == ["within", "beyond", ""]
    exp, silu, norm = rows(html, "functions")[1:]
    assert ">within<" in exp
    assert ">beyond<" in silu
    assert "quoted" not in norm


def test_noise_by_layer_and_tensor(html: str) -> None:
    """One column a layer and mode; where nothing differs the table says exact."""
    found = noise(SIGNALS)
    assert [each.model for each in found] == ["good-w8a8", "bad-w4a4"]
    assert found[0].layers == (0, 1)
    assert [(r.tensor, r.running, r.isolated) for r in found[0].rows][1] == ("in_proj", (20.5, 30.5), (30.5, 40.5))
    assert [(r.tensor, r.running, r.isolated) for r in found[0].end] == [("logits", (33.25,), (None,))]
    assert "33.2 dB running, exact isolated" in html
    assert html.count("<svg") == 2
    assert "y: 20.5 dB" in html


def test_the_file_stands_alone(html: str) -> None:
    """No link, script, image or style comes from anywhere else, and every link leads to a section that is there."""
    for word in ("http://", "https://", "src=", "<link", "<script", "<iframe", "@import", "url("):
        assert word not in html
    assert set(re.findall(r'href="#([^"]*)"', html)) <= set(re.findall(r'id="(\w+)"', html))
    assert set(re.findall(r'href="([^#"][^"]*)"', html)) == set()


def test_tags_are_balanced_and_text_is_escaped(html: str) -> None:
    """Every element that is opened is closed, in order; names from the run are text."""
    assert "held-out &lt;text&gt;" in html

    class Reader(HTMLParser):
        open: tuple[str, ...] = ()

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in ("meta", "br"):
                self.open += (tag,)

        def handle_startendtag(self, tag: str, attrs: object) -> None:
            """SVG's empty elements."""

        def handle_endtag(self, tag: str) -> None:
            assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
            self.open = self.open[:-1]

    reader = Reader()
    reader.feed(html)
    assert reader.open == ()


def test_missing_parts_are_said(tmp_path: Path) -> None:
    """Without ablation, study, signals and profiles the page says that they were not measured."""
    html = write_html(BARE, tmp_path / "index.html").read_text()
    assert html.count("Not measured in this run.") == 2
    assert "No profile was measured." in html
    assert 'id="outliers"' not in html
    assert "goals met" not in html
    assert "Noise" not in markdown(BARE)


def test_markdown_holds_whole_tables() -> None:
    """Every table row has as many cells as its head; each model and each tensor has its row."""
    text = markdown(FULL)
    for table in re.findall(r"(?:^\|.*\n)+", text, re.M):
        assert len({line.count("|") for line in table.strip().split("\n")}) == 1, table
        assert re.fullmatch(r"\|(-+:?\|)+", table.split("\n")[1])
    assert "| good-w8a8 | all | 1.7550 | 3.380 | +0.28 ± 0.02 % | <= 1 % | met |" in text
    assert "| in_proj | 20.5 / 30.5 | 30.5 / 40.5 |" in text
    assert "| hadamard | both | off |" in text
    assert "| bits |  | 4 |" in text
    assert "\n\n\n" not in text


class TestWrite:
    def test_markdown_file(self, tmp_path: Path) -> None:
        assert write_markdown(FULL, tmp_path / "deep" / "a.md").read_text() == markdown(FULL)

    @pytest.mark.parametrize("write", [write_html, write_markdown])
    def test_an_unwritable_place_leaves_nothing(self, write: object, tmp_path: Path) -> None:
        """What cannot be put in its place is the machine's fault, and no temporary file stays."""
        (tmp_path / "folder").mkdir()
        with pytest.raises(MachineError, match="choose another --out"):
            write(FULL, tmp_path / "folder")  # type: ignore[operator]
        assert [path.name for path in tmp_path.iterdir()] == ["folder"]


class TestPlot:
    def test_lines_lie_within_the_axes(self) -> None:
        """Values map linearly: the least tick is at the bottom, the greatest at the top, and dots between them."""
        chart = plot([Line("a", 0, False, (12.5, 31.0, 20.0)), Line("b", 1, True, (15.0, 16.0, 17.0))], "abc", "x", "y")
        assert (chart.y_ticks[0].at, chart.y_ticks[-1].at) == (BOTTOM, TOP)
        assert (float(chart.y_ticks[0].text), float(chart.y_ticks[-1].text)) == (10, 35)
        assert [tick.text for tick in chart.x_ticks] == ["a", "b", "c"]
        (x0, y0, text), (_, y1, _), _ = chart.curves[0].dots
        assert text == "12.5"
        assert y0 == pytest.approx(BOTTOM - (BOTTOM - TOP) * 2.5 / 25, abs=0.1)
        assert LEFT < x0 < RIGHT
        assert y1 < y0

    def test_a_gap_interrupts_a_line(self) -> None:
        chart = plot([Line("a", 0, False, (1.0, None, 3.0, 4.0))], "abcd", "x", "y")
        assert [piece.count(",") for piece in chart.curves[0].pieces] == [1, 2]
        assert len(chart.curves[0].dots) == 3

    @pytest.mark.parametrize("values", [(), (None, None), (7.0, 7.0), (-3.0, -1.0), (1e-3, 2e-3), (0.0, 1e5)])
    def test_any_values(self, values: tuple[float | None, ...]) -> None:
        """Ticks are few, rise, and enclose the values, also where there are none or all are equal."""
        chart = plot(
            [Line("a", 0, False, values)], [str(i) for i in range(len(values))] or ["0"][: len(values)], "x", "y"
        )
        ticks = [float(tick.text) for tick in chart.y_ticks]
        known = [v for v in values if v is not None]
        assert ticks == sorted(ticks)
        assert 2 <= len(ticks) <= 10
        assert all(ticks[0] <= v <= ticks[-1] for v in known)

    def test_many_layers_have_few_names(self) -> None:
        chart = plot([Line("a", 0, False, (1.0,) * 64)], [str(i) for i in range(64)], "x", "y")
        assert [tick.text for tick in chart.x_ticks] == [str(i) for i in range(0, 64, 4)]


def test_choices_are_aligned() -> None:
    """A choice that one profile lacks stays empty there."""
    assert accuracy.choices(LOSSES[3:]) == (
        accuracy.Choice("hadamard", ("both", "off")),
        accuracy.Choice("bits", ("", "4")),
    )
    assert accuracy.choices([replace(LOSSES[0])]) == ()
