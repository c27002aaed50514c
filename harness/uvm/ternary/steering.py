# SPDX-License-Identifier: Apache-2.0
"""Which knobs lead to which bin of `coverage.TernaryCoverage`: the starts of `ternary_accel`."""

from collections.abc import Callable
from dataclasses import replace

from golden.spec import TernAccelConfig
from golden.spec.gen.ternary_accel import ErrorCode
from golden.ternary.accel.arguments import Build, argument_error, build_of, whole
from golden.ternary.accel.reads import Region
from golden.ternary.integer.extremes import STYLES as EXTREME_STYLES
from harness.uvm.model_knobs import PROMPTS, prompt_tokens
from harness.uvm.model_start import WHOLE, Action
from harness.uvm.model_steering import CROSSES, listed, seen, status, texts
from harness.uvm.steer import Point, Setting, Steering, by, needs
from harness.uvm.ternary.coverage import EXTREMES, FAULTS, POSITIONS, position, vocab_class
from harness.uvm.ternary.knobs import (
    BATCHES,
    CACHED,
    HEADS,
    ILLEGAL,
    LENGTHS,
    LONGEST,
    OWNS,
    SHARES,
    STYLES,
    VOCABS,
    WEIGHTS,
    Knobs,
    Shape,
    lengths,
    shapes,
)

KNOBS, DEFAULT = Knobs, WEIGHTS
FRUGAL = {
    "layers": (8, 2, 1),
    "vocab": (4, 1, 1, 1, 1, 1, 1),
    "prompt": (4, 2, 2, 2, 1, 1, 1),
    "generate": (2, 4, 1, 1, 1),
    "prefix": (4, 4, 2),
}
"""What a start is like where no empty bin asks for more: longer ones only cost time."""
LEAST = 6
"""Shapes that led starts take where nothing else is asked for: the first ones are the least."""
MODEST = needs(shape=tuple(range(LEAST)))
READS = ("tok", *Region)
"""Regions by the number that the knob has for a start that reads all of them."""
WRITES = ("out_write", "k_write", "tap_write")
EVERYWHERE = {
    "layers": 1,
    "batch": 1,
    "prefix": "one",
    "own_0": "tile",
    "head": "own",
    "prompt": "one",
    "generate": 1,
    "tap": 1,
    "tap_all": True,
}
"""A start that reads and writes all regions."""
MANY = "many_scores"
"""The argument that is only illegal where rows of a chunk are many."""
VOCAB_CLASSES, GROWS = ("whole_beat", "one_more", "one_less", "inside"), ("in_a_tile", "in_a_block", "into_a_block")
ROWS = ("part", "group", "groups_and_part", "groups")


def steering(cfg: TernAccelConfig) -> Steering:
    """Return what leads to the bins of a configuration."""
    points = {
        **_shape_points(build_of(cfg)),
        **texts(cfg.t_cols, STYLES, "vector"),
        **_cache_points(cfg),
        "rows": {name: _rows(index, cfg) for index, name in enumerate(ROWS)},
        "head": by("head", HEADS, action=WHOLE),
        **status(
            cfg.ports,
            ErrorCode,
            refusals(build_of(cfg)),
            {"BAD_TOKEN": needs(bad="token"), "BAD_WEIGHT": needs(bad="weight")},
            _faults(),
        ),
        **seen(EXTREMES, _extremes()),
    }
    rows = needs(batch=1, prompt="chunk", share=SHARES[-1])
    points["illegal"] = {**points["illegal"], MANY: {**(points["illegal"][MANY] or {}), **rows}}
    for alone in ("prompt", "chunks"):
        points[alone] = {
            name: None if setting is None else {**setting, **needs(batch=1)} for name, setting in points[alone].items()
        }
    batch = {f"batch_x_{other}": ("batch", other) for other in ("generate", "prefix", "share", "stalls")}
    return Steering(points, {**CROSSES, **batch})


def refusals(build: Build) -> dict[str, ErrorCode]:
    """What golden refuses each illegal argument with; NONE for one that is legal on this build."""
    shape = next(each for each in shapes(build, 1) if each.heads == 2)
    a = replace(whole(shape.config(1, 8, "relu2", True)), arena_bytes=1 << 40, bases=(0,), prompt=1, generate=1)
    many = replace(a, heads=2 * build.share_max, d_model=64 * build.share_max, prompt=build.t_cols)
    starts = {name: many if name == MANY else a for name in ILLEGAL}
    return {name: argument_error(spoil(starts[name], build), build) for name, spoil in ILLEGAL.items()}


