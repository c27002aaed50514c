# SPDX-License-Identifier: Apache-2.0
"""A kernel of toys for the runner: its design is the toy counter, its tests are those of cocotb_misbehaving.

Everything else is what a user runs: builds, processes, files, verdicts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness import sources
from harness.build import IcarusBuild, VerilatorBuild
from harness.regress import suites
from harness.regress.suites import Entry, Suite

RTL = Path(__file__).parents[1] / "rtl"
MODULE = "tests.harness.regress.cocotb_misbehaving"


def spec(simulator: str = "icarus") -> VerilatorBuild | IcarusBuild:
    files, params = (RTL / "toy_counter.v",), {"WIDTH": 8}
    if simulator == "icarus":
        return IcarusBuild("toy_counter", files, params, includes=(RTL,))
    return VerilatorBuild("toy_counter", files, params, includes=(RTL,), opt="-O0")


def entry(name: str, seed: int = 7, simulator: str = "icarus") -> Entry:
    return Entry(name, name, "toy", "beat", simulator, 1, seed, "toy")  # type: ignore[arg-type] # a test's words


def build_of(kernel: str, config: str, transport: str, simulator: str) -> Any:
    return spec(simulator)


@contextmanager
def kernel(*names: str) -> Iterator[None]:
    """Make the kernel of toys known, and where there are `names`, suites of these tests alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(suites.MODULES, "toy", MODULE)
        patch.setattr(sources, "cocotb_build", build_of)
        if names:
            suite = Suite(tuple(entry(name) for name in names))
            for known in suites.SUITES:
                patch.setitem(suites.SUITES, known, suite)
        yield
