# SPDX-License-Identifier: Apache-2.0
"""Knobs that pyvsc draws for each start of `ternary_accel`; shapes and illegal arguments are those of golden's law."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from golden.spec.gen.ternary_accel import MAX_LAYERS, MAX_ROOM, MAX_TOKENS, MAX_VOCAB, ErrorCode
from golden.ternary.accel.arguments import HEAD_WIDTHS, Arguments, Build, argument_error, whole
from golden.ternary.config import BitNetConfig
from golden.ternary.integer.extremes import STYLES as EXTREMES
from harness.uvm import draws
from harness.uvm.draws import Weights, knob
from harness.uvm.job import Bias
from harness.uvm.model_knobs import GENERATE, LAYERS, PROMPTS, SKEWS, far, prompt_tokens
from harness.uvm.model_start import Action
from harness.uvm.stalls import StallKind

STYLES = ("synthetic", *EXTREMES)
"""Where parameters come from: an imitated model, or numbers at the ends of what each may be."""
LENGTHS = (
    *("none", "one", "tile", "tile_and_1", "block_less_2", "block_less_1", "block", "block_and_1"),
    "two_blocks_and_3",
)
"""Cached positions around tiles of keys and blocks of exponents; the longest one only of a prefix."""
OWNS = LENGTHS[:-1]
LONGEST = "longest"
"""The longest prefix that the build takes in front of a run; not drawn."""
CACHED = ("read", "near", "far")
"""Where cached numbers come from: golden has read a text; drawn, with exponents near each other, or of all sizes."""
HEADS = ("tied", "own", "ternary")
"""Whether the embedding is the head."""
BAD = ("token", "weight")
"""What does not exist in a start with bad data."""
SHARES = (1, 2, 3, 4)
"""Heads of queries for a head of keys."""
BATCHES = (1, 2, 3, 4)
VOCABS = (8, 9, 15, 16, 17, 40, 67)
SLACKS = (0, 1, 30)
"""Positions of room that nobody uses."""
HEAD_COUNTS = (1, 2, 3, 4, 6, 8)
FEEDS = (8, 16, 48, 104, 112, 240)
TRITS = 200_000
"""Most weights of a layer of a drawn shape: larger ones only cost time."""
POSITIONS = 1024
"""Of a drawn model."""

Spoiler = Callable[[Arguments, Build], Arguments]


def _wrap(a: Arguments, build: Build) -> int:
    return (1 << 64) - build.port_bytes


def _longest(a: Arguments, build: Build) -> int:
    """The longest prefix that leaves room for the rest of a context; two groups of rows have too many scores there."""
    return build.positions_max - (a.context - a.prefix)


# Name of each illegal argument -> how to make it. What it is refused with is for golden to say.
ILLEGAL: dict[str, Spoiler] = {
    "no_width": lambda a, b: replace(a, d_model=0),
    "odd_width": lambda a, b: replace(a, d_model=a.d_model + 16),
    "too_wide": lambda a, b: replace(a, d_model=b.d_max + 32),
    "no_heads": lambda a, b: replace(a, heads=0),
    "too_many_heads": lambda a, b: replace(a, heads=b.h_max + 1),
    "many_heads": lambda a, b: replace(a, heads=(1 << 32) - 1),
    "odd_headdim": lambda a, b: replace(a, d_model=32, heads=2),
    "too_wide_heads": lambda a, b: replace(a, d_model=b.p_max + 32, heads=1),
    "no_kv_heads": lambda a, b: replace(a, kv_heads=0),
    "too_many_kv_heads": lambda a, b: replace(a, kv_heads=b.j_max + 1),
    "uneven_kv_heads": lambda a, b: replace(a, d_model=96, heads=3, kv_heads=2),
    "more_kv_heads": lambda a, b: replace(a, kv_heads=2 * a.heads),
    "too_shared": lambda a, b: replace(a, d_model=32 * (b.share_max + 1), heads=b.share_max + 1, kv_heads=1),
    "no_feed": lambda a, b: replace(a, feed=0),
    "odd_feed": lambda a, b: replace(a, feed=a.feed + b.lanes // 2),
    "too_wide_feed": lambda a, b: replace(a, feed=b.f_max + b.lanes),
    "no_texts": lambda a, b: replace(a, batch=0),
    "many_texts": lambda a, b: replace(a, batch=5, prompt=5),
    "small_vocab": lambda a, b: replace(a, vocab=7),
    "large_vocab": lambda a, b: replace(a, vocab=MAX_VOCAB + 1),
    "no_layers": lambda a, b: replace(a, model_layers=0),
    "many_layers": lambda a, b: replace(a, model_layers=MAX_LAYERS + 1),
    "no_prompt": lambda a, b: replace(a, prompt=0),
    "long_prompt": lambda a, b: replace(a, prompt=MAX_TOKENS + 1),
    "prompt_of_texts": lambda a, b: replace(a, batch=2, prompt=3),
    "head_without_tokens": lambda a, b: replace(a, head=True, generate=0),
    "tokens_without_head": lambda a, b: replace(a, head=False, generate=1),
    "long_generate": lambda a, b: replace(a, head=True, generate=MAX_TOKENS + 1),
    "no_eps": lambda a, b: replace(a, eps=0),
    "low_feed_eps": lambda a, b: replace(a, feed_eps=(1 << 15) - 1),
    "large_feed_eps": lambda a, b: replace(a, feed_eps=1 << 15 | 81 << 16),
    "low_head_scale": lambda a, b: replace(a, head_scale=1),
    "small_head_scale": lambda a, b: replace(a, head_scale=1 << 15 | (1024 - 81) << 16),
    "large_prefix_room": lambda a, b: replace(a, prefix_room=MAX_ROOM + 1),
    "large_own_room": lambda a, b: replace(a, own_room=MAX_ROOM + 1),
    "prefix_beyond": lambda a, b: replace(a, prefix=a.prefix_room + 1),
    "own_beyond": lambda a, b: replace(a, own=(*a.own[: a.batch - 1], a.own_room - a.added + 1, *a.own[a.batch :])),
    "own_wraps": lambda a, b: replace(a, own=((1 << 32) - 1, *a.own[1:])),
    "prefix_wraps": lambda a, b: replace(a, prefix=(1 << 32) - 1, prefix_room=(1 << 32) - 1),
    "long_context": lambda a, b: replace(a, prefix=b.positions_max, prefix_room=b.positions_max),
    "many_scores": lambda a, b: replace(a, prefix=_longest(a, b), prefix_room=_longest(a, b)),
    "odd_w_off": lambda a, b: replace(a, w_off=a.w_off + b.port_bytes // 2),
    "odd_e_off": lambda a, b: replace(a, e_off=a.e_off + 2),
    "odd_h_off": lambda a, b: replace(a, h_off=a.h_off + 1),
    "odd_a_off": lambda a, b: replace(a, a_off=a.a_off + 4),
    "odd_k_off": lambda a, b: replace(a, k_off=a.k_off + 8),
    "odd_tok_off": lambda a, b: replace(a, tok_off=a.tok_off + 4),
    "odd_out_off": lambda a, b: replace(a, out_off=a.out_off + 16),
    "odd_tap_off": lambda a, b: replace(a, tap_off=a.tap_off + 1),
    "odd_base": lambda a, b: replace(a, bases=(*a.bases[:-1], a.bases[-1] + 2)),
    "odd_arena": lambda a, b: replace(a, arena_bytes=a.arena_bytes + 1),
    "small_arena": lambda a, b: replace(a, arena_bytes=b.port_bytes),
    "w_beyond": lambda a, b: replace(a, w_off=far(a, b) - b.port_bytes),
    "e_beyond": lambda a, b: replace(a, e_off=far(a, b)),
    "a_beyond": lambda a, b: replace(a, a_off=far(a, b)),
    "k_beyond": lambda a, b: replace(a, k_off=far(a, b)),
    "w_wraps": lambda a, b: replace(a, w_off=_wrap(a, b)),
    "k_wraps": lambda a, b: replace(a, k_off=_wrap(a, b)),
    "tok_wraps": lambda a, b: replace(a, tok_off=_wrap(a, b)),
}
ILLEGAL_NAMES = tuple(ILLEGAL)


@dataclass(frozen=True)
class Shape:
    """Dimensions of a layer."""

    heads: int
    width: int
    share: int
    feed: int

    def config(self, layers: int, vocab: int, activation: str, tied: bool) -> BitNetConfig:
        """A model of the shape."""
        heads, kv = self.heads, self.heads // self.share
        sizes = (vocab, heads * self.width, self.feed, layers, heads, kv)
        return BitNetConfig(*sizes, 1e4, POSITIONS, hidden_act=activation, tie_word_embeddings=tied)

    @property
    def trits(self) -> int:
        """Weights of a layer."""
        d = self.heads * self.width
        return d * (2 * d + 2 * d // self.share + 3 * self.feed)


@lru_cache
def shapes(build: Build, share: int) -> tuple[Shape, ...]:
    """Return the shapes of the grid above that a build takes, by golden's law, the least first."""
    grid = (Shape(h, p, share, f) for h in HEAD_COUNTS for p in HEAD_WIDTHS for f in FEEDS if h % share == 0)
    return tuple(sorted((each for each in grid if each.trits <= TRITS and _legal(each, build)), key=lambda x: x.trits))


