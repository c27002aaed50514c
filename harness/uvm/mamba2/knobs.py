# SPDX-License-Identifier: Apache-2.0
"""Knobs that pyvsc draws for each start of `mamba2_accel`; shapes and illegal arguments are those of golden's law."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from golden.mamba2.accel.arguments import Arguments, Build
from golden.mamba2.integer.extremes import STYLES as EXTREMES
from golden.spec.gen.mamba2_accel import MAX_LAYERS, MAX_TOKENS, MAX_VOCAB, ErrorCode
from harness.uvm import draws
from harness.uvm.draws import Weights, knob
from harness.uvm.job import Bias
from harness.uvm.model_knobs import GENERATE, LAYERS, PROMPTS, SKEWS, far, prompt_tokens
from harness.uvm.model_start import Action
from harness.uvm.stalls import StallKind

STYLES = ("synthetic", *EXTREMES)
"""Where parameters come from: an imitated model, or numbers at the ends of what each may be."""
PLACES = ("chip", "memory", "mixed")
"""Where the layers of a model keep their state."""
KINDS = ("tokens", "raw", "continued")
PARTS = ("whole", "front", "back", "middle")
"""Which layers of a model a run takes: all, or some with others behind, before, or both. Few layers give less."""
VOCABS = (8, 9, 40, 67)
D_MODELS, HEADDIMS, D_STATES = (16, 24, 32, 40, 64, 96, 128), (8, 16, 24, 32, 64), (8, 16, 24, 32, 64)
TILES = 1 << 11
"""Most values of a layer's state of a drawn shape, in tiles of 64: larger ones only cost time."""

Spoiler = Callable[[Arguments, Build], Arguments]


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
    "p_beyond": lambda a, b: replace(a, p_off=far(a, b)),
    "w_beyond": lambda a, b: replace(a, w_off=far(a, b) - b.port_bytes),
    "e_beyond": lambda a, b: replace(a, e_off=far(a, b)),
    "tok_wraps": lambda a, b: replace(a, tok_off=(1 << 64) - b.port_bytes),
    "s_beyond": lambda a, b: replace(a, s_off=far(a, b), s_bytes=a.s_bytes + b.port_bytes),
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

    shape: int = knob()
    layers: int = knob(LAYERS)
    vocab: int = knob(VOCABS)
    prompt: str = knob(PROMPTS)
    generate: int = knob(GENERATE)
    place: str = knob(PLACES)
    kind: str = knob(KINDS)
    part: str = knob(PARTS)
    tap: int = knob(range(4))
    tap_all: bool = knob((False, True, True))
    two_groups: bool = knob((True, *(False,) * 4))
    style: str = knob(STYLES)
    stalls: StallKind = knob(tuple(StallKind))
    stall_percent: int = knob(span=(5, 80))
    action: Action = knob(tuple(Action))
    illegal: str = knob(ILLEGAL_NAMES)
    skew: int = knob(SKEWS)
    region: int = knob()
    port: int = knob()

    def tokens(self, t_cols: int) -> int:
        """Return the length of the prompt."""
        return prompt_tokens(self.prompt, t_cols)


WEIGHTS: Weights = {"action": (8,), "style": (5, 3), "kind": (4, 1, 2), "part": (3,), "layers": (4, 3, 1)}
"""Plain starts most often; every special one often enough."""


def draw(seed: int, bias: Bias | None = None) -> Iterator[Knobs]:
    """Yield knobs for ever; the same seed and bias give the same ones."""
    return draws.draw(Knobs, WEIGHTS, seed, bias)
