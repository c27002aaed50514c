# SPDX-License-Identifier: Apache-2.0
"""A plugin of pytest that runs tests without their simulations and writes down what they would have simulated.

`python -m pytest -p harness.mutate.recording FILE...` with PLACES in the environment. What a test hands to the
simulator, its stimuli and expected results included, is the same for every mutant: recorded once, no mutant pays for
Python's tests. Tests that build a model of their own, which is no simulation of cocotb, are skipped, and of tests with
a parameter `sim` those for the other simulator.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

import harness.build
from harness.atomic import replace_text
from harness.mutate.simulations import Simulation
from harness.sim import runner
from harness.sim.results import CocotbResult

if TYPE_CHECKING:
    import pytest

PLACES = "KRAIT_RECORD"
"""Environment: for each file with tests the file that gets its simulations, as JSON."""
SIM = "KRAIT_RECORD_SIM"
"""Environment: the simulator that will run them."""
WHOLE = "not nightly or icarus"
"""Tests that are recorded: those of the day, and the runs on Icarus that are left to the night for their time alone."""


@dataclass(frozen=True)
class Recorded:
    """All simulations of a file with tests."""

    simulations: tuple[Simulation, ...]


def pytest_configure(config: "pytest.Config") -> None:
    """Put the recorder in the simulator's place."""
    told = json.loads(os.environ[PLACES])
    places = {Path(test): Path(place) for test, place in told.items()}
    recorder = Recorder(places, config.rootpath, os.environ[SIM])
    setattr(runner, "run_cocotb", recorder.run_cocotb)  # noqa: B010 (mypy knows it as a function of its own)
    setattr(harness.build, "build", _skip)  # noqa: B010
    config.pluginmanager.register(recorder)


def _skip(*_: Any) -> Never:
    import pytest

    pytest.skip("no simulation of cocotb")


class Recorder:
    """Takes simulations in; keeps those of tests that pass without them, which tests of refused builds do not."""

    def __init__(self, places: Mapping[Path, Path], root: Path, sim: str) -> None:
        """Write into `places` when the session ends what `sim` will run; tests are named from `root`."""
        self._places, self._root, self._sim = places, root, sim
        self._taken: list[Simulation] = []
        self._passed: set[str] = set()
        self._collected: set[Path] = set()

    def run_cocotb(
        self,
        spec: runner.Spec,
        test_module: str,
        testcase: str | None = None,
        seed: int = 1,
        env: Mapping[str, str] | None = None,
        workdir: Path | None = None,
        plusargs: Sequence[str] = (),
        *_: Any,
    ) -> CocotbResult:
        """Take what `harness.sim.runner.run_cocotb` takes, and return a result in which something passed."""
        test = os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0]
        self._taken.append(Simulation.of(spec, test, test_module, testcase or "", seed, env or {}, plusargs))
        return CocotbResult(("recorded",), (), self._root, self._root, "")

    def pytest_collection_modifyitems(self, items: list["pytest.Item"]) -> None:
        """Note which files could be collected; leave out tests for another simulator, whose stimuli are the others'."""
        self._collected = {item.path for item in items}
        items[:] = [item for item in items if _simulator(item) in ("", self._sim)]

    def pytest_runtest_logreport(self, report: "pytest.TestReport") -> None:
        """Note who passed."""
        if report.when == "call" and report.passed:
            self._passed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write the simulations of each file that could be collected."""
        for test in self._places.keys() & self._collected:
            kept = tuple(each for each in self._taken if each.test in self._passed and self._file(each.test) == test)
            replace_text(self._places[test], json.dumps(asdict(Recorded(kept)), indent=1) + "\n")

    def _file(self, test: str) -> Path:
        return self._root / test.partition("::")[0]


def _simulator(item: "pytest.Item") -> str:
    """Return the simulator that a test's parameter `sim` names, or nothing."""
    call = getattr(item, "callspec", None)
    return str(call.params.get("sim", "")) if call else ""
