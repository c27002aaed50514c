# SPDX-License-Identifier: Apache-2.0
"""Workloads of `ternary_accel` by name, the numbers that records should reach, shares of the layers."""

import re
from dataclasses import replace
from typing import Any

import pytest
import torch

from golden.errors import InputError
from golden.schedule import jobs
from golden.ternary.accel.outcome import Outcome
from golden.ternary.integer.model import Requests
from harness.bench.model_compare import compared, divergence
from harness.bench.model_record import Mark
from harness.bench.ternary_record import TernaryRecord
from harness.bench.ternary_workloads import TernaryWorkload, goals, workload
from tests.harness.samples import ternary_counters, ternary_record


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tg3", TernaryWorkload("tg3", "decode", 1, 4, 0, (0,))),
        ("tg1@1024", TernaryWorkload("tg1@1024", "decode", 1, 2, 0, (1023,))),
        ("pp64", TernaryWorkload("pp64", "prefill", 64, 1, 0, (0,))),
        ("shared4", TernaryWorkload("shared4", "decode", 4, 2, 1024, (0, 0, 0, 0))),
        ("shared2@40", TernaryWorkload("shared2@40", "decode", 2, 2, 40, (0, 0))),
        ("shared3@40+9", TernaryWorkload("shared3@40+9", "decode", 3, 2, 40, (9, 9, 9))),
    ],
)
def test_workloads_by_name(name: str, expected: TernaryWorkload) -> None:
    """tgN@C stands behind C positions at its first step, after the token in front of it; texts read a token each."""
    assert workload(name) == expected


@pytest.mark.parametrize(
    "name", ["tg0", "tg1@0", "tg@8", "pp", "pp64@8", "shared1", "shared5", "shared", "shared4+3", "tg1@99999"]
)
def test_anything_else_is_refused(name: str) -> None:
    """What was found, and the three forms."""
    with pytest.raises(InputError, match=re.escape(f"--workload: found '{name}', expected tgN@C")):
        workload(name)


def whole(**changes: Any) -> TernaryRecord:
    """A record of 0.73B on the KV260 under ideal memory, behind 1,024 positions."""
    fields = {"board": "sim:kv260", "model": "bitnet-0.73b", "memory": "ideal", "workload": "tg1@1024", "own": (1023,)}
    return ternary_record(**(fields | changes))


def test_goals_belong_to_their_boards() -> None:
    """Rates and first tokens under ideal memory, ports under the model, shares of the roof where nothing is printed."""
    assert [(goal.bound, goal.unit) for goal in goals(whole())] == [(66.0, "tok/s")]
    assert [(goal.bound, goal.unit) for goal in goals(whole(memory="model"))] == [(0.90, "%")]
    assert goals(whole(memory="worse")) == ()
    for other in ({"board": "sim:u280"}, {"model": "bitnet-2b-4t"}):
        assert [(goal.bound, goal.name) for goal in goals(whole(**other))] == [(0.90, "decode, of the roof")]
    for name, bound in (("pp64", 0.15), ("pp128", 0.30)):
        (goal,) = goals(whole(work="prefill", workload=name, own=(0,)))
        assert (goal.bound, goal.unit, goal.at_most) == (bound, "s", True)
        assert goal.met(whole(counters=ternary_counters(first_token=int(bound * 200e6))))
        assert not goal.met(whole(counters=ternary_counters(first_token=int(bound * 200e6) + 1)))


def test_what_has_no_goals() -> None:
    """A share of the layers, another context, several texts, the model of the zoo."""
    for other in ({"whole_layers": 24}, {"workload": "tg1@64"}, {"own": (0, 0)}, {"model": "bitnet-tiny"}):
        assert goals(whole(**other)) == ()


def test_texts_behind_a_prefix_read_little_more_than_one() -> None:
    """Up to 32 positions of each, under every memory."""
    (goal,) = goals(whole(prefix=1024, own=(31, 31), memory="worse"))
    assert (goal.bound, goal.unit, goal.at_most) == (1.10, "%", True)
    assert goal.figure(whole(cache_bytes=33, cache_bytes_one=30)) == pytest.approx(1.1)
    for other in ({"own": (31, 32)}, {"prefix": 1023}, {"own": (31,)}):
        assert goals(whole(**({"prefix": 1024, "own": (3, 3), "workload": "x"} | other))) == ()


def test_a_share_of_the_layers_is_told() -> None:
    """In the title; cycles of the whole are estimated from those of the layers, what is behind them added once."""
    made = ternary_record()
    assert made.whole
    assert made.whole_cycles == made.step_cycles == 200
    share = replace(made, whole_layers=40, layers=Mark(380, 1))
    assert not share.whole
    assert share.title == "bitnet-tiny (4 of 40 layers) ternary-b158 tg3"
    assert share.after_layers == 20
    assert share.whole_cycles == 20 + 10 * (200 - 20)
    assert replace(share, work="prefill").whole_cycles == 20 + 10 * 380


class TestDivergence:
    """Two texts of width 8, one layer in two halves, two chosen tokens each."""

    def expected(self) -> Outcome:
        streams = tuple(torch.arange(8 * 8).reshape(8, 8) for _ in range(3))
        best = torch.arange(2 * 2 * 8).reshape(2, 2, 8)
        return Outcome(((0, 16), (8, 24)), best, -best, streams, Requests((), ((), ())))

    def line(self, taps: torch.Tensor, changed: int | None = None) -> str:
        found = self.expected()
        index, value = (each.reshape(4, 8).tolist() for each in (found.index, found.value))
        if changed is not None:
            index[changed][7] += 1
        order = jobs(2, 2, range(2), t_cols=4, slots=1, batch=2)
        best = list(zip(index, value, strict=True))
        return divergence(found, order, 8, taps, best, lambda half: f"half {half}")

    def test_agreement(self) -> None:
        """Records of all texts count."""
        assert self.line(self.expected().streams[1]) == ""
        assert compared(self.expected()) == 64 + 64

    @pytest.mark.parametrize(
        ("number", "where"), [(0, "token 0 of text 0"), (1, "token 0 of text 1"), (2, "token 1 of text 0")]
    )
    def test_a_record_has_its_text(self, number: int, where: str) -> None:
        """Records come step by step, and of each step text by text."""
        line = self.line(self.expected().streams[1], number)
        assert line == f"chosen {where}, index of rank 7: golden {8 * number + 7}, board {8 * number + 8}"

    def test_a_residual_has_its_half(self) -> None:
        """What a layer is called is the kernel's own."""
        taps = self.expected().streams[1].clone()
        taps[6, 1] += 1
        assert self.line(taps).startswith("residual behind half 1, token 2, element 1: golden 49, board 50")
