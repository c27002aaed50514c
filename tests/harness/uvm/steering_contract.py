# SPDX-License-Identifier: Apache-2.0
"""Laws of the tables that say what leads to bins of accelerators of whole models."""

from collections.abc import Iterator
from itertools import islice
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest

from harness.uvm import coverage as common
from harness.uvm import draws
from harness.uvm.job import Bias
from harness.uvm.model_start import ModelItem
from harness.uvm.steer import TEST, Bin, Steering
from tests.harness.uvm.model_contract import ARENA, bases


class SteeringContract:
    """A kernel's own names its modules and configuration, and the points that luck or the device decides."""

    STEERING: ClassVar[ModuleType]
    COVERAGE: ClassVar[ModuleType]
    STIMULI: ClassVar[ModuleType]
    KNOBS: ClassVar[ModuleType]
    CONFIGS: ClassVar[dict[str, Any]]
    LEAST: ClassVar[dict[str, str]]
    """Of the starts that are tried, where a bin asks for nothing else: what costs least."""
    OPEN: ClassVar[tuple[str, ...]]
    """Points that are not tried here: error codes, extremes, and what is drawn behind the knobs."""

    def steering(self, config: str = "sim") -> Steering:
        """The table of a configuration."""
        found: Steering = self.STEERING.steering(self.CONFIGS[config])
        return found

    def hits(self, cfg: Any, directions: list[dict[str, str]]) -> Iterator[set[Bin]]:
        """The bins that each of the starts that are led there is in, without the phases of a simulation."""
        sampler = self.COVERAGE.Coverage.__new__(self.COVERAGE.Coverage)
        sampler.group = sampler.GROUP(cfg.t_cols, cfg.ports)
        before, rng = common.bins(sampler.GROUP), np.random.default_rng(3)
        for knobs in islice(self.KNOBS.draw(5, Bias(directions=tuple(directions))), len(directions)):
            for made in self.STIMULI.make("start", knobs, cfg, bases(cfg), ARENA, rng):
                sampler.write(ModelItem(made))
            after = common.bins(sampler.GROUP)
            yield {Bin(p, name) for p, found in after.items() for name, n in found.items() if n > before[p][name]}
            before = after

    def test_every_bin_is_told_of(self) -> None:
        """The table has exactly the bins of the covergroup; of other configurations it has the same points."""
        group, cfg = self.COVERAGE.Coverage.GROUP, self.CONFIGS["sim"]
        group(cfg.t_cols, cfg.ports)
        found = {Bin(point, name) for point, bins in common.bins(group).items() for name in bins}
        assert set(self.steering().bins) == found
        for name in self.CONFIGS:
            assert {each.point for each in self.steering(name).bins} == {each.point for each in found}

    def test_settings_name_values_that_knobs_have(self) -> None:
        """Each value of each setting can be asked for; so can what led starts take else."""
        known = draws.numbers(self.KNOBS.Knobs)
        asked = {(name, value) for name, values in self.STEERING.MODEST.items() for value in values}
        for config in self.CONFIGS:
            steering = self.steering(config)
            for each in steering.bins:
                setting = steering.setting(each) or {}
                asked |= {(name, value) for name, values in setting.items() if name != TEST for value in values}
        assert all(known[name].number(name, value) >= 0 for name, value in asked)

    def test_led_starts_get_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The first value of each knob leads to the bin of a point."""
        monkeypatch.setattr(self.COVERAGE, "extremes", lambda s: (False,) * len(self.COVERAGE.EXTREMES))
        steering, wanted, led = self.steering(), [], []
        for each in steering.bins:
            setting = steering.setting(each)
            if each.point in steering.points and each.point not in self.OPEN and setting and TEST not in setting:
                wanted.append(each)
                led.append({**self.LEAST, **{name: values[0] for name, values in setting.items()}})
        found = zip(wanted, self.hits(self.CONFIGS["sim"], led), strict=True)
        assert [str(each) for each, met in found if each not in met] == []
