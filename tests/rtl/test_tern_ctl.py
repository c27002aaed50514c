# SPDX-License-Identifier: Apache-2.0
"""tern_ctl: its contract header is true."""

import pytest

from tests.rtl.dut import SIMS, check_module


@pytest.mark.parametrize("sim", SIMS)
def test_contract(sim: str) -> None:
    """Commands in order, each as long as it waits; Y behind the first result; nothing of a refused start."""
    check_module("tern_ctl", {}, sim, "tests.rtl.cocotb_tern_ctl")
