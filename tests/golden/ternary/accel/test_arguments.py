# SPDX-License-Identifier: Apache-2.0
"""Arguments of ternary_accel: a start breaks each rule alone, and the counts are those of the memory layout."""

from dataclasses import replace
from typing import Any

import pytest

from golden.spec import load_configs
from golden.spec.gen.ternary_accel import ErrorCode
from golden.ternary.accel import image
from golden.ternary.accel.arguments import (
    Arguments,
    Build,
    argument_error,
    build_of,
    counts,
    region_beats,
    tap_beats,
    whole,
)
from golden.ternary.accel.cache import Room, parts
from golden.ternary.config import BitNetConfig
from golden.ternary.published import published
from tests.golden.ternary.machine import Machine

CONFIGS = load_configs("ternary_accel")
TINY = BitNetConfig(256, 128, 352, 4, 4, 2, 1e4, 1024)
SMALL, LARGE = published("bitnet-0.73b"), published("bitnet-2b-4t")
BOARDS = ("kv260", "u280", "vck190", "vc709")
CASES = [
    ("sim", TINY),
    ("sim_silu", TINY),
    *((board, SMALL) for board in BOARDS),
    *((f"{board}_relu2", LARGE) for board in BOARDS),
]
OFFSETS = ("w_off", "e_off", "h_off", "a_off", "k_off", "tok_off", "out_off", "tap_off")
UNIT = 1 << 15


def start(cfg: BitNetConfig, build: Build, **changes: Any) -> Arguments:
    """Return a legal start of a model, its regions one behind the other, the arena just large enough."""
    found = replace(
        whole(cfg),
        prefix=3,
        prefix_room=5,
        own=(7, 8, 9, 10),
        own_room=40,
        prompt=5,
        generate=3,
        tap_point=1,
        tap_all=True,
        feed_eps=UNIT,
        head_scale=UNIT,
        bases=(0, 1 << 20),
    )
    found = replace(found, **changes)
    at, offsets = 0, {}
    for name, beats in zip(OFFSETS, region_beats(found, build), strict=True):
        offsets[name] = at
        at += beats * build.port_bytes
    return replace(found, **offsets, arena_bytes=at)


