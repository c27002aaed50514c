# SPDX-License-Identifier: Apache-2.0
"""What a call of a kernel costs on the host beyond the simulation: PYNQ, driver, copies, on a virtual board.

The wall time of calls, less what was spent in the simulation's own library. Timing that adds some 0.2 us to each entry
of the library, which counts as overhead.
"""

import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.bench import jsonl
from harness.provenance import Provenance

SCHEMA = 1
RECORDS = "overhead.jsonl"
"""Name of the file of records."""
GOAL_US = 200.0
CALLS, ROUNDS = 200, 5


class Caller(Protocol):
    """A kernel on a virtual board (`boards.sim.overhead` has it)."""

    @property
    def name(self) -> str:
        """The board, and what is called."""

    def call(self) -> None:
        """Call the kernel once."""

    @property
    def inside_s(self) -> float:
        """Seconds spent in the simulation so far."""

    @property
    def entries(self) -> int:
        """How often it was entered so far."""


@dataclass(frozen=True)
class OverheadRecord:
    """Host microseconds of a call beyond the simulation, the median of `calls` in each sample: on a machine that others
    use, a mean tells of them. `simulated_us`: those inside; `entries` into the simulation in a call."""

    schema: int
    name: str
    calls: int
    entries: float
    samples_us: tuple[float, ...]
    simulated_us: tuple[float, ...]
    goal_us: float
    provenance: Provenance

    @property
    def us(self) -> float:
        """The median."""
        return statistics.median(self.samples_us)

    @property
    def met(self) -> bool:
        """Whether it is at most the goal."""
        return self.us <= self.goal_us


def measure(caller: Caller, provenance: Provenance, calls: int = CALLS, rounds: int = ROUNDS) -> OverheadRecord:
    """Return what a call costs beyond the simulation, after one to warm up. What the call raises passes through."""
    caller.call()
    entered = caller.entries
    beyond: list[float] = []
    inside: list[float] = []
    for _ in range(rounds):
        each = [_call(caller) for _ in range(calls)]
        beyond.append(statistics.median(outside for outside, _ in each))
        inside.append(statistics.median(within for _, within in each))
    entries = (caller.entries - entered) / (calls * rounds)
    return OverheadRecord(SCHEMA, caller.name, calls, entries, tuple(beyond), tuple(inside), GOAL_US, provenance)


def _call(caller: Caller) -> tuple[float, float]:
    """Call once; return the microseconds outside and inside of the simulation."""
    within, begin = caller.inside_s, time.perf_counter()
    caller.call()
    seconds, within = time.perf_counter() - begin, caller.inside_s - within
    return 1e6 * (seconds - within), 1e6 * within


def line(record: OverheadRecord) -> str:
    """Return the record as one line for people."""
    verdict = "reached" if record.met else "MISSED"
    return (
        f"{record.name}: {record.us:.0f} us of the host a call beyond the simulation's "
        f"{statistics.median(record.simulated_us):.0f}, which is entered {record.entries:.0f} times "
        f"(goal {record.goal_us:.0f} {verdict})"
    )


def append(path: Path, record: OverheadRecord) -> None:
    """Append a record as one line. MachineError when the file cannot be written."""
    jsonl.append(path, record)


def read(path: Path) -> tuple[OverheadRecord, ...]:
    """Read all records; none when the file does not exist. InputError names a malformed line."""
    return jsonl.read_any(path, OverheadRecord, SCHEMA)
