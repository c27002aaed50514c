# SPDX-License-Identifier: Apache-2.0
"""Rows of `krait bench --sweep`: cells of a configuration of `mamba2_accel`, and cycles a token on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.bench import jsonl
from harness.provenance import Provenance


@dataclass(frozen=True)
class Cycles:
    """Cycles a token of a workload under ideal memory (simulated); `divergence` names a result that differs."""

    workload: str
    each: float
    divergence: str


@dataclass(frozen=True)
class Cost:
    """What Yosys estimates."""

    lut: float
    ff: float
    dsp: float
    bram36: float
    uram: float
    levels: int


@dataclass(frozen=True)
class SweepRow:
    """One configuration; `cost` None where it was not synthesized."""

    schema: int
    config: str
    profile: str
    ports: int
    port_bits: int
    rows: int
    tiles: int
    t_cols: int
    t_par: int
    clock_mhz: float
    cycles: tuple[Cycles, ...]
    cost: Cost | None
    provenance: Provenance

    @property
    def exact(self) -> bool:
        """Whether every result was golden's."""
        return not any(each.divergence for each in self.cycles)


def append(path: Path, row: SweepRow) -> None:
    """Append a row as one line. MachineError when the file cannot be written."""
    jsonl.append(path, row)


def line(row: SweepRow) -> str:
    """Return a row as one line for people."""
    cycles = ", ".join(f"{each.workload} {each.each:,.0f} cycles a token" for each in row.cycles)
    cost = f"{row.cost.lut:,.0f} LUT, {row.cost.dsp:g} DSP [estimated]" if row.cost else "not synthesized"
    return f"{row.config}: {cycles} [simulated]; {cost}; {'exact' if row.exact else 'DIFFERS'}"


def markdown(rows: Sequence[SweepRow]) -> str:
    """Return the table of a sweep: cycles beside cells, and the first row as the measure of both."""
    names = [each.workload for each in rows[0].cycles]
    heads = ["configuration", "ports", "rows", "tiles", "T_COLS", "T_PAR"]
    heads += [f"{name}, cycles a token (simulated)" for name in names]
    heads += ["LUT (estimated)", "FF (estimated)", "DSP (estimated)", "BRAM36 (estimated)", "levels (estimated)"]
    heads += [f"LUT x {names[0]} against the first (estimated)", "results"]
    rule = "---|" + "--:|" * (len(heads) - 2) + "---|"
    title = f"# {rows[0].profile} around {rows[0].config.removeprefix('sweep_')}: mamba2-tiny, ideal memory"
    return "\n".join([title, "", f"| {' | '.join(heads)} |", f"|{rule}", *(_row(row, rows[0]) for row in rows)]) + "\n"


def _row(row: SweepRow, first: SweepRow) -> str:
    shape = [str(value) for value in (row.ports, row.rows, row.tiles, row.t_cols, row.t_par)]
    cycles = [f"{each.each:,.0f}" for each in row.cycles]
    cost = row.cost
    cells = [f"{x:,.0f}" for x in (cost.lut, cost.ff, cost.dsp, cost.bram36, cost.levels)] if cost else [""] * 5
    product = f"{_product(row) / _product(first):.2f}" if cost and first.cost else ""
    found = "exact" if row.exact else "differ: " + "; ".join(each.divergence for each in row.cycles if each.divergence)
    return f"| {' | '.join([row.config, *shape, *cycles, *cells, product, found])} |"


def _product(row: SweepRow) -> float:
    return row.cycles[0].each * (row.cost.lut if row.cost else 0.0)
