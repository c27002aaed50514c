# SPDX-License-Identifier: Apache-2.0
"""Coverage of the accelerator: a hand-made start hits the bins of its description; extremes are those of its taps."""

import pytest
import torch

from golden.spec.gen.ternary_accel import ErrorCode
from golden.ternary.integer import profile
from harness.uvm.model_start import Action, ModelItem
from harness.uvm.stalls import StallKind
from harness.uvm.ternary import coverage
from tests.harness.uvm.model_contract import hit, sampled
from tests.harness.uvm.ternary.starts import CONFIGS, KERNEL, start

PROFILE = profile.load()
CROSSES = ("batch_x_generate", "batch_x_prefix", "batch_x_share", "batch_x_stalls", "action_x_stalls")


def met(item: ModelItem) -> tuple[dict[str, list[str]], dict[str, int]]:
    """The bins that an item hits, and how many of each point."""
    points = sampled(coverage.Coverage, CONFIGS["sim"], [item])
    return hit(points), {name: sum(bins.values()) for name, bins in points.items()}


def test_a_start_hits_the_bins_of_its_description() -> None:
    """Two texts behind 33 shared positions, 31 and 2 of their own, two tokens chosen, residual stream of one layer."""
    s = start(batch=2, prefix="block_and_1", own=("block_less_1", "tile") * 2, tap=2, tap_all=False, style="signs")
    item = ModelItem(s)
    item.outcome = KERNEL.outcome(s)
    found, hits = met(item)
    assert all(hits[name] == 1 for name in CROSSES)
    described = {name: bins for name, bins in found.items() if name not in (*CROSSES, *coverage.EXTREMES)}
    assert described == {
        "d_model": ["least" if s.legal.d_model == 32 else "small" if s.legal.d_model <= 96 else "large"],
        "width": [str(s.legal.d_model // s.legal.heads)],
        "share": ["2"],
        "kv_heads": [str(s.legal.kv_heads)],
        "feed": ["least" if s.legal.feed <= 16 else "more"],
        "layers": ["2"],
        "vocab": ["inside"],
        "batch": ["2"],
        "prefix": ["block_and_1"],
        "own": ["block_less_1"],
        "ends": ["block_and_1"],
        "room": ["some_left"],
        "context": ["short"],
        "grows": ["into_a_block"],
        "rows": ["groups"],
        "prompt": [],
        "chunks": [],
        "generate": ["2"],
        "head": ["tied"],
        "cached": ["read"],
        "style": ["signs"],
        "tap": ["residual_of_one"],
        "stalls": [StallKind.NONE.name],
        "action": ["RUN"],
        "error": [ErrorCode.NONE.name],
        "illegal": [],
        "fault": [],
        "port": [],
        "fault_x_port": [],
        "boundary": [],
    }
    seen = {name: ["seen"] if each else [] for name, each in zip(coverage.EXTREMES, coverage.extremes(s), strict=True)}
    assert {name: found[name] for name in coverage.EXTREMES} == seen


def test_one_text_counts_where_its_prompt_ends() -> None:
    """5 tokens are two chunks of four, the last one with one."""
    found, hits = met(ModelItem(start(vocab=17, head="own", tap=0)))
    assert (found["prompt"], found["chunks"], hits["boundary"]) == (["1"], ["2"], 1)
    assert (found["vocab"], found["head"], found["tap"]) == (["one_more"], ["own"], ["nothing"])


def test_a_fault_counts_by_region_and_port() -> None:
    """An error in the cache, on port 1; nothing else of such a start counts as seen."""
    s = start(action=Action.READ_ERROR, region=3, port=1)
    found, _ = met(ModelItem(s))
    assert (found["fault"], found["port"], found["action"]) == (["k_read"], ["1"], ["READ_ERROR"])
    assert not any(found[name] for name in (*coverage.LOOKS, *coverage.EXTREMES))


@pytest.mark.parametrize(
    ("count", "name"),
    [
        *((0, "none"), (1, "block_and_1"), (2, "tile"), (3, "inside"), (31, "block_less_1"), (32, "block")),
        *((33, "block_and_1"), (34, "tile"), (63, "block_less_1"), (64, "block")),
    ],
)
def test_positions_by_name(count: int, name: str) -> None:
    """Two positions are a tile of 64 bytes, 32 a block."""
    assert coverage.POSITIONS[coverage.position(count, 64)] == name


def test_extremes_are_those_of_the_taps() -> None:
    """Saturated values, logits, attention and scores; exponents at an end, heads and products of zeros."""
    top = (1 << PROFILE.value_bits - 1) - 1
    calm = {"layers.0.branch": [torch.tensor([[1]])], "layers.1.k_exponent": [torch.tensor([[3]])]}
    assert coverage.meets(calm, PROFILE) == (False,) * 7
    cases = {
        "layers.1.residual": top,
        "logits": -(1 << PROFILE.logit_bits - 1),
        "layers.0.attention": top,
        "layers.0.score": (1 << PROFILE.score_bits - 1) - 1,
        "layers.0.q_exponent": -127,
        "layers.2.v_exponent": -128,
        "layers.1.product": 0,
    }
    for place, (name, value) in enumerate(cases.items()):
        met = coverage.meets(calm | {name: [torch.tensor([[5, 7]]), torch.tensor([[value]])]}, PROFILE)
        assert met == tuple(index == place for index in range(7)), name
