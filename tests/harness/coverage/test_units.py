# SPDX-License-Identifier: Apache-2.0
"""Unit tests leave code coverage where it is wanted, each simulation as a run of its own."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from golden.errors import InputError
from harness import cli_coverage
from harness.build import Counted, VerilatorBuild, verilator
from harness.coverage import ucis_file, units
from harness.coverage.collect import sources
from harness.paths import build_dir
from harness.sim.results import CocotbResult
from tests import conftest
from tests.command import Krait
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


def test_what_counts(toy_units: Path) -> None:
    """The top, what names the file of tests as its own, and a child without one; not a child that has its own.

    In the build the others are told not to count, and without edges Verilator is not asked for them.
    """
    files = tuple(toy_units / f"{name}.v" for name in ("child", "shared", "part", "top"))
    mine = units.counted("top", files, "tests/rtl/test_top.py::t[{'A': 1}]")
    assert [path.stem for path in mine] == ["shared", "part", "top"]
    assert [path.stem for path in units.counted("top", files, "")] == ["shared", "top"]
    spec = VerilatorBuild("top", files, coverage=True, counted=Counted(mine))
    assert verilator._public(spec, (5, 48)).splitlines()[-1] == f'coverage_off -file "{files[0]}"'
    assert tuple(verilator._coverage(spec)) == verilator.COVERAGE
    assert "--coverage-toggle" not in verilator._coverage(replace(spec, counted=Counted(mine, edges=False)))
    assert "coverage_off" not in verilator._public(replace(spec, counted=None), (5, 48))


@pytest.fixture
def toy_units(tmp_path: Path) -> Path:
    """Four files with the header's line that counts; the top instantiates two of the others."""
    for name, test in (("child", "child"), ("shared", "elsewhere"), ("part", "top"), ("top", "top")):
        parts = "  child u_child ();\n  shared u_shared ();\n" if name == "top" else ""
        text = f"// Test         : tests/rtl/test_{test}.py\nmodule {name};\n{parts}endmodule\n"
        (tmp_path / f"{name}.v").write_text(text)
    return tmp_path


def test_resuming_leaves_out_what_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that passed on the same RTL with the same seed and kinds; what others left is removed."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path))
    folder = tmp_path / "test" / "coverage"
    folder.mkdir(parents=True)
    left = {"a.py::ok": (1, sources(), True), "a.py::unfinished": (1, sources(), True), "a.py::old": (1, "5a", True),
            "a.py::seed": (2, sources(), True), "a.py::lines": (1, sources(), False)}  # fmt: skip
    for number, (test, (seed, rtl, edges)) in enumerate(left.items()):
        (folder / f"{number}.dat").write_text("# SystemC::Coverage-3\n")
        record = {"test": f"{test}/cocotb_a", "seed": seed, "sources": rtl, "edges": edges}
        (folder / f"{number}.json").write_text(json.dumps(record))
    (folder / units.PASSED).write_text("".join(f"{test}\n" for test in left if "unfinished" not in test))
    with cli_coverage.of_units(True, resume=True, seed=1) as more:
        monkeypatch.setenv(units.VARIABLE, more[units.VARIABLE])
        assert units.finished() == {"a.py::ok"}
        assert sorted(path.name for path in folder.iterdir()) == ["0.dat", "0.json", units.PASSED]
        items, dropped = [SimpleNamespace(nodeid=test) for test in left], []
        conftest.leave_out_finished(items, dropped.extend)
        assert [item.nodeid for item in items] == list(left)[1:]
        assert [item.nodeid for item in dropped] == ["a.py::ok"]
    with cli_coverage.of_units(True) as more:
        assert not folder.exists()
        folder.mkdir()


def test_only_a_passed_call_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a failure nor a fixture; nothing where no coverage is kept."""
    for when, passed in (("call", True), ("setup", True), ("call", False)):
        report = SimpleNamespace(nodeid=f"a.py::{when}{passed}", when=when, passed=passed)
        conftest.pytest_runtest_logreport(report)
        with monkeypatch.context() as kept:
            kept.setenv(units.VARIABLE, str(tmp_path / "units"))
            conftest.pytest_runtest_logreport(report)
    assert (tmp_path / "units" / units.PASSED).read_text() == "a.py::callTrue\n"


def test_nothing_left_to_run_is_good_only_where_something_ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Resuming with nothing to do: each named file or folder has tests that passed before, or it is no pass."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path))
    assert not cli_coverage.finished(())
    (tmp_path / "test" / units.FOLDER).mkdir(parents=True)
    (tmp_path / "test" / units.FOLDER / units.PASSED).write_text("tests/rtl/test_strm_fifo.py::test_it[9-x::y]\n")
    assert cli_coverage.finished(())
    assert cli_coverage.finished(["tests/rtl"])
    assert cli_coverage.finished(["tests/rtl/test_strm_fifo.py::test_it"])
    assert not cli_coverage.finished(["tests/rtl/test_strm_fork.py"])
    assert not cli_coverage.finished(["tests/rtl", "tests/harness"])


def test_options_of_coverage_want_it(krait: Krait) -> None:
    """One line, and nothing runs."""
    ran = krait("test", "--resume", "tests/nosuch.py")
    assert ran.code == 2
    assert "--resume, --no-edges: found no --cov" in ran.err


def test_what_they_left_is_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database appears when the tests have ended, beside what they left; without the option nothing is."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path))
    (tmp_path / "test").mkdir()
    with cli_coverage.of_units(False) as more:
        assert more == {}
    assert list((tmp_path / "test").iterdir()) == []
    with cli_coverage.of_units(True) as more:
        folder = Path(more[units.VARIABLE])
        folder.mkdir()
        (folder / "a.json").write_text('{"test": "t", "seed": 1, "sources": "5a", "edges": true}')
        (folder / "a.dat").write_text("# SystemC::Coverage-3\n")
    assert sorted(path.name for path in (build_dir() / "test").iterdir()) == ["coverage", ucis_file.NAME]
    assert len(ucis_file.read(build_dir() / "test" / ucis_file.NAME).runs) == 1


def test_a_malformed_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(InputError, match=r"a\.json: cannot be read .*run krait test --cov again"):
        units.collect(tmp_path)
