# SPDX-License-Identifier: Apache-2.0
"""The accelerator's predictor and scoreboard without a simulator: a right device is silent, every fault is one line."""

import re
from dataclasses import replace

import pytest

from golden.ternary.accel.cache import Room, cache_writes
from golden.ternary.accel.outcome import HALVES
from harness.uvm.model_streams import chosen, locate
from harness.uvm.ternary.stimuli import grown
from harness.uvm.ternary.streams import segments, traffic
from tests.harness.uvm.model_contract import ScoreboardContract
from tests.harness.uvm.ternary.starts import KERNEL, start


@pytest.mark.parametrize("config", ["sim", "sim_silu"])
@pytest.mark.parametrize("tap", [0, 1, 2, 3])
@pytest.mark.parametrize("batch", [1, 3])
def test_a_right_device_is_silent(config: str, tap: int, batch: int) -> None:
    """What golden leaves in memory is read back as golden has it: records, streams, caches, nothing else changed."""
    s = start(config, tap=tap, batch=batch, head="own" if tap == 1 else "tied")
    assert KERNEL.told(s, KERNEL.outcome(s)) == []


@pytest.mark.parametrize("cached", ["near", "far"])
@pytest.mark.parametrize("layer", range(5))
def test_layers_apart_are_compared_apart(cached: str, layer: int) -> None:
    """One half of a layer is copied, or none at all where it lies behind the last one."""
    s = start(tap=3, tap_all=False, cached=cached, batch=2)
    a = replace(s.legal, tap_layer=layer)
    s = replace(s, legal=a, arguments=a)
    assert (traffic(s)["TAP_BEATS"] == 0) == (layer >= HALVES * a.model_layers)
    assert KERNEL.told(s, KERNEL.outcome(s)) == []


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

    def test_in_a_captured_stream(self) -> None:
        """Beat 0 is row group 0 of q_proj of layer 0; its beats are tokens. Byte 33 is lane 0 of token 2, 2^8."""
        s = start(prompt="chunk")
        (line,) = KERNEL.changed(s, s.legal.tap_off + s.cfg.port_bytes + 1)
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
            (line,) = KERNEL.changed(s, s.legal.k_off + int(beat) * s.cfg.port_bytes + at, port)
            assert re.match(r"cache of text [01], layer [01], KV head \d+, own position \d+", line)
            assert ": golden " in line

    def test_a_cached_position_may_not_change(self) -> None:
        """What was cached before, the prefix and positions behind the last one are not a start's to write."""
        s = start(tap=0)
        for beat, byte in (~grown(s)).nonzero()[::4001]:
            port, at = divmod(int(byte), s.cfg.port_bytes)
            lines = KERNEL.changed(s, s.legal.k_off + int(beat) * s.cfg.port_bytes + at, port)
            assert lines[0].startswith(f"memory: 1 bytes of port {port} changed where the start may not write")

    def test_in_a_record(self) -> None:
        """The token's index, and a logit of lower rank of another text."""
        s = start(tap=0, batch=2)
        (line,) = KERNEL.changed(s, s.legal.out_off)
        assert line.startswith("record of chosen token 0 of text 0, index of rank 0: golden")
        (line,) = KERNEL.changed(s, s.legal.out_off + 3 * s.cfg.port_bytes + 12)
        assert line.startswith("record of chosen token 1 of text 1, logit of rank 1: golden")

    @pytest.mark.parametrize("batch", [1, 2])
    def test_logits_come_behind_the_choices_that_they_follow_from(self, batch: int) -> None:
        """Five beats of each text in each step."""
        s = start(batch=batch, vocab=40, generate=3)
        beats = range(len(KERNEL.comparison.captured(s)))
        logits = [beat for beat in beats if "logits" in locate(segments, s, beat, 0)[0]]
        assert [chosen(segments, s, beat) for beat in logits] == sorted(5 * batch * [0, 1, 2])


class TestScoreboard(ScoreboardContract):
    """What both accelerators of whole models keep."""

    kernel, side = KERNEL, {"batch": 2}
    bad_data = tuple(
        ({"bad": bad}, f"BAD_{bad.upper()}", "residual behind attention of layer 0") for bad in ("token", "weight")
    )
