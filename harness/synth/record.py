# SPDX-License-Identifier: Apache-2.0
"""What `krait synth` found of a configuration, as JSON that the report reads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness import json_record
from harness.provenance import Provenance
from harness.synth.budget import Budget, lines
from harness.synth.mapping import Summary

SCHEMA = 1

Family = Literal["own", "proxy", "none"]
"""The device's own family in Yosys; another in its place; a board without a device."""


@dataclass(frozen=True)
class Used:
    """One kind of cell: how many are taken, and how many the device less its shell has; None where nobody knows."""

    kind: str
    used: float
    offered: int | None


@dataclass(frozen=True)
class SynthRecord:
    """A configuration as Yosys estimates it: cells, levels of the longest path, in which source, the board's limit."""

    schema: int
    kernel: str
    config: str
    config_hash: str
    board: str
    family: Family
    cells: tuple[Used, ...]
    levels: int
    slowest: str
    most_levels: int | None
    provenance: Provenance

    @property
    def top(self) -> str:
        """Name of the design's top module."""
        return f"{self.kernel}_{self.config}"


def of_summary(
    name: tuple[str, str, str], board: str, family: Family, summary: Summary, budget: Budget | None, made: Provenance
) -> SynthRecord:
    """Return the record of a mapped design; `name` is kernel, configuration and its hash."""
    cells = tuple(Used(line.kind, line.used, line.offered) for line in lines(summary, budget))
    slowest = summary.slowest
    levels = slowest.longest.levels
    limit = budget.levels if budget else None
    return SynthRecord(SCHEMA, *name, board, family, cells, levels, slowest.source, limit, made)


def save(folder: Path, record: SynthRecord) -> None:
    """Write <kernel>_<config>.json. MachineError when it cannot be written."""
    json_record.write(folder / f"{record.top}.json", record)


def read_all(folder: Path) -> tuple[SynthRecord, ...]:
    """Read every record of a folder, none where there is none; InputError names a malformed file and its key."""
    paths = sorted(folder.glob("*.json"))
    return tuple(json_record.read(SynthRecord, path, SCHEMA, "krait synth") for path in paths)
