# SPDX-License-Identifier: Apache-2.0
"""The report of an evaluation: every figure with its source, in one file that needs no network, and in Markdown."""

import re
from dataclasses import replace
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
from reports.accuracy import document, within, write
from reports.document import Chart, Row, Section, Table
from reports.html import page
from reports.text import markdown

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


def section(name: str, of: Evaluation = FULL) -> Section:
    return next(each for each in document(of).sections if each.name == name)


def table(name: str, index: int = 0, of: Evaluation = FULL) -> Table:
    return [block for block in section(name, of).blocks if isinstance(block, Table)][index]


def texts(row: Row) -> list[str]:
    return [cell.text for cell in row.cells]


def test_losses_goals_and_verdicts() -> None:
    """Each model has one row with its figure, its loss and whether that is within the goal; schemes stand apart."""
    found = {row.cells[0].text: texts(row) for row in table("loss").rows}
    assert list(found) == ["float", "good-w8a8, linear layers only", "good-w8a8", "bad-w4a4"]
    assert found["good-w8a8"] == ["good-w8a8", "all", "1.7550", "3.380", "+0.28 %", "0.02 %", "1 %", "met"]
    assert found["bad-w4a4"][-1] == "missed"
    assert found["float"][-2:] == found["good-w8a8, linear layers only"][-2:] == ["", ""]
    assert texts(table("ablation").rows[0])[:1] == ["w8a8-static"]
    assert "+1.14 %" in texts(table("ablation").rows[0])


def test_the_verdict_on_top() -> None:
    """Float's loss, each integer model's and how many goals are met; one missed goal fails the document."""
    cards = {card.label: card for card in document(FULL).cards}
    assert cards["bits per byte, float"].text == "1.7500"
    assert (cards["bad-w4a4"].text, cards["bad-w4a4"].tone) == ("+20.00 %", "bad")
    assert (cards["goals met"].text, cards["goals met"].tone) == ("1 / 2", "bad")
    assert not document(FULL).good
    assert document(replace(FULL, losses=LOSSES[:4])).good


def test_every_figure_says_where_it_comes_from() -> None:
    """What this run found is tagged measured, what papers print quoted, with paper, model and how it was read."""
    for name in ("loss", "outliers", "functions"):
        assert {row.source for row in table(name).rows} == {"measured"}
    assert {card.source for card in document(FULL).cards} == {"measured"}
    quoted = table("ablation", 1).rows
    assert len(quoted) == len(QUOTED)
    for each, row in zip(QUOTED, quoted, strict=True):
        assert {each.paper, each.model, each.value, each.how} <= set(texts(row))
        assert row.source == "quoted"
    figures = {(q.paper.split(",")[0], q.method): q.value for q in QUOTED}
    assert figures["LightMamba", "W4A4 LightMamba"] == "6.48"
    assert figures["FastMamba", "W8A8 FastMamba"] == "42.2 %"


def test_functions_stand_beside_their_bounds() -> None:
    """Within or beyond the published bound to its printed digits; nothing is said where there is no bound."""
    assert [within(row) for row in FUNCTIONS] == ["within", "beyond", ""]
    found = table("functions")
    assert [texts(row)[6:8] for row in found.rows] == [["1.91e-03", "within"], ["9.00e-02", "beyond"], ["", ""]]
    assert {column.title: column.source for column in found.columns}["bound"] == "quoted"


def test_noise_by_layer_and_tensor() -> None:
    """One column a layer, both modes in a cell; where nothing differs the table says exact; a chart for each model."""
    blocks = section("noise").blocks
    assert [block.title for block in blocks if isinstance(block, Chart)] == [
        "Error by layer: good-w8a8",
        "Error by layer: bad-w4a4",
    ]
    found = table("noise")
    assert found.title == "Error by tensor: good-w8a8"
    assert [column.title for column in found.columns] == ["tensor", "0", "1"]
    assert [texts(row) for row in found.rows][1] == ["in_proj", "20.5 / 30.5", "30.5 / 40.5"]
    assert found.note.endswith("Behind the last layer: logits 33.2 / exact.")


def test_text_is_escaped_and_the_files_beside_are_named() -> None:
    """Names from the run are text; the page says which files have the same figures."""
    html = page(document(FULL, "tiny"))
    assert "held-out &lt;text&gt;" in html
    assert "stand in tiny.md and tiny.json beside" in html


def test_missing_parts_are_said() -> None:
    """Without ablation, study, signals and profiles the page says that they were not measured."""
    html = page(document(BARE))
    assert html.count("Not measured in this run.") == 3
    assert "No profile was measured" in html
    assert 'id="outliers"' not in html
    assert "goals met" not in html


def test_choices_are_aligned() -> None:
    """A choice that one profile lacks stays empty there."""
    found = table("choices")
    assert [column.title for column in found.columns] == ["choice", "good-w8a8", "bad-w4a4"]
    assert [texts(row) for row in found.rows] == [["hadamard", "both", "off"], ["bits", "", "4"]]


def test_both_forms_are_written(tmp_path: Path) -> None:
    """One page without the network's help, and Markdown beside it."""
    html, beside = write(FULL, tmp_path / "deep" / "a.html")
    assert html.read_text() == page(document(FULL, "a"))
    assert beside.read_text() == markdown(document(FULL, "a"))
    assert beside.name == "a.md"
    assert not re.search(r"https?://|src=|<link|@import|url\(", html.read_text())


def test_an_unwritable_place_leaves_nothing(tmp_path: Path) -> None:
    """What cannot be put in its place is the machine's fault, and no temporary file stays."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(MachineError, match="choose another --out"):
        write(FULL, tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
