# SPDX-License-Identifier: Apache-2.0
"""tern_dot: its contract header is true."""

import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden.ternary.matvec import lut_product
from golden.ternary.packing import LEGAL_BYTES
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.stream_vectors import pack

Beat = tuple[Tensor, Tensor]
PARAMS = [{"OUTS": 8, "CB": 8, "T_PAR": 1}, {"OUTS": 35, "CB": 3, "T_PAR": 2}]
EXTREMES = list(itertools.product((-128, 127), repeat=5))


def every_byte(outs: int, cb: int, columns: int) -> Iterator[Beat]:
    """Each of 256 bytes against each sign pattern of the greatest activations, +-127 in the other columns."""
    blocks = -(-256 // outs)
    size = blocks * len(EXTREMES)
    for n in range(0, size, cb):
        places = [(n + j) % size for j in range(cb)]
        codes = [[(place % blocks * outs + r) % 256 for place in places] for r in range(outs)]
        x = torch.tensor([v for place in places for v in EXTREMES[place // blocks]]).unsqueeze(-1)
        others = [x.clamp(-127, 127) * (-1) ** t for t in range(1, columns)]
        yield torch.tensor(codes), torch.cat([x, *others], dim=-1)


def one_bad_byte(rng: random.Random, outs: int, cb: int, columns: int) -> Iterator[Beat]:
    """An illegal byte in each place in turn, the others legal."""
    for row, byte in itertools.product(range(outs), range(cb)):
        codes, x = chance(rng, outs, cb, columns)
        codes[row, byte] = rng.randrange(LEGAL_BYTES, 256)
        yield codes, x


def chance(rng: random.Random, outs: int, cb: int, columns: int) -> Beat:
    """Legal bytes; activations of any value, a third of the time extreme ones alone."""
    values = (-128, -127, 127, -1, 0, 1) if rng.random() < 0.3 else range(-128, 128)
    codes = [[rng.randrange(LEGAL_BYTES) for _ in range(cb)] for _ in range(outs)]
    return torch.tensor(codes), torch.tensor([[rng.choice(values) for _ in range(columns)] for _ in range(5 * cb)])


def row(beat: Beat, y_w: int) -> list[int]:
    """Port values of a beat: x, w, then golden's y, the signs that are left to the reader, and bad."""
    codes, x = beat
    minus = (codes[:, 0] < LEGAL_BYTES) & (codes[:, 0] % 3 == 0)
    y = lut_product(codes.to(torch.uint8), x.to(torch.int8)) * (1 - 2 * minus.int()).unsqueeze(-1)
    bad = int((codes >= LEGAL_BYTES).any())
    flat = (x.T, 8), (codes, 8), (y.T, y_w), (minus.int(), 1)
    return [*(pack(values.flatten().tolist(), width) for values, width in flat), bad]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """The sums are golden's: for every byte at the extremes, and for any; `bad` comes with its beat, from any place."""
    rng = random.Random(derive_seed("tern_dot"))
    size = params["OUTS"], params["CB"], params["T_PAR"]
    beats = [*every_byte(*size), *one_bad_byte(rng, *size), *(chance(rng, *size) for _ in range(200))]
    rng.shuffle(beats)
    y_w = 11 + (params["CB"] - 1).bit_length()
    told = {"inputs": ["x", "w"], "outputs": ["y", "minus", "bad"], "rows": [row(beat, y_w) for beat in beats]}
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps(told))
    check_module("tern_dot", params, sim, "tests.rtl.cocotb_function_unit", vectors)
