# SPDX-License-Identifier: Apache-2.0
"""Predictor and scoreboard: golden says what a start must do; the first divergence of each result is told in full."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from pyuvm import uvm_analysis_port, uvm_component, uvm_subscriber
from torch import Tensor

from golden.beats import no_beats
from golden.fixed.pot import Pot
from golden.mamba2.accel.arguments import argument_error, build_of
from golden.spec import Mamba2AccelConfig
from golden.spec.gen.mamba2_accel import ErrorCode
from harness.uvm import model_streams
from harness.uvm.inorder import InOrderScoreboard, port_beats, status_failures
from harness.uvm.mamba2.items import Outcome, Stimulus
from harness.uvm.mamba2.streams import chosen, locate, segments, traffic
from harness.uvm.model_compare import fed_back, laws, record_divergence, share, stream_divergence, values
from harness.uvm.model_start import Action, ModelItem
from harness.uvm.starts import StartItem

ACTION_ERROR = {
    Action.BAD_DATA: ErrorCode.BAD_TOKEN,
    Action.READ_ERROR: ErrorCode.AXI_READ,
    Action.WRITE_ERROR: ErrorCode.AXI_WRITE,
}
REFUSED = ("WEIGHT_BEATS", "WINDOW", "SSM_BEATS", "TOKENS_DONE", "TOKENS_RUN", "LAYERS_DONE", "TAP_BEATS")
"""Counters that stay 0 when a start is refused."""
BOUNDED = ("STALL_STATE", "SSM_BEATS")
"""Counters of cycles or of beats that take one each."""


@dataclass(frozen=True)
class Prediction:
    """What a start must do; results are None where an error leaves them open.

    Attributes:
        index, value: int64 [generated, 8] of the records.
        stream: captured beats int64 [beats, 8].
        states: of the layers with their state in memory, by layer.
    """

    error: ErrorCode
    error_port: int
    counters: dict[str, int]
    runs: int
    index: Tensor | None = None
    value: Tensor | None = None
    stream: Tensor | None = None
    states: Mapping[int, Pot] | None = None


def predict(s: Stimulus) -> Prediction:
    """Compute the prediction from the golden model and the specification of errors and counters."""
    error = argument_error(s.arguments, build_of(s.cfg)) or ACTION_ERROR.get(s.action, ErrorCode.NONE)
    port = s.fault.port if s.fault is not None else 0
    if s.action is Action.ILLEGAL:
        return Prediction(error, 0, dict.fromkeys(REFUSED, 0) | port_beats(s.cfg.ports, 0, 0), 1)
    if s.action in (Action.READ_ERROR, Action.WRITE_ERROR):
        return Prediction(error, port, {}, 1)
    outcome, runs = s.golden, 1 + s.restarted
    stream = captured(s, outcome.streams)
    if s.action is Action.BAD_DATA:
        return Prediction(error, 0, {}, runs, outcome.index, outcome.value, stream)
    counters = traffic(s)
    beats = port_beats(s.cfg.ports, counters.pop("RD_BEATS"), counters.pop("WR_BEATS"))
    states = {layer: one(outcome.states[layer - s.legal.layer_first].ssm) for layer in s.state_layers}
    return Prediction(error, 0, counters | beats, runs, outcome.index, outcome.value, stream, states)


def one(state: Pot) -> Pot:
    """The state of the only text, q [N, I]."""
    return Pot(state.q[0], state.s[0], state.group)


def captured(s: Stimulus, streams: tuple[Tensor, ...]) -> Tensor:
    """What the tap point copies of the layers that the arguments name."""
    point = s.legal.tap_point
    return model_streams.captured(streams[point - 1], segments(s)) if point else no_beats()


class Predictor(uvm_subscriber):
    """Turns the items that the driver announces into predictions on `ap`."""

    def __init__(self, name: str, parent: uvm_component, cfg: Mamba2AccelConfig) -> None:
        super().__init__(name, parent)
        self.ap = uvm_analysis_port("ap", self)

    def write(self, item: ModelItem) -> None:
        """Predict one start."""
        self.ap.write((item, predict(item.stimulus)))


class Scoreboard(InOrderScoreboard):
    """Compares records, captured streams, states, errors, counters and the memory around them."""

    def differences(self, item: StartItem, prediction: Prediction) -> list[str]:
        """Return one line for each deviation."""
        found: Outcome = item.outcome
        lines = status_failures(prediction, found) + laws(found.counters, BOUNDED) + list(found.changed)
        lines += result_differences(item.stimulus, prediction, found)
        return [f"{line} [{item.get_name()}]" for line in lines]


def result_differences(s: Stimulus, expected: Prediction, found: Outcome) -> list[str]:
    """Return the first divergence of the stream, the states and the records; after a bad token of what was finished.

    A record that is wrong in front of everything that it feeds back comes first.
    """
    whole, point = expected.error is ErrorCode.NONE, s.legal.tap_point
    lines: list[str | None] = []
    if expected.stream is not None:
        beats = len(expected.stream) if whole else found.counters["TAP_BEATS"]
        lines.append(stream_divergence(expected.stream[:beats], found.stream[:beats], point, partial(locate, s)))
    for layer, state in (expected.states or {}).items():
        lines.append(state_divergence(s, layer, state, found.states[layer]))
    if expected.index is not None and expected.value is not None:
        records = record_divergence(expected.index, expected.value, found, whole, s.model.profile.proj_frac)
        first = whole and fed_back(expected, found, 1, partial(chosen, s))
        lines = [*records, *lines] if first else [*lines, *records]
    return [line for line in lines if line]


def state_divergence(s: Stimulus, layer: int, expected: Pot, found: Pot) -> str | None:
    """Return one line about the first number or shift of a layer's state that differs, None if none does."""
    heads = s.model.cfg.headdim
    different = (expected.q != found.q).nonzero()
    if len(different):
        n, channel = (int(i) for i in different[0])
        frac = s.model.profile.state_frac
        golden, rtl = expected.value[n, channel], found.value[n, channel]
        place = f"state of layer {layer}, head {channel // heads}, n {n}, row {channel}"
        numbers = f"golden {int(expected.q[n, channel])}, RTL {int(found.q[n, channel])}"
        return f"{place}: {numbers}; with shifts {values(golden, rtl, frac)}; {share(different, expected.q)}"
    different = (expected.s != found.s).nonzero()
    if not len(different):
        return None
    n, group = (int(i) for i in different[0])
    shifts = f"golden {int(expected.s[n, group])}, RTL {int(found.s[n, group])}"
    return f"shift of state of layer {layer}, n {n}, channel group {group}: {shifts}; {share(different, expected.s)}"
