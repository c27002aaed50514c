# SPDX-License-Identifier: Apache-2.0
"""Predictor and scoreboard of accelerators of whole models: golden says what a start must do, lines what differs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from pyuvm import uvm_analysis_port, uvm_component, uvm_subscriber
from torch import Tensor

from golden.beats import no_beats
from harness.uvm import model_streams
from harness.uvm.inorder import InOrderScoreboard, port_beats, status_failures
from harness.uvm.model_compare import fed_back, laws, record_divergence, stream_divergence
from harness.uvm.model_start import WHOLE, Action, ModelItem, ModelOutcome, ModelStimulus
from harness.uvm.model_streams import Segment, chosen, locate
from harness.uvm.starts import StartItem


@dataclass(frozen=True)
class Prediction:
    """What a start must do; results are None where an error leaves them open.

    Attributes:
        index, value: int64 [records, 8] of the records.
        stream: captured beats int64 [beats, 8].
        kept: what only this kernel leaves in memory.
    """

    error: Any
    error_port: int
    counters: dict[str, int]
    runs: int
    index: Tensor | None = None
    value: Tensor | None = None
    stream: Tensor | None = None
    kept: Any = None


@dataclass(frozen=True)
class Comparison:
    """How a kernel's starts are predicted and compared.

    Attributes:
        errors: its error codes.
        refused: counters that stay 0 when a start is refused.
        bounded: counters of cycles, and of beats that take one each.
        segments: each job's part of the captured stream of a start.
        traffic: counters that follow from a start's arguments; RD_BEATS and WR_BEATS are those of each port.
        left_out: for each port the beats of RD_BEATS that a start reads without it; empty where there are none.
        kept: what golden leaves in memory but for records and stream.
        divergences: a line, or None, for each part of that, of a start, golden's and the device's.
    """

    errors: Any
    refused: tuple[str, ...]
    bounded: tuple[str, ...]
    segments: Callable[[Any], Iterable[Segment]]
    traffic: Callable[[Any], dict[str, int]]
    kept: Callable[[Any], Any]
    divergences: Callable[[Any, Any, Any], Iterable[str | None]]
    left_out: Callable[[Any], Sequence[int]] = lambda s: ()

    def predict(self, s: ModelStimulus) -> Prediction:
        """Compute the prediction from the golden model and the specification of errors and counters."""
        error = s.refusal or self._run_error(s)
        if s.action is Action.ILLEGAL:
            return Prediction(error, 0, dict.fromkeys(self.refused, 0) | port_beats(s.cfg.ports, 0, 0), 1)
        if s.fault is not None:
            return Prediction(error, s.fault.port, {}, 1)
        index, value = s.golden.index.flatten(0, -2), s.golden.value.flatten(0, -2)
        stream = self.captured(s)
        if s.action not in WHOLE:
            return Prediction(error, 0, {}, 1, index, value, stream)
        counters = self.traffic(s)
        beats = port_beats(s.cfg.ports, counters.pop("RD_BEATS"), counters.pop("WR_BEATS"), self.left_out(s))
        return Prediction(error, 0, counters | beats, 1 + s.restarted, index, value, stream, self.kept(s))

    def _run_error(self, s: ModelStimulus) -> Any:
        """What a run reports that was not refused."""
        errors = self.errors
        codes = {Action.READ_ERROR: errors.AXI_READ, Action.WRITE_ERROR: errors.AXI_WRITE}
        return (codes | {Action.BAD_DATA: s.bad_data}).get(s.action, errors.NONE)

    def captured(self, s: ModelStimulus) -> Tensor:
        """What the tap point copies of the layers that the arguments name."""
        point = s.legal.tap_point
        return model_streams.captured(s.golden.streams[point - 1], self.segments(s)) if point else no_beats()

    def differences(self, s: ModelStimulus, expected: Prediction, found: ModelOutcome) -> list[str]:
        """Return one line for each deviation."""
        lines = status_failures(expected, found) + laws(found.counters, self.bounded) + list(found.changed)
        return lines + self.results(s, expected, found)

    def results(self, s: ModelStimulus, expected: Prediction, found: ModelOutcome) -> list[str]:
        """Return the first divergence of the stream, of what is kept, of the records; after bad data of what was done.

        A record that is wrong in front of everything that it feeds back comes first.
        """
        whole = expected.error is self.errors.NONE
        lines: list[str | None] = []
        if expected.stream is not None:
            beats = len(expected.stream) if whole else found.counters["TAP_BEATS"]
            where = partial(locate, self.segments, s)
            lines.append(stream_divergence(expected.stream[:beats], found.stream[:beats], s.legal.tap_point, where))
        if expected.kept is not None:
            lines += self.divergences(s, expected.kept, found.kept)
        if expected.index is not None and expected.value is not None:
            records = record_divergence(expected.index, expected.value, found, whole, s.logit_frac, s.batch)
            first = whole and fed_back(expected, found, s.batch, partial(chosen, self.segments, s))
            lines = [*records, *lines] if first else [*lines, *records]
        return [line for line in lines if line]


class ModelPredictor(uvm_subscriber):
    """Turns the items that the driver announces into predictions on `ap`."""

    COMPARISON: ClassVar[Comparison]

    def __init__(self, name: str, parent: uvm_component, cfg: Any) -> None:
        super().__init__(name, parent)
        self.ap = uvm_analysis_port("ap", self)

    def write(self, item: ModelItem) -> None:
        """Predict one start."""
        self.ap.write((item, self.COMPARISON.predict(item.stimulus)))


class ModelScoreboard(InOrderScoreboard):
    """Compares records, captured streams, what is kept, errors, counters and the memory around them."""

    COMPARISON: ClassVar[Comparison]

    def differences(self, item: StartItem, prediction: Prediction) -> list[str]:
        """Return one line for each deviation."""
        lines = self.COMPARISON.differences(item.stimulus, prediction, item.outcome)
        return [f"{line} [{item.get_name()}]" for line in lines]
