# SPDX-License-Identifier: Apache-2.0
"""Records of measurements on boards: a case, or a model's workload, a line, so that an interrupted run loses nothing.

Raw samples and whole provenance; medians and intervals are computed when they are shown and never stored.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from harness.bench import jsonl
from harness.bench.mamba2_record import Mamba2Counters
from harness.bench.model_record import ModelCounters, Work
from harness.bench.record import Counters, Kind
from harness.bench.statistics import Interval, Rule, median_interval
from harness.bench.ternary_record import TernaryCounters
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
    start and done. `first_token`: cycles until the first chosen token was in memory, 0 of a kernel that chooses none.
    """

    cycles: int
    to_device_s: float
    kernel_s: float
    from_device_s: float
    first_token: int = 0


@dataclass(frozen=True)
class ModelStart:
    """What a case of a whole model is: one start, as `ModelRecord` has it; the LM head runs in the kernel.

    Of each text `own` positions, behind a `prefix` that all share, were read or cached in front of it. In each
    repetition `compared` values equalled golden's; the kernel's counters are there once one was exact. `part`: how
    many layers ran, and how many the model has; None where all ran.
    """

    kernel: str
    model: str
    profile: str
    origin: str
    work: Work
    prompt: int
    generated: int
    prefix: int
    own: tuple[int, ...]
    compared: int
    mamba2: Mamba2Counters | None = None
    ternary: TernaryCounters | None = None
    part: tuple[int, int] | None = None

    @property
    def texts(self) -> int:
        """Texts that are decoded together."""
        return len(self.own)

    @property
    def tokens(self) -> int:
        """Tokens of a start by its kind of work, each of which passed all layers: read, or chosen."""
        return self.prompt if self.work == "prefill" else self.texts * self.generated

    @property
    def title(self) -> str:
        """The model, for people; a share of its layers is told."""
        share = "" if self.part is None else f" ({self.part[0]} of {self.part[1]} layers)"
        return f"{self.model}{share} {self.profile}"

    def counted(self, counters: ModelCounters) -> "ModelStart":
        """Return the start with its counters."""
        if isinstance(counters, Mamba2Counters):
            return replace(self, mamba2=counters)
        assert isinstance(counters, TernaryCounters)
        return replace(self, ternary=counters)


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
    """One case of a bundle, or one workload of a model, measured; the first repetition's counters.

    `case` is empty where the board was INVALID before the first; `start` is there for a model's.
    """

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
    start: ModelStart | None = None

    @property
    def title(self) -> str:
        """The case, for people; of a model with its name."""
        return self.case if self.start is None else f"{self.start.title} {self.case}"

    @property
    def cycles(self) -> Interval:
        """Cycles from start to done that the kernel counted, median with interval."""
        return self._median(lambda each: each.cycles)

    @property
    def device_s(self) -> Interval:
        """Seconds of the kernel by its own counter at the measured clock, median with interval."""
        return self._median(lambda each: each.cycles / self.hertz)

    @property
    def hertz(self) -> float:
        """The measured clock."""
        assert self.preflight is not None
        return self.preflight.clock_measured_mhz * 1e6

    @property
    def first_s(self) -> Interval:
        """Seconds until the first chosen token was in memory, by the kernel's counter at the measured clock."""
        return self._median(lambda each: each.first_token / self.hertz)

    @property
    def step_s(self) -> Interval:
        """Seconds of a decode step by the kernel's counter, behind the first token; of a start that has steps."""
        assert self.start is not None
        steps = self.start.generated - 1
        return self._median(lambda each: (each.cycles - each.first_token) / steps / self.hertz)

    @property
    def rate(self) -> Interval:
        """Tokens a second of a model, LM head in: of decode steps, or of a prompt until its first choice."""
        assert self.start is not None
        decode = self.start.work == "decode"
        tokens, seconds = (self.start.texts, self.step_s) if decode else (self.start.prompt, self.first_s)
        return Interval(tokens / seconds.value, tokens / seconds.high, tokens / seconds.low, seconds.level)

    @property
    def kernel_s(self) -> Interval:
        """Host seconds from start to done, median with interval."""
        return self._median(lambda each: each.kernel_s)

    @property
    def copies_s(self) -> Interval:
        """Host seconds of the copies to and from the board, median with interval."""
        return self._median(lambda each: each.to_device_s + each.from_device_s)

    def _median(self, of: Callable[[Times], float]) -> Interval:
        """Return the median of something over the samples, with interval."""
        return median_interval([of(each) for each in self.samples])


def append(path: Path, record: CaseRecord) -> None:
    """Append a record as one line. MachineError when the file cannot be written."""
    jsonl.append(path, record)


def read(path: Path) -> tuple[CaseRecord, ...]:
    """Read all records; none when the file does not exist. InputError names a malformed line."""
    return jsonl.read_any(path, CaseRecord, SCHEMA)


def finished(records: Iterable[CaseRecord], asked: Asked) -> frozenset[str]:
    """Return the cases of a run that were measured to their end, whose results were exact."""
    return frozenset(each.case for each in records if each.run == asked.run and each.verdict == "exact")
