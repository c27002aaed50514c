# SPDX-License-Identifier: Apache-2.0
"""m2_quant: its contract header is true."""

import random
from pathlib import Path

import pytest

from golden.fixed import quantize
from harness.sim.runner import derive_seed
from tests.rtl import stream_vectors
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_data import groups
from tests.rtl.stream_vectors import pack

PARAMS = [
    {"GROUPS": 2, "GROUP": 8, "IN_W": 32, "BITS": 8, "MAX_SHIFT": 15},
    {"GROUPS": 1, "GROUP": 4, "IN_W": 24, "BITS": 4, "MAX_SHIFT": 31},
    {"GROUPS": 3, "GROUP": 1, "IN_W": 16, "BITS": 16, "MAX_SHIFT": 15},
]
BEATS = 160


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Each group leaves as golden.fixed.pot.quantize makes it, in order, at the rate and latency of the header."""
    groups_, group, width, bits, max_shift = (params[key] for key in ("GROUPS", "GROUP", "IN_W", "BITS", "MAX_SHIFT"))
    x = groups(random.Random(derive_seed("m2_quant")), BEATS * groups_, group, width).reshape(BEATS, -1)
    pot = quantize(x, bits, group, max_shift)
    outs = [
        pack(q, bits) | pack(s, max_shift.bit_length()) << len(q) * bits
        for q, s in zip(pot.q.tolist(), pot.s.tolist(), strict=True)
    ]
    traffic = stream_vectors.traffic([pack(beat, width) for beat in x.tolist()], outs)
    vectors = stream_vectors.write(tmp_path / "vectors.json", traffic)
    check_module("m2_quant", params, sim, "tests.rtl.cocotb_stream_unit", vectors)
