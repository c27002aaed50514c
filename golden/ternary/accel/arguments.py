# SPDX-License-Identifier: Apache-2.0
"""Which arguments `ternary_accel` refuses, with which error code, and the counts it derives: the law of
`tern_accel_args`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from golden.spec import TernAccelConfig
from golden.spec.gen.ternary_accel import (
    MAX_BATCH,
    MAX_EXPONENT,
    MAX_LAYERS,
    MAX_ROOM,
    MAX_TOKENS,
    MAX_VOCAB,
    ErrorCode,
)
from golden.ternary.config import BitNetConfig

GROUP = 8
"""Rows of a linear layer whose results travel together; also the bytes of a row in a weight beat."""
INPUTS = 40
"""Inputs of a row in a weight beat."""
SLICE = 32
"""Dimensions of a head, or inputs of the LM head, in a tile."""
HEAD_WIDTHS = (32, 64, 96, 128)
"""Dimensions of a head."""
NORM_BITS, SCALE_BITS, TOKEN_BITS = 16, 32, 32
ANGLE_BITS = 16
"""Of a cosine or a sine; a position has one of each for a pair of dimensions."""
MARK_BITS = 16
"""Exponents of a position of the cache, of its key and its value."""
TAP_BITS = 256
"""Of 8 copied values."""
MANTISSA = 16
"""Bits of a scale's mantissa, its leading one included; 10 bits of exponent stand above it."""


@dataclass(frozen=True)
class Build:
    """What a build of the accelerator fixes; `*_max` and depths are what its memories hold.

    Attributes:
        wide_bits: bits of a wide beat.
        port_bytes: bytes of a port's beat.
        lanes: values of a beat of norms and quantizers.
        t_cols: token columns.
        batch: texts that are decoded together.
        q_par: rows that attention works on in parallel.
        positions_max: positions of a context.
        score_depth: groups of a position tile's scores that two heads may have.
    """

    wide_bits: int
    port_bytes: int
    lanes: int
    t_cols: int
    batch: int
    q_par: int
    d_max: int
    f_max: int
    h_max: int
    j_max: int
    share_max: int
    p_max: int
    positions_max: int
    score_depth: int


def build_of(config: TernAccelConfig) -> Build:
    """Return what the arguments of a configuration's starts depend on."""
    limits = ("d_max", "f_max", "h_max", "j_max", "share_max", "p_max", "positions_max", "score_depth")
    return Build(
        wide_bits=8 * config.wide_bytes,
        port_bytes=config.port_bytes,
        lanes=config.norm_lanes,
        t_cols=config.t_cols,
        batch=config.batch,
        q_par=config.q_par,
        **{name: getattr(config, name) for name in limits},
    )


@dataclass(frozen=True)
class Arguments:
    """The registers' values at a start; offsets and sizes in bytes, `bases` of the ports that exist.

    `own` are positions of MAX_BATCH texts; `feed_eps` and `head_scale` scales {e, m} of 26 bits.
    """

    d_model: int
    heads: int
    kv_heads: int
    feed: int
    batch: int
    vocab: int
    model_layers: int
    prefix: int
    prefix_room: int
    own_room: int
    own: tuple[int, ...]
    prompt: int
    generate: int
    head: bool
    ternary_head: bool
    residual_frac: int
    logit_frac: int
    eps: int
    feed_eps: int
    head_scale: int
    tap_point: int
    tap_all: bool
    tap_layer: int
    w_off: int
    e_off: int
    h_off: int
    a_off: int
    k_off: int
    tok_off: int
    out_off: int
    tap_off: int
    arena_bytes: int
    bases: tuple[int, ...]

    @property
    def offsets(self) -> tuple[int, ...]:
        """Where the regions begin: weights, embedding, head, angles, cache, tokens, records, copies."""
        return (
            self.w_off,
            self.e_off,
            self.h_off,
            self.a_off,
            self.k_off,
            self.tok_off,
            self.out_off,
            self.tap_off,
        )

    @property
    def texts(self) -> tuple[int, ...]:
        """Own positions of the texts of the run."""
        return self.own[: self.batch]

    @property
    def read(self) -> int:
        """Positions that the prompt adds to a text."""
        return self.prompt if self.batch == 1 else 1

    @property
    def added(self) -> int:
        """Positions that the run adds to each text; the last chosen token is not read."""
        return self.read + max(self.generate - 1, 0)

    @property
    def context(self) -> int:
        """Positions of the longest text at the end."""
        return self.prefix + max(self.texts, default=0) + self.added


