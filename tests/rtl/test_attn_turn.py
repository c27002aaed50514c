# SPDX-License-Identifier: Apache-2.0
"""attn_turn: its contract header is true."""

import pytest

from tests.rtl.dut import SIMS, check_module


@pytest.mark.parametrize("sim", SIMS)
def test_contract(sim: str) -> None:
    """Passes of a job are as many as it has, attention's or the head's; of other jobs there are none."""
    check_module("attn_turn", {}, sim, "tests.rtl.cocotb_attn_turn")
