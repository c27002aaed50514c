# SPDX-License-Identifier: Apache-2.0
"""m2_z_path: its contract header is true."""

import random
from pathlib import Path

import pytest

from golden.fixed import quantize
from golden.mamba2.integer import functions, profile
from harness.sim.runner import derive_seed
from tests.rtl import stream_vectors
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_data import groups
from tests.rtl.m2_front_data import PROFILES, pot_beats
from tests.rtl.stream_vectors import pack

BEATS = 120


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("number", [0, 1])
def test_contract(number: int, sim: str, tmp_path: Path) -> None:
    """Each group leaves as golden's SiLU and quantizer make it, at the rate and latency of the header."""
    p = profile.load(PROFILES[number])
    z = groups(random.Random(derive_seed("m2_z_path")), BEATS, 8, p.value_bits)
    outs = pot_beats(quantize(functions.silu(z, p), p.ssm_bits, p.ssm_group, p.max_shift), p.ssm_bits)
    traffic = stream_vectors.traffic([pack(beat, p.value_bits) for beat in z.tolist()], outs)
    vectors = stream_vectors.write(tmp_path / "vectors.json", traffic)
    check_module("m2_z_path", {"PROFILE": number}, sim, "tests.rtl.cocotb_stream_unit", vectors)
