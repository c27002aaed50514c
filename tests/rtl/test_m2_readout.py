# SPDX-License-Identifier: Apache-2.0
"""m2_readout: its contract header is true."""

import random
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden.fixed import limits, saturate
from golden.fixed.pot import quantize
from golden.mamba2.integer import laws
from golden.mamba2.integer.profile import Mamba2Profile, load
from harness.sim.runner import derive_seed
from tests.rtl import stream_vectors
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_beats import beat
from tests.rtl.m2_data import groups
from tests.rtl.stream_vectors import Traffic, pack

CASES = {  # the second reaches the greatest shifts
    "fastmamba-w8a8": {
        "LANES": 8,
        "PART_W": 57,
        "ACC_W": 61,
        "READ_FRAC": 20,
        "BITS": 16,
        "SKIP_FRAC": 12,
        "SKIP_W": 31,
        "OUT_W": 24,
    },
    "lightmamba-w4a4": {
        "LANES": 2,
        "PART_W": 43,
        "ACC_W": 47,
        "READ_FRAC": 17,
        "BITS": 8,
        "SKIP_FRAC": 8,
        "SKIP_W": 54,
        "OUT_W": 32,
    },
}
TOKENS = 60


def token(rng: random.Random, p: Mamba2Profile, params: dict[str, int], size: int) -> tuple[list[int], int]:
    """Return the beats of `size` tiles and what comes out."""
    lanes, part_w, bits = params["LANES"], params["PART_W"], params["BITS"]
    kind = rng.randrange(8)
    width = rng.choice((part_w, min(part_w, params["READ_FRAC"] + params["OUT_W"])))
    parts = groups(rng, size + kind, lanes, width)[kind:]
    x = quantize(groups(rng, kind + 1, lanes, 24)[kind:], bits)
    low, high = limits(bits)
    d = rng.choice((low, high, rng.randint(low, high)))
    d_s = rng.randint(0, min(31, params["SKIP_W"] + params["SKIP_FRAC"] - 24 - bits))
    y = laws.readout(parts.sum(0), p) + laws.skip(x.value[0], torch.tensor(d) << d_s, p)
    beats = []
    for k, part in enumerate(parts):
        last = k == size - 1
        q, s, d_, d_s_ = (x.q[0], x.s[0], torch.tensor(d), torch.tensor(d_s)) if last else noise(rng, lanes, bits)
        beats.append(beat([(part, part_w), (q, bits), (s, 4), (d_, bits), (d_s_, 5), (torch.tensor(last), 1)]))
    return beats, pack(saturate(y, params["OUT_W"]).tolist(), params["OUT_W"])


def noise(rng: random.Random, lanes: int, bits: int) -> tuple[Tensor, ...]:
    """Return q and s of x and D at random, as they are where they do not count."""
    counts = ((lanes, bits), (1, 4), (1, bits), (1, 5))
    return tuple(torch.tensor([rng.getrandbits(width) for _ in range(count)]) for count, width in counts)


def traffic(name: str, rng: random.Random, sizes: list[int]) -> Traffic:
    """Return tokens of so many tiles each."""
    p = load(name)
    made = [token(rng, p, CASES[name], size) for size in sizes]
    return stream_vectors.traffic(
        [b for ins, _ in made for b in ins], [out for _, out in made], [(s, 1) for s in sizes]
    )


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("name", CASES)
def test_contract(name: str, sim: str, tmp_path: Path) -> None:
    """Sums of 1 to 16 tiles, shifted, with x D, saturated: y_sum of golden.mamba2.integer.block.mixer."""
    rng = random.Random(derive_seed("m2_readout"))
    mixed = traffic(name, rng, [rng.choice((1, 1, 2, 3, 16)) for _ in range(TOKENS)])
    steady = traffic(name, rng, [1] * TOKENS)
    vectors = stream_vectors.write(tmp_path / "vectors.json", mixed, steady)
    check_module("m2_readout", CASES[name], sim, "tests.rtl.cocotb_stream_unit", vectors)
