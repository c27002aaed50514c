# SPDX-License-Identifier: Apache-2.0
"""Benchmark records: raw samples and their whole provenance, one JSON line each. What follows from them is computed
when it is shown and never stored."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.bench import jsonl
from harness.provenance import Provenance

SCHEMA = 1

Kind = Literal["simulated", "measured"]


@dataclass(frozen=True)
class Counters:
    """The kernel's performance counters after one start, in cycles and wide beats (ports in order)."""

    cycles: int
    weight_beats: int
    window: int
    stall_weights: int
    stall_tables: int
    stall_output: int
    stall_hazard: int
    rd_beats: tuple[int, ...]
    wr_beats: tuple[int, ...]


@dataclass(frozen=True)
class Sample:
    """One start: what ran, whether every element equalled the bundle, counters, and host seconds around the call."""

    case: str
    rows: int
    cols: int
    vectors: int
    exact: bool
    counters: Counters
    host_s: float


@dataclass(frozen=True)
class Record:
    """A bundle replayed on a board.

    `kind` is what the cycle counts are: simulated on a virtual board, measured on a physical one. `memory` names the
    memory behind the ports; `deliverable` is the number of beats per cycle and port that this memory can sustain.
    """

    schema: int
    workload: str
    board: str
    kind: Kind
    memory: str
    deliverable: float
    board_hash: str
    config: str
    config_hash: str
    ports: int
    port_bytes: int
    row_lanes: int
    clock_mhz: float
    bundle: str
    origin: str
    samples: tuple[Sample, ...]
    simulated_cycles: int
    wall_s: float
    provenance: Provenance

    @property
    def exact(self) -> bool:
        """Whether every result of every start equalled the golden model bit for bit."""
        return all(sample.exact for sample in self.samples)

    @property
    def cycles(self) -> int:
        """Device cycles from start to done, summed over the starts."""
        return sum(sample.counters.cycles for sample in self.samples)

    @property
    def macs(self) -> int:
        """Useful ternary multiply-accumulates: rows x cols x vectors, without padding."""
        return sum(sample.rows * sample.cols * sample.vectors for sample in self.samples)

    @property
    def busy(self) -> float:
        """Share of the cycles from start to done in which a weight beat was consumed."""
        return sum(sample.counters.weight_beats for sample in self.samples) / max(self.cycles, 1)

    @property
    def window_busy(self) -> float:
        """Share of the cycles from first to last weight beat in which a weight beat was consumed."""
        window = sum(sample.counters.window for sample in self.samples)
        return sum(sample.counters.weight_beats for sample in self.samples) / max(window, 1)

    @property
    def window_of_deliverable(self) -> float:
        """`window_busy` over the beats per cycle that the memory can sustain."""
        return self.window_busy / self.deliverable

    @property
    def fixed_cost(self) -> float:
        """Cycles of one start outside the window of its weight beats, on average."""
        return sum(s.counters.cycles - s.counters.window for s in self.samples) / max(len(self.samples), 1)

    @property
    def read_bytes(self) -> int:
        """Bytes that all ports read."""
        return self.port_bytes * sum(sum(sample.counters.rd_beats) for sample in self.samples)

    @property
    def write_bytes(self) -> int:
        """Bytes that all ports wrote."""
        return self.port_bytes * sum(sum(sample.counters.wr_beats) for sample in self.samples)

    @property
    def seconds(self) -> float:
        """Device seconds at the configuration's clock: cycles over clock, not wall time."""
        return self.cycles / (self.clock_mhz * 1e6)


def append(path: Path, record: Record) -> None:
    """Append a record as one line. MachineError when the file cannot be written."""
    jsonl.append(path, record)


def read(path: Path) -> tuple[Record, ...]:
    """Read all records of a file. InputError that names the line when a record is malformed."""
    return jsonl.read(path, Record, SCHEMA)
