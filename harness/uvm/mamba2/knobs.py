# SPDX-License-Identifier: Apache-2.0
"""Knobs that pyvsc draws for each start of `mamba2_accel`; shapes and illegal arguments are those of golden's law."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import vsc

from golden.mamba2.accel.arguments import Arguments, Build
from golden.mamba2.integer.extremes import STYLES as EXTREMES
from golden.spec.gen.mamba2_accel import MAX_LAYERS, MAX_TOKENS, MAX_VOCAB, ErrorCode
from harness.uvm.model_start import Action
from harness.uvm.stalls import StallKind

STYLES = ("synthetic", *EXTREMES)
"""Where parameters come from: an imitated model, or numbers at the ends of what each may be."""
ZOO = "zoo"
"""The style that is not drawn."""
PROMPTS = ("one", "chunk_less_1", "chunk", "chunk_and_1", "two_chunks", "two_chunks_and_1", "three_chunks_and_2")
PLACES = ("chip", "memory", "mixed")
"""Where the layers of a model keep their state."""
KINDS = ("tokens", "raw", "continued")
PARTS = ("whole", "front", "back", "middle")
"""Which layers of a model a run takes: all, or some with others behind, before, or both. Few layers give less."""
VOCABS = (8, 9, 40, 67)
SKEWS = (0, 1, 3, 61)
LAYERS = (1, 2, 3)
GENERATE = (0, 1, 2, 3, 4)
D_MODELS, HEADDIMS, D_STATES = (16, 24, 32, 40, 64, 96, 128), (8, 16, 24, 32, 64), (8, 16, 24, 32, 64)
TILES = 1 << 11
"""Most values of a layer's state of a drawn shape, in tiles of 64: larger ones only cost time."""

Spoiler = Callable[[Arguments, Build], Arguments]


def _far(a: Arguments, build: Build) -> int:
    return a.arena_bytes - a.arena_bytes % build.port_bytes


