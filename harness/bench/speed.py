# SPDX-License-Identifier: Apache-2.0
"""Speed of the harness itself: two ways of doing the same work, timed in turn, told as a ratio with raw samples."""

import statistics
from dataclasses import dataclass
from pathlib import Path

from harness.bench import jsonl
from harness.provenance import Provenance

SCHEMA = 1


@dataclass(frozen=True)
class SpeedRecord:
    """`ours` against `theirs`, in simulated cycles per second, sample by sample from alternating runs."""

    schema: int
    name: str
    ours_name: str
    theirs_name: str
    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    goal: float
    provenance: Provenance

    @property
    def ratio(self) -> float:
        """Median of the ratios, run by run."""
        return statistics.median(a / b for a, b in zip(self.ours, self.theirs, strict=True))

    @property
    def met(self) -> bool:
        """Whether the ratio reaches the goal."""
        return self.ratio >= self.goal


def append(path: Path, record: SpeedRecord) -> None:
    """Append a record as one line. MachineError when the file cannot be written."""
    jsonl.append(path, record)


def read(path: Path) -> tuple[SpeedRecord, ...]:
    """Read all records; none when the file does not exist. InputError names a malformed line."""
    return jsonl.read_any(path, SpeedRecord, SCHEMA)
