# SPDX-License-Identifier: Apache-2.0
"""Predictor and scoreboard: the golden model says what a start must do; the first divergence is told in full."""

from dataclasses import dataclass

import torch
from pyuvm import uvm_analysis_port, uvm_component, uvm_scoreboard, uvm_subscriber, uvm_tlm_analysis_fifo

from golden.errors import CheckError
from golden.spec.configs import TernConfig
from golden.spec.gen.tern_matvec import ErrorCode
from golden.ternary.arguments import argument_error
from golden.ternary.matvec import matvec
from golden.ternary.packing import tiling
from harness.uvm.items import Action, KernelItem, Outcome, Stimulus


@dataclass(frozen=True)
class Prediction:
    """What a start must do: y int32 [M, V] (None: nothing written), error code, counters that are exactly known."""

    y: torch.Tensor | None
    error: ErrorCode
    error_port: int | None
    counters: dict[str, int]
    runs: int


def predict(stimulus: Stimulus, cfg: TernConfig) -> Prediction:
    """Compute the prediction from the golden model and the specification of errors and counters."""
    error = _expected_error(stimulus, cfg)
    runs = 2 if stimulus.action is Action.RESTART else 1
    if stimulus.action is Action.ILLEGAL:
        return Prediction(None, error, 0, {"WEIGHT_BEATS": 0, "WINDOW": 0, **_port_beats(cfg, 0, 0)}, runs)
    sizes = tiling(stimulus.rows, stimulus.cols, stimulus.vectors, cfg)
    counters = {"WEIGHT_BEATS": sizes.w_beats, **_port_beats(cfg, sizes.x_beats + sizes.w_beats, sizes.y_beats)}
    damaged = stimulus.action in (Action.READ_ERROR, Action.WRITE_ERROR)
    y = None if damaged else matvec(stimulus.w, stimulus.x)
    port = stimulus.fault.port if stimulus.fault is not None else None
    return Prediction(y, error, port, counters, runs)


def _expected_error(stimulus: Stimulus, cfg: TernConfig) -> ErrorCode:
    """Return the code that the specification demands: refused arguments first, then what happens on the way."""
    args = stimulus.arguments
    offsets = (args.x_off, args.w_off, args.y_off)
    refused = argument_error(args.row_tiles, args.col_blocks, args.vectors, offsets, args.port_base, cfg)
    return refused or _ACTION_ERROR.get(stimulus.action, ErrorCode.NONE)


_ACTION_ERROR = {
    Action.BAD_WEIGHT: ErrorCode.BAD_WEIGHT,
    Action.READ_ERROR: ErrorCode.AXI_READ,
    Action.WRITE_ERROR: ErrorCode.AXI_WRITE,
}


def _port_beats(cfg: TernConfig, reads: int, writes: int) -> dict[str, int]:
    return {
        f"{name}_{port:02d}": beats
        for name, beats in (("RD_BEATS", reads), ("WR_BEATS", writes))
        for port in range(cfg.ports)
    }


class Predictor(uvm_subscriber):
    """Turns the items that the driver announces into predictions on `ap`."""

    def __init__(self, name: str, parent: uvm_component, cfg: TernConfig) -> None:
        super().__init__(name, parent)
        self._cfg = cfg
        self.ap = uvm_analysis_port("ap", self)

    def write(self, item: KernelItem) -> None:
        """Predict one start."""
        self.ap.write((item, predict(item.stimulus, self._cfg)))


def first_divergence(name: str, expected: torch.Tensor, found: torch.Tensor, cfg: TernConfig) -> str | None:
    """Return one line about the first element (row by row) of y int32 [M, V] that differs, None if none does."""
    different = (expected != found).nonzero()
    if not len(different):
        return None
    row, vector = (int(i) for i in different[0])
    want, have = int(expected[row, vector]), int(found[row, vector])
    place = f"tile {row // cfg.outs}, lane {row % cfg.outs}"
    return (
        f"tensor y: row {row}, vector {vector} ({place}): golden {want} ({want & 0xFFFF_FFFF:#010x}), "
        f"RTL {have} ({have & 0xFFFF_FFFF:#010x}); {len(different)} of {expected.numel()} elements differ [{name}]"
    )


