# SPDX-License-Identifier: Apache-2.0
"""m2_gate: its contract header is true."""

import random
from pathlib import Path

import pytest
import torch

from golden.fixed import saturate
from golden.fixed.pot import quantize
from golden.mamba2.integer import laws
from golden.mamba2.integer.profile import load
from harness.sim.runner import derive_seed
from tests.rtl import stream_vectors
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_beats import beat
from tests.rtl.m2_data import groups
from tests.rtl.stream_vectors import Traffic, pack

CASES = {  # the products of the second are as long as those of the greatest shifts
    "fastmamba-w8a8": {"LANES": 8, "IN_W": 24, "BITS": 16, "FRAC": 12, "PRODUCT_W": 35, "OUT_W": 24},
    "lightmamba-w4a4": {"LANES": 4, "IN_W": 30, "BITS": 8, "FRAC": 10, "PRODUCT_W": 36, "OUT_W": 30},
}
BEATS = 200


def traffic(name: str, rng: random.Random) -> Traffic:
    """Return beats of y and z at random and at their ends, with the gate of golden."""
    p, params = load(name), CASES[name]
    lanes, bits = params["LANES"], params["BITS"]
    y = groups(rng, BEATS, lanes, params["IN_W"])
    order = torch.randperm(BEATS, generator=torch.Generator().manual_seed(rng.getrandbits(32)))
    z = groups(rng, BEATS, lanes, bits)[order]
    z_s = torch.tensor([[rng.choice((0, 15, rng.randrange(16)))] for _ in range(BEATS)])
    y8 = quantize(y, bits, lanes, p.max_shift).value
    fits = laws.gate(y8, z << z_s, p).abs().amax(-1, keepdim=True) < 1 << (params["PRODUCT_W"] - 1)
    z_s = torch.where(fits, z_s, 0)
    gate = saturate(laws.gate(y8, z << z_s, p), params["OUT_W"])
    ins = [beat([(y[k], params["IN_W"]), (z[k], bits), (z_s[k], 4)]) for k in range(BEATS)]
    return stream_vectors.traffic(ins, [pack(row, params["OUT_W"]) for row in gate.tolist()])


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("name", CASES)
def test_contract(name: str, sim: str, tmp_path: Path) -> None:
    """Quantized y times z, shortened and saturated: the gate of golden.mamba2.integer.block.mixer."""
    vectors = stream_vectors.write(tmp_path / "vectors.json", traffic(name, random.Random(derive_seed("m2_gate"))))
    check_module("m2_gate", CASES[name], sim, "tests.rtl.cocotb_stream_unit", vectors)
