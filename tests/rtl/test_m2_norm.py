# SPDX-License-Identifier: Apache-2.0
"""m2_norm: its contract header is true."""

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden.fixed import limits, norm_range, saturate
from golden.fixed.interval import Interval
from golden.fixed.norm_tables import rms_norm
from golden.fixed.roms import norm_table
from golden.fixed.rsqrt import rms_norm_rsqrt
from harness.sim.runner import derive_seed
from tests.rtl import stream_vectors
from tests.rtl.dut import SIMS, check_module
from tests.rtl.stream_vectors import Traffic, pack

RMS1 = {"KIND": 0, "LANES": 4, "WIDTH": 128, "X_W": 32, "U_W": 26, "W_W": 16, "OUT_W": 32, "DEPTH": 64}
RMS2 = {"KIND": 1, "LANES": 8, "WIDTH": 320, "X_W": 30, "U_W": 25, "W_W": 16, "OUT_W": 32, "DEPTH": 64}
ROOT = {"KIND": 2, "LANES": 2, "WIDTH": 96, "X_W": 24, "U_W": 25, "W_W": 24, "OUT_W": 24, "DEPTH": 128}
CASES = [  # parameters, halvings, eps, widths of the vectors
    (RMS1, 0, 1, (128,)),
    (RMS2, 2, 1, (80,)),
    (ROOT | {"FRAC": 12, "W_FRAC": 10}, 0, 1, (96, 2, 34, 7)),
    (ROOT | {"LANES": 3, "X_W": 12, "WIDTH": 6, "FRAC": 8, "W_FRAC": 6}, 0, 3001, (6,)),
]
COUNT = 40


def golden(x: Tensor, w: Tensor, params: Mapping[str, int], eps: int) -> Tensor:
    """Return the norm of one vector [n], saturated."""
    if params["KIND"] == 2:
        return saturate(rms_norm_rsqrt(x, w, eps, params["FRAC"], params["W_FRAC"]), params["OUT_W"])
    return saturate(rms_norm(x, w, norm_table(("rms1", "rms2")[params["KIND"]], len(x))), params["OUT_W"])


def vector(rng: random.Random, kind: int, size: int, width: int) -> list[int]:
    """Return a vector: one element among zeros, all at an end of the format, or two magnitudes mixed."""
    low, high = limits(width)
    if kind % 5 == 0:
        x = [0] * size
        x[rng.randrange(size)] = rng.choice((0, 1, low, high, rng.randint(low, high)))
        return x
    if kind % 5 == 1:
        return [rng.choice((low, high, low + 1))] * size
    small, large = (limits(rng.randint(2, width)) for _ in range(2))
    return [rng.randint(*(large if rng.random() < 0.02 else small)) for _ in range(size)]


def traffic(rng: random.Random, sizes: Sequence[int], params: Mapping[str, int], eps: int) -> tuple[Traffic, list[str]]:
    """Return vectors of the given sizes and their norms, the last beat filled with zeros, and the beats of weights."""
    lanes, w_w = params["LANES"], params["W_W"]
    ins, outs, weights, items = [], [], [], []
    for kind, size in enumerate(sizes):
        x = vector(rng, kind, size, params["X_W"])
        w = [rng.choice((*limits(w_w), rng.randint(*limits(rng.randint(2, w_w))))) for _ in x]
        y = golden(torch.tensor(x), torch.tensor(w), params, eps).tolist()
        beats = -(-size // lanes)
        for k in range(beats):
            part, last = slice(k * lanes, (k + 1) * lanes), k == beats - 1
            fill = [0] * (lanes - len(x[part]))
            ins.append(pack(x[part] + fill, params["X_W"]) | last << lanes * params["X_W"])
            outs.append(pack(y[part] + fill, params["OUT_W"]) | last << lanes * params["OUT_W"])
            weights.append(f"{pack(w[part] + fill, w_w):x}")
        items.append((beats, beats))
    return stream_vectors.traffic(ins, outs, items), weights


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "halvings", "eps", "sizes"), CASES, ids=str)
def test_contract(
    params: dict[str, int], halvings: int, eps: int, sizes: tuple[int, ...], sim: str, tmp_path: Path
) -> None:
    """Vectors leave normalized, weighted and saturated as golden has it, in order, at the header's rate and latency.

    With two beats in each, 16 vectors wait.
    """
    rng = random.Random(derive_seed("m2_norm"))
    main, weights = traffic(rng, [rng.choice(sizes) for _ in range(COUNT)], params, eps)
    held = min(params["DEPTH"], 16 * -(-sizes[0] // params["LANES"]))  # 16 vectors
    long = 2 + 2 * params["DEPTH"] * params["LANES"] // sizes[0]  # vectors, more than the unit holds
    steady, steady_weights = traffic(rng, [sizes[0]] * long, params, eps)
    path = stream_vectors.write(
        tmp_path / "vectors.json", main, steady, {"halvings": halvings, "eps": eps}, {"DEPTH": held}
    )
    told = json.loads(path.read_text())
    told["weights"], told["steady"]["weights"] = weights, steady_weights
    path.write_text(json.dumps(told))
    check_module("m2_norm", params, sim, "tests.rtl.cocotb_m2_norm", path)


@pytest.mark.parametrize(("params", "halvings"), [(RMS1, 0), (RMS2, 2)], ids=str)
def test_normalized_elements_fit(params: dict[str, int], halvings: int) -> None:
    """No vector of a table norm leaves U_W here: golden.fixed.norm_range derives the bound."""
    table = norm_table(("rms1", "rms2")[params["KIND"]], params["WIDTH"] >> halvings)
    scaled = norm_range.table_scaled(Interval(*limits(params["X_W"])), table)
    assert scaled.magnitude >> 12 <= limits(params["U_W"])[1]
