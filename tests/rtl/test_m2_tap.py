# SPDX-License-Identifier: Apache-2.0
"""m2_tap: everything passes; what the point and the layer choose is copied, in job order."""

import json
import random
from pathlib import Path

import pytest

from golden.fixed import limits
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.stream_vectors import pack

VALUE_W, GATE_W = 24, 20
COUNTS = {"c_rows_in": 5, "c_d8": 3, "c_head_groups": 4, "c_i8": 2}
IN, OUT, HEAD = 1, 2, 3
STREAMS = {
    "x": (IN, "c_rows_in", 1),
    "o": (OUT, "c_d8", 1),
    "h": (HEAD, "c_head_groups", 1),
    "r": (OUT, "c_d8", 2),
    "y": (IN, "c_i8", 3),
}


def run(rng: random.Random, point: int, layer: int | None, jobs: list[tuple[int, int, int]], batch: int = 1) -> dict:
    """One run: jobs (kind, tokens, layer), those of the head with `batch` tokens; with layer None all are copied."""
    sources: dict[str, list[str]] = {f"s_{name}": [] for name in STREAMS} | {"job": []}
    copied: list[str] = []
    for kind, tokens, number in jobs:
        sources["job"].append(f"{kind | (tokens - 1) << 6 | number << 14:x}")
        for name, (of, count, at) in STREAMS.items():
            if of != kind:
                continue
            width = GATE_W if name == "y" else VALUE_W
            for _ in range(COUNTS[count] * (batch if kind == HEAD else tokens)):
                values = [rng.choice([*limits(width), rng.randint(*limits(width))]) for _ in range(8)]
                sources[f"s_{name}"].append(f"{pack(values, width):x}")
                if at == point and (layer is None or (kind != HEAD and number == layer)):
                    copied.append(f"{pack(values, 32):x}")
    sinks = {f"m_{name}": sources[f"s_{name}"] for name in "xohy"} | {"m_t": copied}
    static = COUNTS | {"c_point": point, "c_all": layer is None, "c_layer": layer or 0, "c_batch": batch}
    return {"static": static, "sources": sources, "sinks": sinks}


JOBS = [(0, 2, 0), (IN, 2, 0), (OUT, 2, 0), (IN, 1, 1), (OUT, 1, 1), (HEAD, 3, 0), (IN, 1, 7)]


@pytest.mark.parametrize("sim", SIMS)
def test_contract(sim: str, tmp_path: Path) -> None:
    """At every point, of all layers and of one; nothing is copied at point 0, and nothing changes on its way."""
    rng = random.Random(derive_seed("m2_tap"))
    runs = [run(rng, point, layer, JOBS) for point, layer in ((1, None), (1, 1), (2, 1), (3, None), (0, None))]
    runs.append(run(rng, 1, None, JOBS, batch=3))
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"runs": runs}))
    check_module("m2_tap", {"VALUE_W": VALUE_W, "GATE_W": GATE_W}, sim, "tests.rtl.cocotb_many_streams", vectors)
