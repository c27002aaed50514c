# SPDX-License-Identifier: Apache-2.0
"""The Mamba2 section: four tables, every figure labelled, the same cells in HTML and Markdown."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.bench import model_record
from harness.bench.mamba2_record import Mamba2Record
from reports import mamba2
from reports.html import render, write
from tests.harness.samples import mamba2_record

IDEAL = mamba2_record(board="sim:u280", model="mamba2-2.7b", memory="ideal")
MODEL, WORSE = replace(IDEAL, memory="model"), replace(IDEAL, memory="worse", deliverable=0.7)
PREFILL = mamba2_record(board="sim:vc709", model="mamba2-130m", profile="fastmamba-w8a8", work="prefill", prompt=256)
ALL = (IDEAL, MODEL, WORSE, PREFILL)


def cells(record: Mamba2Record, table: int) -> dict[str, str]:
    """Cells of the only row of a table by the column's heading."""
    found = mamba2.tables((record,))[table]
    return dict(zip((column.title for column in found.columns), found.rows[0].cells, strict=True))


def test_each_record_stands_in_its_table() -> None:
    """Decode under ideal memory, model and a worse one, prefill: one row each."""
    assert [len(table.rows) for table in mamba2.tables(ALL)] == [1, 1, 1, 1]
    assert ["Prefill" in table.title for table in mamba2.tables(ALL)] == [False, False, False, True]


def test_cells_by_hand() -> None:
    """Roof, rate and share are those of the record; the paper's figure is quoted, and our multiple of it."""
    found = cells(IDEAL, 0)
    assert found["tok/s"] == "1,000,000.00"
    assert found["roof, tok/s"] == f"{IDEAL.roof:,.2f}"
    assert found["of the roof"] == f"{100 * IDEAL.share:.1f} %"
    assert found["published tok/s"].startswith("93 (LightMamba, arXiv 2502.15260; simulated")
    assert found["times published"] == f"{1e6 / 93:.2f}"
    assert found["no weights"] == "10.0 %"
    assert found["ports"] == "45.0 %"
    assert cells(mamba2_record(memory="ideal"), 0)["published tok/s"] == "none"


def test_a_worse_memory_against_the_model() -> None:
    """The change of the rate against the record under the model; nothing where that has not run."""
    slower = replace(WORSE, clock_mhz=180.0)
    assert mamba2.tables((MODEL, slower))[2].rows[0].cells[-1] == "-10.0 %"
    assert mamba2.tables((slower,))[2].rows[0].cells[-1] == ""


def test_only_the_newest_record_is_shown() -> None:
    old, new = mamba2_record(run_s=1.0), mamba2_record(run_s=2.0)
    other = mamba2_record(config="sim_w8a8")
    assert mamba2.newest((old, other, new)) == (new, other)


@pytest.mark.parametrize("kind", ["simulated", "measured"])
def test_every_figure_is_labelled(kind: str) -> None:
    """Roofs estimated, papers quoted, wall time measured, the rest what the record is, in both forms."""
    made = replace(IDEAL, kind=kind)
    section = render(None, (), (), (made,)).split('<section id="mamba2"')[1].split("</section>")[0]
    rows = [row for row in re.findall(r"<tr><td>.*?</tr>", section, re.S) if "mamba2-2.7b" in row]
    assert len(rows) == 1
    assert f'<span class="tag">{kind}</span>' in rows[0]
    heads = "".join(re.findall(r"<th.*?</th>", section))
    for title, source in (("roof, tok/s", "estimated"), ("published tok/s", "quoted"), ("cycles/s", "measured")):
        assert re.search(rf'{title} <span class="tag">{source}</span>', heads)
    text = mamba2.markdown((made,))
    assert "roof, tok/s (estimated)" in text
    assert "published tok/s (quoted)" in text
    assert f"| exact | {kind} |" in text


def test_goals_and_divergences_are_told() -> None:
    """A goal has a row with its verdict and source; a start that differs is named and spoils the verdict."""
    wrong = replace(IDEAL, divergence="residual behind layer 3, token 0, element <7>")
    html, text = render(None, (), (), (wrong,)), mamba2.markdown((wrong,))
    assert ">failed</span>" in html
    assert "element &lt;7&gt;" in html
    assert wrong.divergence in text
    assert "| met | mamba2-2.7b tg3 | sim:u280 | ideal | decode | 1,000,000 tok/s | >= 285 tok/s | simulated |" in text
    assert ">passed</span>" in render(None, (), (), (IDEAL,))


def test_markdown_tables_are_whole() -> None:
    """Every row of a table has as many cells as its heading."""
    for block in mamba2.markdown(ALL).split("\n\n"):
        lines = [line for line in block.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) <= 1


def test_without_records_the_command_is_named() -> None:
    assert "krait bench --kernel mamba2_accel" in render(None, (), (), ())


def test_written_beside_the_page(tmp_path: Path) -> None:
    """The page reads mamba2.jsonl beside the other records, and the tables stand as Markdown beside the page."""
    model_record.append(tmp_path / "mamba2.jsonl", IDEAL)
    page = write(tmp_path / "r" / "index.html", tmp_path / "results.json", tmp_path / "records.jsonl")
    assert page.read_text() == render(None, (), (), (IDEAL,))
    assert (tmp_path / "r" / "mamba2.md").read_text() == mamba2.markdown((IDEAL,))
