# SPDX-License-Identifier: Apache-2.0
"""Speed of the harness itself: two ways of doing the same work, timed in turn, told as a ratio with raw samples."""

import json
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path

from golden.errors import InputError
from golden.spec.strict import decode
from harness.bench.record import append_line, whole_lines
from harness.provenance import Provenance

SCHEMA = 1


@dataclass(frozen=True)
class SpeedRecord:
    """`ours` against `theirs`, in simulated cycles per second of wall time, sample by sample from alternating runs."""

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
    append_line(path, asdict(record))


def read(path: Path) -> tuple[SpeedRecord, ...]:
    """Read all records; none when the file does not exist. InputError names a malformed line."""
    if not path.exists():
        return ()
    records = []
    for number, line in whole_lines(path):
        where = Path(f"{path}:{number}")
        try:
            records.append(decode(SpeedRecord, json.loads(line), where))
        except json.JSONDecodeError as error:
            raise InputError(f"{where}: not JSON ({error.msg}); remove the line or the file") from None
    return tuple(records)