def _shape_points(build: Build) -> dict[str, Point]:
    """Points of dimensions: of the least share of heads that has a shape of them."""

    def shaped(test: Callable[[Shape], bool], shares: tuple[int, ...] = SHARES) -> Setting | None:
        for share in shares:
            if found := [n for n, each in enumerate(shapes(build, share)) if test(each)][:LEAST]:
                return needs(share=share, shape=tuple(found), action=WHOLE)
        return None

    return {
        "d_model": {
            name: shaped(lambda s, low=low, high=high: low <= s.heads * s.width <= high)  # type: ignore[misc] # bound now
            for name, low, high in (("least", 32, 32), ("small", 33, 96), ("large", 97, 254))
        },
        "width": {
            str(width): shaped(lambda s, width=width: s.width == width)  # type: ignore[misc] # bound now
            for width in (32, 64, 96, 128)
        },
        "share": by("share", SHARES, action=WHOLE),
        "kv_heads": {
            name: shaped(lambda s, low=low, high=high: low <= s.heads // s.share <= high)  # type: ignore[misc] # same
            for name, low, high in (("1", 1, 1), ("2", 2, 2), ("more", 3, 254))
        },
        "feed": {"least": shaped(lambda s: s.feed <= 16), "more": shaped(lambda s: 16 < s.feed <= 254)},
    }


def _cache_points(cfg: TernAccelConfig) -> dict[str, Point]:
    """Points of texts, of what is cached of each, and of where their positions end."""
    wide = cfg.wide_bytes
    places = lengths(wide)
    rows = {name: [v for v in VOCABS if vocab_class(v, wide) == index] for index, name in enumerate(VOCAB_CLASSES)}

    def cached(knob: str, names: tuple[str, ...], index: int, always: Setting, added: int = 0) -> Setting | None:
        found = listed(knob, [name for name in names if position(places[name] + added, wide) == index], action=WHOLE)
        return found and {**always, **found}

    others, one = needs(**_others()), {"prompt": "one", "generate": (0, 1)}
    return {
        "vocab": {name: listed("vocab", found, action=WHOLE) for name, found in rows.items()},
        "batch": by("batch", BATCHES, action=WHOLE),
        "prefix": {name: cached("prefix", LENGTHS, index, {}) for index, name in enumerate(POSITIONS)},
        "own": {name: cached("own_0", OWNS, index, others) for index, name in enumerate(POSITIONS)},
        "ends": {
            name: cached("own_0", OWNS, index, {**others, **needs(**one)}, added=1)
            for index, name in enumerate(POSITIONS)
            if index
        },
        "room": {"full": needs(slack=0, action=WHOLE), "some_left": needs(slack=(1, 30), action=WHOLE)},
        "context": {
            "short": needs(prefix=("none", "one"), action=WHOLE),
            "longest": needs(prefix=LONGEST, cached="near", layers=1, batch=1, **one, share=1, action=WHOLE),
        },
        "grows": {
            name: needs(own_0=own, **_others(), batch=1, prompt=prompt, generate=(0, 1), action=WHOLE)
            for name, own, prompt in zip(
                GROWS, ("none", "none", "block_less_1"), ("one", "two_chunks", "chunk"), strict=True
            )
        },
        "cached": by("cached", CACHED, action=WHOLE),
    }


def _others() -> dict[str, str]:
    """The other texts have nothing cached of their own."""
    return {f"own_{text}": "none" for text in (1, 2, 3)}


def _rows(index: int, cfg: TernAccelConfig) -> Setting | None:
    """The prompts of one text, and the share of heads, with which rows of the last chunk fill up their groups so."""
    found: dict[int, list[str]] = {}
    for share in SHARES:
        for prompt in PROMPTS:
            rows = ((prompt_tokens(prompt, cfg.t_cols) - 1) % cfg.t_cols + 1) * share
            if 2 * int(rows > cfg.q_par) + int(rows % cfg.q_par == 0) == index:
                found.setdefault(share, []).append(prompt)
    if not found:
        return None
    share, prompts = max(found.items(), key=lambda each: len(each[1]))
    return needs(share=share, prompt=tuple(prompts), batch=1, action=WHOLE)


def _faults() -> dict[str, Setting]:
    """Errors where a region is surely accessed, by its number among those that a start accesses."""
    reads = {f"{name}_read": (Action.READ_ERROR, index) for index, name in enumerate(READS)}
    writes = {name: (Action.WRITE_ERROR, index) for index, name in enumerate(WRITES)}
    both = reads | writes
    return {name: needs(**EVERYWHERE, action=both[name][0], region=both[name][1]) for name in FAULTS}


def _extremes() -> dict[str, Setting]:
    """What luck needs: parameters at their ends, cached numbers of all sizes."""
    cached = needs(cached="far", own_0="block", **_others())
    saturated = {name: needs(style=EXTREME_STYLES) for name in EXTREMES if name.endswith("saturated")}
    return {**saturated, "exponent_at_end": cached, "head_of_zeros": cached}
