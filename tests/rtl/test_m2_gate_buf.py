# SPDX-License-Identifier: Apache-2.0
"""m2_gate_buf, m2_vector_reader, m2_banks: what comes in by heads leaves by tokens, in vectors of a state group."""

import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from golden.errors import InputError
from golden.fixed import limits
from harness.sim.runner import derive_seed, simulate
from tests.rtl.dut import SIMS, check_module, sources
from tests.rtl.m2_block_data import EMBED, HEAD, IN, OUT, Job, write
from tests.rtl.stream_vectors import pack


@dataclass(frozen=True)
class Case:
    """A build and a shape: `heads` heads of `p8` groups of 8 channels in `groups` state groups."""

    lanes: int
    width: int
    heads: int
    p8: int
    groups: int = 1

    @property
    def params(self) -> dict[str, int]:
        return {"NL": self.lanes, "W": self.width, "I_MAX": 8 * self.i8 + 8, "T_COLS": 3}

    @property
    def i8(self) -> int:
        return self.heads * self.p8

    @property
    def words(self) -> int:
        return -(-8 * self.i8 // self.lanes)


CASES = [Case(32, 6, 3, 3), Case(16, 30, 4, 2, groups=2), Case(8, 24, 2, 1)]
TOKENS = [3, 1, 1, 2, 1, 3, 3, 1]


def rows(x: list[list[int]], case: Case) -> list[int]:
    """Return the beats of a job's tokens x [tokens][I]."""
    found = []
    for row in x:
        for k in range(case.words):
            last = (k + 1) % (case.words // case.groups) == 0
            part = row[k * case.lanes : (k + 1) * case.lanes]
            found.append(pack(part, case.width) | last << case.lanes * case.width)
    return found


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_block(case: Case, sim: str, tmp_path: Path) -> None:
    """Jobs leave token by token, zeros behind a short beat; one token leaves as it comes in, more at a beat a cycle."""
    rng = random.Random(derive_seed(f"m2_gate_buf/{case}"))
    jobs, s, m, steady, latency = [], [], [], [], []
    for index, tokens in enumerate(TOKENS):
        jobs += [Job(EMBED, tokens), Job(IN, tokens), Job(OUT, tokens), Job(HEAD)]
        x = [[rng.randint(*limits(case.width)) for _ in range(8 * case.i8)] for _ in range(tokens)]
        first_s, first_m = len(s), len(m)
        s += [
            pack(row[8 * (head * case.p8 + ct) :][:8], case.width)
            for head in range(case.heads)
            for row in x
            for ct in range(case.p8)
        ]
        m += rows(x, case)
        if index:
            steady.append(("s", first_s, len(s) - 1, 0))
        if tokens > 1:
            steady.append(("m", first_m, len(m) - 1, 0))
        else:
            per_beat = case.lanes // 8
            groups = [min((k + 1) * per_beat, case.i8) - 1 for k in range(case.words)]
            latency += [("s", first_s + group, "m", first_m + k, 3) for k, group in enumerate(groups)]
    static = {
        "c_i8": case.i8,
        "c_in": case.words,
        "c_gn": case.words // case.groups,
        "c_heads": case.heads,
        "c_p8": case.p8,
    }
    path = write(
        tmp_path / "vectors.json",
        {"job": [job.word for job in jobs], "s": s},
        {"m": m},
        static,
        steady=steady,
        latency=latency,
    )
    check_module("m2_gate_buf", case.params, sim, "tests.rtl.cocotb_m2_block", path)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("params", "message"),
    [({"NL": 12}, "NL_must_be_8_times_a_power_of_two"), ({"T_COLS": 257}, "T_COLS_must_be_1_to_256")],
    ids=str,
)
def test_illegal_parameters_stop_the_build(params: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match=message):
        simulate("m2_gate_buf", sources("m2_gate_buf"), params, "tests.rtl.cocotb_m2_block", sim=sim)  # type: ignore[arg-type]
