# SPDX-License-Identifier: Apache-2.0
"""tern_scale_mul: its contract header is true."""

import json
import random
from pathlib import Path

import pytest
import torch

from golden.ternary.integer.scale import MANTISSA, Scale
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module

LOW, HIGH = 1 << MANTISSA - 1, (1 << MANTISSA) - 1
COUNT = 800


def mantissa(rng: random.Random) -> int:
    """A mantissa: 0, an end, next to one, next to where the product's length changes, or any."""
    near = round(2 ** (MANTISSA - 0.5)) + rng.randint(-2, 2)
    return rng.choice((0, LOW, LOW + 1, HIGH, HIGH - 1, near, near, *(rng.randint(LOW, HIGH) for _ in range(4))))


def factors(rng: random.Random, bits: int) -> tuple[Scale, Scale]:
    """Two scales whose product has an exponent of `bits`: often at an end, or of a factor's exponent at one."""
    low, high = -1 << bits - 1, (1 << bits - 1) - 1
    a, b = mantissa(rng), mantissa(rng)
    wanted = rng.choice((low, low + 1, high, high - 1, rng.randint(low, high)))
    e = wanted - max((a * b).bit_length() - MANTISSA, 0)
    first = rng.choice((low, high, rng.randint(low, high)))
    first = min(max(first, e - high), e - low)
    return Scale(torch.tensor(a), torch.tensor(first)), Scale(torch.tensor(b), torch.tensor(e - first))


def word(s: Scale, bits: int) -> int:
    """A scale as the unit takes it."""
    return (int(s.e) & (1 << bits) - 1) << MANTISSA | int(s.m)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("bits", [10, 12])
def test_contract(bits: int, sim: str, tmp_path: Path) -> None:
    """Golden's product: mantissas of 0 and at both ends, products of 31 and 32 bits, exponents at both ends."""
    rng = random.Random(derive_seed(f"tern_scale_mul/{bits}"))
    rows, lengths, ends = [], set(), set()
    for _ in range(COUNT):
        a, b = factors(rng, bits)
        y = a * b
        rows.append([word(a, bits), word(b, bits), word(y, bits)])
        lengths.add(int(a.m * b.m).bit_length())
        ends.add(int(y.e))
    assert lengths == {0, 31, 32}
    assert {-1 << bits - 1, (1 << bits - 1) - 1} < ends
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"inputs": ["a", "b"], "outputs": ["y"], "rows": rows}))
    check_module("tern_scale_mul", {"E_W": bits}, sim, "tests.rtl.cocotb_function_unit", vectors)