def whole(shape: BitNetConfig) -> Arguments:
    """Arguments of a model: one text without a cache, one token read and chosen, nothing captured or placed."""
    return Arguments(
        d_model=shape.hidden_size,
        heads=shape.num_attention_heads,
        kv_heads=shape.num_key_value_heads,
        feed=shape.intermediate_size,
        batch=1,
        vocab=shape.vocab_size,
        model_layers=shape.num_hidden_layers,
        prefix=0,
        prefix_room=0,
        own_room=1,
        own=(0,) * MAX_BATCH,
        prompt=1,
        generate=1,
        head=True,
        ternary_head=False,
        residual_frac=0,
        logit_frac=0,
        eps=1,
        feed_eps=0,
        head_scale=0,
        tap_point=0,
        tap_all=False,
        tap_layer=0,
        w_off=0,
        e_off=0,
        h_off=0,
        a_off=0,
        k_off=0,
        tok_off=0,
        out_off=0,
        tap_off=0,
        arena_bytes=0,
        bases=(),
    )


@dataclass(frozen=True)
class Counts:
    """What follows from legal arguments; names are those of the RTL's outputs without their `c_`.

    Groups of 8: `d8`, `f8`, of a head `p8`, rows of q, k and v `qkv8`, of gate and up `gu8`, `head_groups`. Beats of a
    vector: `dn`, `fn` of norms, `kd`, `kf` of linear layers. Of a matrix: groups in the last tile of rows
    less 1 `last_*`. Wide beats: `norm_*` of a norm's weights, `qkv`, `o`, `gu`, `down` of a matrix, `head_beats` of the
    head, `angle_beats` of a position; of the cache of the prefix (0) and of a text (1) `keys*` of a
    head, `head*`, `layer*`, `part*` of all layers. `last` is the last layer of the run, `share` the heads of queries
    for a head of keys, `slices` and `pairs` P / 32 and P / 16, `row_tiles` and `d_slices` D / 32.
    """

    d8: int
    f8: int
    p8: int
    qkv8: int
    gu8: int
    head_groups: int
    dn: int
    fn: int
    kd: int
    kf: int
    last_qkv: int
    last_o: int
    last_gu: int
    last_down: int
    norm_d: int
    norm_f: int
    qkv: int
    o: int
    gu: int
    down: int
    head_beats: int
    last: int
    row_tiles: int
    d_slices: int
    angle_beats: int
    slices: int
    pairs: int
    share: int
    keys0: int
    keys1: int
    head0: int
    head1: int
    layer0: int
    layer1: int
    part0: int
    part1: int


