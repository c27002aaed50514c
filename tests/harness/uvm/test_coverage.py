# SPDX-License-Identifier: Apache-2.0
"""Functional coverage: a hand-made start hits the bins that its description names, and no others."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from golden.spec.configs import load_config
from golden.spec.gen.tern_matvec import ErrorCode
from golden.ternary.matvec import matvec
from harness.uvm import coverage, stimuli
from harness.uvm.items import Action, KernelItem, Outcome
from harness.uvm.stalls import StallKind, Stalls

CFG = load_config("tern_matvec", "sim")


class Sampler:
    """The subscriber's own `write`, without the phases of a running simulation."""

    def __init__(self) -> None:
        self._cfg, self.group = CFG, coverage.StartCoverage(CFG.t_cols)


def hit(points: coverage.Bins) -> dict[str, list[str]]:
    return {name: [bin_ for bin_, hits in bins.items() if hits] for name, bins in points.items()}


def test_a_start_hits_the_bins_of_its_description(tmp_path: Path) -> None:
    """9 x 85 on 2 vectors, all weights +1 and all activations -128, refused nothing: one bin of each point.

    9 rows fill one tile of 8 and one row of the next (all but one missing); 85 columns are 2 blocks of 40 and one byte
    of 5. Every product is -128 x 85, the largest sum that this many columns can give.
    """
    w, x = torch.ones(9, 85, dtype=torch.int8), torch.full((85, 2), -128, dtype=torch.int8)
    made = stimuli.from_matrices("start", w, x, CFG, tuple(range(0, 0x1000 * CFG.ports, 0x1000)))
    made = replace(made, w_profile="plus", x_profile="lowest", stalls=Stalls(StallKind.BURSTS), action=Action.RESTART)
    item = KernelItem(made)
    item.outcome = Outcome(matvec(w, x), ErrorCode.NONE, 0, {}, True, ())
    assert int(np.abs(item.outcome.y.numpy()).max()) == 128 * 85  # type: ignore[union-attr]
    sampler = Sampler()
    coverage.Coverage.write(sampler, item)  # type: ignore[arg-type]
    points = coverage.bins()
    assert hit(points) | {"pads": [], "tiles_x_blocks": [], "action_x_stalls": [], "vectors_x_stalls": []} == {
        "tiles": ["few"],
        "blocks": ["few"],
        "vectors": ["2"],
        "row_pad": ["all_but_one"],
        "col_pad": ["bytes"],
        "w": ["plus"],
        "x": ["lowest"],
        "stalls": ["BURSTS"],
        "action": ["RESTART"],
        "error": ["NONE"],
        "peak": ["largest_possible"],
        "pads": [],
        "tiles_x_blocks": [],
        "action_x_stalls": [],
        "vectors_x_stalls": [],
    }
    crosses = ("pads", "tiles_x_blocks", "action_x_stalls", "vectors_x_stalls")
    assert all(sum(points[name].values()) == 1 for name in crosses)

    coverage.save(tmp_path / "coverage.json", "tern_matvec.start", points)
    assert json.loads((tmp_path / "coverage.json").read_text()) == {"tern_matvec.start": points}
    assert [path.name for path in tmp_path.iterdir()] == ["coverage.json"]


def test_padding_classes() -> None:
    """None, some, and the smallest that counts as much: lanes of a tile, columns of a block."""
    classes = [coverage._padding(missing, 7, 8) for missing in range(8)]
    assert classes == [0, 1, 1, 1, 1, 1, 1, 2]
    assert [coverage._padding(missing, 5, 40) for missing in (0, 4, 5, 39, 40)] == [0, 1, 2, 2, 0]
