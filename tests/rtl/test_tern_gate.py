# SPDX-License-Identifier: Apache-2.0
"""tern_gate: its contract header is true."""

import random
from pathlib import Path

import pytest

from harness.sim.runner import derive_seed
from tests.rtl import stream_vectors
from tests.rtl.dut import SIMS, check_module
from tests.rtl.stream_vectors import pack
from tests.rtl.tern_gate_data import pairs

PARAMS = [{"SIGMOID": 0, "LANES": 8}, {"SIGMOID": 1, "LANES": 8}]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Golden's squared_relu or silu_product of each pair: for bounds of every size, at the bounds too."""
    check_module("tern_gate", params, sim, "tests.rtl.cocotb_stream_unit", some_pairs(params, tmp_path))


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_rate(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """A result every two cycles while nothing waits."""
    check_module("tern_gate", params, sim, "tests.rtl.cocotb_tern_gate", some_pairs(params, tmp_path))


def some_pairs(params: dict[str, int], folder: Path) -> Path:
    """Write vectors and return their path."""
    rng, lanes = random.Random(derive_seed("tern_gate")), params["LANES"]
    found = pairs(rng, 240, lanes, bool(params["SIGMOID"]))
    ins = [beat for pair in found for beat in pair.beats(rng)]
    traffic = stream_vectors.traffic(ins, [pack(pair.h, 32) for pair in found], [(2, 1)] * len(found))
    return stream_vectors.write(folder / "vectors.json", traffic, traffic.head(60))
