# SPDX-License-Identifier: Apache-2.0
"""Corners of the accelerator: whatever the seed, they meet every bin of the pairs that random starts meet by luck."""

import pytest

from harness.uvm.ternary import coverage, stimuli
from harness.uvm.ternary.corners import corners
from harness.uvm.ternary.streams import traffic
from tests.harness.uvm.model_contract import corner_starts, missed
from tests.harness.uvm.ternary.starts import CONFIGS

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
    cfg = CONFIGS["sim"]
    starts = corner_starts(stimuli.make, corners(seed, cfg), cfg, seed)
    assert not missed(coverage.Coverage, cfg, starts, SURE, lambda s: traffic(s)["RD_BEATS"])
