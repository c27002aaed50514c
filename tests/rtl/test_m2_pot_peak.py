# SPDX-License-Identifier: Apache-2.0
"""m2_pot_peak: its contract header is true."""

import json
import random
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden.fixed import bit_length, quantize
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_data import groups
from tests.rtl.stream_vectors import pack

PARAMS = [
    {"N": 8, "IN_W": 32, "BITS": 8, "MAX_SHIFT": 15},
    {"N": 3, "IN_W": 24, "BITS": 16, "MAX_SHIFT": 15},
    {"N": 2, "IN_W": 9, "BITS": 8, "MAX_SHIFT": 15},
    {"N": 2, "IN_W": 16, "BITS": 16, "MAX_SHIFT": 15},
    {"N": 4, "IN_W": 40, "BITS": 4, "MAX_SHIFT": 31},
]


def over(x: Tensor, bits: int, reach: int) -> list[int]:
    """The law of the header for groups x [count, n]; its bit length is golden's shift."""
    high = (x.abs() - 1).clamp(min=0) >> (bits - 1)
    folded = (high & ((1 << reach) - 1)) | ((high >> reach != 0).long() << (reach - 1) if reach else 0)
    result = torch.zeros_like(folded[:, 0])
    for column in folded.unbind(1):
        result |= column
    return result.tolist()


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """`over` is the header's law, and its bit length is the shift that golden's quantizer gives the group; x_q is x."""
    n, width, bits, max_shift = (params[key] for key in ("N", "IN_W", "BITS", "MAX_SHIFT"))
    x = groups(random.Random(derive_seed("m2_pot_peak")), 600, n, width)
    found = over(x, bits, min(max_shift, width - bits))
    assert bit_length(torch.tensor(found)).tolist() == quantize(x, bits, 0, max_shift).s[:, 0].tolist()
    packed = [pack(group, width) for group in x.tolist()]
    rows = [[group, group, peak] for group, peak in zip(packed, found, strict=True)]
    vectors = tmp_path / "vectors.json"
    told = {"inputs": ["x"], "outputs": ["x_q", "over"], "latency": {"x_q": 1}, "rows": rows}
    vectors.write_text(json.dumps(told))
    check_module("m2_pot_peak", params, sim, "tests.rtl.cocotb_function_unit", vectors)
