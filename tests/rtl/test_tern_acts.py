# SPDX-License-Identifier: Apache-2.0
"""tern_acts: vectors of residual, attention and MLP reach their linear layers as golden normalizes them."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden.beats import row_groups
from golden.fixed.wide import BITS, Wide
from golden.schedule import Job, Kind, jobs
from golden.ternary.integer.functions import norm_quantize
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import Job as Word
from tests.rtl.m2_block_data import write
from tests.rtl.stream_vectors import pack
from tests.rtl.tern_act_data import OUT, W, X, beats, scale_word, vector, weights

SOURCES, SINKS = ("job", "nd", "nf", "e", "p", "r", "y", "h"), ("t", "b", "u", "a", "hq")


@dataclass(frozen=True)
class Shape:
    """Heads of a width, which make D, and F."""

    heads: int
    width: int
    feed: int

    @property
    def hidden(self) -> int:
        return self.heads * self.width


CASES = [  # parameters; shape; prompt, tokens to choose, texts
    ({"LANES": 8, "D_MAX": 64, "F_MAX": 128, "T_COLS": 3}, Shape(2, 32, 120), (4, 2, 1)),
    ({"LANES": 16, "D_MAX": 192, "F_MAX": 256, "T_COLS": 2}, Shape(1, 96, 208), (2, 3, 2)),
]


@dataclass
class Run:
    """The beats of all streams."""

    lanes: int
    shape: Shape
    rng: random.Random
    sources: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in SOURCES})
    sinks: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in SINKS})
    kind: int = 0

    def do(self, job: Job) -> None:
        self.sources["job"].append(Word(job.kind, job.tokens, layer=job.layer).word)
        if job.kind is Kind.EMBED:
            return
        if job.kind is Kind.OUT and job.layer % 2:
            x = self.vector(job.tokens, self.shape.feed, "nf", "p", "u", "a")
            self.sources["h"] += [pack(beat, X) for beat in row_groups(x).tolist()]
            return
        target = "hq" if job.kind is Kind.HEAD else "a"
        x = self.vector(job.tokens, self.shape.hidden, "nd", "e", "t", target)
        if job.kind is Kind.OUT:
            by_heads = x.reshape(job.tokens, self.shape.heads, -1).transpose(0, 1).reshape(-1, 8)
            self.sources["y"] += [pack(beat, X) for beat in by_heads.tolist()]
        else:
            for row in x.tolist():
                self.sources["r"] += beats(row, X, self.lanes, last=True)

    def vector(self, tokens: int, width: int, n: str, e: str, scale: str, target: str) -> Tensor:
        """A vector of random tokens; what goes in with it, and what golden makes of it."""
        self.kind += tokens
        x = torch.tensor([vector(self.rng, self.kind + t, width) for t in range(tokens)])
        w = torch.tensor(weights(self.rng, self.kind, width))
        eps = [1 << self.rng.randrange(BITS - 1) for _ in range(tokens)]
        wide = Wide(torch.tensor([each >> X for each in eps]), torch.tensor([each % (1 << X) for each in eps]))
        q, s, total = norm_quantize(x, w, wide)
        self.sources[n] += beats(w.tolist(), W, self.lanes)
        self.sources[e] += eps
        self.sinks[scale] += scale_word(s)
        self.sinks["b"] += total.tolist() if scale == "t" else []
        for k, found in enumerate(q.tolist()):
            self.sinks[target] += beats(found, 8, OUT, last=True)
            self.sinks[target][-1] |= (k == tokens - 1) << OUT * 8 + 1
        return x


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "shape", "start"), CASES, ids=["a text", "two texts"])
def test_block(params: dict[str, int], shape: Shape, start: tuple[int, int, int], sim: str, tmp_path: Path) -> None:
    """A prompt of several chunks, and texts that are decoded together: two layers and the head, and again."""
    prompt, generate, batch = start
    run = Run(params["LANES"], shape, random.Random(derive_seed(f"tern_acts/{params}")))
    for job in jobs(prompt, generate, range(4), params["T_COLS"], 1, batch=batch):
        run.do(job)
    static = {
        "c_d8": shape.hidden // 8,
        "c_dn": shape.hidden // run.lanes,
        "c_f8": shape.feed // 8,
        "c_fn": shape.feed // run.lanes,
        "c_q_heads": shape.heads,
        "c_p8": shape.width // 8,
        "c_batch": batch,
    }
    path = write(tmp_path / "vectors.json", run.sources, run.sinks, static, waits=["a"])
    check_module("tern_acts", params, sim, "tests.rtl.cocotb_m2_block", path)
