# SPDX-License-Identifier: Apache-2.0
"""Simulations of a unit's tests: which are the same, and which a simulator can do."""

import json
from pathlib import Path

from harness.mutate.simulations import cocotb_files, distinct
from harness.paths import ROOT
from tests.harness.mutate.test_judge import simulation


def test_each_once() -> None:
    """Of both simulators the judge's; what needs Verilator is left to it; other tops are not judged."""
    both = [simulation(sim="verilator", seed=1), simulation(sim="icarus", seed=2)]
    assert [(each.sim, each.seed) for each in distinct(both, "toy_gate", "icarus")] == [("icarus", 2)]
    assert [(each.sim, each.seed) for each in distinct(both, "toy_gate", "verilator")] == [("verilator", 1)]
    dpi = [simulation(sim="verilator", plain=False)]
    assert distinct(dpi, "toy_gate", "icarus") == ()
    assert len(distinct(dpi, "toy_gate", "verilator")) == 1
    assert distinct(both, "strm_fifo", "icarus") == ()


def test_vectors_count_by_their_contents(tmp_path: Path) -> None:
    """The same stimuli at another place are the same simulation; others are another."""
    found = []
    for name, text in (("a", "[1]"), ("b", "[1]"), ("c", "[2]")):
        (tmp_path / name).write_text(text)
        told = json.dumps({"vectors": str(tmp_path / name)})
        found.append(simulation(env={"KRAIT_DUT": told, "EFFORT": "1"}).identity)
    assert found[0] == found[1]
    assert found[0] != found[2]


def test_cocotb_modules_are_found() -> None:
    assert cocotb_files([simulation(test_module="tests.rtl.cocotb_strm")]) == {
        ROOT / "tests" / "rtl" / "cocotb_strm.py"
    }
