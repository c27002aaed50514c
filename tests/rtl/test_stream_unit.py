# SPDX-License-Identifier: Apache-2.0
"""The cocotb tests that all stream units share: they pass on a register slice and fail where its law does not hold."""

from pathlib import Path

import pytest

from golden.errors import CheckError
from tests.rtl import stream_vectors
from tests.rtl.dut import check_module

BEATS = [(37 * k + 11) % 256 for k in range(60)]
UNIT = "tests.rtl.cocotb_stream_unit"


def run(outs: list[int], tmp_path: Path) -> None:
    vectors = stream_vectors.write(tmp_path / "vectors.json", stream_vectors.traffic(BEATS, outs))
    check_module("strm_skid", {"DATA_W": 8}, "verilator", UNIT, vectors)


def test_a_true_contract_passes(tmp_path: Path) -> None:
    """A register slice gives its input, one cycle later, and absorbs two beats."""
    run(BEATS, tmp_path)


def test_a_wrong_beat_fails(tmp_path: Path) -> None:
    """One bit of one expected beat makes the order test fail, and the message names the beat."""
    with pytest.raises(CheckError, match="port m, lane 0, beat 41, cycle"):
        run([beat ^ (k == 41) for k, beat in enumerate(BEATS)], tmp_path)


def test_a_wrong_latency_fails(tmp_path: Path) -> None:
    """Traffic whose items end elsewhere than the header's latency assumes fails the latency test."""
    halves = stream_vectors.traffic(BEATS, BEATS, [(2, 2)] * 30)
    vectors = stream_vectors.write(tmp_path / "vectors.json", halves)
    with pytest.raises(CheckError, match="latency is 0 cycles, the header says 1"):
        check_module("strm_skid", {"DATA_W": 8}, "verilator", UNIT, vectors)