def up(value: int, step: int) -> int:
    """Return value / step, rounded up."""
    return -(-value // step)


def argument_error(a: Arguments, build: Build) -> ErrorCode:
    """Return the code of the first broken rule, in the order of the codes; NONE if the start is legal."""
    return next((error for kept, error in _rules(a, build) if not kept), ErrorCode.NONE)


def _rules(a: Arguments, build: Build) -> Iterator[tuple[bool, ErrorCode]]:
    """Yield each rule; one may rely on those before it."""
    yield 1 <= a.d_model <= build.d_max and a.d_model % SLICE == 0, ErrorCode.BAD_D_MODEL
    yield 1 <= a.heads <= build.h_max, ErrorCode.BAD_HEADS
    yield a.d_model in [a.heads * width for width in HEAD_WIDTHS if width <= build.p_max], ErrorCode.BAD_HEADS
    yield 1 <= a.kv_heads <= build.j_max and a.heads % a.kv_heads == 0, ErrorCode.BAD_KV_HEADS
    yield a.heads <= a.kv_heads * build.share_max, ErrorCode.BAD_KV_HEADS
    yield 1 <= a.feed <= build.f_max and a.feed % build.lanes == 0, ErrorCode.BAD_FEED
    yield 1 <= a.batch <= build.batch, ErrorCode.BAD_BATCH
    yield GROUP <= a.vocab <= MAX_VOCAB, ErrorCode.BAD_VOCAB
    yield 1 <= a.model_layers <= MAX_LAYERS, ErrorCode.BAD_LAYERS
    yield _tokens_fit(a), ErrorCode.BAD_TOKENS
    yield a.eps >= 1 and _is_scale(a.feed_eps) and _is_scale(a.head_scale), ErrorCode.BAD_EPS
    yield _cache_fits(a, build), ErrorCode.BAD_CACHE
    aligned = all(at % build.port_bytes == 0 for at in (*a.offsets, *a.bases, a.arena_bytes))
    yield aligned and all(end <= a.arena_bytes for end in _ends(a, build)), ErrorCode.BAD_OFFSET


def _tokens_fit(a: Arguments) -> bool:
    read = 1 <= a.prompt <= MAX_TOKENS if a.batch == 1 else a.prompt == a.batch
    return read and int(a.head) <= a.generate <= (MAX_TOKENS if a.head else 0)


def _is_scale(word: int) -> bool:
    m, e = word & (1 << MANTISSA) - 1, word >> MANTISSA
    e -= (e >> 9) << 10  # 10 bits, signed
    return (m == 0 or m >> MANTISSA - 1 == 1) and -MAX_EXPONENT <= e <= MAX_EXPONENT


def _cache_fits(a: Arguments, build: Build) -> bool:
    """Every text ends within its room, and two heads' scores of the longest contexts wait on chip."""
    if max(a.prefix_room, a.own_room) > MAX_ROOM or a.prefix > a.prefix_room:
        return False
    if any(own + a.added > a.own_room for own in a.texts) or a.context > build.positions_max:
        return False
    return all(2 * tiles * groups <= build.score_depth for tiles, groups in _passes(a, build))


def _passes(a: Arguments, build: Build) -> Iterator[tuple[int, int]]:
    """Yield position tiles and row groups of a head, of the prompt's last chunk and of the last token, at most."""
    pos, share = build.wide_bits // (8 * SLICE), a.heads // a.kv_heads
    for tokens, added in ((min(a.prompt, build.t_cols), a.read), (a.batch, a.added)):
        parts = up(a.prefix, pos) + sum(up(own + added, pos) for own in a.texts)
        yield parts + up(a.batch, pos), up(tokens * share, build.q_par)


def _ends(a: Arguments, build: Build) -> Iterator[int]:
    """Yield the byte behind each region of a port's arena: port_bytes for each of its wide beats."""
    sizes = region_beats(a, build)
    yield from (at + beats * build.port_bytes for at, beats in zip(a.offsets, sizes, strict=True))


def region_beats(a: Arguments, build: Build) -> tuple[int, ...]:
    """Return the wide beats of each region that a run uses, in the order of `Arguments.offsets`."""
    c = counts(a, build)
    layer = 1 + 3 * c.norm_d + c.norm_f + c.qkv + c.o + c.gu + c.down
    return (
        a.model_layers * layer + c.norm_d,
        _head_beats(replace(a, ternary_head=False), build),
        a.head * c.head_beats,
        a.context * c.angle_beats,
        c.part0 + a.batch * c.part1,
        up(TOKEN_BITS * a.prompt, build.wide_bits),
        a.batch * a.generate,
        up(TAP_BITS * tap_beats(a, c), build.wide_bits),
    )


def tap_beats(a: Arguments, c: Counts) -> int:
    """Return the beats of 8 values that a run copies: of all its layers, or of one that may lie outside of it."""
    attention, mlp = ((0, 0), (c.qkv8 + c.d8, c.gu8 + c.d8), (c.d8, c.d8), (c.d8, c.f8))[a.tap_point]
    tokens = a.prompt + a.batch * max(a.generate - 1, 0)
    if a.tap_all:
        logits = c.head_groups * a.batch * a.generate if a.tap_point == 1 else 0
        return a.model_layers * (attention + mlp) * tokens + logits
    inside = a.tap_layer <= c.last
    return inside * (mlp if a.tap_layer % 2 else attention) * tokens


def _head_beats(a: Arguments, build: Build) -> int:
    """Return the beats of the head: scales, and tiles of int8 rows, as those of the embedding, or of trits."""
    rows, inputs = (
        (build.wide_bits // (8 * GROUP), INPUTS) if a.ternary_head else (build.wide_bits // (8 * SLICE), SLICE)
    )
    return up(SCALE_BITS * a.vocab, build.wide_bits) + up(a.vocab, rows) * up(a.d_model, inputs)


def counts(a: Arguments, build: Build) -> Counts:
    """Return the counts that follow from the arguments; for illegal ones they mean nothing, but exist."""
    width = a.d_model // max(a.heads, 1)  # P
    slices = up(width, SLICE)
    kd, kf = up(a.d_model, INPUTS), up(a.feed, INPUTS)
    rows = (a.d_model + 2 * a.kv_heads * width, a.d_model, 2 * a.feed, a.d_model)
    outs, pos = build.wide_bits // (8 * GROUP), build.wide_bits // (8 * SLICE)
    tiles = [up(each, outs) for each in rows]
    last = [(up(each, GROUP) - 1) % (outs // GROUP) for each in rows]
    rooms = [up(room, pos) * slices for room in (a.prefix_room, a.own_room)]
    keys = [
        tile + up(MARK_BITS * room, build.wide_bits)
        for tile, room in zip(rooms, (a.prefix_room, a.own_room), strict=True)
    ]
    head = [key + tile for key, tile in zip(keys, rooms, strict=True)]
    layer = [a.kv_heads * each for each in head]
    return Counts(
        d8=a.d_model // GROUP,
        f8=a.feed // GROUP,
        p8=width // GROUP,
        qkv8=rows[0] // GROUP,
        gu8=rows[2] // GROUP,
        head_groups=up(a.vocab, GROUP),
        dn=up(a.d_model, build.lanes),
        fn=up(a.feed, build.lanes),
        kd=kd,
        kf=kf,
        last_qkv=last[0],
        last_o=last[1],
        last_gu=last[2],
        last_down=last[3],
        norm_d=up(NORM_BITS * a.d_model, build.wide_bits),
        norm_f=up(NORM_BITS * a.feed, build.wide_bits),
        qkv=tiles[0] * kd,
        o=tiles[1] * kd,
        gu=tiles[2] * kd,
        down=tiles[3] * kf,
        head_beats=_head_beats(a, build),
        last=2 * a.model_layers - 1,
        row_tiles=a.d_model // SLICE,
        d_slices=a.d_model // SLICE,
        angle_beats=up(ANGLE_BITS * width, build.wide_bits),
        slices=slices,
        pairs=width // 16,
        share=a.heads // max(a.kv_heads, 1),
        keys0=keys[0],
        keys1=keys[1],
        head0=head[0],
        head1=head[1],
        layer0=layer[0],
        layer1=layer[1],
        part0=a.model_layers * layer[0],
        part1=a.model_layers * layer[1],
    )
