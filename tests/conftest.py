# SPDX-License-Identifier: Apache-2.0
"""Options of the whole suite: the seed of the run, and the skip of Icarus tests where Icarus is missing."""

import os

import pytest

from golden.errors import MachineError
from harness.toolchain import find_icarus


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    try:
        missing = "" if find_icarus() else "Icarus Verilog (iverilog, vvp) is not on PATH"
    except MachineError as error:
        missing = str(error)
    if missing:
        for item in items:
            if item.get_closest_marker("icarus"):
                item.add_marker(pytest.mark.skip(reason=missing))
