# SPDX-License-Identifier: Apache-2.0
"""Coverage of the accelerator: a hand-made start hits the bins of its description; extremes are those of its taps."""

import torch

from golden.mamba2.integer import profile
from golden.spec.gen.mamba2_accel import ErrorCode
from harness.uvm.mamba2 import coverage
from harness.uvm.model_start import ModelItem
from harness.uvm.stalls import StallKind
from tests.harness.uvm.mamba2.starts import CONFIGS, KERNEL, start
from tests.harness.uvm.model_contract import hit, sampled

PROFILE = profile.load("lightmamba-w4a4")
CROSSES = ("boundary", "part_x_kind", "place_x_kind", "place_x_stalls", "action_x_stalls")


def test_a_start_hits_the_bins_of_its_description() -> None:
    """5 tokens (a chunk and 1), 2 chosen, states of one of two layers in memory, residual stream of one layer."""
    s = start(place="mixed", tap=2, tap_all=False, stalls=StallKind.BURSTS, prompt="chunk_and_1", style="signs")
    item = ModelItem(s)
    item.outcome = KERNEL.outcome(s)
    points = sampled(coverage.Coverage, CONFIGS["sim"], [item])
    hits = hit(points)
    assert all(sum(points[name].values()) == 1 for name in CROSSES)
    described = {name: bins for name, bins in hits.items() if name not in (*CROSSES, *coverage.EXTREMES)}
    assert described == {
        "d_model": ["least"],
        "headdim": ["8"],
        "d_state": ["more"],
        "ngroups": ["1"],
        "layers": ["2"],
        "part": ["whole"],
        "prompt": ["1"],
        "chunks": ["2"],
        "generate": ["2"],
        "place": ["mixed"],
        "kind": ["tokens"],
        "style": ["signs"],
        "tap": ["residual_of_one"],
        "stalls": ["BURSTS"],
        "action": ["RUN"],
        "error": [ErrorCode.NONE.name],
        "illegal": [],
        "fault": [],
        "port": [],
        "fault_x_port": [],
        "chunk_heads": [str(s.legal.chunk_heads)],
    }
    met = {name: ["seen"] if seen else [] for name, seen in zip(coverage.EXTREMES, coverage.extremes(s), strict=True)}
    assert {name: hits[name] for name in coverage.EXTREMES} == met


def test_extremes_are_those_of_the_taps() -> None:
    """Saturated values, saturated states, shifts of 0 and large ones, of activations and of the recurrence."""
    top = (1 << PROFILE.value_bits - 1) - 1
    calm = {"layers.0.in_proj": [torch.tensor([1])], "layers.1.in_act.s": [torch.tensor([3])]}
    assert coverage.meets(calm, PROFILE) == (False,) * 6
    cases = {
        "layers.1.residual": top,
        "layers.0.state_sum": -(1 << PROFILE.state_bits - 1),
        "layers.0.out_act.s": 0,
        "head_act.s": coverage.LARGE,
        "layers.0.dB.s": 0,
        "layers.2.state.s": 15,
    }
    for place, (name, value) in enumerate(cases.items()):
        met = coverage.meets(calm | {name: [torch.tensor([5, 7]), torch.tensor([value])]}, PROFILE)
        assert met == tuple(index == place for index in range(6)), name
