# SPDX-License-Identifier: Apache-2.0
"""m2_activation: each function of each kind of profile, in all of its lanes and bits."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden.errors import InputError
from golden.mamba2.integer.functions import exponential, silu, softplus
from golden.mamba2.integer.profile import NAMES, Mamba2Profile, load
from harness.sim.runner import derive_seed, simulate
from tests.rtl import m2_lanes
from tests.rtl.dut import SIMS, check_module, sources

LANES = 8
BEATS = 60
FUNCTIONS = (silu, softplus, exponential)
"""By FUNCTION."""


@dataclass(frozen=True)
class Case:
    """A function of a profile on arguments of so many bits, results in so many."""

    function: int
    profile: str
    in_w: int
    out_w: int

    @property
    def p(self) -> Mamba2Profile:
        return load(self.profile)

    @property
    def law(self) -> Callable[[Tensor, Mamba2Profile], Tensor]:
        return FUNCTIONS[self.function]

    @property
    def params(self) -> dict[str, int]:
        """Return the RTL's parameters: the formats in which golden's functions work."""
        p = self.p
        fracs = ((p.proj_frac, p.act_frac), (p.proj_frac, p.dt_frac), (p.exp_in_frac, p.decay_frac))[self.function]
        sizes = {"FUNCTION": self.function, "NAU": int(p.nonlinear != "table"), "IN_W": self.in_w, "OUT_W": self.out_w}
        return sizes | dict(zip(("IN_FRAC", "OUT_FRAC"), fracs, strict=True))


TABLE, LINES = NAMES[:2]
CASES = [
    *(Case(0, TABLE, 32, 18), Case(1, TABLE, 25, 17), Case(2, TABLE, 28, 24)),
    *(Case(0, LINES, 24, 24), Case(1, LINES, 25, 29), Case(2, LINES, 40, 16)),
]
RUNS = [
    *(pytest.param(case, "icarus", marks=pytest.mark.icarus) for case in CASES),
    *((case, "verilator") for case in CASES[::3]),  # of each kind one: its unit has both simulators in its own test
]


@pytest.mark.parametrize(("case", "sim"), RUNS, ids=str)
def test_contract(case: Case, sim: str, tmp_path: Path) -> None:
    """Each lane is golden's function of the profile, and leaves in the cycle that the header says."""
    rng = random.Random(derive_seed(f"m2_activation/{case}"))
    x = m2_lanes.arguments(rng, case.in_w, [], LANES * BEATS, greatest=0 if case.function == 2 else None)
    x_ = torch.tensor(m2_lanes.beats(x, LANES))
    y = case.law(x_, case.p)
    vectors = m2_lanes.write(tmp_path / "vectors.json", x_, y, LANES, case.in_w, case.out_w)
    check_module("m2_activation", case.params, sim, "tests.rtl.cocotb_m2_activation", vectors)


@pytest.mark.parametrize("sim", SIMS)
def test_illegal_parameters_stop_the_build(sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    files, module = sources("m2_activation"), "tests.rtl.cocotb_m2_activation"
    with pytest.raises(InputError, match="FUNCTION_must_be_0_1_or_2"):
        simulate("m2_activation", files, {"FUNCTION": 3}, module, sim=sim)  # type: ignore[arg-type]
