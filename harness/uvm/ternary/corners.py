# SPDX-License-Identifier: Apache-2.0
"""Starts that meet by construction what random ones meet by luck: pairs of texts, caches, stalls, ends and errors.

Sizes stay small; whatever a corner does not name is as drawn.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, product
from random import Random

from golden.spec import TernAccelConfig
from golden.ternary.accel.arguments import Build, build_of
from harness.uvm.model_corners import ENDS, disturbed, endless, faults
from harness.uvm.model_knobs import GENERATE, LAYERS
from harness.uvm.model_start import Action
from harness.uvm.stalls import StallKind
from harness.uvm.ternary.knobs import (
    BATCHES,
    CACHED,
    HEADS,
    LENGTHS,
    LONGEST,
    OWNS,
    SHARES,
    SLACKS,
    STYLES,
    VOCABS,
    Knobs,
    draw,
    shapes,
)

SHAPES = 6
"""Corners take the first ones of a share of heads, which are the least."""
TAPS = (*product((1, 2, 3), (True, False)), (0, True))
READS, WRITES = 6, 3
"""Regions that a start reads behind a cache with a head of its own, and that it writes."""
ALL_REGIONS = {
    "layers": 1,
    "batch": 1,
    "prefix": "one",
    "own": ("tile",) * 4,
    "prompt": "one",
    "generate": 1,
    "tap": 1,
    "tap_all": True,
}
"""A start that reads and writes all of them."""


def corners(seed: int, cfg: TernAccelConfig) -> Iterator[Knobs]:
    """Yield the knobs of all corners; the seed decides which numbers, models and texts they get."""
    random, drawn = Random(seed), draw(seed)
    ends = endless([{"generate": g, "prompt": p} for g, p in product(GENERATE, ENDS)], random)
    others = (*disturbed(drawn, ends, {"batch": 1}), *faults(drawn, cfg.ports, READS, WRITES, ALL_REGIONS))
    for knobs in (*_wholes(ends, drawn), *others):
        yield replace(knobs, shape=knobs.shape % SHAPES)
    yield from _fulls(drawn, build_of(cfg))


def _wholes(ends: Iterator[dict[str, object]], drawn: Iterator[Knobs]) -> Iterator[Knobs]:
    """Every number of texts with every length of their prefix, every stall, every share of heads and all to choose."""
    taps, styles, generate, heads = cycle(TAPS), cycle(STYLES), cycle(GENERATE), cycle(HEADS)
    vocabs, cached, layers, slacks = cycle(VOCABS), cycle(CACHED), cycle(LAYERS), cycle(SLACKS)
    owns = cycle(OWNS)
    for turn, (batch, prefix) in enumerate(product(BATCHES, LENGTHS)):
        tap, tap_all = next(taps)
        bounds = next(ends) if batch == 1 else {"generate": next(generate)}
        longest = next(owns)
        yield replace(
            next(drawn),
            action=Action.RUN,
            stalls=StallKind(turn % len(StallKind)),
            share=SHARES[(turn + turn // len(LENGTHS)) % len(SHARES)],
            batch=batch,
            prefix=prefix,
            own=(longest, *("none", "one", "tile")) if longest not in ("none", "one") else (longest,) * 4,
            tap=tap,
            tap_all=tap_all,
            style=next(styles),
            head=next(heads),
            vocab=next(vocabs),
            cached=next(cached),
            layers=next(layers),
            slack=next(slacks),
            **bounds,
        )


def _fulls(drawn: Iterator[Knobs], build: Build) -> Iterator[Knobs]:
    """As many positions, and scores of two heads of keys, as the build takes: one text or four, keys shared or not.

    One token of a text that shares no keys is a row alone.
    """
    for (batch, share), stalls in zip(product((1, 4), (1, 4)), cycle(StallKind), strict=False):
        found = shapes(build, share)
        yield replace(
            next(drawn),
            action=Action.RUN,
            stalls=stalls,
            shape=next(i for i, each in enumerate(found) if each.heads == 2 * share),
            share=share,
            batch=batch,
            prefix=LONGEST,
            own=("tile_and_1",) * 4,
            cached="far",
            layers=1,
            prompt="one" if share == 1 else "chunk",
            generate=2,
        )
