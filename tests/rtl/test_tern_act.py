# SPDX-License-Identifier: Apache-2.0
"""tern_act: norm and absmax quantizer are golden's, for jobs of one to several tokens, with their scales and totals."""

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from golden.errors import InputError
from golden.fixed import limits
from golden.fixed.wide import BITS, Wide
from golden.ternary.integer.functions import norm_quantize
from harness.sim.runner import derive_seed, simulate
from tests.rtl.contract import contract
from tests.rtl.dut import SIMS, check_module, sources
from tests.rtl.m2_block_data import run, write
from tests.rtl.tern_act_data import OUT, W, X, beats, scale_word, vector, weights

FULL_RATE = 16
"""Beats of the shortest token that enters without a pause."""
INSIDE = 8
"""Tokens that may be under way."""
CASES = [  # parameters, elements of a token, tokens of the jobs
    ({"LANES": 8, "C_MAX": 16, "T_COLS": 8}, 8, (8, 1, 8, 8, 8)),  # tokens of a beat: as many inside as there may be
    ({"LANES": 8, "C_MAX": 160, "T_COLS": 4}, 152, (3, 1, 4, 2, 1)),  # ends in a short beat of m
    ({"LANES": 16, "C_MAX": 8192, "T_COLS": 3}, 248, (3, 1, 2, 1, 1)),  # ends in half a beat of s
    ({"LANES": 32, "C_MAX": 640, "T_COLS": 2}, 576, (2, 1, 1, 2)),  # what is left is a beat of m
]


@dataclass
class Run:
    """The beats of all streams."""

    lanes: int
    beats: dict[str, list[int]] = field(default_factory=lambda: {p: [] for p in ("job", "n", "e", "s", "m", "t", "b")})
    tokens: int = 0

    def sides(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        """Sources and sinks."""
        found = {p: self.beats[p] for p in ("job", "n", "e", "s")}
        return found, {p: beats for p, beats in self.beats.items() if p not in found}

    def do(self, x: Tensor, w: Tensor, eps: list[int]) -> None:
        """A job: x [tokens, C], w [C], eps of each token."""
        wide = Wide(torch.tensor([each >> X for each in eps]), torch.tensor([each % (1 << X) for each in eps]))
        q, scale, total = norm_quantize(x, w, wide)
        put = self.beats
        put["job"].append(len(x) - 1)
        put["n"] += beats(w.tolist(), W, self.lanes)
        put["e"] += eps
        put["t"] += scale_word(scale)
        put["b"] += total.tolist()
        self.tokens += len(x)
        for k, (row, found) in enumerate(zip(x.tolist(), q.tolist(), strict=True)):
            put["s"] += beats(row, X, self.lanes, last=True)
            put["m"] += beats(found, 8, OUT, last=True)
            put["m"][-1] |= (k == len(x) - 1) << OUT * 8 + 1


def widest(params: dict[str, int], rng: random.Random) -> dict[str, Any]:
    """Tokens as wide as may be of elements at the ends alone, the greatest sums; more than there is room for wait."""
    told, width = Run(params["LANES"]), params["C_MAX"]
    count = 3 if width > 4096 else INSIDE + 4
    for _ in range(count):
        told.do(torch.tensor([rng.choices(limits(X), k=width)]), torch.tensor([limits(W)[0]] * width), [1])
    return run(*told.sides(), {"c_beats": len(told.beats["s"]) // count}) | {"waits": ["m"]}


def magnitudes(params: dict[str, int], rng: random.Random) -> dict[str, Any]:
    """Tokens of elements of so many bits each, for each number of bits: each bit of the sum of squares decides."""
    told, width = Run(params["LANES"]), 2 * params["LANES"]
    for size in range(2, X + 1):
        x = torch.tensor([[rng.randint(*limits(size)) for _ in range(width)]])
        told.do(x, torch.tensor(weights(rng, size, width)), [1])
    return run(*told.sides(), {"c_beats": 2})


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "width", "jobs"), CASES, ids=str)
def test_block(params: dict[str, int], width: int, jobs: tuple[int, ...], sim: str, tmp_path: Path) -> None:
    """Each token leaves quantized as golden has it, its scale and total too, after the header's latency; a beat a cycle
    enters, but where eps is late or tokens are short. Each output alone stops it before anything is lost.
    """
    rng = random.Random(derive_seed(f"tern_act/{params}"))
    told = Run(params["LANES"])
    kind = 0
    for job, tokens in enumerate(jobs):
        x = torch.tensor([vector(rng, kind + t, width) for t in range(tokens)])
        eps = [rng.choice((1, (1 << BITS - 1) - 1, 1 << rng.randrange(BITS - 1))) for _ in range(tokens)]
        told.do(x, torch.tensor(weights(rng, job, width)), eps)
        kind += tokens
    levels = (params["LANES"] - 1).bit_length()
    stated = int(contract("tern_act").value("Latency", params | {"OUT": OUT}) or 0)
    per_token = len(told.beats["s"]) // told.tokens, len(told.beats["m"]) // told.tokens
    latency: list[list[object]] = []
    for k in range(told.tokens):
        s, m = (k + 1) * per_token[0] - 1, k * per_token[1]
        latency += [["s", s, "m", m, stated], ["s", s, "t", k, 22 + levels]]
        latency.append(["m", m + per_token[1] - 1, "b", k, 1 + levels])
    path = write(
        tmp_path / "vectors.json",
        *told.sides(),
        {"c_beats": per_token[0]},
        steady=[["s", 0, len(told.beats["s"]) - 1, len(jobs)]] * (per_token[0] >= FULL_RATE),
        latency=latency,
        waits=["m", "t", "b"] * (told.tokens > INSIDE),
        further=[widest(params, rng), magnitudes(params, rng)],
        pace={"s": 40 if per_token[0] == 1 else 3, "e": 100},
    )
    check_module("tern_act", params, sim, "tests.rtl.cocotb_m2_block", path)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"LANES": 64}, "LANES_must_be_8_16_or_32|LANES_and_OUT_must_be_multiples_of_8_and_OUT_greater"),
        ({"C_MAX": 8193}, "C_MAX_1_to_8192"),
    ],
    ids=str,
)
def test_illegal_parameters_stop_the_build(params: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match=message):
        simulate("tern_act", sources("tern_act"), params, "tests.rtl.cocotb_m2_block", sim=sim)  # type: ignore[arg-type]
