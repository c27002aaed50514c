# SPDX-License-Identifier: Apache-2.0
"""Runs cocotb tests on one module of hw/verilog: finds its files, hands its parameters to the tests (`current_dut`)."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from harness.paths import INCLUDES, VERILOG
from harness.sim.runner import simulate
from harness.verilog import with_children
from tests.rtl.contract import contract
from tests.rtl.faults import replaced

FAR = Path(__file__).parent / "far" / "perf_counter.v"
SIMS = ["verilator", pytest.param("icarus", marks=pytest.mark.icarus)]


def sources(module: str) -> list[Path]:
    """Return the files of a module and of everything it instantiates, generated ones too, children first."""
    library = sorted(VERILOG.rglob("*.v"))
    (top,) = (path for path in library if path.stem == module)
    return list(with_children(top, library))


def includes(files: Sequence[Path]) -> tuple[Path, ...]:
    """Return the folders in which a build finds headers: also one that gives the files a header and no module."""
    named = {name for path in files for name in re.findall(r'`include "(\w+)/', path.read_text())}
    return (*INCLUDES, *sorted({VERILOG / name for name in named} - {path.parent for path in files}))


def check_module(
    module: str,
    params: Mapping[str, int],
    sim: str,
    test_module: str,
    vectors: Path | None = None,
    far: bool = False,
) -> None:
    """Simulate a module with parameters under the tests of a cocotb module; raise unless all pass.

    Stimuli and results that need torch come as a file of vectors: its import costs more than most simulations. Where
    `far` is set, counters take the wide steps of tests/rtl/far.
    """
    defaults = {k: int(v) for k, v in contract(module).parameters.items() if re.fullmatch(r"-?\d+", v)}
    told = {"name": module, "params": defaults | dict(params), "vectors": str(vectors or "")} | (
        {"far": True} if far else {}
    )
    files = [FAR if far and path.name == FAR.name else path for path in sources(module)]
    simulate(
        top=module,
        sources=replaced(files),
        params=params,
        test_module=test_module,
        sim=sim,  # type: ignore[arg-type]
        env={"KRAIT_DUT": json.dumps(told)},
        includes=includes(files),
        opt="-O0",  # compiling takes longer than what a unit simulates
    )
