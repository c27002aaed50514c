# SPDX-License-Identifier: Apache-2.0
"""The accelerator's predictor and scoreboard without a simulator: a right device is silent, every fault is one line."""

import re
from dataclasses import replace

import pytest
import torch

from golden.spec.gen.mamba2_accel import ErrorCode
from harness.uvm.arena import allow, changes, contents
from harness.uvm.inorder import status_failures
from harness.uvm.mamba2.items import Outcome, Stimulus
from harness.uvm.mamba2.kernel import written
from harness.uvm.mamba2.scoreboard import BOUNDED, predict, result_differences
from harness.uvm.mamba2.streams import chosen
from harness.uvm.model_compare import laws
from harness.uvm.model_start import Action
from tests.harness.uvm.mamba2.starts import ARENA, memory_after, outcome, start, starts


def told(s: Stimulus, found: Outcome) -> list[str]:
    """Return all lines about an outcome."""
    expected = predict(s)
    lines = status_failures(expected, found) + laws(found.counters, BOUNDED) + list(found.changed)
    return lines + result_differences(s, expected, found)


@pytest.mark.parametrize("config", ["sim", "sim_w8a8"])
@pytest.mark.parametrize("tap", [0, 1, 2, 3])
@pytest.mark.parametrize("place", ["chip", "mixed"])
def test_a_right_device_is_silent(config: str, tap: int, place: str) -> None:
    """What golden leaves in memory is read back as golden has it: records, streams, states, nothing else changed."""
    s = start(config, tap=tap, place=place)
    assert told(s, outcome(s)) == []


def test_a_continued_start_is_golden_on_the_longer_text() -> None:
    """Both starts of a pair are silent, and the second begins with the states that the first one left in memory."""
    first, second = starts(kind="continued", seed=3)
    assert (first.legal.keep, second.legal.keep) == (False, True)
    assert told(first, outcome(first)) == told(second, outcome(second)) == []
    before = contents(second, ARENA)[:, second.legal.s_off : second.legal.s_off + second.legal.s_bytes]
    after = memory_after(first)[:, first.legal.s_off : first.legal.s_off + first.legal.s_bytes]
    assert (before == after).all()


def test_layers_apart_are_compared_apart() -> None:
    """A range of layers, one of them copied: the captured stream is that layer's alone."""
    s = start(layers=3, part="front", tap=2, tap_all=False, seed=8)
    assert s.legal.layer_count < s.legal.model_layers
    assert told(s, outcome(s)) == []


class TestFirstDivergence:
    """A fault in memory is told with its place, both values raw and real, and how many differ."""

    def changed(self, s: Stimulus, at: int, port: int = 0, flip: int = 1) -> list[str]:
        arena = memory_after(s)
        arena[port, at] ^= flip
        return told(s, outcome(s, arena))

    def test_in_a_captured_stream(self) -> None:
        """Beat 0 is row group 0 of in_proj of layer 0; its beats are tokens. Byte 33 is lane 0 of token 2, 2^8."""
        s = start(prompt="chunk")
        wide = s.cfg.wide_bytes // s.cfg.ports
        (line,) = self.changed(s, s.legal.tap_off + wide + 1)
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
        (line,) = self.changed(s, at)
        assert re.match(r"state of layer 0, head 0, n 0, row 0: golden -?\d+, RTL -?\d+; with shifts golden", line)
        assert line.endswith(f"1 of {s.golden.states[0].ssm.q.numel()} values differ")

    def test_in_a_shift_of_a_state(self) -> None:
        """A shift counts even where it changes no number that is not 0."""
        s = start(tap=0)
        (line,) = self.changed(s, s.legal.s_off)
        assert line.startswith(("state of layer 0, head 0, n 0", "shift of state of layer 0, n 0, channel group 0"))

    def test_in_a_record(self) -> None:
        """The token's index, and a logit of lower rank."""
        s = start(tap=0)
        (line,) = self.changed(s, s.legal.out_off)
        assert line.startswith("record of chosen token 0, index of rank 0: golden")
        (line,) = self.changed(s, s.legal.out_off + s.cfg.port_bytes + 12)
        assert line.startswith("record of chosen token 1, logit of rank 1: golden")

    def test_a_record_comes_before_what_it_feeds_back(self) -> None:
        """A wrong choice is told first, unless the stream differs in front of it."""
        s = start(generate=3)
        good = outcome(s)
        steps = [chosen(s, beat) for beat in range(len(good.stream))]
        index = good.index.clone()
        index[1, 0] += 1
        for step, word in ((0, "stream"), (1, "stream"), (2, "record of chosen token 1")):
            one = torch.zeros_like(good.stream)
            one[steps.index(step), 5] = 1
            assert told(s, replace(good, index=index, stream=good.stream + one))[0].startswith(word)

    def test_outside_of_the_results(self) -> None:
        """A byte where nothing may be written, be it a guard or a weight."""
        s = start(tap=0)
        for at in (s.legal.out_off - 1, s.legal.w_off):
            (line,) = self.changed(s, at, port=1)
            assert line == f"memory: 1 bytes of port 1 changed where the start may not write, the first at {at:#x}"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"RD_BEATS_01": 1}, "register RD_BEATS_01: golden"),
        ({"TOKENS_RUN": 1}, "register TOKENS_RUN: golden"),
        ({"TAP_BEATS": 1}, "register TAP_BEATS: golden"),
        ({"STALL_ACTS": 1}, "register WINDOW: RTL"),
        ({"FIRST_TOKEN": 1 << 40}, "register FIRST_TOKEN: RTL"),
        ({"FIRST_TOKEN": -(1 << 40)}, "register FIRST_TOKEN: RTL"),
    ],
)
def test_counters_are_compared(change: dict[str, int], word: str) -> None:
    """Every counter that follows from the arguments is exact, and the window is what its causes add up to."""
    s = start()
    good = outcome(s)
    (name,) = change
    found = replace(good, counters=good.counters | {name: good.counters[name] + change[name]})
    (line,) = told(s, found)
    assert line.startswith(word)


