# SPDX-License-Identifier: Apache-2.0
"""Simulations of a unit's tests: which are the same, and which a simulator can do."""

import json
from pathlib import Path

from harness.mutate.simulations import around, cocotb_files, distinct
from harness.paths import ROOT
from tests.harness.mutate.test_judge import simulation
from tests.harness.mutate.toys import TOY


def test_each_once() -> None:
    """Of both simulators the judge's; what needs Verilator is left to it; other tops are not judged."""
    files = (str(TOY.source),)
    both = [simulation(sim="verilator", seed=1, sources=files), simulation(sim="icarus", seed=2, sources=files)]
    assert [(each.sim, each.seed) for each in distinct(both, TOY, "icarus")] == [("icarus", 2)]
    assert [(each.sim, each.seed) for each in distinct(both, TOY, "verilator")] == [("verilator", 1)]
    dpi = [simulation(sim="verilator", plain=False, sources=files)]
    assert distinct(dpi, TOY, "icarus") == ()
    assert len(distinct(dpi, TOY, "verilator")) == 1


def test_frames() -> None:
    """Simulations with the unit inside judge it where it is no top; those without it never do."""
    files = (str(TOY.source), "/frame.v")
    alone, framed = simulation(sources=files), simulation(sources=files, top="toy_frame")
    assert distinct([alone, framed], TOY, "icarus") == (alone,)
    assert distinct([framed], TOY, "icarus") == (framed,)
    assert distinct([simulation(sources=("/frame.v",))], TOY, "icarus") == ()


def test_what_stands_around(tmp_path: Path) -> None:
    """A verdict depends on the Verilog of all other files, each once."""
    (tmp_path / "frame.v").write_text("frame")
    framed = simulation(sources=(str(TOY.source), str(tmp_path / "frame.v")))
    assert around([framed, framed], TOY) == ("frame",)


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
