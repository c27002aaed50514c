# SPDX-License-Identifier: Apache-2.0
"""What leads to the bins of `mamba2_accel`: no bin is forgotten, and starts that are led there get there."""

from typing import ClassVar

from golden.mamba2.accel.arguments import build_of
from golden.spec.gen.mamba2_accel import ErrorCode
from harness.uvm.mamba2 import coverage, knobs, steering, stimuli
from harness.uvm.steer import Bin
from tests.harness.uvm.mamba2.starts import CONFIGS
from tests.harness.uvm.steering_contract import SteeringContract


class TestSteering(SteeringContract):
    """Of `mamba2_accel`."""

    STEERING, COVERAGE, STIMULI, KNOBS = steering, coverage, stimuli, knobs
    CONFIGS = CONFIGS
    LEAST: ClassVar = {"shape": "2", "layers": "1", "style": "random", "vocab": "8", "prompt": "one", "kind": "tokens"}
    OPEN = ("error", "illegal", "chunk_heads", *coverage.EXTREMES)


def test_an_argument_that_is_legal_here_is_led_to_elsewhere() -> None:
    """eps of 0 is legal with tables of roots: one of two profiles refuses it, and only there the bin has a setting."""
    found = {name: steering.refusals(build_of(cfg))["no_eps_d"] for name, cfg in CONFIGS.items()}
    assert set(found.values()) == {ErrorCode.NONE, ErrorCode.BAD_EPS}
    for name, cfg in CONFIGS.items():
        setting = steering.steering(cfg).setting(Bin("illegal", "no_eps_d"))
        assert (setting is None) == (found[name] is ErrorCode.NONE)


def test_every_bin_has_a_knob_on_one_configuration() -> None:
    """Of both builds together none is left to luck alone."""
    tables = [steering.steering(cfg) for cfg in CONFIGS.values()]
    wanted = {each for table in tables for each in table.bins}
    assert sorted(str(each) for each in wanted if all(table.setting(each) is None for table in tables)) == []
