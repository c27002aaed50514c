# SPDX-License-Identifier: Apache-2.0
"""m2_seq: jobs are those of golden.schedule."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from golden.errors import InputError
from golden.schedule import Job, Kind, jobs
from harness.sim.runner import derive_seed, simulate
from tests.rtl.dut import SIMS, check_module, sources


def word(job: Job, raw: bool, chunks: dict[int, int]) -> int:
    """Return the job's word (m2_job.vh); `chunks`: first token of the chunk that a HEAD job's token is in."""
    tokens = job.tokens - 1
    if job.kind is Kind.HEAD:
        tokens += job.first - chunks[job.first]
    flags = job.slot << 2 | job.fresh << 3 | job.feedback << 4
    raw = raw and job.kind is Kind.EMBED and not job.feedback
    return job.kind | flags | raw << 5 | tokens << 6 | job.layer << 14


def run(
    prompt: int, generate: int, layers: range, params: dict[str, int], raw: bool, keep: bool, batch: int = 1
) -> dict[str, Any]:
    """Return a run's vector."""
    todo = list(jobs(prompt, generate, layers, params["T_COLS"], params["SLOTS"], keep, batch))
    chunks = {job.first + t: job.first for job in todo if job.kind is Kind.EMBED for t in range(job.tokens)}
    inputs = {"c_layer_first": layers[0], "c_layer_last": layers[-1], "c_prompt": prompt, "c_generate": generate}
    inputs |= {"c_raw": int(raw), "c_continue": int(keep), "c_head": int(generate > 0), "c_batch": batch}
    return {"inputs": inputs, "jobs": [word(job, raw, chunks) for job in todo]}


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", [{"T_COLS": 4, "SLOTS": 2}, {"T_COLS": 3, "SLOTS": 1}], ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Prompts around whole chunks and pairs, with and without tokens to choose, over any range of layers; batches."""
    rng = random.Random(derive_seed(f"m2_seq/{params}"))
    size = params["T_COLS"]
    prompts = [1, size, size + 1, 2 * size, 2 * size + 1, 3 * size - 1, 4 * size + 1, rng.randint(1, 40)]
    runs = []
    for index, prompt in enumerate([*prompts, *prompts]):
        first = rng.choice((0, 0, 5, 252))
        layers = range(first, first + rng.choice((1, 2, 3)))
        raw = index % 4 == 3
        generate = rng.choice((0, 1)) if raw else (0, 1, 2, 7)[index % 4]
        runs.append(run(prompt, generate, layers, params, raw, rng.random() < 0.5))
    for batch in range(2, size + 1):
        runs += [run(batch, generate, range(3), params, False, True, batch) for generate in (0, 1, 6)]
    rng.shuffle(runs)
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps(runs))
    check_module("m2_seq", params, sim, "tests.rtl.cocotb_m2_seq", path)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("params", "message"),
    [({"T_COLS": 257}, "T_COLS_must_be_1_to_256"), ({"SLOTS": 3}, "SLOTS_must_be_1_or_2")],
)
def test_illegal_parameters_stop_the_build(params: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match=message):
        simulate("m2_seq", sources("m2_seq"), params, "tests.rtl.cocotb_m2_seq", sim=sim)  # type: ignore[arg-type]
