# SPDX-License-Identifier: Apache-2.0
"""The accelerator's predictor and scoreboard without a simulator: a right device is silent, every fault is one line."""

import re
from dataclasses import replace

import pytest
import torch

from golden.spec.gen.ternary_accel import ErrorCode
from golden.ternary.accel.cache import Room, cache_writes
from golden.ternary.accel.outcome import HALVES
from harness.uvm.arena import changes, contents
from harness.uvm.inorder import status_failures
from harness.uvm.model_compare import laws
from harness.uvm.model_start import Action
from harness.uvm.ternary.items import Outcome, Stimulus
from harness.uvm.ternary.kernel import written
from harness.uvm.ternary.scoreboard import BOUNDED, predict, result_differences
from harness.uvm.ternary.stimuli import grown
from harness.uvm.ternary.streams import chosen, locate, segments, traffic
from tests.harness.uvm.ternary.starts import ARENA, memory_after, outcome, start


def told(s: Stimulus, found: Outcome) -> list[str]:
    """Return all lines about an outcome."""
    expected = predict(s)
    lines = status_failures(expected, found) + laws(found.counters, BOUNDED) + list(found.changed)
    return lines + result_differences(s, expected, found)


@pytest.mark.parametrize("config", ["sim", "sim_silu"])
@pytest.mark.parametrize("tap", [0, 1, 2, 3])
@pytest.mark.parametrize("batch", [1, 3])
def test_a_right_device_is_silent(config: str, tap: int, batch: int) -> None:
    """What golden leaves in memory is read back as golden has it: records, streams, caches, nothing else changed."""
    s = start(config, tap=tap, batch=batch, head="own" if tap == 1 else "tied")
    assert told(s, outcome(s)) == []


