# SPDX-License-Identifier: Apache-2.0
"""Records of measurements on boards: a case a line, so that a run that is interrupted loses nothing that was measured.

Raw samples and whole provenance; medians and intervals are computed when they are shown and never stored.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from harness.bench import jsonl
from harness.bench.record import Counters, Kind
from harness.bench.statistics import Interval, Rule, median_interval
from harness.provenance import Provenance

SCHEMA = 1
RECORDS = "measured.jsonl"
"""Name of the file of records, beside those of virtual boards."""

Verdict = Literal["exact", "differs", "failed", "invalid"]
"""Of a case: every result of every repetition as the bundle has it; one that is not; the board did not get to an end;
the board is not the one that was declared, so nothing was measured."""


@dataclass(frozen=True)
class Preflight:
    """What was checked before the first number: bitstream and configuration by hash, clock, `memory_bytes` a port."""

    bitstream: str
    config_hash: str
    build_id: int
    clock_declared_mhz: float
    clock_measured_mhz: float
    memory_bytes: int


@dataclass(frozen=True)
class Times:
    """One repetition: cycles that the kernel counted, and host seconds of copies to and from the board and between
    start and done."""

    cycles: int
    to_device_s: float
    kernel_s: float
    from_device_s: float


@dataclass(frozen=True)
class Asked:
    """What a measurement is of; `run` follows from it, so that a later one can go on with what is missing."""

    workload: str
    board: str
    kind: Kind
    config: str
    config_hash: str
    bitstream: str
    bundle: str
    rule: Rule

    @property
    def run(self) -> str:
        """Hash of everything that decides what is measured."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class CaseRecord:
    """One case of a bundle, measured; `case` is empty where the board was INVALID before the first."""

    schema: int
    run: str
    asked: Asked
    case: str
    macs: int
    verdict: Verdict
    detail: str
    preflight: Preflight | None
    counters: Counters | None
    warm_up: tuple[Times, ...]
    samples: tuple[Times, ...]
    ended: str
    provenance: Provenance

    @property
    def cycles(self) -> Interval:
        """Cycles from start to done that the kernel counted, median with interval."""
        return median_interval([each.cycles for each in self.samples])

    @property
    def device_s(self) -> Interval:
        """Seconds of the kernel by its own counter at the measured clock, median with interval."""
        assert self.preflight is not None
        return median_interval([each.cycles / (self.preflight.clock_measured_mhz * 1e6) for each in self.samples])

    @property
    def kernel_s(self) -> Interval:
        """Host seconds from start to done, median with interval."""
        return median_interval([each.kernel_s for each in self.samples])

    @property
    def copies_s(self) -> Interval:
        """Host seconds of the copies to and from the board, median with interval."""
        return median_interval([each.to_device_s + each.from_device_s for each in self.samples])


def append(path: Path, record: CaseRecord) -> None:
    """Append a record as one line. MachineError when the file cannot be written."""
    jsonl.append(path, record)


def read(path: Path) -> tuple[CaseRecord, ...]:
    """Read all records; none when the file does not exist. InputError names a malformed line."""
    return jsonl.read_any(path, CaseRecord, SCHEMA)


def finished(records: Iterable[CaseRecord], asked: Asked) -> frozenset[str]:
    """Return the cases of a run that were measured to their end, whose results were exact."""
    return frozenset(each.case for each in records if each.run == asked.run and each.verdict == "exact")