# Name of each illegal argument -> how to make it. What it is refused with is for golden to say.
ILLEGAL: dict[str, Spoiler] = {
    "no_width": lambda a, b: replace(a, d_model=0),
    "odd_width": lambda a, b: replace(a, d_model=a.d_model + 4),
    "too_wide": lambda a, b: replace(a, d_model=2 * b.d_max),
    "no_heads": lambda a, b: replace(a, heads=0),
    "too_many_heads": lambda a, b: replace(a, heads=b.h_max + 1),
    "no_headdim": lambda a, b: replace(a, headdim=0),
    "odd_headdim": lambda a, b: replace(a, headdim=a.headdim + 1),
    "too_wide_heads": lambda a, b: replace(a, headdim=2 * b.p_max),
    "no_states": lambda a, b: replace(a, d_state=0),
    "odd_states": lambda a, b: replace(a, d_state=a.d_state + 4),
    "too_many_states": lambda a, b: replace(a, d_state=2 * b.n_max),
    "no_groups": lambda a, b: replace(a, ngroups=0),
    "too_many_groups": lambda a, b: replace(a, ngroups=b.g_max + 1),
    "uneven_groups": lambda a, b: replace(a, heads=a.heads // 2 * 2 - 1 or 1, ngroups=2),
    "small_vocab": lambda a, b: replace(a, vocab=7),
    "large_vocab": lambda a, b: replace(a, vocab=MAX_VOCAB + 1),
    "no_model_layers": lambda a, b: replace(a, model_layers=0),
    "many_model_layers": lambda a, b: replace(a, model_layers=MAX_LAYERS + 1),
    "no_layers": lambda a, b: replace(a, layer_count=0),
    "layers_beyond": lambda a, b: replace(a, layer_count=a.model_layers - a.layer_first + 1),
    "layers_wrap": lambda a, b: replace(a, layer_first=(1 << 32) - 1, layer_count=2),
    "no_prompt": lambda a, b: replace(a, prompt=0),
    "long_prompt": lambda a, b: replace(a, prompt=MAX_TOKENS + 1),
    "head_without_tokens": lambda a, b: replace(a, head=True, generate=0),
    "tokens_without_head": lambda a, b: replace(a, head=False, generate=1),
    "many_tokens_of_raw_rows": lambda a, b: replace(a, raw=True, head=True, generate=2),
    "long_generate": lambda a, b: replace(a, raw=False, head=True, generate=MAX_TOKENS + 1),
    "no_eps_d": lambda a, b: replace(a, eps_d=0),
    "no_eps_i": lambda a, b: replace(a, eps_i=0),
    "odd_chunk": lambda a, b: replace(a, chunk_heads=3),
    "no_chunk": lambda a, b: replace(a, chunk_heads=0),
    "memory_beyond": lambda a, b: replace(a, mem_first=a.model_layers + 1),
    "large_chunk": lambda a, b: replace(a, mem_first=0, chunk_heads=8 if a.heads % 8 == 0 else 4, s_bytes=1 << 48),
    "small_state": lambda a, b: replace(a, mem_first=0, s_bytes=b.port_bytes),
    "odd_p_off": lambda a, b: replace(a, p_off=a.p_off + 1),
    "odd_w_off": lambda a, b: replace(a, w_off=a.w_off + b.port_bytes // 2),
    "odd_e_off": lambda a, b: replace(a, e_off=a.e_off + 2),
    "odd_tok_off": lambda a, b: replace(a, tok_off=a.tok_off + 4),
    "odd_s_off": lambda a, b: replace(a, s_off=a.s_off + 8),
    "odd_out_off": lambda a, b: replace(a, out_off=a.out_off + 16),
    "odd_tap_off": lambda a, b: replace(a, tap_off=a.tap_off + 1),
    "odd_base": lambda a, b: replace(a, bases=(*a.bases[:-1], a.bases[-1] + 2)),
    "odd_arena": lambda a, b: replace(a, arena_bytes=a.arena_bytes + 1),
    "small_arena": lambda a, b: replace(a, arena_bytes=b.port_bytes),
    "p_beyond": lambda a, b: replace(a, p_off=_far(a, b)),
    "w_beyond": lambda a, b: replace(a, w_off=_far(a, b) - b.port_bytes),
    "e_beyond": lambda a, b: replace(a, e_off=_far(a, b)),
    "tok_wraps": lambda a, b: replace(a, tok_off=(1 << 64) - b.port_bytes),
    "s_beyond": lambda a, b: replace(a, s_off=_far(a, b), s_bytes=a.s_bytes + b.port_bytes),
    "out_wraps": lambda a, b: replace(a, out_off=(1 << 64) - b.port_bytes),
    "w_wraps": lambda a, b: replace(a, w_off=(1 << 64) - b.port_bytes),
}
ILLEGAL_NAMES = tuple(ILLEGAL)


@dataclass(frozen=True)
class Shape:
    """Dimensions of a model, as the registers have them."""

    d_model: int
    headdim: int
    d_state: int
    ngroups: int

    @property
    def heads(self) -> int:
        """Heads of a layer twice as wide inside as the residual stream."""
        return 2 * self.d_model // self.headdim


@lru_cache
def shapes(build: Build) -> tuple[Shape, ...]:
    """Return the shapes of the grid above that a build takes, by golden's law."""
    from golden.mamba2.accel.arguments import argument_error
    from harness.uvm.mamba2.stimuli import plain

    grid = (Shape(d, p, n, g) for d in D_MODELS for p in HEADDIMS for n in D_STATES for g in (1, 2))
    return tuple(
        shape
        for shape in grid
        if 2 * shape.d_model % shape.headdim == 0
        and 2 * shape.d_model * shape.d_state <= 64 * TILES
        and argument_error(plain(shape), build) is ErrorCode.NONE
    )


@dataclass(frozen=True)
class Knobs:
    """What varies from start to start, by name. `shape`, `region` and `port` are taken modulo what there is."""

    shape: int
    two_groups: bool
    layers: int
    part: str
    vocab: int
    prompt: str
    generate: int
    place: str
    kind: str
    tap: int
    tap_all: bool
    style: str
    stalls: StallKind
    stall_percent: int
    action: Action
    illegal: str
    skew: int
    region: int
    port: int

    def tokens(self, t_cols: int) -> int:
        """Return the length of the prompt."""
        lengths = (1, max(t_cols - 1, 1), t_cols, t_cols + 1, 2 * t_cols, 2 * t_cols + 1, 3 * t_cols + 2)
        return lengths[PROMPTS.index(self.prompt)]


@vsc.randobj
class _Draw:
    """The same as indices into the tuples above, which pyvsc can constrain and weigh."""

    def __init__(self) -> None:
        self.shape = vsc.rand_uint8_t()
        self.two_groups = vsc.rand_uint8_t()
        self.layers = vsc.rand_uint8_t()
        self.part = vsc.rand_uint8_t()
        self.vocab = vsc.rand_uint8_t()
        self.prompt = vsc.rand_uint8_t()
        self.generate = vsc.rand_uint8_t()
        self.place = vsc.rand_uint8_t()
        self.kind = vsc.rand_uint8_t()
        self.tap = vsc.rand_uint8_t()
        self.tap_all = vsc.rand_uint8_t()
        self.style = vsc.rand_uint8_t()
        self.stall_kind = vsc.rand_uint8_t()
        self.stall_percent = vsc.rand_uint8_t()
        self.action = vsc.rand_uint8_t()
        self.illegal = vsc.rand_uint8_t()
        self.skew = vsc.rand_uint8_t()
        self.region = vsc.rand_uint8_t()
        self.port = vsc.rand_uint8_t()

    @vsc.constraint
    def ranges(self) -> None:
        """Keep every index inside its tuple."""
        self.layers < len(LAYERS)  # noqa: B015 - pyvsc records expression statements as constraints
        self.vocab < len(VOCABS)  # noqa: B015 - same
        self.prompt < len(PROMPTS)  # noqa: B015 - same
        self.generate < len(GENERATE)  # noqa: B015 - same
        self.place < len(PLACES)  # noqa: B015 - same
        self.kind < len(KINDS)  # noqa: B015 - same
        self.part < len(PARTS)  # noqa: B015 - same
        self.tap < 4  # noqa: B015 - same
        self.tap_all < 3  # noqa: B015 - same
        self.two_groups < 5  # noqa: B015 - same
        self.style < len(STYLES)  # noqa: B015 - same
        self.stall_kind < len(StallKind)  # noqa: B015 - same
        self.stall_percent.inside(vsc.rangelist((5, 80)))
        self.action < len(Action)  # noqa: B015 - same
        self.illegal < len(ILLEGAL_NAMES)  # noqa: B015 - same
        self.skew < len(SKEWS)  # noqa: B015 - same

    @vsc.constraint
    def weights(self) -> None:
        """Plain starts most often; every special one often enough."""
        vsc.dist(self.action, [vsc.weight(0, 8), *(vsc.weight(i, 1) for i in range(1, len(Action)))])
        vsc.dist(self.style, [vsc.weight(0, 5), vsc.weight(1, 3), *(vsc.weight(i, 1) for i in range(2, len(STYLES)))])
        vsc.dist(self.kind, [vsc.weight(0, 4), vsc.weight(1, 1), vsc.weight(2, 2)])
        vsc.dist(self.part, [vsc.weight(0, 3), *(vsc.weight(i, 1) for i in range(1, len(PARTS)))])
        vsc.dist(self.layers, [vsc.weight(0, 4), vsc.weight(1, 3), vsc.weight(2, 1)])


def draw(seed: int) -> Iterator[Knobs]:
    """Yield knobs for ever; the same seed gives the same ones."""
    source = _Draw()
    source.set_randstate(vsc.RandState.mkFromSeed(seed))
    while True:
        source.randomize()
        yield Knobs(
            shape=int(source.shape),
            two_groups=int(source.two_groups) == 0,
            layers=LAYERS[int(source.layers)],
            part=PARTS[int(source.part)],
            vocab=VOCABS[int(source.vocab)],
            prompt=PROMPTS[int(source.prompt)],
            generate=GENERATE[int(source.generate)],
            place=PLACES[int(source.place)],
            kind=KINDS[int(source.kind)],
            tap=int(source.tap),
            tap_all=int(source.tap_all) > 0,
            style=STYLES[int(source.style)],
            stalls=StallKind(int(source.stall_kind)),
            stall_percent=int(source.stall_percent),
            action=Action(int(source.action)),
            illegal=ILLEGAL_NAMES[int(source.illegal)],
            skew=SKEWS[int(source.skew)],
            region=int(source.region),
            port=int(source.port),
        )
