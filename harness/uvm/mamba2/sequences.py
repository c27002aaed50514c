# SPDX-License-Identifier: Apache-2.0
"""Starts in sequence: random starts of random models, and a zoo model that decodes held-out text."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import numpy as np

from harness.uvm.mamba2 import stimuli
from harness.uvm.mamba2.corners import corners as pairs
from harness.uvm.mamba2.items import Stimulus
from harness.uvm.mamba2.knobs import ILLEGAL_NAMES, Knobs, draw
from harness.uvm.model_knobs import ZOO
from harness.uvm.model_sequences import UNSEEN, Bed
from harness.uvm.model_start import Action
from harness.uvm.model_streams import RESIDUAL

TEXT, CHOSEN, MORE = 12, 12, 3
"""Tokens of a prompt, tokens chosen, and both again in a start that goes on."""


def smallest(knobs: Knobs) -> Knobs:
    """Return knobs of the least model: one layer, one token in, one out, its state in memory, all else as drawn."""
    small = replace(knobs, shape=0, two_groups=False, layers=1, part="whole", vocab=8, prompt="one", generate=1)
    return replace(small, place="memory", kind="tokens", tap=1, tap_all=True, style="synthetic", action=Action.RUN)


def random_models(bed: Bed, least: bool = False) -> Iterator[Iterator[Stimulus]]:
    """Models drawn by the seed's knobs, each started once, or twice where the second start goes on."""
    drawn = draw(bed.seed, bed.bias)
    return bed.made(stimuli.make, map(smallest, drawn) if least else drawn, "start")


def corners(bed: Bed) -> Iterator[Stimulus]:
    """Every pair of what is done around a start and what stalls, of states' place and kind, of region and port."""
    return chain.from_iterable(bed.made(stimuli.make, pairs(bed.seed, bed.cfg), "corner"))


def refusals(bed: Bed) -> Iterator[Stimulus]:
    """A start, every illegal argument in turn, and a start that goes on from the first as if nothing had been."""
    knobs = replace(smallest(next(draw(bed.seed))), kind="continued", layers=2, place="mixed")
    ((first, second),) = bed.made(stimuli.make, [knobs], "refusals")
    yield first
    yield from (stimuli.refused(first, name) for name in ILLEGAL_NAMES)
    yield second


def decoding(bed: Bed, items: int) -> Iterator[Stimulus]:
    """mamba2-tiny reads held-out text and goes on with it, `items` times; each time once more where it stopped.

    Every other text has its states in memory, from a layer of its own on. The residual stream behind each layer is
    compared.
    """
    from harness import mamba2_tiny

    cfg = bed.cfg
    model, rng = mamba2_tiny.tiny(cfg.profile), np.random.default_rng(bed.seed)
    for index in range(items):
        first = int(rng.integers(UNSEEN, 2 * UNSEEN))
        a = stimuli.of_model(model, cfg, bed.bases, bed.memory.size)
        a = replace(a, tap_point=RESIDUAL, tap_all=True, head=True)
        a = replace(a, mem_first=model.cfg.n_layer - int(rng.integers(1, 1 + model.cfg.n_layer)) * (index % 2))
        name, states = f"text at {first}; {bed.repeat}", None
        for start, prompt, chosen in ((name, TEXT, CHOSEN), (f"{name}, continued", MORE, MORE)):
            tokens = tuple(int(token) for token in mamba2_tiny.text(first, prompt))
            sized = replace(a, prompt=prompt, generate=chosen)
            made = stimuli.start(start, model, cfg, sized, tokens, states=states)
            yield replace(made, style=ZOO)
            first, states = first + prompt, made.golden.states
