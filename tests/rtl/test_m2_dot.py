# SPDX-License-Identifier: Apache-2.0
"""m2_dot and m2_dot_pair: their contract headers are true."""

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


PAIRS = [
    {"ROWS": 2, "INPUTS": 16, "ACT_GROUP": 8, "WEIGHT_BITS": 8, "ACT_BITS": 8, "MAX_SHIFT": 15},
    {"ROWS": 1, "INPUTS": 6, "ACT_GROUP": 1, "WEIGHT_BITS": 5, "ACT_BITS": 4, "MAX_SHIFT": 7},
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PAIRS, ids=str)
def test_two_columns_of_one_multiplier(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Both columns' sums are golden's, at the extremes of every port too: neither product reaches into the other."""
    rng = random.Random(derive_seed("m2_dot_pair"))
    rows, inputs, group, bits = params["ROWS"], params["INPUTS"], params["ACT_GROUP"], params["ACT_BITS"]
    shift_w = params["MAX_SHIFT"].bit_length()
    result_w = params["WEIGHT_BITS"] + bits + params["MAX_SHIFT"]
    result_w += (group - 1).bit_length() + (inputs // group - 1).bit_length()
    columns = [activations(rng, BEATS, inputs, group, bits, params["MAX_SHIFT"]) for _ in range(2)]
    table = []
    for k in range(BEATS):
        w = weights(rng, rows, inputs, params["WEIGHT_BITS"], extreme=k % 3 == 0)
        low, high = (column.q[k] for column in columns)
        sums = [plain_sums(Pot(column.q[k], column.s[k], group), w).tolist() for column in columns]
        upper = (high - (low < 0).to(high.dtype)).tolist()
        ports = [pack(low.tolist(), bits), pack(upper, bits + 1)]
        ports += [pack(column.s[k].tolist(), shift_w) for column in columns]
        weight_port = pack(w.flatten().tolist(), params["WEIGHT_BITS"])
        table.append([*ports, weight_port, *(pack(y, result_w) for y in sums)])
    vectors = tmp_path / "vectors.json"
    names = {"inputs": ["a0", "a1", "s0", "s1", "w"], "outputs": ["y0", "y1"]}
    vectors.write_text(json.dumps({**names, "rows": table}))
    check_module("m2_dot_pair", params, sim, "tests.rtl.cocotb_function_unit", vectors)
