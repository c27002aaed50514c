# SPDX-License-Identifier: Apache-2.0
"""Predictor and scoreboard without a simulator: what is expected of a start, and how a divergence is told."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from golden.spec.configs import load_config
from golden.spec.gen.tern_matvec import ErrorCode
from golden.ternary.matvec import matvec
from harness.uvm import stimuli
from harness.uvm.items import Action, Outcome, Stimulus
from harness.uvm.knobs import ILLEGAL
from harness.uvm.scoreboard import _counter_laws, _status_failures, first_divergence, predict
from harness.uvm.stalls import Access, Fault

CFG = load_config("tern_matvec", "sim")
COUNTERS = {"CYCLES": 100, "WINDOW": 60, "WEIGHT_BEATS": 40, "STALL_WEIGHTS": 15, "STALL_OUTPUT": 5}


def start(**changes: object) -> Stimulus:
    """13 x 90 on 3 vectors: 2 tiles of 8 rows, 3 blocks of 40 columns."""
    rng = np.random.default_rng(1)
    w = torch.from_numpy(rng.integers(-1, 2, (13, 90)).astype(np.int8))
    x = torch.from_numpy(rng.integers(-128, 128, (90, 3)).astype(np.int8))
    made = stimuli.from_matrices("start", w, x, CFG, tuple(0x1000 * port for port in range(CFG.ports)))
    return replace(made, **changes)  # type: ignore[arg-type]


class TestFirstDivergence:
    def test_none_when_equal(self) -> None:
        y = torch.arange(6, dtype=torch.int32).reshape(3, 2)
        assert first_divergence("item", y, y.clone(), CFG) is None

    def test_names_tensor_row_vector_and_values(self) -> None:
        """The first difference row by row, decimal and as bits, with its place in the hardware and the item's name."""
        golden = torch.zeros(13, 3, dtype=torch.int32)
        rtl = golden.clone()
        rtl[9, 2], rtl[11, 0], golden[9, 2] = -1, 7, 5
        line = first_divergence("start 4, seed 9", golden, rtl, CFG)
        assert line == (
            "tensor y: row 9, vector 2 (tile 1, lane 1): golden 5 (0x00000005), RTL -1 (0xffffffff); "
            "2 of 39 elements differ [start 4, seed 9]"
        )


class TestPredict:
    def test_a_plain_start(self) -> None:
        """The golden product, no error, the beats of weights, activations and results on every port."""
        made = start()
        expected = predict(made, CFG)
        assert expected.y is not None
        assert torch.equal(expected.y, matvec(made.w, made.x))
        assert (expected.error, expected.runs) == (ErrorCode.NONE, 1)
        assert expected.counters["WEIGHT_BEATS"] == 2 * 3
        slots = 3 * 3
        x_beats = -(-slots // CFG.slots_per_beat)
        y_beats = -(-2 * 3 * 8 * 4 // CFG.wide_bytes)
        for port in range(CFG.ports):
            assert expected.counters[f"RD_BEATS_{port:02d}"] == x_beats + 6
            assert expected.counters[f"WR_BEATS_{port:02d}"] == y_beats

    def test_a_restart_runs_twice(self) -> None:
        assert predict(start(action=Action.RESTART), CFG).runs == 2

    @pytest.mark.parametrize("name", sorted(ILLEGAL))
    def test_a_refused_start_moves_nothing(self, name: str) -> None:
        """An illegal argument: an error code, no result, no beat on any port."""
        made = start(action=Action.ILLEGAL)
        expected = predict(replace(made, arguments=ILLEGAL[name](made.arguments, CFG)), CFG)
        assert expected.y is None
        assert expected.error is not ErrorCode.NONE
        assert set(expected.counters.values()) == {0}

    @pytest.mark.parametrize(
        ("action", "access", "code"),
        [
            (Action.READ_ERROR, Access.READ, ErrorCode.AXI_READ),
            (Action.WRITE_ERROR, Access.WRITE, ErrorCode.AXI_WRITE),
        ],
    )
    def test_a_fault_names_its_port(self, action: Action, access: Access, code: ErrorCode) -> None:
        """Results of a damaged run are not compared; its error code and port are."""
        expected = predict(start(action=action, fault=Fault(1, access, 0, 1)), CFG)
        assert (expected.y, expected.error, expected.error_port) == (None, code, 1)


class TestCounterLaws:
    def test_beats_and_stalls_fill_the_window(self) -> None:
        assert _counter_laws(COUNTERS) == []

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"STALL_OUTPUT": 6}, ["register WINDOW: RTL 60", "= 61"]),
            ({"WEIGHT_BEATS": 39}, ["register WINDOW: RTL 60", "= 59"]),
            ({"CYCLES": 59}, ["register CYCLES: RTL 59", "WINDOW 60"]),
        ],
    )
    def test_a_broken_law_is_told(self, changes: dict[str, int], words: list[str]) -> None:
        """A lost stall or beat, and a window longer than the run, are each one line with the values."""
        (line,) = _counter_laws(COUNTERS | changes)
        for word in words:
            assert word in line


class TestStatus:
    expected = predict(start(), CFG)
    counters = expected.counters | {"CYCLES": 50, "WINDOW": expected.counters["WEIGHT_BEATS"]}
    good = Outcome(expected.y, ErrorCode.NONE, 0, counters, guards_intact=True, violations=())

    def test_a_good_outcome_is_silent(self) -> None:
        assert _status_failures(self.expected, self.good) == []

    @pytest.mark.parametrize(
        ("changes", "word"),
        [
            ({"error": ErrorCode.AXI_READ}, "register ERROR.CODE: golden NONE, RTL AXI_READ"),
            ({"guards_intact": False}, "bytes outside the result region changed"),
            ({"violations": ("port 0: ar burst crosses",)}, "protocol: port 0: ar burst crosses"),
            ({"counters": counters | {"WR_BEATS_01": 99}}, "register WR_BEATS_01: golden"),
        ],
        ids=["error", "guards", "protocol", "counter"],
    )
    def test_every_deviation_is_told(self, changes: dict[str, object], word: str) -> None:
        """Wrong code, touched guards, protocol violations, wrong counters: each is a line."""
        (line,) = _status_failures(self.expected, replace(self.good, **changes))  # type: ignore[arg-type]
        assert word in line

    def test_the_port_of_an_error_is_compared(self) -> None:
        fault = predict(start(action=Action.READ_ERROR, fault=Fault(1, Access.READ, 0, 1)), CFG)
        found = replace(self.good, error=ErrorCode.AXI_READ, error_port=0, counters=self.counters)
        assert any("ERROR.PORT: golden 1, RTL 0" in line for line in _status_failures(fault, found))
