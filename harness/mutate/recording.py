# SPDX-License-Identifier: Apache-2.0
"""A plugin of pytest that runs tests without their simulations and writes down what they would have simulated.

`python -m pytest -p harness.mutate.recording` with FOLDER in the environment. What a test hands to the simulator, its
stimuli and expected results included, is the same for every mutant: recorded once, no mutant pays for Python's tests.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.build import IcarusBuild, VerilatorBuild
from harness.mutate.simulations import FILE, Recorded, Simulation
from harness.sim import runner
from harness.sim.results import CocotbResult

if TYPE_CHECKING:
    import pytest

FOLDER = "KRAIT_RECORD"
"""Environment: the folder that gets the file."""


def pytest_configure(config: "pytest.Config") -> None:
    """Put the recorder in the simulator's place."""
    recorder = Recorder(Path(os.environ[FOLDER]))
    setattr(runner, "run_cocotb", recorder.run_cocotb)  # noqa: B010 (mypy knows it as a function of its own)
    config.pluginmanager.register(recorder)


class Recorder:
    """Takes simulations in; keeps those of tests that pass without them, which tests of refused builds do not."""

    def __init__(self, folder: Path) -> None:
        """Write into `folder` when the session ends."""
        self._folder = folder
        self._taken: list[Simulation] = []
        self._passed: set[str] = set()

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
        self._taken.append(
            Simulation(
                test=test,
                sim="icarus" if isinstance(spec, IcarusBuild) else "verilator",
                top=spec.top,
                sources=tuple(map(str, spec.sources)),
                params=dict(spec.params),
                defines=dict(spec.defines),
                includes=tuple(map(str, spec.includes)),
                test_module=test_module,
                testcase=testcase or "",
                seed=seed,
                env=dict(env or {}),
                plusargs=tuple(plusargs),
                plain=isinstance(spec, IcarusBuild) or _is_plain(spec),
            )
        )
        return CocotbResult(("recorded",), (), self._folder, self._folder, "")

    def pytest_runtest_logreport(self, report: "pytest.TestReport") -> None:
        """Note who passed."""
        if report.when == "call" and report.passed:
            self._passed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write the file."""
        kept = tuple(each for each in self._taken if each.test in self._passed)
        (self._folder / FILE).write_text(json.dumps(asdict(Recorded(kept)), indent=1) + "\n")


def _is_plain(spec: VerilatorBuild) -> bool:
    """Whether a build takes nothing that only Verilator has: C++, signals below the top."""
    return not spec.cpp and not spec.flags and spec.public == "ports"
