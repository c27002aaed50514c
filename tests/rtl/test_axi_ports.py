# SPDX-License-Identifier: Apache-2.0
"""axi_ports: one wide memory of several ports."""

import pytest

from tests.rtl.dut import SIMS, check_module

PARAMS = [
    {"PORTS": 2, "PORT_W": 256, "RD_DEPTH": 16, "WR_DEPTH": 4},
    {"PORTS": 3, "PORT_W": 512, "RD_DEPTH": 128, "WR_DEPTH": 16},
    {"PORTS": 2, "PORT_W": 128, "RD_DEPTH": 16, "WR_DEPTH": 4, "STROBES": 1},
    {"PORTS": 1, "PORT_W": 128, "RD_DEPTH": 16, "WR_DEPTH": 4, "PARTIAL": 1},
    {"PORTS": 4, "PORT_W": 256, "RD_DEPTH": 32, "WR_DEPTH": 4, "PARTIAL": 1},
    {"PORTS": 3, "PORT_W": 128, "RD_DEPTH": 128, "WR_DEPTH": 16, "PARTIAL": 1},
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str) -> None:
    """Reads and writes go over all ports, in order, a beat a cycle; written when all say so; strobes stay with data.

    With PARTIAL a read goes over as many ports as it says, and no other port sees it.
    """
    check_module("axi_ports", params, sim, "tests.rtl.cocotb_axi_ports")
