# SPDX-License-Identifier: Apache-2.0
"""m2_scale: its contract header is true."""

import random
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden.fixed import limits, saturate
from golden.mamba2.integer.linear import scale
from golden.mamba2.integer.model import AdditiveScale, ChannelScale, Linear
from golden.mamba2.integer.profile import load
from harness.sim.runner import derive_seed
from tests.rtl import stream_vectors
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_lanes import arguments, beats
from tests.rtl.stream_vectors import pack

NO_WEIGHTS = torch.zeros(1, 1, dtype=torch.int8)
SHIFTS = [
    {"LANES": 2, "IN_W": 42, "CHANNEL": 0, "RIGHT": 10, "RIGHT_B": 12, "TAG_W": 3, "VALUE_W": 32},
    {"LANES": 1, "IN_W": 20, "CHANNEL": 0, "RIGHT": 0, "RIGHT_B": 3, "TAG_W": 1, "VALUE_W": 24},
]
CHANNELS = [
    {"LANES": 2, "IN_W": 43, "CHANNEL": 1, "TAG_W": 2, "VALUE_W": 24},
    {"LANES": 1, "IN_W": 26, "CHANNEL": 1, "TAG_W": 1, "VALUE_W": 32},
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", SHIFTS, ids=str)
def test_shift(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Sums with additive scales: golden's floor, saturated, at the ends of the range and around powers of two too.

    Each beat has its own choice of the two shifts, and a tag that comes back with it.
    """
    rng = random.Random(derive_seed("m2_scale/shift"))
    profile = load("lightmamba-w4a4")
    lanes, value_w = params["LANES"], params["VALUE_W"]
    rights = params["RIGHT"], params["RIGHT_B"]
    edges = [limit << right for limit in limits(value_w) for right in rights]
    acc = torch.tensor(beats(arguments(rng, params["IN_W"], edges, 120), lanes)).reshape(-1, lanes)
    layer = Linear(NO_WEIGHTS, AdditiveScale(NO_WEIGHTS, NO_WEIGHTS))
    seconds = torch.tensor([rng.randrange(2) for _ in acc])
    ys = [saturate(scale(acc, layer, profile, right, profile.weight_frac), value_w) for right in rights]
    y = torch.where(seconds[:, None] == 0, *ys)
    ins = [pack(row, params["IN_W"]) for row in acc.tolist()]
    vectors = write_tagged(tmp_path, rng, params, ins, y, seconds.tolist())
    check_module("m2_scale", params, sim, "tests.rtl.cocotb_stream_unit", vectors)


def write_tagged(
    tmp_path: Path, rng: random.Random, params: dict[str, int], ins: list[int], y: Tensor, seconds: list[int]
) -> Path:
    """Write vectors of beats (sums and what scales them) and their values [beats, LANES], with random tags."""
    tags = [rng.getrandbits(params["TAG_W"]) for _ in ins]
    at = params["LANES"] * (params["IN_W"] + 22 * params["CHANNEL"])
    told = [beat | second << at | tag << at + 1 for beat, second, tag in zip(ins, seconds, tags, strict=True)]
    top = params["LANES"] * params["VALUE_W"]
    outs = [pack(row, params["VALUE_W"]) | tag << top for row, tag in zip(y.tolist(), tags, strict=True)]
    traffic = stream_vectors.traffic(told, outs)
    return stream_vectors.write(tmp_path / "vectors.json", traffic, traffic.head(120))


def multipliers(rng: random.Random, acc: Tensor, value_w: int) -> ChannelScale:
    """Return a scale for each sum: any, none, the ends, or one that takes the sum to the end of the range of values."""
    mults, shifts = [], []
    for k, value in enumerate(acc.tolist()):
        mult = rng.choice((0, 1 << 15, (1 << 16) - 1, rng.randrange(1 << 15, 1 << 16)))
        fit = (abs(value) * mult).bit_length() - value_w + rng.randint(-1, 2)
        mults.append(mult)
        shifts.append(rng.choice((1, 46, rng.randint(1, 46))) if k % 2 else min(max(fit, 1), 46))
    return ChannelScale(torch.tensor(mults, dtype=torch.int32), torch.tensor(shifts, dtype=torch.uint8))


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", CHANNELS, ids=str)
def test_channel(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Sums with a multiplier and a shift each: golden's product, rounded half up, saturated."""
    rng = random.Random(derive_seed("m2_scale/channel"))
    lanes, value_w = params["LANES"], params["VALUE_W"]
    acc = torch.tensor(beats(arguments(rng, params["IN_W"], (1 << 24,), 240), lanes))
    channel = multipliers(rng, acc, value_w)
    y = saturate(scale(acc, Linear(NO_WEIGHTS, channel), load("fastmamba-w8a8"), 0, 0), value_w)
    columns = (acc, params["IN_W"]), (channel.mult, 16), (channel.shift, 6)
    parts = [[pack(beat, width) for beat in column.reshape(-1, lanes).tolist()] for column, width in columns]
    at = [0, lanes * params["IN_W"], lanes * (params["IN_W"] + 16)]
    ins = [sum(part << low for part, low in zip(beat, at, strict=True)) for beat in zip(*parts, strict=True)]
    seconds = [rng.randrange(2) for _ in ins]
    vectors = write_tagged(tmp_path, rng, params, ins, y.reshape(-1, lanes), seconds)
    check_module("m2_scale", params, sim, "tests.rtl.cocotb_stream_unit", vectors)
