# SPDX-License-Identifier: Apache-2.0
"""Predictor and scoreboard: golden says what a start must do; the first divergence of each result is told in full."""

from dataclasses import dataclass, fields
from functools import partial

from pyuvm import uvm_analysis_port, uvm_component, uvm_subscriber
from torch import Tensor

from golden.beats import no_beats
from golden.spec import TernAccelConfig
from golden.spec.gen.ternary_accel import ErrorCode
from golden.ternary.accel.arguments import argument_error, build_of
from golden.ternary.integer.model import Cache, LayerCache
from harness.uvm import model_streams
from harness.uvm.inorder import InOrderScoreboard, port_beats, status_failures
from harness.uvm.model_compare import fed_back, laws, record_divergence, share, stream_divergence
from harness.uvm.model_start import WHOLE, Action, ModelItem
from harness.uvm.starts import StartItem
from harness.uvm.ternary.items import Outcome, Stimulus
from harness.uvm.ternary.streams import chosen, locate, segments, traffic

REFUSED = ("WEIGHT_BEATS", "WINDOW", "CACHE_BEATS", "TOKENS_DONE", "TOKENS_RUN", "LAYERS_DONE", "TAP_BEATS")
"""Counters that stay 0 when a start is refused."""
BOUNDED = ("STALL_CACHE", "CACHE_BEATS")
"""Counters of cycles, and of beats that take one each."""
NAMES = {"k": "key", "k_exp": "exponent of the key", "v": "value", "v_exp": "exponent of the value"}


@dataclass(frozen=True)
class Prediction:
    """What a start must do; results are None where an error leaves them open.

    Attributes:
        index, value: int64 [steps * texts, 8] of the records.
        stream: captured beats int64 [beats, 8].
        caches: of every text behind the prefix.
    """

    error: ErrorCode
    error_port: int
    counters: dict[str, int]
    runs: int
    index: Tensor | None = None
    value: Tensor | None = None
    stream: Tensor | None = None
    caches: tuple[Cache, ...] | None = None


def predict(s: Stimulus) -> Prediction:
    """Compute the prediction from the golden model and the specification of errors and counters."""
    error = argument_error(s.arguments, build_of(s.cfg)) or _run_error(s)
    if s.action is Action.ILLEGAL:
        return Prediction(error, 0, dict.fromkeys(REFUSED, 0) | port_beats(s.cfg.ports, 0, 0), 1)
    if s.fault is not None:
        return Prediction(error, s.fault.port, {}, 1)
    outcome = s.golden
    index, value = outcome.index.flatten(0, 1), outcome.value.flatten(0, 1)
    stream = captured(s, outcome.streams)
    if s.action not in WHOLE:
        return Prediction(error, 0, {}, 1, index, value, stream)
    counters = traffic(s)
    beats = port_beats(s.cfg.ports, counters.pop("RD_BEATS"), counters.pop("WR_BEATS"))
    runs = 1 + s.restarted
    return Prediction(error, 0, counters | beats, runs, index, value, stream, outcome.requests.own)


def _run_error(s: Stimulus) -> ErrorCode:
    """What a run reports that was not refused."""
    bad = ErrorCode.BAD_TOKEN if s.meant is None else ErrorCode.BAD_WEIGHT
    codes = {Action.READ_ERROR: ErrorCode.AXI_READ, Action.WRITE_ERROR: ErrorCode.AXI_WRITE, Action.BAD_DATA: bad}
    return codes.get(s.action, ErrorCode.NONE)


def captured(s: Stimulus, streams: tuple[Tensor, ...]) -> Tensor:
    """What the tap point copies of the layers that the arguments name."""
    point = s.legal.tap_point
    return model_streams.captured(streams[point - 1], segments(s)) if point else no_beats()


class Predictor(uvm_subscriber):
    """Turns the items that the driver announces into predictions on `ap`."""

    def __init__(self, name: str, parent: uvm_component, cfg: TernAccelConfig) -> None:
        super().__init__(name, parent)
        self.ap = uvm_analysis_port("ap", self)

    def write(self, item: ModelItem) -> None:
        """Predict one start."""
        self.ap.write((item, predict(item.stimulus)))


class Scoreboard(InOrderScoreboard):
    """Compares records, captured streams, caches, errors, counters and the memory around them."""

    def differences(self, item: StartItem, prediction: Prediction) -> list[str]:
        """Return one line for each deviation."""
        found: Outcome = item.outcome
        lines = status_failures(prediction, found) + laws(found.counters, BOUNDED) + list(found.changed)
        lines += result_differences(item.stimulus, prediction, found)
        return [f"{line} [{item.get_name()}]" for line in lines]


def result_differences(s: Stimulus, expected: Prediction, found: Outcome) -> list[str]:
    """Return the first divergence of the stream, the caches and the records; after bad data of what was finished.

    A record that is wrong in front of everything that it feeds back comes first.
    """
    whole, a = expected.error is ErrorCode.NONE, s.legal
    lines: list[str | None] = []
    if expected.stream is not None:
        beats = len(expected.stream) if whole else found.counters["TAP_BEATS"]
        golden, rtl = expected.stream[:beats], found.stream[:beats]
        lines.append(stream_divergence(golden, rtl, a.tap_point, partial(locate, s)))
    for text, cache in enumerate(expected.caches or ()):
        for layer, each in enumerate(cache):
            lines.append(cache_divergence(text, layer, each, found.caches[text][layer]))
    if expected.index is not None and expected.value is not None:
        records = record_divergence(expected.index, expected.value, found, whole, a.logit_frac, a.batch)
        first = whole and fed_back(expected, found, a.batch, partial(chosen, s))
        lines = [*records, *lines] if first else [*lines, *records]
    return [line for line in lines if line]


def cache_divergence(text: int, layer: int, expected: LayerCache, found: LayerCache) -> str | None:
    """Return one line about the first number of a text's layer that differs, None if none does."""
    for field in fields(LayerCache):
        golden, rtl = getattr(expected, field.name), getattr(found, field.name)
        different = (golden != rtl).nonzero()
        if len(different):
            at = tuple(int(i) for i in different[0])
            names = zip(("KV head", "own position", "dim"), at, strict=False)
            where = ", ".join(f"{name} {index}" for name, index in names)
            place = f"cache of text {text}, layer {layer}, {where}"
            numbers = f"golden {int(golden[at])}, RTL {int(rtl[at])}"
            return f"{place}, {NAMES[field.name]}: {numbers}; {share(different, golden)}"
    return None
