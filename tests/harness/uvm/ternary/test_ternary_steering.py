# SPDX-License-Identifier: Apache-2.0
"""What leads to the bins of `ternary_accel`: no bin is forgotten, and starts that are led there get there."""

from typing import ClassVar

from harness.uvm.ternary import coverage, knobs, steering, stimuli
from tests.harness.uvm.steering_contract import SteeringContract
from tests.harness.uvm.ternary.starts import CONFIGS


class TestSteering(SteeringContract):
    """Of `ternary_accel`."""

    STEERING, COVERAGE, STIMULI, KNOBS = steering, coverage, stimuli, knobs
    CONFIGS = CONFIGS
    LEAST: ClassVar = {
        "shape": "2",
        "share": "1",
        "layers": "1",
        "vocab": "8",
        "batch": "1",
        "prefix": "none",
        "cached": "near",
        "prompt": "one",
        "style": "random",
    }
    OPEN = ("error", "illegal", *coverage.EXTREMES)


def test_every_bin_has_a_knob_on_one_configuration() -> None:
    """Of both builds together none is left to luck alone."""
    tables = [steering.steering(cfg) for cfg in CONFIGS.values()]
    wanted = {each for table in tables for each in table.bins}
    assert sorted(str(each) for each in wanted if all(table.setting(each) is None for table in tables)) == []
