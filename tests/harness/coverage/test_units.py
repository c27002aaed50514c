# SPDX-License-Identifier: Apache-2.0
"""Unit tests leave code coverage where it is wanted, each simulation as a run of its own."""

from pathlib import Path

import pytest

from golden.errors import InputError
from harness import cli_coverage
from harness.coverage import ucis_file, units
from harness.coverage.collect import sources
from harness.paths import build_dir
from harness.sim.results import CocotbResult
from tests.harness.coverage.test_verilator import entry
from tests.rtl.dut import check_module


def test_a_module_under_its_own_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run named after the test, on the RTL that is there; lines, branches and edges of the module alone.

    Spaces in the name of the test, as of parameters, are part of it.
    """
    monkeypatch.setenv(units.VARIABLE, str(tmp_path / "units"))
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "a.py::t[{'A': 1, 'B': 2}] (call)")
    check_module("err_first", {"PORTS": 1, "SOURCES": 1, "CODES": 7}, "verilator", "tests.rtl.cocotb_err_first")
    found = units.collect(tmp_path / "units")
    (run,) = found.runs
    assert run.test == "a.py::t[{'A': 1, 'B': 2}]/cocotb_err_first"
    assert run.sources == sources()
    assert {point.unit for point in found.points} == {"common/err_first.v"}
    assert {"line", "branch", "toggle"} <= {point.kind for point in found.runs[run]}


def test_each_simulation_is_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of one test and seed, too: the second one does not take the place of the first."""
    monkeypatch.setenv(units.VARIABLE, str(tmp_path / "units"))
    for hits in (3, 4):
        (tmp_path / "coverage.dat").write_text("# SystemC::Coverage-3\n" + entry("branch", 3, hits, o="if"))
        units.keep(CocotbResult((), (), tmp_path / "results.xml", tmp_path / "log", ""), "t[{'A': 1}]", 1, "5a")
    found = units.collect(tmp_path / "units")
    assert sorted(run.test for run in found.runs) == ["t[{'A': 1}]", "t[{'A': 1}]#2"]
    assert list(found.totals().values()) == [7]


def test_what_they_left_is_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database appears when the tests have ended, and what they left is removed; without the option nothing is."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path))
    (tmp_path / "test").mkdir()
    with cli_coverage.of_units(False) as more:
        assert more == {}
    assert list((tmp_path / "test").iterdir()) == []
    with cli_coverage.of_units(True) as more:
        folder = Path(more[units.VARIABLE])
        (folder / "a.json").write_text('{"test": "t", "seed": 1, "sources": "5a"}')
        (folder / "a.dat").write_text("# SystemC::Coverage-3\n")
    assert [path.name for path in (build_dir() / "test").iterdir()] == [ucis_file.NAME]
    assert len(ucis_file.read(build_dir() / "test" / ucis_file.NAME).runs) == 1


def test_a_malformed_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(InputError, match=r"a\.json: cannot be read .*run krait test --cov again"):
        units.collect(tmp_path)