@pytest.mark.parametrize("cached", ["near", "far"])
@pytest.mark.parametrize("layer", range(5))
def test_layers_apart_are_compared_apart(cached: str, layer: int) -> None:
    """One half of a layer is copied, or none at all where it lies behind the last one."""
    s = start(tap=3, tap_all=False, cached=cached, batch=2)
    a = replace(s.legal, tap_layer=layer)
    s = replace(s, legal=a, arguments=a)
    assert (traffic(s)["TAP_BEATS"] == 0) == (layer >= HALVES * a.model_layers)
    assert told(s, outcome(s)) == []


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_what_joins_the_caches_is_where_golden_writes(batch: int) -> None:
    """Bytes that a start may change there, and their number, are those of `cache_writes`, step by step."""
    s = start(batch=batch, share=1, generate=3)
    a, mask = s.legal, grown(s)
    want = mask.new_zeros(mask.shape)
    writes = 0
    steps = [(a.texts, a.prompt), *(([own + a.read + step for own in a.texts], batch) for step in range(2))]
    for layer in range(a.model_layers):
        for starts, count in steps:
            for each in cache_writes(s.model.cfg, Room(a.prefix_room, a.own_room), layer, starts, count, s.cfg):
                size = 1 if each.exponent else 32
                want[each.offset, each.lane * size : (each.lane + 1) * size] = True
                writes += 1
    assert bool((mask == want).all())
    taps = -(-traffic(s)["TAP_BEATS"] * 32 // s.cfg.wide_bytes)
    assert traffic(s)["WR_BEATS"] == writes + taps + batch * a.generate


class TestFirstDivergence:
    """A fault in memory is told with its place, both values, and how many differ."""

    def changed(self, s: Stimulus, at: int, port: int = 0, flip: int = 1) -> list[str]:
        arena = memory_after(s)
        arena[port, at] ^= flip
        return told(s, outcome(s, arena))

    def test_in_a_captured_stream(self) -> None:
        """Beat 0 is row group 0 of q_proj of layer 0; its beats are tokens. Byte 33 is lane 0 of token 2, 2^8."""
        s = start(prompt="chunk")
        (line,) = self.changed(s, s.legal.tap_off + s.cfg.port_bytes + 1)
        golden = int(s.golden.streams[0][2, 0])
        assert line == (
            f"stream q_proj of layer 0, token 2, row 0: golden {golden}, RTL {golden ^ 1 << 8}; "
            f"1 of {s.golden.streams[0].numel()} values differ"
        )

    def test_every_place_of_a_stream_has_a_name(self) -> None:
        """Rows of each matrix, the residual stream behind each half, heads of attention, products and logits."""
        names = set()
        for tap in (1, 2, 3):
            s = start(tap=tap, share=2)
            for segment in segments(s):
                for beat in range(segment.beats):
                    for lane in (0, 7):
                        names.add(re.sub(r", token.*| of layer.*", "", segment.place(beat, lane, s)[0]))
        matrices = {f"{name}_proj" for name in ("q", "k", "v", "o", "gate", "up", "down")}
        residuals = {"residual behind attention", "residual behind MLP"}
        assert names == matrices | residuals | {"logits", "attention", "product"}

    def test_in_a_cache(self) -> None:
        """A key and an exponent that join: text, layer, head, own position and dimension."""
        s = start(tap=0, batch=2, share=1)
        fresh = grown(s).nonzero()
        for beat, byte in (fresh[0], fresh[-1]):
            port, at = divmod(int(byte), s.cfg.port_bytes)
            (line,) = self.changed(s, s.legal.k_off + int(beat) * s.cfg.port_bytes + at, port)
            assert re.match(r"cache of text [01], layer [01], KV head \d+, own position \d+", line)
            assert ": golden " in line

    def test_a_cached_position_may_not_change(self) -> None:
        """What was cached before, the prefix and positions behind the last one are not a start's to write."""
        s = start(tap=0)
        for beat, byte in (~grown(s)).nonzero()[::4001]:
            port, at = divmod(int(byte), s.cfg.port_bytes)
            lines = self.changed(s, s.legal.k_off + int(beat) * s.cfg.port_bytes + at, port)
            assert lines[0].startswith(f"memory: 1 bytes of port {port} changed where the start may not write")

    def test_in_a_record(self) -> None:
        """The token's index, and a logit of lower rank of another text."""
        s = start(tap=0, batch=2)
        (line,) = self.changed(s, s.legal.out_off)
        assert line.startswith("record of chosen token 0 of text 0, index of rank 0: golden")
        (line,) = self.changed(s, s.legal.out_off + 3 * s.cfg.port_bytes + 12)
        assert line.startswith("record of chosen token 1 of text 1, logit of rank 1: golden")

    @pytest.mark.parametrize("batch", [1, 2])
    def test_a_record_comes_before_what_it_feeds_back(self, batch: int) -> None:
        """A wrong choice is told first, unless the stream differs in front of it, down to the choice's own logits."""
        s = start(batch=batch, vocab=40, generate=3)
        good = outcome(s)
        steps = [chosen(s, beat) for beat in range(len(good.stream))]
        index = good.index.clone()
        index[batch, 0] += 1  # of step 1
        for step, word in ((0, "stream"), (1, "stream"), (2, "record of chosen token 1")):
            one = torch.zeros_like(good.stream)
            one[steps.index(step), 5] = 1
            assert told(s, replace(good, index=index, stream=good.stream + one))[0].startswith(word)
        logits = [beat for beat in range(len(steps)) if "logits" in locate(s, beat, 0)[0]]
        assert [steps[beat] for beat in logits] == sorted(5 * batch * [0, 1, 2])

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
        ({"CACHE_BEATS": 1}, "register CACHE_BEATS: golden"),
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
        assert (expected.error, expected.index, expected.caches) == (ErrorCode.BAD_HEADS, None, None)
        assert set(expected.counters.values()) == {0}
        assert not written(s, ARENA).any()
        assert changes(contents(s, ARENA), memory_after(s), written(s, ARENA))

    @pytest.mark.parametrize(
        ("action", "code"),
        [(Action.READ_ERROR, ErrorCode.AXI_READ), (Action.WRITE_ERROR, ErrorCode.AXI_WRITE)],
    )
    def test_a_fault_names_its_port(self, action: Action, code: ErrorCode) -> None:
        """What a damaged run computes is open; its code and its port are not."""
        s = start(action=action, port=1)
        expected = predict(s)
        assert s.fault is not None
        assert (expected.error, expected.error_port, expected.counters) == (code, 1, {})
        found = outcome(s, error=code, error_port=1)
        assert told(s, found) == []
        assert told(s, replace(found, error=ErrorCode.NONE))

    @pytest.mark.parametrize(("bad", "code"), [("token", ErrorCode.BAD_TOKEN), ("weight", ErrorCode.BAD_WEIGHT)])
    def test_bad_data_have_another_in_their_place(self, bad: str, code: ErrorCode) -> None:
        """Row 0 for a token, zeros for a weight: what was finished is compared, what was not is left open."""
        s = start(action=Action.BAD_DATA, bad=bad, tap=2)
        assert (max(s.prompt) >= s.legal.vocab) == (bad == "token")
        good = outcome(s, error=code)
        assert told(s, good) == []
        done = {"TOKENS_DONE": 0, "TAP_BEATS": 4, "FIRST_TOKEN": good.counters["CYCLES"]}
        early = replace(good, counters=good.counters | done)
        wrong = good.stream.clone()
        wrong[4:] = 99
        assert told(s, replace(early, stream=wrong, index=good.index + 1)) == []
        wrong[3, 0] += 1
        (line,) = told(s, replace(early, stream=wrong))
        assert line.startswith("stream residual behind attention of layer 0, token 3, row 0")

    def test_a_restart_runs_twice(self) -> None:
        assert predict(start(action=Action.RESTART)).runs == 2


def test_without_tokens_the_first_one_is_waited_for_to_the_end() -> None:
    """FIRST_TOKEN equals CYCLES where nothing is chosen."""
    good = outcome(s := start(generate=0))
    assert told(s, good) == []
    (line,) = told(s, replace(good, counters=good.counters | {"FIRST_TOKEN": good.counters["CYCLES"] - 1}))
    assert line.startswith("register FIRST_TOKEN: RTL")