@pytest.mark.parametrize(("name", "cfg"), CASES)
def test_counts_are_those_of_the_layout(name: str, cfg: BitNetConfig) -> None:
    """Sections of the model and parts of the cache have the sizes that the memory image is written with."""
    build = build_of(CONFIGS[name])
    a, machine = start(cfg, build), Machine(build.wide_bits // 8)
    c, sizes = counts(a, build), image.sections(cfg, machine)
    assert argument_error(a, build) == ErrorCode.NONE
    assert (c.norm_d, c.norm_f, c.qkv, c.o, c.gu, c.down) == (
        sizes.norm_d,
        sizes.norm_f,
        sizes.qkv,
        sizes.o,
        sizes.gate_up,
        sizes.down,
    )
    assert (c.head_beats, c.angle_beats) == (sizes.rows, sizes.angles)
    assert counts(replace(a, ternary_head=True), build).head_beats == sizes.ternary_head
    prefix, own = parts(cfg, Room(a.prefix_room, a.own_room), machine)
    assert (c.keys0, c.head0, c.layer0, c.part0) == (prefix.keys, prefix.head, prefix.layer, prefix.whole)
    assert (c.keys1, c.head1, c.layer1, c.part1) == (own.keys, own.head, own.layer, own.whole)
    weights, _, head, angles, cache, *_ = region_beats(a, build)
    assert weights == sizes.weights(cfg.num_hidden_layers)
    assert head == sizes.rows
    assert region_beats(replace(a, ternary_head=True), build)[1:3] == (sizes.rows, sizes.ternary_head)
    assert angles == (3 + 7 + 7) * sizes.angles
    assert cache == prefix.whole + own.whole
    assert c.last == 2 * cfg.num_hidden_layers - 1
    assert 32 * c.slices == 16 * c.pairs == cfg.head_dim
    assert c.share * cfg.num_key_value_heads == cfg.num_attention_heads


@pytest.mark.parametrize(("name", "cfg"), CASES)
def test_tiles_hold_all_rows(name: str, cfg: BitNetConfig) -> None:
    """Full tiles and the last tile's groups of 8 are the rows of each matrix; beats of 40 inputs make a matrix."""
    build = build_of(CONFIGS[name])
    c, groups = counts(start(cfg, build), build), build.wide_bits // 512
    for last, rows, beats, column in (
        (c.last_qkv, c.qkv8, c.qkv, c.kd),
        (c.last_o, c.d8, c.o, c.kd),
        (c.last_gu, c.gu8, c.gu, c.kd),
        (c.last_down, c.d8, c.down, c.kf),
    ):
        tiles, rest = divmod(beats, column)
        assert (tiles - 1) * groups + last + 1 == rows
        assert 0 <= last < groups
        assert rest == 0
    assert 40 * (c.kd - 1) < cfg.hidden_size <= 40 * c.kd
    assert 40 * (c.kf - 1) < cfg.intermediate_size <= 40 * c.kf


@pytest.mark.parametrize(("name", "cfg"), CASES)
def test_the_arena_is_as_small_as_it_can_be(name: str, cfg: BitNetConfig) -> None:
    """A beat less of the arena is refused; so is any region moved past the end, and any offset within a beat."""
    build = build_of(CONFIGS[name])
    a, step = start(cfg, build), build.port_bytes
    assert argument_error(replace(a, arena_bytes=a.arena_bytes - step), build) == ErrorCode.BAD_OFFSET
    for offset in OFFSETS:
        assert argument_error(replace(a, **{offset: a.arena_bytes}), build) == ErrorCode.BAD_OFFSET
        assert argument_error(replace(a, **{offset: getattr(a, offset) + 1}), build) == ErrorCode.BAD_OFFSET


@pytest.mark.parametrize("cfg", [SMALL, LARGE])
@pytest.mark.parametrize("board", BOARDS)
def test_a_published_model_fits_its_context(cfg: BitNetConfig, board: str) -> None:
    """One text to the model's last position, read as a prompt for almost half of it; four texts to half of it, where
    the build decodes so many together.
    """
    build = build_of(CONFIGS[board + ("_relu2" if cfg is LARGE else "")])
    most = cfg.max_position_embeddings
    same = {"prefix": 0, "prefix_room": 0, "own_room": most, "tap_point": 0}
    long = start(cfg, build, **same, own=(0,) * 4, prompt=most // 2 - 64, generate=most // 2 + 65)
    assert long.context == most
    assert argument_error(long, build) == ErrorCode.NONE
    assert argument_error(replace(long, generate=most // 2 + 66), build) == ErrorCode.BAD_CACHE
    four = start(
        cfg, build, **same | {"own_room": most // 2 - 128}, own=(most // 2 - 256,) * 4, batch=4, prompt=4, generate=128
    )
    assert argument_error(four, build) == (ErrorCode.NONE if build.batch == 4 else ErrorCode.BAD_BATCH)


SIM = build_of(CONFIGS["sim"])
BROKEN: list[tuple[dict[str, Any], ErrorCode]] = [
    ({"d_model": 0}, ErrorCode.BAD_D_MODEL),
    ({"d_model": 120}, ErrorCode.BAD_D_MODEL),
    ({"d_model": 288, "heads": 9}, ErrorCode.BAD_D_MODEL),
    ({"heads": 0}, ErrorCode.BAD_HEADS),
    ({"heads": 9}, ErrorCode.BAD_HEADS),
    ({"heads": 8}, ErrorCode.BAD_HEADS),  # 16 dimensions each
    ({"d_model": 160, "heads": 1}, ErrorCode.BAD_HEADS),
    ({"kv_heads": 0}, ErrorCode.BAD_KV_HEADS),
    ({"kv_heads": 3}, ErrorCode.BAD_KV_HEADS),
    ({"kv_heads": 8}, ErrorCode.BAD_KV_HEADS),
    ({"d_model": 256, "heads": 8, "kv_heads": 1}, ErrorCode.BAD_KV_HEADS),  # eight heads share one
    ({"feed": 0}, ErrorCode.BAD_FEED),
    ({"feed": 351}, ErrorCode.BAD_FEED),
    ({"feed": 520}, ErrorCode.BAD_FEED),
    ({"batch": 0}, ErrorCode.BAD_BATCH),
    ({"batch": 5}, ErrorCode.BAD_BATCH),
    ({"vocab": 7}, ErrorCode.BAD_VOCAB),
    ({"vocab": 1 << 24}, ErrorCode.BAD_VOCAB),
    ({"model_layers": 0}, ErrorCode.BAD_LAYERS),
    ({"model_layers": 128}, ErrorCode.BAD_LAYERS),
    ({"prompt": 0}, ErrorCode.BAD_TOKENS),
    ({"prompt": 1 << 24}, ErrorCode.BAD_TOKENS),
    ({"batch": 2}, ErrorCode.BAD_TOKENS),  # two texts with five tokens
    ({"generate": 0}, ErrorCode.BAD_TOKENS),
    ({"generate": 1 << 24}, ErrorCode.BAD_TOKENS),
    ({"head": False}, ErrorCode.BAD_TOKENS),
    ({"eps": 0}, ErrorCode.BAD_EPS),
    ({"feed_eps": UNIT - 1}, ErrorCode.BAD_EPS),
    ({"head_scale": 1}, ErrorCode.BAD_EPS),
    ({"head_scale": UNIT | 81 << 16}, ErrorCode.BAD_EPS),
    ({"feed_eps": UNIT | (1024 - 81) << 16}, ErrorCode.BAD_EPS),
    ({"prefix": 6}, ErrorCode.BAD_CACHE),
    ({"prefix_room": 1 << 14}, ErrorCode.BAD_CACHE),
    ({"own_room": 1 << 14}, ErrorCode.BAD_CACHE),
    ({"own": (34, 0, 0, 0)}, ErrorCode.BAD_CACHE),
    ({"own_room": 2000, "own": (1015, 0, 0, 0)}, ErrorCode.BAD_CACHE),  # 1,025 positions
    ({"own_room": 2000, "prompt": 504}, ErrorCode.BAD_CACHE),  # four groups of rows for 258 tiles
    ({"bases": (0, 16)}, ErrorCode.BAD_OFFSET),
    ({"arena_bytes": 16}, ErrorCode.BAD_OFFSET),
    ({"k_off": (1 << 64) - 32}, ErrorCode.BAD_OFFSET),
]


@pytest.mark.parametrize(("changes", "error"), BROKEN, ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_each_rule_is_broken_alone(changes: dict[str, Any], error: ErrorCode) -> None:
    """A legal start with one change is refused with the code of that argument."""
    assert argument_error(start(TINY, SIM), SIM) == ErrorCode.NONE
    assert argument_error(replace(start(TINY, SIM), **changes), SIM) == error


def test_cache_ends_where_its_room_does() -> None:
    """A text of a batch may end with its room, not behind it; absent texts may say anything."""
    a = start(
        TINY, SIM, batch=3, prompt=3, generate=4, own=(36, 0, 36, 1 << 31), feed_eps=UNIT | 80 << 16, head_scale=0
    )
    assert (a.read, a.added, a.context) == (1, 4, 3 + 36 + 4)
    assert argument_error(a, SIM) == ErrorCode.NONE
    assert argument_error(replace(a, own=(36, 0, 37, 0)), SIM) == ErrorCode.BAD_CACHE
    assert argument_error(replace(a, own=(36, 37, 0, 0)), SIM) == ErrorCode.BAD_CACHE
    alone = start(TINY, SIM, own=(33, 0, 0, 0))
    assert alone.context == 3 + 33 + 7
    assert argument_error(alone, SIM) == ErrorCode.NONE


def test_scores_of_two_heads_fit() -> None:
    """Twice tiles times groups: of a chunk of the prompt, and of a step behind it."""
    a = start(TINY, SIM, own=(90, 0, 0, 0), own_room=400, prompt=5)
    chunk = 2 * ((2 + 48 + 1) * 4)  # prefix 3, text 95, tiles of two; four tokens of two heads, two a group
    step = 2 * (2 + 49 + 1)
    assert argument_error(a, replace(SIM, score_depth=chunk)) == ErrorCode.NONE
    assert argument_error(a, replace(SIM, score_depth=chunk - 1)) == ErrorCode.BAD_CACHE
    one = replace(a, prompt=1)  # 91, then 93 positions; a group of both heads
    assert argument_error(one, replace(SIM, score_depth=step - 4)) == ErrorCode.NONE
    assert argument_error(one, replace(SIM, score_depth=step - 5)) == ErrorCode.BAD_CACHE
    four = start(TINY, SIM, batch=4, prompt=4, own=(90, 1, 2, 3), own_room=400)
    depth = 2 * (2 + 47 + 2 + 3 + 3 + 2) * 4
    assert argument_error(four, replace(SIM, score_depth=depth)) == ErrorCode.NONE
    assert argument_error(four, replace(SIM, score_depth=depth - 1)) == ErrorCode.BAD_CACHE


def test_a_run_without_head_needs_none() -> None:
    """Without HEAD the head's region may lie anywhere."""
    a = start(TINY, SIM, head=False, generate=0)
    assert argument_error(replace(a, h_off=a.arena_bytes), SIM) == ErrorCode.NONE
    assert argument_error(replace(a, head=True, generate=1, h_off=a.arena_bytes), SIM) == ErrorCode.BAD_OFFSET


def test_a_tap_counts_what_it_copies() -> None:
    """Even layers are attention, odd ones the MLP; the head's results are copied with all layers alone."""
    a = replace(start(TINY, SIM), batch=2, prompt=2, generate=3)
    c, tokens = counts(a, SIM), 2 + 2 * 2
    assert (c.qkv8, c.gu8, c.d8, c.f8, c.head_groups) == (32, 88, 16, 44, 32)
    assert tap_beats(a, c) == 4 * (32 + 16 + 88 + 16) * tokens + 32 * 2 * 3
    assert tap_beats(replace(a, tap_point=2), c) == 8 * 16 * tokens
    assert tap_beats(replace(a, tap_point=3), c) == 4 * (16 + 44) * tokens
    one = replace(a, tap_all=False)
    layers = [0, 1, 7, 8]
    assert [tap_beats(replace(one, tap_layer=layer), c) for layer in layers] == [
        48 * tokens,
        104 * tokens,
        104 * tokens,
        0,
    ]
    assert tap_beats(replace(a, tap_point=0), c) == 0
