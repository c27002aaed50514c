# SPDX-License-Identifier: Apache-2.0
"""Corners of the accelerator: whatever the seed, they meet every bin of the pairs that random starts meet by luck."""

import numpy as np
import pytest

from harness.uvm import coverage as common
from harness.uvm.mamba2 import coverage, stimuli
from harness.uvm.mamba2.corners import corners
from harness.uvm.mamba2.streams import traffic
from harness.uvm.model_start import Action, ModelItem
from tests.harness.uvm.mamba2.starts import ARENA, CONFIGS
from tests.harness.uvm.mamba2.test_mamba2_coverage import Sampler

SURE = (
    *("layers", "part", "prompt", "chunks", "generate", "place", "kind", "tap", "stalls", "action", "fault", "port"),
    *("boundary", "part_x_kind", "place_x_kind", "place_x_stalls", "action_x_stalls", "fault_x_port"),
)


@pytest.mark.parametrize("seed", [1, 20261121])
def test_corners_meet_their_bins(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every bin of `SURE`, by the starts as they are made; resets come before a run can have ended."""
    monkeypatch.setattr(coverage, "extremes", lambda s: (False,) * len(coverage.EXTREMES))
    cfg, sampler, rng = CONFIGS["sim"], Sampler(), np.random.default_rng(seed)
    before = common.bins(coverage.ModelCoverage)
    bases = tuple(0x1_0000_0000 * (port + 1) for port in range(cfg.ports))
    for knobs in corners(seed, cfg.ports):
        for s in stimuli.make("corner", knobs, cfg, bases, ARENA, rng):
            coverage.Coverage.write(sampler, ModelItem(s))  # type: ignore[arg-type]
            assert s.action is not Action.RESET or 1 <= s.delay < traffic(s)["RD_BEATS"] + traffic(s)["SSM_BEATS"]
    after = common.bins(coverage.ModelCoverage)
    missed = [f"{name}: {each}" for name in SURE for each in after[name] if after[name][each] == before[name][each]]
    assert not missed
