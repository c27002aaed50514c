# SPDX-License-Identifier: Apache-2.0
"""The recorder: what a simulation would have been, kept if its test passes without it."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from golden.spec.strict import decode
from harness.build import IcarusBuild, VerilatorBuild
from harness.mutate.recording import Recorded, Recorder
from tests.harness.mutate.toys import TOY


def test_recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that a run needs is written; of a test that fails without its simulation, nothing, nor of a file that
    cannot be collected."""
    places = {tmp_path / name: tmp_path / f"{name}.json" for name in ("t.py", "broken.py")}
    recorder = Recorder(places, tmp_path, "icarus")
    for test, spec in (
        ("t.py::good[a b]", IcarusBuild("toy_gate", (TOY.source,), {"W": 2})),
        ("t.py::raises", IcarusBuild("toy_gate", (TOY.source,), {"NONE": 2})),
        ("t.py::signals", VerilatorBuild("toy_gate", (TOY.source,), public=("toy_gate.y_q",))),
    ):
        monkeypatch.setenv("PYTEST_CURRENT_TEST", f"{test} (call)")
        result = recorder.run_cocotb(spec, "tests.x", "ands", 7, {"A": "1"}, None, ["+x"])
        assert result.ok
        report = SimpleNamespace(when="call", passed="raises" not in test, nodeid=test)
        recorder.pytest_runtest_logreport(report)  # type: ignore[arg-type]
    recorder.pytest_collection_modifyitems([SimpleNamespace(path=tmp_path / "t.py")])  # type: ignore[list-item]
    recorder.pytest_sessionfinish()
    assert not (tmp_path / "broken.py.json").exists()
    path = tmp_path / "t.py.json"
    kept = decode(Recorded, json.loads(path.read_text()), path).simulations
    assert [(each.test, each.sim, each.plain) for each in kept] == [
        ("t.py::good[a b]", "icarus", True),
        ("t.py::signals", "verilator", False),
    ]
    first = kept[0]
    assert (first.top, first.sources, first.params) == ("toy_gate", (str(TOY.source),), {"W": 2})
    assert (first.test_module, first.testcase, first.seed) == ("tests.x", "ands", 7)
    assert (first.env, first.plusargs) == ({"A": "1"}, ("+x",))


def test_tests_for_another_simulator_are_left_out(tmp_path: Path) -> None:
    """Those that name none, and those that name the one that judges, stay."""

    def item(**params: str) -> SimpleNamespace:
        return SimpleNamespace(path=tmp_path, callspec=SimpleNamespace(params=params))

    items = [item(sim="verilator"), item(sim="icarus"), item(width="3"), SimpleNamespace(path=tmp_path)]
    expected = items[1:]
    Recorder({}, tmp_path, "icarus").pytest_collection_modifyitems(items)  # type: ignore[arg-type]
    assert items == expected