def _legal(shape: Shape, build: Build) -> bool:
    a = whole(shape.config(1, 8, "relu2", True))
    return argument_error(replace(a, arena_bytes=1 << 40, bases=(0,)), build) is ErrorCode.NONE


@dataclass(frozen=True)
class Knobs:
    """What varies from start to start, by name. `shape`, `region` and `port` are taken modulo what there is."""

    shape: int = knob()
    share: int = knob(SHARES)
    layers: int = knob(LAYERS)
    vocab: int = knob(VOCABS)
    head: str = knob(HEADS)
    batch: int = knob(BATCHES)
    prefix: str = knob(LENGTHS, directed=(LONGEST,))
    own: tuple[str, ...] = knob(OWNS, count=4)
    slack: int = knob(SLACKS)
    cached: str = knob(CACHED)
    prompt: str = knob(PROMPTS)
    generate: int = knob(GENERATE)
    tap: int = knob(range(4))
    tap_all: bool = knob((False, True, True))
    style: str = knob(STYLES)
    stalls: StallKind = knob(tuple(StallKind))
    stall_percent: int = knob(span=(5, 80))
    action: Action = knob(tuple(Action))
    illegal: str = knob(ILLEGAL_NAMES)
    bad: str = knob(BAD)
    skew: int = knob(SKEWS)
    region: int = knob()
    port: int = knob()

    def tokens(self, t_cols: int) -> int:
        """Return the length of the prompt: of several texts a token of each."""
        return prompt_tokens(self.prompt, t_cols) if self.batch == 1 else self.batch

    def positions(self, wide_bytes: int) -> tuple[int, tuple[int, ...]]:
        """Return the cached positions of the prefix, 0 for the longest, and of each text, by what a beat holds."""
        places = lengths(wide_bytes) | {LONGEST: 0}
        return places[self.prefix], tuple(places[own] for own in self.own[: self.batch])


def lengths(wide_bytes: int) -> dict[str, int]:
    """Return the positions of each of `LENGTHS`, by what a beat holds."""
    tile, block = wide_bytes // 32, wide_bytes // 2
    counts = (0, 1, tile, tile + 1, block - 2, block - 1, block, block + 1, 2 * block + 3)
    return dict(zip(LENGTHS, counts, strict=True))


WEIGHTS: Weights = {"action": (8,), "style": (5, 3), "batch": (3,), "layers": (4, 3, 1)}
"""Plain starts most often; every special one often enough."""


def draw(seed: int, bias: Bias | None = None) -> Iterator[Knobs]:
    """Yield knobs for ever; the same seed and bias give the same ones."""
    return draws.draw(Knobs, WEIGHTS, seed, bias)
