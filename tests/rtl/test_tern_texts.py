# SPDX-License-Identifier: Apache-2.0
"""tern_texts: jobs of whole starts with the positions that golden counts, also where a start follows another one."""

import json
from pathlib import Path
from typing import Any

import pytest

from golden.ternary.accel.reads import positions
from tests.rtl.dut import SIMS, check_module
from tests.rtl.tern_start_data import Start, lengths_word, words

STARTS = [
    Start(4, 11, 3, 0, (0,)),
    Start(8, 1, 4, 4000, (4190,), layers=1),
    Start(16, 37, 1, 17, (3,), layers=1),
    Start(4, 2, 3, 100, (0, 8000)),
    Start(4, 3, 2, 0, (7, 0, 9)),
    Start(16, 4, 4, 8191, (1, 2, 16380, 4), layers=1),
    Start(256, 300, 0, 5, (6,), layers=1),
]


def run(start: Start) -> dict[str, Any]:
    """The jobs of a start in, the same with their positions out: a cycle later each, and two apart."""
    told = list(positions(start.jobs(), start.prefix, start.own))
    sent = list(words(job for job, _ in told))
    out = [word | lengths_word(n) << 32 for word, (_, n) in zip(sent, told, strict=True)]
    late = [["job", k, "m", k + 1, 3] for k in range(len(sent) - 1)] + [["job", 0, "m", 0, 1]]
    return {
        "static": {"clear": 0, "c_batch": start.batch, "c_prefix": start.prefix, "c_own": lengths_word(start.own)},
        "sources": {"job": [f"{beat:x}" for beat in sent]},
        "sinks": {"m": [f"{beat:x}" for beat in out]},
        "latencies": late,
    }


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("test", ["many_streams", "tern_texts"])
def test_contract(test: str, sim: str, tmp_path: Path) -> None:
    """Prompts in chunks and batches: each job passes with the positions in front of its chunk."""
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"runs": [run(start) for start in STARTS]}))
    check_module("tern_texts", {}, sim, f"tests.rtl.cocotb_{test}", vectors)
