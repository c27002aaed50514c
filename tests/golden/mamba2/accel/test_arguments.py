# SPDX-License-Identifier: Apache-2.0
"""Arguments of mamba2_accel: a start breaks each rule alone, and the counts are those of the memory layout."""

from dataclasses import dataclass, replace

import pytest

from golden.mamba2.accel import image
from golden.mamba2.accel.arguments import Arguments, Build, argument_error, build_of, counts, tap_beats, whole
from golden.mamba2.accel.layout import in_proj_rows, state_shapes
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.profile import load
from golden.spec import load_configs
from golden.spec.gen.mamba2_accel import ErrorCode

CONFIGS = load_configs("mamba2_accel")
TINY = Mamba2Config(d_model=128, n_layer=4, vocab_size=256, d_state=64, headdim=32)
LARGE = Mamba2Config(d_model=2560, n_layer=64, vocab_size=50288)
CASES = [("sim", TINY), ("sim_w8a8", TINY), ("u280", LARGE), ("vck190", LARGE), ("vc709", LARGE)]


@dataclass(frozen=True)
class Machine:
    """What the layout asks of a build."""

    wide_bytes: int
    inputs: int
    rows: int


def start(cfg: Mamba2Config, build: Build) -> Arguments:
    """Return a legal start of a whole model, its regions one behind the other, the arena just large enough."""
    found = replace(
        whole(cfg),
        prompt=5,
        generate=3,
        chunk_heads=chunk_heads(cfg, build),
        tap_point=1,
        tap_all=True,
        bases=(0, 1 << 20),
    )
    sizes, c = image.sections(cfg, build.profile, machine(build)), counts(found, build)
    states = cfg.n_layer * c.chunks * c.chunk_beats
    wide = {
        "p_off": sizes.parameters(cfg.n_layer),
        "w_off": sizes.weights(cfg.n_layer),
        "e_off": cfg.vocab_size * sizes.row,
        "tok_off": -(-found.prompt * 4 // (build.wide_bits // 8)),
        "s_off": states,
        "out_off": found.generate,
        "tap_off": -(-tap_beats(found, c) * 32 // (build.wide_bits // 8)),
    }
    at, offsets = 0, {}
    for name, beats in wide.items():
        offsets[name] = at
        at += beats * build.port_bytes
    return replace(found, **offsets, s_bytes=states * build.port_bytes, arena_bytes=at)


def chunk_heads(cfg: Mamba2Config, build: Build) -> int:
    """Return the heads of the largest chunk of the state that the queue holds."""
    shapes = state_shapes(cfg, build.profile, machine(build))
    return max(shape.heads for shape in shapes if shape.beats <= build.s_depth)


def machine(build: Build) -> Machine:
    return Machine(build.wide_bits // 8, build.inputs, build.rows)


@pytest.mark.parametrize(("name", "cfg"), CASES)
def test_counts_are_those_of_the_layout(name: str, cfg: Mamba2Config) -> None:
    """Sections, rows of in_proj and chunks of the state have the sizes that the memory image is written with."""
    build = build_of(CONFIGS[name])
    a = start(cfg, build)
    c, sizes = counts(a, build), image.sections(cfg, build.profile, machine(build))
    assert argument_error(a, build) == ErrorCode.NONE
    assert (c.p_in, c.p_out, c.p_head) == (sizes.p_in, sizes.p_out, sizes.p_head)
    assert (c.w_in, c.w_out, c.w_head) == (sizes.w_in, sizes.w_out, sizes.w_head)
    assert 8 * c.rows_in == len(in_proj_rows(cfg))
    assert counts(replace(a, raw=True), build).row_beats == sizes.raw_row
    for shape in state_shapes(cfg, build.profile, machine(build)):
        cut = counts(replace(a, chunk_heads=shape.heads), build)
        assert (cut.chunks, cut.sb, cut.qb) == (shape.chunks, shape.shift_beats, shape.q_beats)


@pytest.mark.parametrize(("name", "cfg"), CASES)
def test_the_arena_is_as_small_as_it_can_be(name: str, cfg: Mamba2Config) -> None:
    """A beat less of the arena, or of the states' region, is refused; so is any region moved by a beat past the end."""
    build = build_of(CONFIGS[name])
    a, step = start(cfg, build), build.port_bytes
    assert argument_error(replace(a, arena_bytes=a.arena_bytes - step), build) == ErrorCode.BAD_OFFSET
    assert argument_error(replace(a, s_bytes=a.s_bytes - step), build) == ErrorCode.BAD_STATE
    for offset in ("p_off", "w_off", "e_off", "tok_off", "s_off", "out_off", "tap_off"):
        assert argument_error(replace(a, **{offset: a.arena_bytes}), build) == ErrorCode.BAD_OFFSET
        assert argument_error(replace(a, **{offset: getattr(a, offset) + 1}), build) == ErrorCode.BAD_OFFSET


SIM, W8A8, U280 = (build_of(CONFIGS[name]) for name in ("sim", "sim_w8a8", "u280"))
BROKEN = [
    (SIM, {"d_model": 0}, ErrorCode.BAD_D_MODEL),
    (SIM, {"d_model": 96}, ErrorCode.BAD_D_MODEL),  # no width of the table norm
    (W8A8, {"d_model": 264}, ErrorCode.BAD_D_MODEL),
    (W8A8, {"d_model": 104}, ErrorCode.BAD_D_MODEL),  # Hadamard blocks of 8 do not fill a beat of activations
    (SIM, {"heads": 0}, ErrorCode.BAD_HEADS),
    (SIM, {"heads": 17}, ErrorCode.BAD_HEADS),
    (SIM, {"headdim": 20}, ErrorCode.BAD_HEADDIM),
    (SIM, {"headdim": 72}, ErrorCode.BAD_HEADDIM),
    (SIM, {"heads": 16, "headdim": 64}, ErrorCode.BAD_HEADDIM),  # d_inner
    (W8A8, {"heads": 5, "headdim": 8}, ErrorCode.BAD_HEADDIM),
    (SIM, {"d_state": 0}, ErrorCode.BAD_D_STATE),
    (SIM, {"d_state": 72}, ErrorCode.BAD_D_STATE),
    (U280, {"d_state": 120}, ErrorCode.BAD_D_STATE),  # two tiles of 8 states at a time
    (SIM, {"ngroups": 0}, ErrorCode.BAD_NGROUPS),
    (SIM, {"ngroups": 3}, ErrorCode.BAD_NGROUPS),
    (SIM, {"ngroups": 2}, ErrorCode.BAD_NGROUPS),  # four heads each
    (SIM, {"heads": 6}, ErrorCode.BAD_NGROUPS),  # d_inner is no width of the table norm
    (SIM, {"vocab": 7}, ErrorCode.BAD_VOCAB),
    (SIM, {"vocab": 1 << 24}, ErrorCode.BAD_VOCAB),
    (SIM, {"model_layers": 0}, ErrorCode.BAD_LAYERS),
    (SIM, {"model_layers": 256}, ErrorCode.BAD_LAYERS),
    (SIM, {"layer_count": 0}, ErrorCode.BAD_LAYERS),
    (SIM, {"layer_first": 1}, ErrorCode.BAD_LAYERS),
    (SIM, {"prompt": 0}, ErrorCode.BAD_TOKENS),
    (SIM, {"prompt": 1 << 24}, ErrorCode.BAD_TOKENS),
    (SIM, {"generate": 0}, ErrorCode.BAD_TOKENS),
    (SIM, {"head": False}, ErrorCode.BAD_TOKENS),
    (SIM, {"raw": True}, ErrorCode.BAD_TOKENS),  # a second token would need the embedding
    (W8A8, {"eps_d": 0}, ErrorCode.BAD_EPS),
    (W8A8, {"eps_i": 0}, ErrorCode.BAD_EPS),
    (SIM, {"chunk_heads": 0}, ErrorCode.BAD_STATE),
    (SIM, {"chunk_heads": 3}, ErrorCode.BAD_STATE),
    (SIM, {"chunk_heads": 16}, ErrorCode.BAD_STATE),
    (SIM, {"mem_first": 5}, ErrorCode.BAD_STATE),
    (SIM, {"chunk_heads": 8}, ErrorCode.BAD_STATE),  # 272 beats, the queue of states has 256
    (SIM, {"bases": (0, 16)}, ErrorCode.BAD_OFFSET),
    (SIM, {"s_off": (1 << 64) - 32}, ErrorCode.BAD_OFFSET),
]


@pytest.mark.parametrize(("build", "changes", "error"), BROKEN, ids=lambda value: str(value) if value is dict else None)
def test_each_rule_is_broken_alone(build: Build, changes: dict[str, int], error: ErrorCode) -> None:
    """A legal start with one change is refused with the code of that argument."""
    a = start(LARGE if build is U280 else TINY, build)
    assert argument_error(replace(a, **changes), build) == error


def test_states_fit_where_they_shall_be() -> None:
    """Words and histories are counted against the memories on chip, a chunk against its queue if any is in memory."""
    a = start(TINY, SIM)
    assert argument_error(replace(a, mem_first=4, s_bytes=0, s_off=0), SIM) == ErrorCode.NONE
    small = replace(SIM, state_depth=SIM.state_depth - 1)
    assert argument_error(replace(a, mem_first=4), small) == ErrorCode.BAD_STATE
    assert argument_error(replace(a, mem_first=3), small) == ErrorCode.NONE
    exact = counts(a, SIM).chunk_beats
    assert argument_error(a, replace(SIM, s_depth=exact)) == ErrorCode.NONE
    assert argument_error(a, replace(SIM, s_depth=exact - 1)) == ErrorCode.BAD_STATE
    assert argument_error(replace(a, mem_first=4), replace(SIM, s_depth=exact - 1)) == ErrorCode.NONE
    groups = 2 * 8 + 32
    assert argument_error(a, replace(SIM, conv_depth=4 * groups)) == ErrorCode.NONE
    assert argument_error(a, replace(SIM, conv_depth=4 * groups - 1)) == ErrorCode.BAD_STATE
    narrow = replace(SIM, wide_bits=1 << 20, profile=load("lightmamba-w4a4"))
    assert argument_error(replace(a, mem_first=3), narrow) == ErrorCode.BAD_STATE


def test_a_range_of_layers_counts_what_it_copies() -> None:
    """A tapped layer outside of the run copies nothing; the head's results are copied with all layers alone."""
    a = replace(start(TINY, SIM), layer_first=1, layer_count=2)
    c = counts(a, SIM)
    tokens = a.prompt + a.generate - 1
    assert tap_beats(a, c) == 2 * tokens * (c.rows_in + c.d8) + a.generate * c.head_groups
    assert tap_beats(replace(a, tap_point=2), c) == 2 * tokens * c.d8
    one = replace(a, tap_all=False)
    assert [tap_beats(replace(one, tap_layer=layer, tap_point=3), c) for layer in range(4)] == [
        0,
        tokens * c.i8,
        tokens * c.i8,
        0,
    ]
    assert tap_beats(replace(a, tap_point=0), c) == 0
