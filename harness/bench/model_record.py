# SPDX-License-Identifier: Apache-2.0
"""What benchmark records of the kernels that run whole models have in common: one start a line, raw counters and whole
provenance. What follows from them - roof, rates, shares - is computed when it is shown and never stored."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

from harness.bench import jsonl
from harness.bench.record import Kind
from harness.provenance import Provenance

SCHEMA = 1

Work = Literal["decode", "prefill"]
MemoryKind = Literal["ideal", "model", "worse"]
"""The board's peak without latency, its memory model, that model with an efficiency of nine tenths."""
WORSE = 0.9
"""Of the model's efficiency, with the last of them."""
MEMORIES: tuple[MemoryKind, ...] = ("ideal", "model", "worse")
STALL = "stall_"
"""What the names of counters of stalls begin with."""


@dataclass(frozen=True)
class ModelCounters:
    """Counters of one start, in cycles, in beats, or in tokens and layers; ports in order."""

    cycles: int
    weight_beats: int
    window: int
    stall_weights: int
    stall_acts: int
    stall_out: int
    first_token: int
    tokens_done: int
    tokens_run: int
    layers_done: int
    tap_beats: int
    rd_beats: tuple[int, ...]
    wr_beats: tuple[int, ...]

    def stalls(self) -> Iterator[tuple[str, float]]:
        """Yield what the kernel waited for, and for which share of the cycles."""
        for field in fields(self):
            if field.name.startswith(STALL):
                yield field.name.removeprefix(STALL), getattr(self, field.name) / max(self.cycles, 1)


@dataclass(frozen=True)
class Mark:
    """Counters when the prompt was first seen to have passed the last layer, some 200 cycles late at most."""

    cycles: int
    weight_beats: int


@dataclass(frozen=True)
class ModelRecord(ABC):
    """One start of a model on a board. A kernel's own record has its shape and counters, `least_bytes`, `token_macs`.

    `prompt` tokens were read, `generated` ones chosen for each text; results of every layer and the best logits were
    compared with the golden model, `divergence` names the first that differs.

    `timing`: the memory in words; `deliverable`: beats per cycle and port that it sustains. `macs_per_cycle`:
    multipliers of the linear layers. `run_s` is wall time from start to done.
    """

    schema: int
    workload: str
    work: Work
    model: str
    shape: Any
    origin: str
    profile: str
    board: str
    kind: Kind
    memory: MemoryKind
    timing: str
    deliverable: float
    board_hash: str
    config: str
    config_hash: str
    ports: int
    port_bytes: int
    macs_per_cycle: int
    clock_mhz: float
    prompt: int
    generated: int
    compared: int
    divergence: str
    counters: ModelCounters
    layers: Mark
    run_s: float
    golden_s: float
    provenance: Provenance

    @property
    def exact(self) -> bool:
        """Whether everything that was compared equalled the golden model."""
        return not self.divergence

    @property
    def texts(self) -> int:
        """Texts that were decoded together."""
        return 1

    @property
    def title(self) -> str:
        """What ran, for people."""
        return f"{self.model} {self.profile} {self.workload}"

    @property
    def first_s(self) -> float:
        """Seconds from the start until the first token was in memory, at the configuration's clock."""
        return self.counters.first_token / (self.clock_mhz * 1e6)

    # ---- decode

    @property
    def step_cycles(self) -> float:
        """Cycles of a decode step, on average over the steps behind the first token: all state read, head included."""
        return (self.counters.cycles - self.counters.first_token) / max(self.generated - 1, 1)

    @property
    def rate(self) -> float:
        """Tokens a second: of decode steps, or of the prompt through the layers."""
        cycles = self.step_cycles / self.texts if self.work == "decode" else self.layers.cycles / self.prompt
        return self.clock_mhz * 1e6 / max(cycles, 1)

    @cached_property
    def step_megabytes(self) -> float:
        """The format's minimum for a decode step, 1e6 bytes."""
        return self.least_bytes() / 1e6

    @abstractmethod
    def least_bytes(self) -> float:
        """Return the bytes that no accelerator of this kernel's models can do without in a step, on average."""

    @property
    def delivered_gbs(self) -> float:
        """What the memory behind the ports sustains, 1e9 bytes a second."""
        return self.deliverable * self.ports * self.port_bytes * self.clock_mhz / 1e3

    @property
    def roof(self) -> float:
        """Tokens a second if the memory behind the ports carried the format's minimum and nothing else."""
        return self.texts * self.delivered_gbs * 1e3 / self.step_megabytes

    @property
    def share(self) -> float:
        """Share of the roof: of the memory in decode, of the multipliers in prefill."""
        return self.rate / self.roof if self.work == "decode" else self.useful

    @property
    def ports_busy(self) -> float:
        """Beats of all ports over the whole start, of what the memory can deliver in its cycles."""
        beats = sum(self.counters.rd_beats) + sum(self.counters.wr_beats)
        return beats / max(self.counters.cycles * self.ports * self.deliverable, 1)

    # ---- prefill

    @property
    def useful(self) -> float:
        """Multiplications of the prompt in linear layers, without padding, of what all multipliers could do."""
        return self.prompt * self.token_macs() / max(self.macs_per_cycle * self.layers.cycles, 1)

    @abstractmethod
    def token_macs(self) -> int:
        """Return the multiplications of a token in the linear layers of all layers."""

    @property
    def after_layers(self) -> int:
        """Cycles from the last layer to the first token: final norm, head, choice."""
        return max(self.counters.first_token - self.layers.cycles, 0)

    # ---- simulation

    @property
    def cycles_per_second(self) -> float:
        """Simulated cycles a second of wall time, from start to done."""
        return self.counters.cycles / self.run_s if self.run_s else 0.0

    @property
    def seconds_a_token(self) -> float:
        """Wall time of a decode step in the simulation."""
        return self.step_cycles / self.cycles_per_second if self.run_s else 0.0


R = TypeVar("R", bound=ModelRecord)


def append(path: Path, record: ModelRecord) -> None:
    """Append a record as one line. MachineError when the file cannot be written."""
    jsonl.append(path, record)


def read(path: Path, kind: type[R]) -> tuple[R, ...]:
    """Read all records, of one kernel; none when the file does not exist. InputError names a malformed line."""
    return jsonl.read_any(path, kind, SCHEMA)
