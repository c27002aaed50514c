# SPDX-License-Identifier: Apache-2.0
"""Simulations of judges: recorded several files at a time, each once; a regression's as it runs there."""

import json
from pathlib import Path

import pytest

from golden.errors import CheckError
from harness.mutate import collect
from harness.mutate.assign import Judge
from harness.mutate.collect import Recordings
from harness.mutate.units import Unit, all_units, choose
from tests.conftest import AT_NIGHT
from tests.harness.mutate.toys import FRAMED, TOY


def test_several_files_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The units to come are recorded with the one that is asked for, no more than so many; none a second time."""
    asked: list[list[str]] = []

    def record(places: dict[Path, Path], folder: Path, sim: str) -> None:
        asked.append([test.name for test in places])
        assert (folder, sim) == (tmp_path / "icarus", "icarus")
        folder.mkdir(exist_ok=True)
        for place in places.values():
            place.write_text('{"simulations": []}')

    monkeypatch.setattr(collect, "_record", record)
    monkeypatch.setattr(collect, "AT_ONCE", 2)
    units = [TOY, FRAMED, *choose(("strm_fi*",), all_units())]
    recordings = Recordings(tmp_path, units, "icarus")
    assert [recordings.of(unit) for unit in units] == [(), (), ()]
    assert asked == [["judges.py", "framed_judges.py"], ["test_strm_fifo.py"]]
    Recordings(tmp_path, units, "icarus").of(TOY)
    assert len(asked) == 2


def test_a_file_that_cannot_be_collected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told with pytest's log, and does not take the others with it."""
    broken = tmp_path / "broken.py"
    broken.write_text("import nothing_of_that_name\n")
    unit = Unit("toy_gate", TOY.source, Judge("toy_gate", broken))
    collect._record({broken: tmp_path / "broken.json", TOY.judge.test: tmp_path / "good.json"}, tmp_path, "icarus")
    assert len(json.loads((tmp_path / "good.json").read_text())["simulations"]) == 2
    assert "nothing_of_that_name" in (tmp_path / "broken.log").read_text()
    assert not (tmp_path / "broken.json").exists()
    monkeypatch.setattr(collect, "_record", lambda *_: None)
    monkeypatch.setattr(collect, "_key", lambda _: "")
    with pytest.raises(CheckError, match=r"broken.py: pytest left no simulations; its log: .*broken-.log"):
        Recordings(tmp_path, [unit], "icarus").of(unit)


def test_runs_of_the_night(tmp_path: Path) -> None:
    """What is left to the night for its time on Icarus judges, too; what is nightly for another reason does not."""
    (unit,) = choose(("tern_linear",), all_units())
    found = {each.test for each in Recordings(tmp_path, [unit], "icarus").of(unit)}
    assert {each for each in AT_NIGHT if each.startswith("tests/rtl/test_tern_linear.py")} < found
    assert all("-icarus]" in each for each in found)


def test_a_simulation_of_the_regression(tmp_path: Path) -> None:
    """The build, the test class, the seed and the job are those that `krait regress` takes."""
    (unit,) = choose(("tern_core",), all_units())
    (found,) = Recordings(tmp_path, [unit], "icarus").of(unit)
    assert (found.test, found.sim) == ("krait regress ternary_silu_icarus --seed 0", "icarus")
    assert found.testcase == "LeastTest"
    assert found.top == "ternary_accel_sim_silu"
    assert str(unit.source) in found.sources
    job = json.loads(Path(found.env["KRAIT_JOB"]).read_text())
    assert (job["kernel"], job["config"], job["items"]) == ("ternary_accel", "sim_silu", 1)
