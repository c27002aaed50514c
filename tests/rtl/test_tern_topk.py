# SPDX-License-Identifier: Apache-2.0
"""tern_topk: its contract header is true."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from golden.topk import topk
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.test_m2_topk import FEEDBACK, HEAD, IN, beats, logits, record

PARAMS = [{"VALUE_W": 32, "COLS": 4}, {"VALUE_W": 24, "COLS": 3}, {"VALUE_W": 32, "COLS": 1}]
LATENCY = 3
QUIET = 6
"""Beats of a column in a descending head job, behind the first ones, that enter no list."""


def run(size: int, batch: int, kinds: list[str], width: int, rng: random.Random) -> dict[str, Any]:
    """Return a start of `batch` columns: head jobs on logits of these kinds, other jobs between them."""
    job, s, rec, tok = ([] for _ in range(4))
    told: dict[str, Any] = {"static": {"c_vocab": size, "c_batch": batch}, "rates": [], "latencies": []}
    for index, kind in enumerate(kinds):
        columns = [logits(kind, size, width, rng) for _ in range(batch)]
        feedback = not index or rng.random() < 0.5
        others = [rng.choice((0, IN, 2)) | rng.getrandbits(30) << 2 for _ in range(rng.randrange(3))]
        noise = rng.getrandbits(30) << 2 & ~FEEDBACK
        job += [*others, HEAD | noise | (FEEDBACK if feedback else 0)]
        if kind == "descending" and size >= 8 * 2 * QUIET:
            last = len(s) + batch * -(-size // 8) - 1
            told["rates"].append(["s", len(s) + batch * QUIET, last])
            told["latencies"].append(["s", last - batch + 1, "m_rec", len(rec), LATENCY])
        parts = [beats(x, width, rng) for x in columns]
        s += [beat for group in zip(*parts, strict=True) for beat in group]
        rec += [record(x) for x in columns]
        tok += [int(topk(x, 1)[0][0]) for x in columns] if feedback else []
    streams = {"sources": {"job": job, "s": s}, "sinks": {"m_rec": rec, "m_tok": tok}}
    return told | {
        side: {name: [f"{beat:x}" for beat in beats_] for name, beats_ in part.items()}
        for side, part in streams.items()
    }


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Each column's eight best are golden's, column by column, for batches of every size and vocabularies from 8 on."""
    rng = random.Random(derive_seed(f"tern_topk/{params}"))
    every = ["random", "ascending", "ties", "equal", "descending", "random"]
    told = [run(53, params["COLS"], every, params["VALUE_W"], rng)]
    for batch in range(1, params["COLS"] + 1):
        told.append(run(rng.choice((8, 9, 16)), batch, ["ties", "random", "equal"], params["VALUE_W"], rng))
        told.append(run(100, batch, ["descending", "random"], params["VALUE_W"], rng))
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps({"runs": told}))
    check_module("tern_topk", params, sim, "tests.rtl.cocotb_many_streams", path)
