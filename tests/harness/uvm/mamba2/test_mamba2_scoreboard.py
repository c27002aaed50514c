# SPDX-License-Identifier: Apache-2.0
"""The accelerator's predictor and scoreboard without a simulator: a right device is silent, every fault is one line."""

import re

import pytest

from harness.uvm.arena import contents
from tests.harness.uvm.mamba2.starts import ARENA, KERNEL, start, starts
from tests.harness.uvm.model_contract import ScoreboardContract


@pytest.mark.parametrize("config", ["sim", "sim_w8a8"])
@pytest.mark.parametrize("tap", [0, 1, 2, 3])
@pytest.mark.parametrize("place", ["chip", "mixed"])
def test_a_right_device_is_silent(config: str, tap: int, place: str) -> None:
    """What golden leaves in memory is read back as golden has it: records, streams, states, nothing else changed."""
    s = start(config, tap=tap, place=place)
    assert KERNEL.told(s, KERNEL.outcome(s)) == []


def test_a_continued_start_is_golden_on_the_longer_text() -> None:
    """Both starts of a pair are silent, and the second begins with the states that the first one left in memory."""
    first, second = starts(kind="continued", seed=3)
    assert (first.legal.keep, second.legal.keep) == (False, True)
    assert KERNEL.told(first, KERNEL.outcome(first)) == KERNEL.told(second, KERNEL.outcome(second)) == []
    before = contents(second, ARENA)[:, second.legal.s_off : second.legal.s_off + second.legal.s_bytes]
    after = KERNEL.memory_after(first)[:, first.legal.s_off : first.legal.s_off + first.legal.s_bytes]
    assert (before == after).all()


def test_layers_apart_are_compared_apart() -> None:
    """A range of layers, one of them copied: the captured stream is that layer's alone."""
    s = start(layers=3, part="front", tap=2, tap_all=False, seed=8)
    assert s.legal.layer_count < s.legal.model_layers
    assert KERNEL.told(s, KERNEL.outcome(s)) == []


class TestFirstDivergence:
    """A fault in memory is told with its place, both values raw and real, and how many differ."""

    def test_in_a_captured_stream(self) -> None:
        """Beat 0 is row group 0 of in_proj of layer 0; its beats are tokens. Byte 33 is lane 0 of token 2, 2^8."""
        s = start(prompt="chunk")
        wide = s.cfg.wide_bytes // s.cfg.ports
        (line,) = KERNEL.changed(s, s.legal.tap_off + wide + 1)
        golden = int(s.golden.streams[0][2, 0])
        rtl = golden ^ 1 << 8
        frac = s.model.profile.proj_frac
        assert line == (
            f"stream in_proj of layer 0, token 2, row 0: golden {golden} ({golden / 2**frac:.6g}), "
            f"RTL {rtl} ({rtl / 2**frac:.6g}); 1 of {s.golden.streams[0].numel()} values differ"
        )

    def test_in_a_state(self) -> None:
        """One wrong state word: layer, head, n and channel, with and without its shift."""
        s = start(tap=0)
        at = s.legal.s_off + s.counts.sb * s.cfg.port_bytes
        (line,) = KERNEL.changed(s, at)
        assert re.match(r"state of layer 0, head 0, n 0, row 0: golden -?\d+, RTL -?\d+; with shifts golden", line)
        assert line.endswith(f"1 of {s.golden.states[0].ssm.q.numel()} values differ")

    def test_in_a_shift_of_a_state(self) -> None:
        """A shift counts even where it changes no number that is not 0."""
        s = start(tap=0)
        (line,) = KERNEL.changed(s, s.legal.s_off)
        assert line.startswith(("state of layer 0, head 0, n 0", "shift of state of layer 0, n 0, channel group 0"))

    def test_in_a_record(self) -> None:
        """The token's index, and a logit of lower rank."""
        s = start(tap=0)
        (line,) = KERNEL.changed(s, s.legal.out_off)
        assert line.startswith("record of chosen token 0, index of rank 0: golden")
        (line,) = KERNEL.changed(s, s.legal.out_off + s.cfg.port_bytes + 12)
        assert line.startswith("record of chosen token 1, logit of rank 1: golden")


class TestScoreboard(ScoreboardContract):
    """What both accelerators of whole models keep."""

    kernel, side = KERNEL, {}
    bad_data = (({}, "BAD_TOKEN", "residual of layer 0"),)
