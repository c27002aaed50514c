# SPDX-License-Identifier: Apache-2.0
"""The design under test, as seen from inside the simulation: each starts a Python, so little is imported here."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from tests.rtl.contract import Contract, contract


@dataclass(frozen=True)
class Dut:
    """The design under test, as seen from inside the simulation.

    Attributes:
        name: the module.
        params: every integer parameter, defaults included.
        vectors: JSON file of stimuli and expected results, or empty.
        far: whether its counters are those of tests/rtl/far.
    """

    name: str
    params: Mapping[str, int]
    vectors: str
    far: bool

    @property
    def contract(self) -> Contract:
        return contract(self.name)


def current() -> Dut:
    """Return the design under test; for cocotb modules."""
    told = json.loads(os.environ.get("KRAIT_DUT", '{"name": "", "params": {}, "vectors": ""}'))
    return Dut(told["name"], told["params"], told["vectors"], told.get("far", False))
