# SPDX-License-Identifier: Apache-2.0
"""m2_act: norm, Hadamard transform, quantizer and packing are golden's, for jobs of one to three tokens."""

import random
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden.errors import InputError
from golden.fixed import limits, saturate
from golden.fixed.pot import Pot
from golden.mamba2.integer import functions
from golden.mamba2.integer import profile as profiles
from golden.mamba2.integer.build import build_widths
from golden.mamba2.integer.linear import activation
from golden.mamba2.integer.profile import Mamba2Profile
from harness.sim.runner import derive_seed, simulate
from tests.rtl.dut import SIMS, check_module, sources
from tests.rtl.m2_block_data import EMBED, HEAD, IN, OUT, Job, write
from tests.rtl.stream_vectors import pack
from tests.rtl.test_m2_norm import vector

EPS = 1e-5


@dataclass(frozen=True)
class Case:
    """A build and the shape that it runs: vectors of `width` in `groups` norms, a table of `norm_width` halved."""

    profile: int
    gated: int
    lanes: int
    inputs: int
    width: int
    groups: int = 1
    norm_width: int = 0
    halvings: int = 0

    @property
    def params(self) -> dict[str, int]:
        norm_width = self.norm_width or self.width // self.groups
        widths = {"WIDTH_MAX": max(self.width, norm_width), "NORM_WIDTH": norm_width}
        return {"PROFILE": self.profile, "GATED": self.gated, "NL": self.lanes, "INPUTS": self.inputs} | widths

    @property
    def golden(self) -> Mamba2Profile:
        return profiles.load(profiles.NAMES[self.profile])


CASES = [
    Case(0, 0, 16, 32, 80, norm_width=160, halvings=1),  # not rotated; the last beat is half full
    Case(0, 1, 8, 64, 48, groups=2),  # blocks of 16 run over the norms' ends
    Case(1, 0, 8, 16, 96),
    Case(1, 1, 8, 32, 96, groups=2),
]
JOBS = [Job(EMBED, 3), Job(IN, 3), Job(OUT, 3), Job(IN), Job(OUT), Job(HEAD, 3), Job(EMBED), Job(IN, 2), Job(OUT, 2)]


def quantized(x: Tensor, w: Tensor, case: Case) -> Pot:
    """Return what a linear layer gets of x [tokens, width], with the norm's weights w [width]."""
    p = case.golden
    y = functions.gated_norm(x, w, EPS, case.groups, p) if case.gated else functions.residual_norm(x, w, EPS, p)
    rotate = p.hadamard == "both" or bool(case.gated and p.hadamard == "out_proj")
    return activation(saturate(y, p.value_bits), p, rotate)


def packed(a: Pot, case: Case) -> list[int]:
    """Return the beats of a job's tokens: q, shifts, ends; zeros behind a column."""
    p, found = case.golden, []
    tokens, width = a.q.shape
    per_beat = case.inputs // 8 if p.act_group else 1
    for t in range(tokens):
        for first in range(0, width, case.inputs):
            q = a.q[t, first : first + case.inputs].tolist()
            s = a.s[t, first // a.group :][: per_beat if first + case.inputs <= width else None].tolist()
            col_last = first + case.inputs >= width
            shifts = pack(s, 4) | col_last << 4 * per_beat | (col_last and t == tokens - 1) << 4 * per_beat + 1
            found.append(pack(q, p.act_bits) | shifts << case.inputs * p.act_bits)
    return found


def beats(x: Tensor, lanes: int, width: int, last_every: int = 0) -> list[int]:
    """Return a row x [n] as beats of `lanes`, `last` at every `last_every` elements; zeros fill the last beat."""
    found = []
    for first in range(0, len(x), lanes):
        end = min(first + lanes, len(x))
        last = bool(last_every) and end % last_every == 0
        found.append(pack(x[first:end].tolist(), width) | last << lanes * width)
    return found


def weights(rng: random.Random, case: Case, width: int) -> Tensor:
    """Return the norm weights of a job: ordinary ones, sometimes any."""
    p = case.golden
    one = 1 << p.norm_weight_frac
    bits = rng.choice((width, p.norm_weight_frac + 2))
    return torch.tensor([rng.choice((one, rng.randint(*limits(bits)))) for _ in range(case.width)])


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_block(case: Case, sim: str, tmp_path: Path) -> None:
    """Each job's tokens leave quantized as golden has it; jobs of other kinds leave no trace; a beat a cycle enters."""
    rng = random.Random(derive_seed(f"m2_act/{case}"))
    p = case.golden
    widths = {row.name: row.bits for row in build_widths(p)}
    x_w, w_w = widths["gate"] if case.gated else p.value_bits, widths["norm_weight"]
    n, s, m = [], [], []
    kind = 0
    for job in JOBS:
        if job.kind not in ((OUT,) if case.gated else (IN, HEAD)):
            continue
        rows = []
        for _ in range(1 if job.kind == HEAD else job.tokens):
            span = case.width // case.groups
            rows.append([value for g in range(case.groups) for value in vector(rng, kind + g, span, x_w)])
            kind += 2
        x, w = torch.tensor(rows), weights(rng, case, w_w)
        n += beats(w, case.lanes, w_w)
        for row in x:
            s += beats(row, case.lanes, x_w, case.width // case.groups)
        m += packed(quantized(x, w, case), case)
    frac = p.y_frac if case.gated else p.residual_frac
    static = {
        "c_beats": -(-case.width // case.lanes),
        "c_blk": p.block(case.width).bit_length() - 1,
        "c_halv": case.halvings,
        "c_eps": functions.eps_sum(case.width // case.groups, EPS, frac),
    }
    words = [job.word for job in JOBS]
    path = write(
        tmp_path / "vectors.json",
        {"job": words, "n": n, "s": s},
        {"m": m},
        static,
        steady=[["s", 0, len(s) - 1, len(s) // 2]],
    )
    check_module("m2_act", case.params, sim, "tests.rtl.cocotb_m2_block", path)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"INPUTS": 44}, "NL_must_be_a_power_of_two_from_8_that_divides_INPUTS|INPUTS_must_be_a_multiple_of_LANES"),
        ({"PROFILE": 1, "INPUTS": 2048}, "BLOCK_MIN_to_BLOCK_MAX"),
    ],
    ids=str,
)
def test_illegal_parameters_stop_the_build(params: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match=message):
        simulate("m2_act", sources("m2_act"), params, "tests.rtl.cocotb_m2_block", sim=sim)  # type: ignore[arg-type]
