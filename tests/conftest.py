# SPDX-License-Identifier: Apache-2.0
"""The whole suite: the seed of the run, the skip of Icarus tests where Icarus is missing, the command as a fixture."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from golden.errors import MachineError
from harness import cli
from harness.coverage import units
from harness.toolchain import find_icarus
from tests.command import Krait, Ran

AT_NIGHT = frozenset((Path(__file__).parent / "at_night.txt").read_text().splitlines())
"""The longer runs on Icarus, of tests with shorter ones beside them: CI has 40 minutes."""
COLLECTED = pytest.StashKey[frozenset[str]]()
"""Every test of this run's files, those that are left out too."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=None, help="seed of the run (default: KRAIT_SEED, else 1)")


def pytest_configure(config: pytest.Config) -> None:
    """Hand the seed to simulations and xdist workers through the environment; one torch thread for each process.

    The tests' tensors are small: a second thread makes them no faster, and ten times slower where cores are short.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    seed = config.getoption("--seed")
    if seed is not None:
        os.environ["KRAIT_SEED"] = str(seed)


def pytest_report_header() -> str:
    return f"krait seed: {os.environ.get('KRAIT_SEED', '1')}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    config.stash[COLLECTED] = frozenset(item.nodeid for item in items)
    for item in items:
        if item.nodeid in AT_NIGHT:
            item.add_marker(pytest.mark.nightly)
    leave_out_finished(items, lambda dropped: config.hook.pytest_deselected(items=dropped))
    try:
        missing = "" if find_icarus() else "Icarus Verilog (iverilog, vvp) is not on PATH"
    except MachineError as error:
        missing = str(error)
    if missing:
        for item in items:
            if item.get_closest_marker("icarus"):
                item.add_marker(pytest.mark.skip(reason=missing))


def leave_out_finished(items: list[pytest.Item], dropped: Callable[[list[pytest.Item]], object]) -> None:
    """Take out the tests whose coverage is kept already; all workers collect before any of them runs one."""
    done = units.finished()
    dropped([item for item in items if item.nodeid in done])
    items[:] = [item for item in items if item.nodeid not in done]


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what passed where coverage is kept: `krait test --cov --resume` leaves that out."""
    if os.environ.get(units.VARIABLE) and report.when == "call" and report.passed:
        units.note_passed(report.nodeid)


@pytest.fixture
def krait(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Krait:
    """Call the entry point of the installed command in this process."""

    def run(*arguments: object) -> Ran:
        monkeypatch.setenv("KRAIT_DEBUG", "")
        monkeypatch.setattr(sys, "argv", ["krait", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        shown = capsys.readouterr()
        return Ran(int(end.value.code or 0), shown.out, shown.err)

    return run
