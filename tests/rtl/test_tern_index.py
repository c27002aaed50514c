# SPDX-License-Identifier: Apache-2.0
"""tern_index: its contract header is true."""

import json
from pathlib import Path

import pytest
import torch

from golden.ternary.matvec import decode
from tests.rtl.dut import SIMS, check_module


def word(v3: int, v2: int, bad: int) -> int:
    """The index as the header lays it out."""
    return bad << 9 | (v2 == 0) << 8 | (v2 < 0) << 7 | abs(v2) % 4 << 5 | (v3 < 0) << 4 | abs(v3)


@pytest.mark.parametrize("sim", SIMS)
def test_contract(sim: str, tmp_path: Path) -> None:
    """Every byte decodes to golden's signed indices, in two orders."""
    codes = [*range(256), *((89 * k) % 256 for k in range(256))]
    indices = map(word, *(part.tolist() for part in decode(torch.tensor(codes, dtype=torch.uint8))))
    rows = [list(pair) for pair in zip(codes, indices, strict=True)]
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"inputs": ["code"], "outputs": ["index"], "rows": rows}))
    check_module("tern_index", {}, sim, "tests.rtl.cocotb_function_unit", vectors)
