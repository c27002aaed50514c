# SPDX-License-Identifier: Apache-2.0
"""The Mamba2 section: four tables, every figure labelled, the same cells in HTML and Markdown."""

import re
from dataclasses import replace

import pytest

from reports.html import render
from reports.mamba2 import PAGE
from tests.harness.samples import mamba2_record
from tests.reports.page_contract import PageContract, cells

IDEAL = mamba2_record(board="sim:u280", model="mamba2-2.7b", memory="ideal")
MODEL, WORSE = replace(IDEAL, memory="model"), replace(IDEAL, memory="worse", deliverable=0.7)
PREFILL = mamba2_record(board="sim:vc709", model="mamba2-130m", profile="fastmamba-w8a8", work="prefill", prompt=256)
ALL = (IDEAL, MODEL, WORSE, PREFILL)


def test_each_record_stands_in_its_table() -> None:
    """Decode under ideal memory, model and a worse one, prefill: one row each."""
    assert [len(table.rows) for table in PAGE.tables(ALL)] == [1, 1, 1, 1]
    assert ["Prefill" in table.title for table in PAGE.tables(ALL)] == [False, False, False, True]


def test_cells_by_hand() -> None:
    """Roof, rate and share are those of the record; the paper's figure is quoted, and our multiple of it."""
    found = cells(PAGE, IDEAL, 0)
    assert found["tok/s"] == "1,000,000.00"
    assert found["roof, tok/s"] == f"{IDEAL.roof:,.2f}"
    assert found["of the roof"] == f"{100 * IDEAL.share:.1f} %"
    assert found["published tok/s"].startswith("93 (LightMamba, arXiv 2502.15260; simulated")
    assert found["times published"] == f"{1e6 / 93:.2f}"
    assert found["no weights"] == "10.0 %"
    assert found["ports"] == "45.0 %"
    assert cells(PAGE, mamba2_record(memory="ideal"), 0)["published tok/s"] == "none"


def test_a_worse_memory_against_the_model() -> None:
    """The change of the rate against the record under the model; nothing where that has not run."""
    slower = replace(WORSE, clock_mhz=180.0)
    assert PAGE.tables((MODEL, slower))[2].rows[0].cells[-1] == "-10.0 %"
    assert PAGE.tables((slower,))[2].rows[0].cells[-1] == ""


def test_only_the_newest_record_is_shown() -> None:
    old, new = mamba2_record(run_s=1.0), mamba2_record(run_s=2.0)
    other = mamba2_record(config="sim_w8a8")
    assert PAGE.newest((old, other, new)) == (new, other)


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
    text = PAGE.markdown((made,))
    assert "roof, tok/s (estimated)" in text
    assert "published tok/s (quoted)" in text
    assert f"| exact | {kind} |" in text


def test_goals_and_divergences_are_told() -> None:
    """A goal has a row with its verdict and source; a start that differs is named and spoils the verdict."""
    wrong = replace(IDEAL, divergence="residual behind layer 3, token 0, element <7>")
    html, text = render(None, (), (), (wrong,)), PAGE.markdown((wrong,))
    assert ">failed</span>" in html
    assert "element &lt;7&gt;" in html
    assert wrong.divergence in text
    assert "| met | mamba2-2.7b tg3 | sim:u280 | ideal | decode | 1,000,000 tok/s | >= 285 tok/s | simulated |" in text
    assert ">passed</span>" in render(None, (), (), (IDEAL,))


class TestPage(PageContract):
    """What all sections keep."""

    page, records, argument = PAGE, ALL, "models"
