# SPDX-License-Identifier: Apache-2.0
"""The table of a sweep: cells and cycles side by side, what was not made left empty."""

from dataclasses import replace
from pathlib import Path

from harness.bench.mamba2_sweep import Cost, Cycles, SweepRow, append, line, markdown
from tests.harness.samples import PROVENANCE

COST = Cost(lut=50000, ff=60000, dsp=100, bram36=40, uram=0, levels=7)
BASE = SweepRow(
    schema=1,
    config="sweep_sim",
    profile="lightmamba-w4a4",
    ports=2,
    port_bits=256,
    rows=4,
    tiles=1,
    t_cols=4,
    t_par=2,
    clock_mhz=200.0,
    cycles=(Cycles("tg4", 9000.0, ""), Cycles("pp16", 2600.0, "")),
    cost=COST,
    provenance=PROVENANCE,
)
WIDER = replace(
    BASE, config="sweep_sim_ports4", ports=4, rows=8, cycles=(Cycles("tg4", 4500.0, ""), BASE.cycles[1]),
    cost=replace(COST, lut=80000, dsp=180),
)  # fmt: skip


def test_rows_by_hand() -> None:
    """Half the cycles with 1.6 times the LUTs is 0.8 of their product; rows are as wide as the heading."""
    table = [each for each in markdown([BASE, WIDER]).splitlines() if each.startswith("|")]
    assert len({each.count("|") for each in table}) == 1
    assert table[2].endswith("| 9,000 | 2,600 | 50,000 | 60,000 | 100 | 40 | 7 | 1.00 | exact |")
    assert table[3].endswith("| 4,500 | 2,600 | 80,000 | 60,000 | 180 | 40 | 7 | 0.80 | exact |")


def test_what_is_missing_or_wrong_is_told() -> None:
    """Without synthesis the cells are empty; a result that differs is named."""
    row = replace(WIDER, cost=None, cycles=(Cycles("tg4", 1.0, "residual behind layer 2"),))
    assert not row.exact
    assert "not synthesized; DIFFERS" in line(row)
    assert "differ: residual behind layer 2 |" in markdown([row])


def test_rows_are_kept(tmp_path: Path) -> None:
    append(tmp_path / "sweep.jsonl", BASE)
    assert '"config":"sweep_sim"' in (tmp_path / "sweep.jsonl").read_text()
