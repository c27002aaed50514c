# SPDX-License-Identifier: Apache-2.0
"""Which arguments `mamba2_accel` refuses, with which error code, and the counts it derives: the law of `m2_args`."""

from collections.abc import Iterator
from dataclasses import dataclass

from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.profile import Mamba2Profile, load
from golden.spec import Mamba2AccelConfig
from golden.spec.gen.mamba2_accel import MAX_LAYERS, MAX_TOKENS, MAX_VOCAB, ErrorCode

GROUP = 8
"""Values that share a shift: channels, heads, states; also the values of a narrow beat."""
CHUNKS = (1, 2, 4, 8)
"""Heads that a chunk of the state in memory may have."""
RECORD_BITS = 512
"""Of 8 heads' parameters; of 8 channels' 64 times the bits of a value."""
SCALE_BITS = 32
"""Of a row's multiplier and shift; an additive scale has 8."""
TAP_BITS = 256
"""Of 8 copied values."""
EMBEDDING_BITS, RAW_BITS, TOKEN_BITS = 16, 32, 32


@dataclass(frozen=True)
class Build:
    """What a build of the accelerator fixes; `*_max` and depths are what its memories hold.

    Attributes:
        profile: the arithmetic.
        wide_bits: bits of a wide beat.
        port_bytes: bytes of a port's beat.
        inputs, rows: weights of a weight beat; `rows * inputs` of them fill it.
        tiles: tiles of 8 states by 8 channels that work in parallel.
        lanes: values of a beat of norms and quantizers.
        conv_depth, state_depth: groups of 8 channels' histories, words of state tiles.
        s_depth: wide beats of states on their way from memory, of which a chunk is not to have more.
        norm_width_d, norm_width_i: widest vector of the tables of each norm; halves of it are served, too.
    """

    profile: Mamba2Profile
    wide_bits: int
    port_bytes: int
    inputs: int
    rows: int
    tiles: int
    lanes: int
    d_max: int
    i_max: int
    h_max: int
    n_max: int
    p_max: int
    g_max: int
    conv_depth: int
    state_depth: int
    s_depth: int
    norm_width_d: int
    norm_width_i: int


def build_of(config: Mamba2AccelConfig) -> Build:
    """Return what the arguments of a configuration's starts depend on."""
    limits = ("d_max", "i_max", "h_max", "n_max", "p_max", "g_max", "conv_depth", "state_depth", "s_depth")
    return Build(
        profile=load(config.profile),
        wide_bits=8 * config.wide_bytes,
        port_bytes=config.port_bytes,
        inputs=config.inputs,
        rows=config.rows,
        tiles=config.tiles,
        lanes=config.norm_lanes,
        norm_width_d=config.norm_width,
        norm_width_i=config.i_max,
        **{name: getattr(config, name) for name in limits},
    )


@dataclass(frozen=True)
class Arguments:
    """The registers' values at a start; offsets and sizes in bytes, `bases` of the ports that exist."""

    d_model: int
    heads: int
    headdim: int
    d_state: int
    ngroups: int
    vocab: int
    model_layers: int
    layer_first: int
    layer_count: int
    prompt: int
    generate: int
    raw: bool
    keep: bool
    head: bool
    chunk_heads: int
    mem_first: int
    eps_d: int
    eps_i: int
    tap_point: int
    tap_all: bool
    tap_layer: int
    p_off: int
    w_off: int
    e_off: int
    tok_off: int
    s_off: int
    out_off: int
    tap_off: int
    arena_bytes: int
    s_bytes: int
    bases: tuple[int, ...]

    @property
    def d_inner(self) -> int:
        """Width of a layer's inner path."""
        return self.heads * self.headdim

    @property
    def layer_end(self) -> int:
        """The layer behind the run's last one."""
        return self.layer_first + self.layer_count

    @property
    def offsets(self) -> tuple[int, ...]:
        """Where the regions begin, in the order of the registers."""
        return (self.p_off, self.w_off, self.e_off, self.tok_off, self.s_off, self.out_off, self.tap_off)


def whole(shape: Mamba2Config) -> Arguments:
    """Arguments of all layers of a model: one token read and chosen, states in memory, nothing captured or placed."""
    return Arguments(
        d_model=shape.d_model,
        heads=shape.nheads,
        headdim=shape.headdim,
        d_state=shape.d_state,
        ngroups=shape.ngroups,
        vocab=shape.vocab_size,
        model_layers=shape.n_layer,
        layer_first=0,
        layer_count=shape.n_layer,
        prompt=1,
        generate=1,
        raw=False,
        keep=False,
        head=True,
        chunk_heads=1,
        mem_first=0,
        eps_d=1,
        eps_i=1,
        tap_point=0,
        tap_all=False,
        tap_layer=0,
        p_off=0,
        w_off=0,
        e_off=0,
        tok_off=0,
        s_off=0,
        out_off=0,
        tap_off=0,
        arena_bytes=0,
        s_bytes=0,
        bases=(),
    )


