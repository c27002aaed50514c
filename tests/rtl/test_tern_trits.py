# SPDX-License-Identifier: Apache-2.0
"""tern_trits: its contract header is true."""

import json
from pathlib import Path

import pytest

from golden.ternary.packing import LEGAL_BYTES
from tests.rtl.dut import SIMS, check_module


def row(code: int) -> list[int]:
    """A byte, then `there`, `minus` and `bad` as the header defines them."""
    trits = [code // 3**i % 3 - 1 for i in range(5)] if code < LEGAL_BYTES else [0] * 5
    there = sum((trit != 0) << i for i, trit in enumerate(trits))
    minus = sum((trit < 0) << i for i, trit in enumerate(trits))
    return [code, there, minus, int(code >= LEGAL_BYTES)]


@pytest.mark.parametrize("sim", SIMS)
def test_contract(sim: str, tmp_path: Path) -> None:
    """Every byte decodes to its trits, in two orders."""
    codes = [*range(256), *((89 * k) % 256 for k in range(256))]
    vectors = tmp_path / "vectors.json"
    rows = [row(code) for code in codes]
    vectors.write_text(json.dumps({"inputs": ["code"], "outputs": ["there", "minus", "bad"], "rows": rows}))
    check_module("tern_trits", {}, sim, "tests.rtl.cocotb_function_unit", vectors)