class Scoreboard(uvm_scoreboard):
    """Compares outcomes with predictions in order; keeps every failure, raises at the end of the test."""

    def __init__(self, name: str, parent: uvm_component, cfg: TernConfig) -> None:
        self._cfg = cfg
        self.failures: list[str] = []
        self.compared = 0
        super().__init__(name, parent)

    def build_phase(self) -> None:
        """Make the two inputs."""
        self.predicted = uvm_tlm_analysis_fifo("predicted", self)
        self.done = uvm_tlm_analysis_fifo("done", self)

    async def run_phase(self) -> None:
        """Compare each finished item with its prediction."""
        while True:
            item = await self.done.get()
            announced, prediction = await self.predicted.get()
            if announced is not item:
                self.failures.append(f"item {item.get_name()} finished, but {announced.get_name()} was announced")
                continue
            self._compare(item, prediction)
            self.compared += 1

    def _compare(self, item: KernelItem, prediction: Prediction) -> None:
        name, outcome = item.get_name(), item.outcome
        if item.runs != prediction.runs or outcome is None:
            self.failures.append(f"{item.runs} runs ended, expected {prediction.runs} [{name}]")
            return
        self.failures.extend(f"{line} [{name}]" for line in _status_failures(prediction, outcome))
        if prediction.y is not None:
            self._compare_y(name, prediction.y, outcome)
        elif item.stimulus.action is Action.ILLEGAL and outcome.y is not None:
            self.failures.append(f"tensor y: results were written by a start that was refused [{name}]")

    def _compare_y(self, name: str, expected: torch.Tensor, outcome: Outcome) -> None:
        if outcome.y is None:
            self.failures.append(f"tensor y: nothing was written, expected {list(expected.shape)} [{name}]")
        elif line := first_divergence(name, expected, outcome.y, self._cfg):
            self.failures.append(line)

    def check_phase(self) -> None:
        """Fail the test on any failure, and when nothing was compared."""
        if self.failures:
            more = f" (and {len(self.failures) - 1} more failures)" if len(self.failures) > 1 else ""
            raise CheckError(self.failures[0] + more)
        if not self.compared:
            raise CheckError("the scoreboard compared nothing")


def _status_failures(prediction: Prediction, outcome: Outcome) -> list[str]:
    failures = [f"protocol: {line}" for line in outcome.violations]
    if outcome.error is not prediction.error:
        failures.append(f"register ERROR.CODE: golden {prediction.error.name}, RTL {outcome.error.name}")
    elif prediction.error_port is not None and outcome.error_port != prediction.error_port:
        failures.append(f"register ERROR.PORT: golden {prediction.error_port}, RTL {outcome.error_port}")
    for counter, value in prediction.counters.items():
        if outcome.counters[counter] != value:
            failures.append(f"register {counter}: golden {value}, RTL {outcome.counters[counter]}")
    failures.extend(_counter_laws(outcome.counters))
    if not outcome.guards_intact:
        failures.append("memory: bytes outside the result region changed")
    return failures


def _counter_laws(counters: dict[str, int]) -> list[str]:
    """Return violations of: beats + stalls = window <= cycles."""
    stalls = sum(value for name, value in counters.items() if name.startswith("STALL_"))
    window, cycles, beats = counters["WINDOW"], counters["CYCLES"], counters["WEIGHT_BEATS"]
    failures = []
    if beats + stalls != window:
        failures.append(f"register WINDOW: RTL {window}, but WEIGHT_BEATS {beats} + stalls {stalls} = {beats + stalls}")
    if window > cycles:
        failures.append(f"register CYCLES: RTL {cycles}, less than WINDOW {window}")
    return failures
