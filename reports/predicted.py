# SPDX-License-Identifier: Apache-2.0
"""What virtual boards predict of a measurement on a board: cycles of the same start under the board's memory model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.bench.measured import CaseRecord, ModelStart
from harness.bench.model_record import ModelRecord
from harness.bench.record import Record
from harness.bench.ternary_record import TernaryRecord


@dataclass(frozen=True)
class Found:
    """Cycles that a virtual board simulates; `of` names the workload where it is another one than what was measured."""

    cycles: int
    of: str = ""


@dataclass(frozen=True)
class Case:
    """What makes a start of a bundle the same."""

    board: str
    bundle: str
    config_hash: str
    name: str


@dataclass(frozen=True)
class Start:
    """What makes a start of a model the same; `part` of its layers, None for all, and what it finds cached."""

    board: str
    config_hash: str
    model: str
    profile: str
    part: tuple[int, int] | None
    prompt: int
    generated: int
    prefix: int
    own: tuple[int, ...]


@dataclass(frozen=True)
class Predictions:
    """Cycles of virtual boards under their memory models, by the names of the boards that they stand for."""

    cases: Mapping[Case, int]
    starts: Mapping[Start, int]

    def of(self, r: CaseRecord) -> Found | None:
        """Return the prediction of a measurement; None: nobody simulated that start.

        A decode of Mamba2 behind some text has that of the same decode from nothing: a state has one size. What
        differs is the first token of the start, which then fetches the state of each layer that is not on chip
        (m2_fetch_state); a step is the same.
        """
        if r.start is None:
            asked = r.asked
            return _found(self.cases.get(Case(asked.board, asked.bundle, asked.config_hash, r.case)))
        key = _key(r, r.start)
        found = _found(self.starts.get(key))
        if found or r.start.kernel != "mamba2_accel" or r.start.work != "decode":
            return found
        return _found(self.starts.get(replace(key, own=(0,))), f"tg{r.start.generated - 1}")


def predictions(virtual: Sequence[Record], starts: Sequence[ModelRecord]) -> Predictions:
    """Return what replays and models' starts on virtual boards predict."""
    cases = {
        Case(r.board.removeprefix("sim:"), r.bundle, r.config_hash, sample.case): sample.counters.cycles
        for r in virtual
        if r.memory == "model"
        for sample in r.samples
    }
    return Predictions(cases, {_simulated(r): r.counters.cycles for r in starts if r.memory == "model"})


def _found(cycles: int | None, of: str = "") -> Found | None:
    return None if cycles is None else Found(cycles, of)


def _key(r: CaseRecord, s: ModelStart) -> Start:
    a = r.asked
    return Start(a.board, a.config_hash, s.model, s.profile, s.part, s.prompt, s.generated, s.prefix, s.own)


def _simulated(r: ModelRecord) -> Start:
    board = r.board.removeprefix("sim:")
    whole = Start(board, r.config_hash, r.model, r.profile, None, r.prompt, r.generated, 0, (0,))
    if not isinstance(r, TernaryRecord):
        return whole
    part = None if r.whole else (r.shape.num_hidden_layers, r.whole_layers)
    return replace(whole, part=part, prefix=r.prefix, own=r.own)