class TestErrors:
    def test_a_refused_start_moves_nothing(self) -> None:
        """An illegal argument: its code, counters of 0, and not a byte of memory may change."""
        s = start(action=Action.ILLEGAL, illegal="no_heads")
        expected = predict(s)
        assert (expected.error, expected.index, expected.states) == (ErrorCode.BAD_HEADS, None, None)
        assert set(expected.counters.values()) == {0}
        assert written(s) == {}
        assert changes(contents(s, ARENA), memory_after(s), allow(ARENA, s.cfg.ports, written(s)))

    @pytest.mark.parametrize(
        ("action", "code"),
        [(Action.READ_ERROR, ErrorCode.AXI_READ), (Action.WRITE_ERROR, ErrorCode.AXI_WRITE)],
    )
    def test_a_fault_names_its_port(self, action: Action, code: ErrorCode) -> None:
        """What a damaged run computes is open; its code and its port are not."""
        s = start(action=action)
        expected = predict(s)
        assert s.fault is not None
        assert (expected.error, expected.error_port, expected.counters) == (code, s.fault.port, {})
        found = outcome(s, error=code, error_port=s.fault.port)
        assert told(s, found) == []
        assert told(s, replace(found, error=ErrorCode.NONE))

    def test_a_bad_token_is_row_0(self) -> None:
        """What was finished behind the error is compared with golden on token 0; what was not is left open."""
        s = start(action=Action.BAD_DATA, tap=2)
        assert max(s.prompt) >= s.legal.vocab
        assert max(s.read_tokens) < s.legal.vocab
        good = outcome(s, error=ErrorCode.BAD_TOKEN)
        assert told(s, good) == []
        done = {"TOKENS_DONE": 0, "TAP_BEATS": 4, "FIRST_TOKEN": good.counters["CYCLES"]}
        early = replace(good, counters=good.counters | done)
        wrong = good.stream.clone()
        wrong[4:] = 99
        assert told(s, replace(early, stream=wrong, index=good.index + 1)) == []
        wrong[3, 0] += 1
        (line,) = told(s, replace(early, stream=wrong))
        assert line.startswith("stream residual of layer 0, token 3, row 0")

    def test_a_restart_runs_twice(self) -> None:
        assert predict(start(action=Action.RESTART)).runs == 2


def test_without_tokens_the_first_one_is_waited_for_to_the_end() -> None:
    """FIRST_TOKEN equals CYCLES where nothing is chosen."""
    good = outcome(s := start(generate=0))
    assert told(s, good) == []
    (line,) = told(s, replace(good, counters=good.counters | {"FIRST_TOKEN": good.counters["CYCLES"] - 1}))
    assert line.startswith("register FIRST_TOKEN: RTL")
