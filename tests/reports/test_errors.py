# SPDX-License-Identifier: Apache-2.0
"""Accuracy in the report: losses with their verdicts, errors by layer with gaps where nothing differs."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from golden.errors import InputError
from golden.ternary import accuracy as ternary
from reports import errors
from reports.document import Chart, Table
from tests.reports.test_accuracy import BARE, FULL

BITNET = ternary.Evaluation(
    1, "bitnet-tiny", "aa", "held-out", "bb", 256, 128, 4, 512, False, "0.1.0", "2.13",
    (
        ternary.Row("ternary-b158", 1.76, 0.5, 0.02, 96.5, 1.0, 95.0, 1.0),
        ternary.Row("float", 1.75, 0, 0, 100, None, None, 1.0),
    ),
)  # fmt: skip


def test_losses_and_verdicts() -> None:
    """Each model with its loss and whether it is within its goal, all measured."""
    table = errors.section((FULL,)).blocks[0]
    assert isinstance(table, Table)
    found = {row.cells[0].text: row.cells for row in table.rows}
    assert [cell.text for cell in found["good-w8a8"]] == [
        "good-w8a8", "1.7550", "3.380", "+0.28 %", "0.02 %", "1 %", "met",
    ]  # fmt: skip
    assert (found["bad-w4a4"][-1].text, found["bad-w4a4"][-1].tone) == ("missed", "bad")
    assert found["float"][-1].text == ""
    assert {row.source for row in table.rows} == {"measured"}


def test_errors_by_layer() -> None:
    """A chart for each integer model: plotted tensors in both modes, a point for each layer, none behind the layers."""
    good, bad = [block for block in errors.section((FULL,)).blocks if isinstance(block, Chart)]
    assert (good.title, bad.title) == ("Error by layer: good-w8a8", "Error by layer: bad-w4a4")
    series = {each.name: each for each in good.series}
    assert set(series) == {f"{t}, {m}" for t in ("in_proj", "y") for m in ("running", "isolated")}
    assert [p.y for p in series["in_proj, running"].points] == [20.5, 30.5]
    assert series["y, isolated"].style == "dashed"
    assert good.x.names == ("0", "1")


def test_an_exact_layer_is_a_gap() -> None:
    exact = replace(FULL, signals=tuple(replace(r, sqnr_db=None) if r.layer == 0 else r for r in FULL.signals))
    chart = next(block for block in errors.section((exact,)).blocks if isinstance(block, Chart))
    assert math.isnan(chart.series[0].points[0].y)
    assert all(row.cells[1].text == "1" for row in chart.table().rows)


def test_what_was_not_measured() -> None:
    """Without signals no chart; without a file the command."""
    assert [type(block) for block in errors.section((BARE,)).blocks] == [Table]
    assert errors.section(()).command == "krait model eval"


def test_files(tmp_path: Path) -> None:
    """Both families' evaluations are read; a malformed one is refused by its name."""
    assert errors.read(tmp_path) == ()
    (tmp_path / "a.json").write_text(FULL.to_json())
    (tmp_path / "b.json").write_text(BITNET.to_json())
    assert errors.read(tmp_path) == (FULL, BITNET)
    table = errors.section((BITNET,)).blocks[0]
    assert isinstance(table, Table)
    assert [cell.text for cell in table.rows[0].cells][1:6] == ["1.7600", "96.50 %", "+0.50 %", "0.02 %", "1 %, 95 %"]
    (tmp_path / "c.json").write_text('{"schema": 9}')
    with pytest.raises(InputError, match=r"c\.json"):
        errors.read(tmp_path)
    (tmp_path / "c.json").write_text("{")
    with pytest.raises(InputError, match="krait model eval again"):
        errors.read(tmp_path)
