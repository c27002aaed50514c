# SPDX-License-Identifier: Apache-2.0
"""Predictor and scoreboard: the golden model says what a start must do; the first divergence is told in full."""

from dataclasses import dataclass

import torch
from pyuvm import uvm_analysis_port, uvm_component, uvm_subscriber

from golden.spec.configs import TernConfig
from golden.spec.gen.tern_matvec import ErrorCode
from golden.ternary.arguments import argument_error
from golden.ternary.matvec import matvec
from golden.ternary.packing import tiling
from harness.uvm.inorder import InOrderScoreboard, port_beats, status_failures, window_failures
from harness.uvm.items import Action, KernelItem, Outcome, Stimulus
from harness.uvm.starts import StartItem


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
        return Prediction(None, error, 0, {"WEIGHT_BEATS": 0, "WINDOW": 0, **port_beats(cfg.ports, 0, 0)}, runs)
    sizes = tiling(stimulus.rows, stimulus.cols, stimulus.vectors, cfg)
    counters = {"WEIGHT_BEATS": sizes.w_beats, **port_beats(cfg.ports, sizes.x_beats + sizes.w_beats, sizes.y_beats)}
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


class Scoreboard(InOrderScoreboard):
    """Compares products, errors and counters."""

    def differences(self, item: StartItem, prediction: Prediction) -> list[str]:
        """Return one line for each deviation."""
        name, outcome = item.get_name(), item.outcome
        failures = [f"{line} [{name}]" for line in _status_failures(prediction, outcome)]
        if prediction.y is not None:
            failures += self._different_y(name, prediction.y, outcome)
        elif item.stimulus.action is Action.ILLEGAL and outcome.y is not None:
            failures.append(f"tensor y: results were written by a start that was refused [{name}]")
        return failures

    def _different_y(self, name: str, expected: torch.Tensor, outcome: Outcome) -> list[str]:
        if outcome.y is None:
            return [f"tensor y: nothing was written, expected {list(expected.shape)} [{name}]"]
        line = first_divergence(name, expected, outcome.y, self._cfg)
        return [line] if line else []


def _status_failures(prediction: Prediction, outcome: Outcome) -> list[str]:
    failures = status_failures(prediction, outcome) + _counter_laws(outcome.counters)
    return failures if outcome.guards_intact else [*failures, "memory: bytes outside the result region changed"]


def _counter_laws(counters: dict[str, int]) -> list[str]:
    """Return violations of: beats + stalls = window <= cycles; every stall counter is a cause of its own."""
    return window_failures(counters, sum(value for name, value in counters.items() if name.startswith("STALL_")))
