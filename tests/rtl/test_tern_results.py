# SPDX-License-Identifier: Apache-2.0
"""tern_results: sums of every job leave where they are waited for."""

import random
from pathlib import Path

import pytest

from golden.schedule import Kind, jobs
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import Job as Word
from tests.rtl.m2_block_data import write

LAST, END = 1 << 168, 1 << 169


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("trits", [False, True], ids=["int8 head", "ternary head"])
def test_block(trits: bool, sim: str, tmp_path: Path) -> None:
    """Results of one beat and of many, in jobs of a prompt and of decoding; a beat a cycle within a job."""
    rng = random.Random(derive_seed("tern_results"))
    words, s = [], []
    sinks: dict[str, list[int]] = {"q": [], "g": [], "o": [], "h": []}
    for job in jobs(9, 3, range(4), 4, 1):
        words.append(Word(job.kind, job.tokens, layer=job.layer).word)
        if job.kind in (Kind.IN, Kind.OUT) or (trits and job.kind is Kind.HEAD):
            groups = rng.choice((1, 2, 5))
            beats = [
                rng.getrandbits(168) | LAST * (t + 1 == job.tokens) for _ in range(groups) for t in range(job.tokens)
            ]
            sinks["h" if job.kind is Kind.HEAD else "o" if job.kind is Kind.OUT else "qg"[job.layer % 2]] += beats
            s += [*beats[:-1], beats[-1] | END]
    path = write(
        tmp_path / "vectors.json",
        {"job": words, "s": s},
        sinks,
        {"c_ternary": int(trits)},
        steady=[["s", 0, len(s) - 1, 3 * len(words)]],
        latency=[["s", 1, "q", 1, 1]],
        pace={"s": 8},
        waits=["q", "g", "o", *["h"] * trits],
    )
    check_module("tern_results", {}, sim, "tests.rtl.cocotb_m2_block", path)
