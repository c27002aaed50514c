# SPDX-License-Identifier: Apache-2.0
"""m2_store with its parts: m2_store_queue, m2_store_state, m2_chunk_walk."""

import pytest

from golden.errors import InputError
from harness.sim.runner import simulate
from tests.rtl.dut import SIMS, check_module, sources

PARAMS = [{"WIDE_W": 512, "PORT_BYTES": 32, "DEPTH": 32}, {"WIDE_W": 1024, "PORT_BYTES": 64, "DEPTH": 16}]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str) -> None:
    """States, records and taps end up where the formats put them; writes are ordered for data that are here."""
    check_module("m2_store", params, sim, "tests.rtl.cocotb_m2_store")


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("params", "message"),
    [({"WIDE_W": 768}, "needs_WIDE_W_a_multiple_of_512"), ({"DEPTH": 8}, "DEPTH_must_be_16_or_32")],
)
def test_illegal_parameters_stop_the_build(params: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match=message):
        simulate("m2_store", sources("m2_store"), params, "tests.rtl.cocotb_m2_store", sim=sim)  # type: ignore[arg-type]
