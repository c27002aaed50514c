# SPDX-License-Identifier: Apache-2.0
"""dut_run: its contract header is true."""

import pytest

from tests.rtl.dut import SIMS, check_module


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", [{"PORTS": 2}], ids=str)
def test_contract(params: dict[str, int], sim: str) -> None:
    """Reset, commands, traffic, quiet and end in order; stalls and surplus beats are told with their ports."""
    check_module("dut_run", params, sim, "tests.rtl.cocotb_dut_run")
