# SPDX-License-Identifier: Apache-2.0
"""attn_divide: its contract header is true."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from golden.fixed import limits
from golden.ternary.integer.functions import divide
from harness.sim.runner import derive_seed
from tests.rtl.contract import contract
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import write
from tests.rtl.stream_vectors import pack

LANES, ACC, TOTAL = 8, 44, 36
DENOMINATOR = 14
"""Cycles from a row's denominator to the first beat that it divides."""
Row = tuple[list[int], int, int]
"""Sums, total, exponent."""


def total(rng: random.Random) -> int:
    """Return a denominator: at the ends of its range, around a power of two, or any."""
    power = 1 << rng.randint(23, TOTAL - 1)
    near = max(power + rng.randint(-2, 2), 1 << 23)
    return rng.choice((1 << 23, (1 << TOTAL) - 1, near, near, power | rng.randrange(power)))


def sums(rng: random.Random, size: int, bits: int) -> list[int]:
    """Return sums of up to `bits` bits, ends among them."""
    low, high = limits(bits)
    return [rng.choice((low, high, 0, -1, 1, rng.randint(low, high), rng.randint(low, high))) for _ in range(size)]


def rows(rng: random.Random, width: int, frac: int, count: int) -> Iterator[Row]:
    """Yield rows: of any exponent, and of those that leave results within 32 bits."""
    yield sums(rng, width, ACC), 1 << 23, 127
    yield sums(rng, width, ACC), (1 << TOTAL) - 1, -128
    for k in range(count):
        t, bits = total(rng), rng.randint(2, ACC)
        fits = t.bit_length() + 31 - frac - bits  # exponent whose results fill 32 bits
        exponent = rng.randint(-128, 127) if k % 4 == 0 else fits - rng.choice((0, 0, rng.randint(-3, 8), 32, 33))
        yield sums(rng, width, bits), t, min(max(exponent, -128), 127)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("width", "frac"), [(32, 0), (96, 24), (128, 11)])
def test_contract(width: int, frac: int, sim: str, tmp_path: Path) -> None:
    """Golden's divide of each row: for every size of sum and total and every exponent, results that saturate or are a
    tie among them; a beat a cycle of rows of 12 beats or more, as late as the header says.
    """
    rng = random.Random(derive_seed(f"attn_divide/{width}/{frac}"))
    beats: dict[str, list[int]] = {p: [] for p in ("s_z", "s", "m")}
    for acc, t, exponent in rows(rng, width, frac, 1600 // width):
        y = divide(torch.tensor(acc), torch.tensor(t), torch.tensor(exponent), frac).tolist()
        beats["s_z"].append(t | (exponent & 255) << TOTAL)
        for port, values, bits in (("s", acc, ACC), ("m", y, 32)):
            parts = [pack(values[k : k + LANES], bits) for k in range(0, width, LANES)]
            beats[port] += [*parts[:-1], parts[-1] | 1 << LANES * bits]
    stated = int(contract("attn_divide").value("Latency", {}) or 0)
    path = write(
        tmp_path / "vectors.json",
        {p: beats[p] for p in ("s_z", "s")},
        {"m": beats["m"]},
        {"frac": frac},
        steady=[["s", 0, len(beats["s"]) - 1, 0]] * (width >= LANES * 12),
        latency=[["s_z", 0, "m", 0, DENOMINATOR + stated], *(["s", k, "m", k, stated] for k in range(8))],
        waits=["m"],
    )
    check_module("attn_divide", {}, sim, "tests.rtl.cocotb_m2_block", path)
