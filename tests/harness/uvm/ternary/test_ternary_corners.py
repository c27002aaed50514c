# SPDX-License-Identifier: Apache-2.0
"""Corners of the accelerator: whatever the seed, they meet every bin of the pairs that random starts meet by luck."""

import numpy as np
import pytest

from harness.uvm import coverage as common
from harness.uvm.model_start import Action, ModelItem
from harness.uvm.ternary import coverage, stimuli
from harness.uvm.ternary.corners import corners
from harness.uvm.ternary.streams import traffic
from tests.harness.uvm.ternary.starts import ARENA, CONFIGS
from tests.harness.uvm.ternary.test_ternary_coverage import Sampler

SURE = (
    *(
        "share",
        "layers",
        "vocab",
        "batch",
        "prefix",
        "own",
        "ends",
        "room",
        "context",
        "grows",
        "rows",
        "prompt",
        "chunks",
        "generate",
        "head",
    ),
    *("cached", "tap", "stalls", "action", "fault", "port"),
    *("boundary", "batch_x_generate", "batch_x_prefix", "batch_x_share", "batch_x_stalls", "action_x_stalls"),
    "fault_x_port",
)


@pytest.mark.parametrize("seed", [1, 20261121])
def test_corners_meet_their_bins(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every bin of `SURE`, by the starts as they are made; resets come before a run can have ended."""
    monkeypatch.setattr(coverage, "extremes", lambda s: (False,) * len(coverage.EXTREMES))
    cfg, sampler, rng = CONFIGS["sim"], Sampler(), np.random.default_rng(seed)
    before = common.bins(coverage.TernaryCoverage)
    bases = tuple(0x1_0000_0000 * (port + 1) for port in range(cfg.ports))
    for knobs in corners(seed, cfg):
        for s in stimuli.make("corner", knobs, cfg, bases, ARENA, rng):
            coverage.Coverage.write(sampler, ModelItem(s))  # type: ignore[arg-type]
            assert s.action is not Action.RESET or 1 <= s.delay < traffic(s)["RD_BEATS"]
    after = common.bins(coverage.TernaryCoverage)
    missed = [f"{name}: {each}" for name in SURE for each in after[name] if after[name][each] == before[name][each]]
    assert not missed
