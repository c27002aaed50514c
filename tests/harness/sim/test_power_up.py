# SPDX-License-Identifier: Apache-2.0
"""Random power-up on Icarus: what it touches, and a fault that X hides."""

import re
from pathlib import Path

import pytest

from golden.errors import CheckError
from harness.build import IcarusBuild
from harness.sim.results import CocotbResult
from harness.sim.runner import POWER_UP_VARIABLE, run_cocotb

pytestmark = pytest.mark.icarus

MODULE = "tests.harness.sim.cocotb_forgets"
SPEC = IcarusBuild("forgets", (Path(__file__).parent / "rtl" / "forgets.v",))


def played(testcase: str, seed: int, power_up: bool) -> CocotbResult:
    return run_cocotb(SPEC, MODULE, testcase, seed, power_up=power_up)


def test_a_register_that_no_reset_touches() -> None:
    """X takes the branch that is right; some random values take the other, with the same seed again."""
    assert played("counts_by_one", 1, power_up=False).ok
    found = [played("counts_by_one", seed, power_up=True).ok for seed in range(4)]
    assert set(found) == {True, False}
    assert found[0] == played("counts_by_one", 0, power_up=True).ok


def test_the_variable_asks_for_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """With KRAIT_POWER_UP every run on Icarus begins so; one of its own tests is the first and does not count."""
    monkeypatch.setenv(POWER_UP_VARIABLE, "1")
    found = played("looks", 1, power_up=False)
    assert found.passed == (f"{MODULE}.looks",)
    assert "power-up: 8 registers and words got random values" in found.log.read_text()


def test_what_is_touched() -> None:
    """Registers, also of generated lanes, and each word of a memory; no wire, no combinational reg, no ROM."""
    text = played("looks", 1, power_up=True).log.read_text()
    states = dict(re.findall(r"STATE forgets\.(\S+) (\w+)", text))
    words = {f"mem[{i}]": "True" for i in range(4)}
    lanes = {f"g_lane[{i}].lane_q": "True" for i in range(2)}
    assert states == {"count_q": "True", "armed_q": "True", "known_q": "True"} | words | lanes


def test_no_test_is_still_no_pass() -> None:
    """A run that only gave values has executed nothing."""
    with pytest.raises(CheckError, match="no test was executed"):
        played("no_such_test", 1, power_up=True).check()
