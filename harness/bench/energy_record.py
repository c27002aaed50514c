# SPDX-License-Identifier: Apache-2.0
"""Energy records: raw readings of a board's power in three phases, what ran in them, and their whole provenance; one
JSON line each. What follows from them (`harness/bench/energy.py`) is computed when it is shown and never stored."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from golden.spec.strict import require
from harness.bench import jsonl
from harness.bench.model_record import Work
from harness.bench.power_trace import PowerTrace
from harness.bench.record import Kind
from harness.provenance import Provenance

SCHEMA = 1
RECORDS = "energy.jsonl"
"""Name of the file of records, beside those of measurements."""

Scope = Literal["board", "rails", "package", "gpu"]
"""What the total is of: the whole board at its inputs; rails of it; a processor's package; a GPU's board."""
HOST, GPU = "host", "gpu"
"""What stands for a board where this machine's processors, or a GPU, did the work."""
SIMULATED = "simulated"
"""The reason of every virtual board."""


@dataclass(frozen=True)
class SourceFacts:
    """Which sensors were read: `refresh_s` is the refresh period that is declared for them, None where nobody says."""

    name: str
    scope: Scope
    rails: tuple[str, ...]
    refresh_s: float | None


@dataclass(frozen=True)
class Repetition:
    """One run of the work on the host's clock, and the seconds of it in which the kernel ran."""

    start_s: float
    end_s: float
    kernel_s: float


@dataclass(frozen=True)
class EnergyRecord:
    """A workload repeated on a board whose power was read meanwhile, or the reason why nothing could be.

    `kind` is as in `Record`; `tokens` and `inferences` are those of one repetition. `unprogrammed`: idle, without a
    bitstream of krait's; `idle`: programmed, clocked, not started; `active`: the loop. Times of `repetitions` are those
    of `active`. The first `discard_s` of each phase count nowhere. `clock_mhz` was read back from the board. `run`: of
    the measurement that it belongs to (`measured.Asked`), empty of one that stands alone.
    """

    schema: int
    workload: str
    work: Work
    board: str
    kind: Kind
    reason: str
    source: SourceFacts | None
    tokens: int
    inferences: int
    discard_s: float
    clock_mhz: float | None
    unprogrammed: PowerTrace | None
    unprogrammed_reason: str
    idle: PowerTrace | None
    active: PowerTrace | None
    repetitions: tuple[Repetition, ...]
    seed: int
    provenance: Provenance
    run: str = ""

    def __post_init__(self) -> None:
        """Check that a record is either measured or says why not; InputError names the key."""
        whole = all(part is not None for part in (self.source, self.idle, self.active))
        none = all(part is None for part in (self.source, self.unprogrammed, self.idle, self.active))
        kept = not self.reason if whole else none and bool(self.reason)
        require(kept, "reason", self.reason, "a source with its traces, or a reason why there is none")
        virtual = self.board.partition(":")[0] == "sim"
        require((self.kind == "simulated") == virtual, "kind", self.kind, f"measured or simulated, as {self.board} is")
        nothing = none and self.reason == SIMULATED
        require(not virtual or nothing, "source", "one of a virtual board", f"none, and reason {SIMULATED!r}")
        told = self.unprogrammed is not None or bool(self.unprogrammed_reason)
        require(told, "unprogrammed_reason", self.unprogrammed_reason, "a trace, or a reason why there is none")
        require(self.tokens > 0 and self.inferences > 0, "tokens", self.tokens, "at least 1, and inferences too")
        require(self.discard_s >= 0, "discard_s", self.discard_s, "0 or more")
        require(not whole or bool(self.repetitions), "repetitions", "none", "at least one")


def unmeasured(
    workload: str, work: Work, board: str, kind: Kind, tokens: int, provenance: Provenance, reason: str = ""
) -> EnergyRecord:
    """Return the record of a run whose energy nothing measured; of a virtual board the reason is always the same."""
    reason = SIMULATED if kind == "simulated" else reason
    return EnergyRecord(
        schema=SCHEMA,
        workload=workload,
        work=work,
        board=board,
        kind=kind,
        reason=reason,
        source=None,
        tokens=tokens,
        inferences=1,
        discard_s=0.0,
        clock_mhz=None,
        unprogrammed=None,
        unprogrammed_reason=reason,
        idle=None,
        active=None,
        repetitions=(),
        seed=0,
        provenance=provenance,
    )


def append(path: Path, record: EnergyRecord) -> None:
    """Append a record as one line. MachineError when the file cannot be written."""
    jsonl.append(path, record)


def read(path: Path) -> tuple[EnergyRecord, ...]:
    """Read all records; none when the file does not exist. InputError names a malformed line."""
    return jsonl.read_any(path, EnergyRecord, SCHEMA)
