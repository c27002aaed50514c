# SPDX-License-Identifier: Apache-2.0
"""m2_residual: whatever the streams do, jobs act as if they were done one after the other."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden.errors import InputError
from golden.fixed import limits, saturate
from harness.sim.runner import derive_seed, simulate
from tests.rtl.dut import SIMS, check_module, sources
from tests.rtl.m2_block_data import EMBED, HEAD, IN, OUT, Job, write
from tests.rtl.stream_vectors import pack

TWO = {"WIDE_W": 512, "NL": 8, "VALUE_W": 32, "D_MAX": 48, "T_COLS": 3, "SLOTS": 2}
ONE = {"WIDE_W": 1024, "NL": 32, "VALUE_W": 24, "D_MAX": 96, "T_COLS": 4, "SLOTS": 1}
CASES = [(TWO, 40, False), (TWO, 16, True), (ONE, 72, False), (ONE, 40, True), (ONE, 16, False)]
"""Builds, widths and what HEAD reads; of the counts c_d8 and c_dn each bit is once 0 and once 1."""
LAYERS = 2


@dataclass
class Run:
    """The slots' values [tokens, D] after the jobs so far, and the beats of all streams."""

    params: dict[str, int]
    width: int
    rng: random.Random
    all: bool  # tokens are read by HEAD
    slots: dict[int, Tensor] = field(default_factory=dict)
    beats: dict[str, list[int]] = field(default_factory=lambda: {p: [] for p in ("job", "e", "o", "go", "m", "t")})
    embedded: list[int] = field(default_factory=list)  # beats of each EMBED job
    steady: list[tuple[str, int, int, int]] = field(default_factory=list)
    latency: list[tuple[str, int, str, int, int]] = field(default_factory=list)
    outs: int = 0

    def values(self, tokens: int, bits: int) -> Tensor:
        low, high = limits(bits)
        row = [[self.rng.choice((low, high, 0, self.rng.randint(low, high))) for _ in range(self.width)]]
        return torch.tensor([self.rng.sample(row[0], self.width) for _ in range(tokens)])

    def groups(self, x: Tensor) -> list[int]:
        """Return the beats of x [tokens, D] in the order of linear results: groups of 8 rows, for each all tokens."""
        width = self.params["VALUE_W"]
        return [pack(row[k : k + 8].tolist(), width) for k in range(0, self.width, 8) for row in x]

    def embed(self, job: Job) -> None:
        bits, taken = (32, self.params["VALUE_W"]) if job.raw else (16, 16)
        x = self.values(job.tokens, taken)
        per_beat = self.params["WIDE_W"] // bits
        found = [pack(row[k : k + per_beat].tolist(), bits) for row in x for k in range(0, self.width, per_beat)]
        self.slots[job.slot] = x
        self.beats["e"] += found
        self.beats["go"].append(0)
        self.embedded.append(len(found))

    def out(self, job: Job) -> None:
        x = self.values(job.tokens, self.params["VALUE_W"])
        self.slots[job.slot] = saturate(self.slots[job.slot] + x, self.params["VALUE_W"])
        first = len(self.beats["o"])
        self.beats["o"] += self.groups(x)
        self.beats["t"] += self.groups(self.slots[job.slot])
        last = len(self.beats["o"]) - 1
        self.steady += [("o", first, last, 0), ("t", first, last, 0)] * (self.params["SLOTS"] == 1)
        self.latency.append(("o", first, "t", first, 4))
        self.outs += 1

    def read(self, job: Job, after_out: bool) -> None:
        x = self.slots[job.slot]
        if job.kind == HEAD:
            x = x[0 if self.all else job.tokens - 1 : job.tokens]
        lanes, width, first = self.params["NL"], self.params["VALUE_W"], len(self.beats["m"])
        for row in x:
            for k in range(0, self.width, lanes):
                last = k + lanes >= self.width
                self.beats["m"].append(pack(row[k : k + lanes].tolist(), width) | last << lanes * width)
        if self.params["SLOTS"] == 1:
            self.steady.append(("m", first, len(self.beats["m"]) - 1, 0 if len(x) > 1 else 200))
        if len(self.slots[job.slot]) == 1 and after_out and self.params["SLOTS"] == 1:
            for k in range(-(-self.width // lanes)):
                group = min((k + 1) * lanes, self.width) // 8 - self.width // 8 - 1
                self.latency.append(("o", len(self.beats["o"]) + group, "m", first + k, 6))

    def do(self, job: Job, after_out: bool) -> None:
        self.beats["job"].append(job.word)
        if job.kind == EMBED:
            self.embed(job)
        elif job.kind == OUT:
            self.out(job)
        else:
            self.read(job, after_out)


def chunk(slot: int, tokens: int, raw: bool, rng: random.Random) -> list[Job]:
    """Return the jobs of a chunk of tokens."""
    layers = [Job(kind, tokens, slot, layer=layer) for layer in range(LAYERS) for kind in (IN, OUT)]
    return [Job(EMBED, tokens, slot, raw), *layers, Job(HEAD, rng.randint(1, tokens), slot)]


def merged(lists: list[list[Job]], rng: random.Random) -> list[Job]:
    """Return the jobs of all slots, each slot's in order."""
    left, found = [list(jobs) for jobs in lists], []
    while any(left):
        found.append(rng.choice([jobs for jobs in left if jobs]).pop(0))
    return found


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "width", "all_"), CASES, ids=str)
def test_block(params: dict[str, int], width: int, all_: bool, sim: str, tmp_path: Path) -> None:
    """Norms get what embeddings and layers left in their slot, taps what layers left; o and m pass a beat a cycle.

    The head gets a token, or the first ones up to that.
    """
    rng = random.Random(derive_seed(f"m2_residual/{params}"))
    run = Run(params, width, rng, all_)
    tokens = [params["T_COLS"], 1, 1, 2]
    chunks = [[chunk(slot, t, t == 2 or k == 2, rng) for k, t in enumerate(tokens)] for slot in range(params["SLOTS"])]
    before = None
    for job in merged([[job for each in slot for job in each] for slot in chunks], rng):
        run.do(job, after_out=before is not None and before.kind == OUT)
        before = job
    path = write(
        tmp_path / "vectors.json",
        {key: run.beats[key] for key in ("job", "e", "o")},
        {key: run.beats[key] for key in ("go", "m", "t")},
        {"c_d8": width // 8, "c_dn": -(-width // params["NL"]), "c_all": int(all_)},
        after={"e": ["go", run.embedded]},
        pulses={"out_done": run.outs},
        steady=run.steady,
        latency=run.latency,
        pace={"o": 9},
    )
    check_module("m2_residual", params, sim, "tests.rtl.cocotb_m2_block", path)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("params", "message"),
    [({"WIDE_W": 256, "NL": 16}, "WIDE_W_a_multiple_of_32_NL"), ({"SLOTS": 3}, "SLOTS_must_be_1_or_2")],
    ids=str,
)
def test_illegal_parameters_stop_the_build(params: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match=message):
        simulate("m2_residual", sources("m2_residual"), params, "tests.rtl.cocotb_m2_block", sim=sim)  # type: ignore[arg-type]
