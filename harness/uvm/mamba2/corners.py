# SPDX-License-Identifier: Apache-2.0
"""Starts that meet by construction what random ones meet by luck: pairs of action, stalls, parts, ends and errors.

Sizes stay small; whatever a corner does not name is as drawn.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, product
from random import Random

from golden.spec import Mamba2AccelConfig
from harness.uvm.mamba2.knobs import KINDS, PARTS, PLACES, STYLES, Knobs, draw
from harness.uvm.model_corners import ENDS, disturbed, endless, faults
from harness.uvm.model_knobs import GENERATE
from harness.uvm.model_start import Action
from harness.uvm.stalls import StallKind

SHAPES = 24
"""Corners take the first ones, which are the least."""
CUTS = {
    "chip": (("whole", 1), ("middle", 3)),
    "memory": (("front", 2), ("whole", 3)),
    "mixed": (("back", 3), ("front", 3)),
}
"""Place of the states -> two parts of a model with a number of layers; each of `PARTS` is among them."""
TAPS = (*product((1, 2, 3), (False, True)), (0, True))
READS, WRITES = 5, 3
"""Regions that a continuing start with its states in memory reads, and that it writes."""
ALL_REGIONS = {
    "kind": "continued",
    "place": "memory",
    "part": PARTS[0],
    "layers": 1,
    "prompt": "one",
    "generate": 1,
    "tap": 1,
    "tap_all": True,
}
"""A start that reads and writes all of them."""


def corners(seed: int, cfg: Mamba2AccelConfig) -> Iterator[Knobs]:
    """Yield the knobs of all corners; the seed decides which numbers, models and texts they get."""
    random, drawn = Random(seed), draw(seed)
    bounds = endless(list(product(GENERATE, ENDS)), random)
    ends = ({"generate": generate, "prompt": prompt} for generate, prompt in bounds)
    others = (*disturbed(drawn, ends, {"kind": "tokens"}), *faults(drawn, cfg.ports, READS, WRITES, ALL_REGIONS))
    for knobs in (*_wholes(bounds, drawn), *others):
        yield replace(knobs, shape=knobs.shape % SHAPES)


def _wholes(bounds: Iterator[tuple[int, str]], drawn: Iterator[Knobs]) -> Iterator[Knobs]:
    """Every place with every kind and every stall, every kind with every part; all styles and taps."""
    taps, styles, raw = cycle(TAPS), cycle(STYLES), cycle(product((0, 1), ENDS))
    for place, kind, turn in product(PLACES, KINDS, (0, 1)):
        part, layers = CUTS[place][turn]
        tap, tap_all = next(taps)
        generate, prompt = next(raw) if kind == "raw" else next(bounds)
        yield replace(
            next(drawn),
            action=Action.RUN,
            place=place,
            kind=kind,
            stalls=StallKind(2 * KINDS.index(kind) + turn),
            part=part,
            layers=layers,
            prompt=prompt,
            generate=generate,
            style=next(styles),
            tap=tap,
            tap_all=tap_all,
        )