@dataclass(frozen=True)
class Counts:
    """What follows from legal arguments; names are those of the RTL's outputs without their `c_`.

    Wide beats: `w_*`, `p_*`, `row_beats`, `sb`, `qb`, `chunk_beats`. `blk_*`: log2 of a Hadamard block. `halv_*`: how
    often a table norm's width was halved. `words`: words of state tiles of a head.
    """

    d8: int
    i8: int
    dn: int
    in_: int
    gn: int
    kd: int
    ki: int
    hg: int
    p8: int
    n8: int
    bn8: int
    rows_in: int
    head_groups: int
    tiles_in: int
    tiles_out: int
    tiles_head: int
    blk_d: int
    blk_i: int
    halv_d: int
    halv_i: int
    words: int
    chunks: int
    sb: int
    qb: int
    chunk_beats: int
    row_beats: int
    p_in: int
    p_out: int
    p_head: int
    w_in: int
    w_out: int
    w_head: int


def up(value: int, step: int) -> int:
    """Return value / step, rounded up."""
    return -(-value // step)


def argument_error(a: Arguments, build: Build) -> ErrorCode:
    """Return the code of the first broken rule, in the order of the codes; NONE if the start is legal."""
    return next((error for kept, error in _rules(a, build) if not kept), ErrorCode.NONE)


def _rules(a: Arguments, build: Build) -> Iterator[tuple[bool, ErrorCode]]:
    """Yield each rule; one may rely on those before it."""
    yield _d_model_fits(a, build), ErrorCode.BAD_D_MODEL
    yield 1 <= a.heads <= build.h_max, ErrorCode.BAD_HEADS
    yield _headdim_fits(a, build), ErrorCode.BAD_HEADDIM
    yield 1 <= a.d_state <= build.n_max and a.d_state % (GROUP * build.tiles) == 0, ErrorCode.BAD_D_STATE
    yield _ngroups_fit(a, build), ErrorCode.BAD_NGROUPS
    yield GROUP <= a.vocab <= MAX_VOCAB, ErrorCode.BAD_VOCAB
    yield 1 <= a.model_layers <= MAX_LAYERS, ErrorCode.BAD_LAYERS
    yield a.layer_count >= 1 and a.layer_end <= a.model_layers, ErrorCode.BAD_LAYERS
    yield _tokens_fit(a), ErrorCode.BAD_TOKENS
    yield build.profile.norm == "table" or min(a.eps_d, a.eps_i) >= 1, ErrorCode.BAD_EPS
    yield _state_fits(a, build), ErrorCode.BAD_STATE
    aligned = all(at % build.port_bytes == 0 for at in (*a.offsets, *a.bases, a.arena_bytes))
    yield aligned and all(end <= a.arena_bytes for end in _ends(a, build)), ErrorCode.BAD_OFFSET


def _halvings(width: int, widest: int) -> int:
    """Return how often `widest` is halved to give `width`, up to 15 times; -1 if it never is."""
    return next((k for k in range(16) if width << k == widest), -1)


def _norm_fits(width: int, widest: int, build: Build) -> bool:
    return build.profile.norm != "table" or _halvings(width, widest) >= 0


def _blocks_fit(width: int, rotated: bool, build: Build) -> bool:
    """Whether the Hadamard blocks of an input have whole beats, of activations too where a block shares a shift."""
    whole = not rotated or width % build.lanes == 0
    return whole and (build.profile.act_group > 0 or width % build.inputs == 0)


def _d_model_fits(a: Arguments, build: Build) -> bool:
    size = 1 <= a.d_model <= build.d_max and a.d_model % GROUP == 0
    blocks = _blocks_fit(a.d_model, build.profile.hadamard == "both", build)
    return size and blocks and _norm_fits(a.d_model, build.norm_width_d, build)


def _headdim_fits(a: Arguments, build: Build) -> bool:
    size = 1 <= a.headdim <= build.p_max and a.headdim % GROUP == 0 and a.d_inner <= build.i_max
    return size and _blocks_fit(a.d_inner, build.profile.hadamard != "off", build)


def _ngroups_fit(a: Arguments, build: Build) -> bool:
    if not 1 <= a.ngroups <= build.g_max or a.heads % a.ngroups:
        return False
    heads = a.heads // a.ngroups
    width = heads * a.headdim
    whole = a.ngroups == 1 or (heads % GROUP == 0 and width % build.lanes == 0)
    return whole and _norm_fits(width, build.norm_width_i, build)


def _tokens_fit(a: Arguments) -> bool:
    most = 0 if not a.head else 1 if a.raw else MAX_TOKENS
    return 1 <= a.prompt <= MAX_TOKENS and int(a.head) <= a.generate <= most


def _state_fits(a: Arguments, build: Build) -> bool:
    """What shall be on chip fits; the others fit S_BYTES, in whole chunks that the queue holds."""
    if a.chunk_heads not in CHUNKS or a.heads % a.chunk_heads or a.mem_first > a.model_layers:
        return False
    c = counts(a, build)
    if a.mem_first * a.heads * c.words > build.state_depth or a.layer_end * (2 * c.bn8 + c.i8) > build.conv_depth:
        return False
    if a.mem_first == a.model_layers:
        return True
    whole = a.chunk_heads * c.p8 * c.n8 * 64 * build.profile.ssm_bits % build.wide_bits == 0
    return (
        whole
        and c.chunk_beats <= build.s_depth
        and a.model_layers * c.chunks * c.chunk_beats * build.port_bytes <= a.s_bytes
    )


def _ends(a: Arguments, build: Build) -> Iterator[int]:
    """Yield the byte behind each region of a port's arena: port_bytes for each of its wide beats."""
    c = counts(a, build)
    parameters = a.model_layers * (c.p_in + c.p_out) + a.head * c.p_head
    weights = a.model_layers * (c.w_in + c.w_out) + a.head * c.w_head
    rows = (a.prompt if a.raw else a.vocab) * c.row_beats
    tokens = 0 if a.raw else up(TOKEN_BITS * a.prompt, build.wide_bits)
    tap = up(TAP_BITS * tap_beats(a, c), build.wide_bits)
    sizes = (parameters, weights, rows, tokens, 0, a.generate, tap)
    yield from (at + beats * build.port_bytes for at, beats in zip(a.offsets, sizes, strict=True))
    yield a.s_off + a.s_bytes


def tap_beats(a: Arguments, c: Counts) -> int:
    """Return the beats of 8 values that a run copies: of all its layers, or of one that may lie outside of it."""
    layers = a.layer_count if a.tap_all else int(a.layer_first <= a.tap_layer < a.layer_end)
    tokens = a.prompt + max(a.generate - 1, 0)
    beats = (0, c.rows_in + c.d8, c.d8, c.i8)[a.tap_point] * layers * tokens
    return beats + (c.head_groups * a.generate if a.tap_point == 1 and a.tap_all else 0)


def counts(a: Arguments, build: Build) -> Counts:
    """Return the counts that follow from the arguments; for illegal ones they mean nothing, but exist."""
    p = build.profile
    inner, heads = a.d_inner, up(a.heads, GROUP)
    n8, p8 = a.d_state // GROUP, a.headdim // GROUP
    bn8 = a.ngroups * n8
    rows_in = heads + 2 * bn8 + 2 * (inner // GROUP)
    kd, ki = up(a.d_model, build.inputs), up(inner, build.inputs)
    tiles = a.chunk_heads * p8 * n8
    sb, qb = up(32 * tiles, build.wide_bits), tiles * 64 * p.ssm_bits // build.wide_bits
    norm_bits = 16 if p.norm == "table" else 32
    records = (RECORD_BITS * heads, 64 * p.ssm_bits * (2 * bn8 + inner // GROUP))
    p_head = up(norm_bits * a.d_model, build.wide_bits)
    in_out_head = (GROUP * rows_in, kd), (a.d_model, ki), (a.vocab, kd)
    tiles_in, tiles_out, tiles_head = (up(rows, build.rows) for rows, _ in in_out_head)
    w_in, w_out, w_head = (_matrix_beats(rows, kbeats, build) for rows, kbeats in in_out_head)
    group = inner // max(a.ngroups, 1)
    return Counts(
        d8=a.d_model // GROUP,
        i8=inner // GROUP,
        dn=up(a.d_model, build.lanes),
        in_=up(inner, build.lanes),
        gn=up(group, build.lanes),
        kd=kd,
        ki=ki,
        hg=heads,
        p8=p8,
        n8=n8,
        bn8=bn8,
        rows_in=rows_in,
        head_groups=up(a.vocab, GROUP),
        tiles_in=tiles_in,
        tiles_out=tiles_out,
        tiles_head=tiles_head,
        blk_d=_log_block(a.d_model, p),
        blk_i=_log_block(inner, p),
        halv_d=max(_halvings(a.d_model, build.norm_width_d), 0),
        halv_i=max(_halvings(group, build.norm_width_i), 0),
        words=p8 * n8 // build.tiles,
        chunks=a.heads // max(a.chunk_heads, 1),
        sb=sb,
        qb=qb,
        chunk_beats=sb + qb,
        row_beats=up((RAW_BITS if a.raw else EMBEDDING_BITS) * a.d_model, build.wide_bits),
        p_in=p_head + sum(up(bits, build.wide_bits) for bits in records),
        p_out=up(norm_bits * inner, build.wide_bits),
        p_head=p_head,
        w_in=w_in,
        w_out=w_out,
        w_head=w_head,
    )


def _log_block(width: int, p: Mamba2Profile) -> int:
    return p.block(max(width, 1)).bit_length() - 1


def _matrix_beats(rows: int, kbeats: int, build: Build) -> int:
    """Return the wide beats of a matrix: its weight beats, and a beat of scales in front of what that one describes."""
    tiles = up(rows, build.rows)
    if build.profile.weight_scale == "additive_pot":
        return tiles * kbeats + up(tiles * kbeats, build.wide_bits // (8 * build.rows))
    return tiles * kbeats + up(tiles, build.wide_bits // (SCALE_BITS * build.rows))
