# SPDX-License-Identifier: Apache-2.0
"""m2_dot: its contract header is true."""

import json
import random
from pathlib import Path

import pytest

from golden.fixed import limits
from golden.fixed.pot import Pot
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_linear_data import activations, plain_sums, weights
from tests.rtl.stream_vectors import pack

PARAMS = [
    {"ROWS": 2, "INPUTS": 24, "ACT_GROUP": 8, "WEIGHT_BITS": 4, "ACT_BITS": 4, "MAX_SHIFT": 15},
    {"ROWS": 1, "INPUTS": 16, "ACT_GROUP": 16, "WEIGHT_BITS": 8, "ACT_BITS": 8, "MAX_SHIFT": 7},
    {"ROWS": 1, "INPUTS": 3, "ACT_GROUP": 1, "WEIGHT_BITS": 4, "ACT_BITS": 8, "MAX_SHIFT": 15},
]
BEATS = 150


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """The sums are golden's, at the extremes of every port too, as late as the header says."""
    rng = random.Random(derive_seed("m2_dot"))
    rows, inputs, group = params["ROWS"], params["INPUTS"], params["ACT_GROUP"]
    shift_w = params["MAX_SHIFT"].bit_length()
    a = activations(rng, BEATS, inputs, group, params["ACT_BITS"], params["MAX_SHIFT"])
    result_w = params["WEIGHT_BITS"] + params["ACT_BITS"] + params["MAX_SHIFT"]
    result_w += (group - 1).bit_length() + (inputs // group - 1).bit_length()
    table = []
    for k in range(BEATS):
        w = weights(rng, rows, inputs, params["WEIGHT_BITS"], extreme=k % 3 == 0)
        y = plain_sums(Pot(a.q[k], a.s[k], group), w).tolist()
        assert all(limits(result_w)[0] <= value <= limits(result_w)[1] for value in y)
        ports = (pack(a.q[k].tolist(), params["ACT_BITS"]), pack(a.s[k].tolist(), shift_w))
        table.append([*ports, pack(w.flatten().tolist(), params["WEIGHT_BITS"]), pack(y, result_w)])
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"inputs": ["a", "s", "w"], "outputs": ["y"], "rows": table}))
    check_module("m2_dot", params, sim, "tests.rtl.cocotb_function_unit", vectors)
