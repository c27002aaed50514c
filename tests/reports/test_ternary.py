# SPDX-License-Identifier: Apache-2.0
"""The ternary section: four tables beside those of Mamba2, shares of the layers labelled, equal in both forms."""

from dataclasses import replace
from typing import Any

import pytest

from harness.bench.ternary_record import TernaryRecord
from reports.html import render
from reports.ternary import PAGE
from tests.harness.samples import mamba2_record, ternary_counters, ternary_record
from tests.reports.page_contract import PageContract, cells


def kv260(**changes: Any) -> TernaryRecord:
    """0.73B behind 1,024 positions on the KV260, all layers of it."""
    fields = {"board": "sim:kv260", "model": "bitnet-0.73b", "memory": "ideal", "workload": "tg1@1024", "prompt": 1}
    return ternary_record(**(fields | {"own": (1023,), "prefix": 0} | changes))


IDEAL = kv260()
MODEL, WORSE = replace(IDEAL, memory="model"), replace(IDEAL, memory="worse", clock_mhz=180.0)
PREFILL = kv260(work="prefill", workload="pp64", prompt=64, generated=1, own=(0,))
SHARE = replace(IDEAL, whole_layers=24)
ALL = (IDEAL, MODEL, WORSE, PREFILL, SHARE)


def test_each_record_stands_in_its_table() -> None:
    """Decode under each memory, prefill; a share of the layers has a row of its own, and is no newer whole model."""
    assert [len(table.rows) for table in PAGE.tables(PAGE.newest(ALL))] == [2, 1, 1, 1]
    assert PAGE.tables((MODEL, WORSE))[2].rows[0].cells[-1] == "-10.0 %"
    assert PAGE.newest((IDEAL, SHARE, replace(IDEAL, run_s=2.0))) == (replace(IDEAL, run_s=2.0), SHARE)


def test_cells_by_hand() -> None:
    """The paper's figures stand beside whole models alone; a share's whole is estimated."""
    found = cells(PAGE, IDEAL, 0)
    assert found["published tok/s"] == "25 (TeLLMe v2, arXiv 2510.15926; at most, head on the CPU)"
    assert found["times published"] == f"{1e6 / 25:.2f}"
    assert found["tok/s"] == found["all layers, tok/s"] == "1,000,000.00"
    assert found["own positions"] == "1023"
    assert found["no cache"] == "2.0 %"
    first = cells(PAGE, replace(PREFILL, counters=ternary_counters(first_token=9_000_000)), 3)
    assert first["published first token, ms"].startswith("450 (TeLLMe v2")
    assert (first["first token, ms"], first["times published"]) == ("45.00", "10.00")
    share = cells(PAGE, SHARE, 0)
    assert share["model and workload"] == "bitnet-0.73b (4 of 24 layers) ternary-b158 tg1@1024"
    assert (share["published tok/s"], share["times published"]) == ("none", "")
    assert float(share["all layers, tok/s"].replace(",", "")) < 1e6


def test_texts_together_have_no_printed_figure() -> None:
    """Their cache has what it would take alone beside it."""
    found = cells(PAGE, kv260(own=(0, 0), prefix=1024, prompt=2, workload="shared2"), 0)
    assert (found["texts"], found["own positions"], found["published tok/s"]) == ("2", "0, 0", "none")
    assert (found["keys and values, MB"], found["unshared, MB"]) == ("0.003", "0.005")


def test_goals_and_divergences_are_told() -> None:
    """Of the section's own kernel; one start that differs spoils the verdict of the page."""
    wrong = replace(IDEAL, divergence="residual behind layer 3, MLP, token 0, element <7>")
    html, text = render(None, (), (), (mamba2_record(),), (wrong,)), PAGE.markdown((wrong,))
    assert "element &lt;7&gt;" in html.split('<section id="ternary"')[1]
    assert ">failed</span>" in html
    assert wrong.divergence in text
    assert "| met | bitnet-0.73b tg1@1024 | sim:kv260 | ideal | decode | 1,000,000 tok/s | >= 66 tok/s |" in text
    assert ">passed</span>" in render(None, (), (), (), (IDEAL,))


@pytest.mark.parametrize("source", ["estimated", "quoted", "measured"])
def test_figures_are_labelled(source: str) -> None:
    """In both forms."""
    assert f"({source})" in PAGE.markdown(ALL)
    assert f'<span class="tag">{source}</span>' in render(None, (), (), (), ALL).split('<section id="ternary"')[1]


class TestPage(PageContract):
    """What all sections keep."""

    page, records, argument = PAGE, ALL, "bitnets"
