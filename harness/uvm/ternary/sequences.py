# SPDX-License-Identifier: Apache-2.0
"""Starts in sequence: random starts of random models, and bitnet-tiny that decodes held-out text."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import numpy as np
import torch

from golden.ternary.accel.start import Run
from golden.ternary.integer.block import prefill
from golden.ternary.integer.model import Requests, empty_cache
from harness.uvm.model_knobs import ZOO
from harness.uvm.model_sequences import UNSEEN, Bed
from harness.uvm.model_start import Action
from harness.uvm.model_streams import RESIDUAL
from harness.uvm.ternary import stimuli
from harness.uvm.ternary.corners import corners as pairs
from harness.uvm.ternary.items import Stimulus
from harness.uvm.ternary.knobs import ILLEGAL_NAMES, Knobs, draw

TEXT, CHOSEN, SHARED, TEXTS = 12, 8, 40, 4
"""Tokens of a prompt, tokens chosen, tokens that several texts share, and how many texts."""


def smallest(knobs: Knobs) -> Knobs:
    """Return knobs of the least model: one layer, one token in, one out, behind a position, all else as drawn."""
    small = replace(knobs, shape=0, share=1, layers=1, vocab=8, batch=1, prefix="none", own=("one",) * 4, cached="near")
    return replace(small, prompt="one", generate=1, tap=1, tap_all=True, style="synthetic", action=Action.RUN)


def random_models(bed: Bed, least: bool = False) -> Iterator[Iterator[Stimulus]]:
    """Models drawn by the seed's knobs, each started once."""
    drawn = draw(bed.seed, bed.bias)
    return bed.made(stimuli.make, map(smallest, drawn) if least else drawn, "start")


def corners(bed: Bed) -> Iterator[Stimulus]:
    """Every pair of texts and prefix, of what is done around a start and what stalls, of region and port."""
    return chain.from_iterable(bed.made(stimuli.make, pairs(bed.seed, bed.cfg), "corner"))


def refusals(bed: Bed) -> Iterator[Stimulus]:
    """A start, every illegal argument in turn, and the start again as if nothing had been."""
    knobs = replace(smallest(next(draw(bed.seed))), share=2, batch=3, prefix="one")
    ((first,),) = bed.made(stimuli.make, [knobs], "refusals")
    yield first
    yield from (stimuli.refused(first, name) for name in ILLEGAL_NAMES)
    yield replace(first, name=f"{first.name}, again")


def decoding(bed: Bed, items: int) -> Iterator[Stimulus]:
    """bitnet-tiny reads held-out text and goes on with it, `items` times; then four texts behind what they share do.

    The residual stream behind each half of a layer is compared.
    """
    from harness import bitnet_tiny

    model, rng = bitnet_tiny.tiny(), np.random.default_rng(bed.seed)

    def text(count: int) -> tuple[int, ...]:
        first = int(rng.integers(UNSEEN, 2 * UNSEEN))
        return tuple(int(token) for token in bitnet_tiny.text(first, count))

    empty = empty_cache(model)
    for index in range(items):
        alone = Run(TEXT, CHOSEN, tap_point=RESIDUAL)
        yield _zoo(bed, f"text {index}", alone, text(TEXT), Requests(empty, (empty,)))
        shared = prefill(torch.tensor(text(SHARED)), model)[1]
        lengths = tuple(TEXT + each for each in range(TEXTS))
        whole = [prefill(torch.tensor(text(length)), model, shared)[1] for length in lengths]
        before = Requests(shared, tuple(tuple(layer.behind(SHARED) for layer in each) for each in whole))
        side = Run(TEXTS, CHOSEN, SHARED, lengths, tap_point=RESIDUAL)
        yield _zoo(bed, f"texts {index}", side, text(TEXTS), before)


def _zoo(bed: Bed, name: str, run: Run, prompt: tuple[int, ...], before: Requests) -> Stimulus:
    from harness import bitnet_tiny

    name = f"{name}; {bed.repeat}"
    made = stimuli.start(name, bitnet_tiny.tiny(), bed.cfg, bed.bases, bed.memory.size, run, prompt, before)
    return replace(made, style=ZOO)
