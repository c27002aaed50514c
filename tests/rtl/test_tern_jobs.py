# SPDX-License-Identifier: Apache-2.0
"""tern_jobs: of a start's jobs those leave that its mask has, unchanged."""

import random
from pathlib import Path

import pytest

from golden.schedule import Job, jobs
from harness.sim.runner import derive_seed
from tests.rtl.contract import contract
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import Job as Word
from tests.rtl.m2_block_data import write

MASKS = [0b0010_1110, 0b0100_0000, 0xFF]


def word(job: Job) -> int:
    """The job as the sequencer sends it."""
    return Word(job.kind, job.tokens, layer=job.layer, fresh=job.fresh, feedback=job.feedback).word


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("mask", MASKS)
def test_block(mask: int, sim: str, tmp_path: Path) -> None:
    """Jobs of a prompt and of decoding, by kind and by half of the layer; a job in two cycles, a cycle later."""
    rng = random.Random(derive_seed(f"tern_jobs/{mask}"))
    order = [*jobs(9, 3, range(4), 4, 1), *jobs(rng.randint(2, 4), 2, range(6), 4, 1)]
    pass_by = [job for job in order if mask >> (job.layer % 2 * 4 + job.kind) & 1]
    latency = int(contract("tern_jobs").value("Latency", {"MASK": mask}) or 0)
    path = write(
        tmp_path / "vectors.json",
        {"s": [word(job) for job in order]},
        {"m": [word(job) for job in pass_by]},
        {},
        steady=[["m", 0, len(pass_by) - 1, len(order)]],
        latency=[["s", order.index(pass_by[0]), "m", 0, latency]],
        waits=["m"],
    )
    check_module("tern_jobs", {"MASK": mask}, sim, "tests.rtl.cocotb_m2_block", path)
