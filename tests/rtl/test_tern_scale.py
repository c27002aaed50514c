# SPDX-License-Identifier: Apache-2.0
"""tern_scale: its contract header is true, for branches, embeddings and logits."""

import random
from pathlib import Path

import pytest
import torch

from golden.fixed import limits, saturate
from golden.ternary.integer.scale import MANTISSA, Scale, apply
from harness.sim.runner import derive_seed
from tests.rtl import stream_vectors
from tests.rtl.dut import SIMS, check_module
from tests.rtl.stream_vectors import pack
from tests.rtl.tern_gate_data import scale_word

LOGITS = {"X_W": 43, "Y_W": 24, "EACH": 1, "LANES": 2}
CASES = [  # parameters, fraction bits of y
    ({"X_W": 21, "Y_W": 32, "EACH": 0, "LANES": 8}, 0),
    ({"X_W": 21, "Y_W": 32, "EACH": 0, "LANES": 8}, 24),
    ({"X_W": 8, "Y_W": 32, "EACH": 0, "LANES": 8}, 17),
    (LOGITS, 12),
]
BEATS = 300
FAR = -512, -511, 510, 511
"""Exponents at their ends."""


def scale(rng: random.Random, x_bits: int, y_bits: int, frac: int) -> tuple[int, int]:
    """A mantissa and an exponent: 0, ends, and mostly what leaves some but not all of a product of y's size."""
    if rng.random() < 0.03:
        return 0, 0
    m = rng.choice((1 << MANTISSA - 1, (1 << MANTISSA) - 1, rng.randrange(1 << MANTISSA - 1, 1 << MANTISSA)))
    if rng.random() < 0.05:
        return m, rng.choice(FAR)
    return m, rng.randint(-x_bits - MANTISSA - 2, y_bits - MANTISSA + 2) - frac


def value(rng: random.Random, bits: int) -> int:
    """Any number of any length; an end, or next to zero."""
    low, high = limits(bits)
    some = rng.randint(*limits(rng.randint(2, bits)))
    return rng.choice((low, high, 1 - (1 << bits - 1), 0, 1, -1)) if rng.random() < 0.2 else some


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "frac"), CASES, ids=str)
def test_contract(params: dict[str, int], frac: int, sim: str, tmp_path: Path) -> None:
    """Golden's apply, saturated: at the ends of sums and scales, wherever a product stands beside y, at ties."""
    rng = random.Random(derive_seed(f"tern_scale/{params}/{frac}"))
    bits, out, lanes = params["X_W"], params["Y_W"], params["LANES"]
    count = lanes if params["EACH"] else 1
    x = [[value(rng, bits) for _ in range(lanes)] for _ in range(BEATS)]
    scales = [[scale(rng, bits, out, frac) for _ in range(count)] for _ in range(BEATS)]
    m, e = torch.tensor(scales).unbind(-1)
    y = saturate(apply(torch.tensor(x), Scale(m, e), frac), out).tolist()
    words = [pack([scale_word(*each) for each in beat], 32) for beat in scales]
    ins = [pack(row, bits) | word << lanes * bits for row, word in zip(x, words, strict=True)]
    traffic = stream_vectors.traffic(ins, [pack(row, out) for row in y])
    path = stream_vectors.write(tmp_path / "vectors.json", traffic, traffic.head(60), {"c_frac": frac})
    check_module("tern_scale", params, sim, "tests.rtl.cocotb_stream_unit", path)


def test_stimuli_reach_both_ends() -> None:
    """The vectors saturate upwards and downwards, shift left and round ties: none of these is rare in them."""
    rng = random.Random(derive_seed("tern_scale"))
    x = torch.tensor([value(rng, 21) for _ in range(8 * BEATS)])
    m, e = torch.tensor([scale(rng, 21, 32, 12) for _ in range(8 * BEATS)]).unbind(-1)
    y = apply(x, Scale(m, e), 12)
    low, high = limits(32)
    inside = (y >= low) & (y <= high)
    tie = (e + 12 < 0) & ((x * m & (1 << (-e - 12).clamp(0, 62)) - 1) == 1 << (-e - 13).clamp(0, 62))
    for found in (y > high, y < low, inside & (e + 12 > 0) & (x * m != 0), inside & tie):
        assert int(found.sum()) > 20
