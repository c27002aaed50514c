# SPDX-License-Identifier: Apache-2.0
"""Small starts of `ternary_accel`, and a device in NumPy that does what golden says, to test with."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from golden.spec.configs import load_config
from golden.ternary.accel.layout import pack_cache
from golden.ternary.integer.model import LayerCache
from harness.uvm.arena import Bytes, put, wide
from harness.uvm.model_start import Action
from harness.uvm.stalls import StallKind
from harness.uvm.ternary import kernel, scoreboard, stimuli
from harness.uvm.ternary.items import Stimulus
from harness.uvm.ternary.knobs import Knobs
from tests.harness.uvm.model_contract import ARENA, Kernel, bases

CONFIGS = {name: load_config("ternary_accel", name) for name in ("sim", "sim_silu")}

PLAIN = Knobs(
    shape=9,
    share=2,
    layers=2,
    vocab=40,
    head="tied",
    batch=1,
    prefix="tile_and_1",
    own=("block_less_1", "none", "one", "block"),
    slack=1,
    cached="read",
    prompt="chunk_and_1",
    generate=2,
    tap=1,
    tap_all=True,
    style="synthetic",
    stalls=StallKind.NONE,
    stall_percent=10,
    action=Action.RUN,
    illegal="no_width",
    bad="token",
    skew=3,
    region=0,
    port=0,
)


def start(config: str = "sim", seed: int = 1, **changes: Any) -> Stimulus:
    """Return the start that knobs stand for."""
    cfg = CONFIGS[config]
    knobs = replace(PLAIN, **changes)
    (only,) = stimuli.make("start", knobs, cfg, bases(cfg), ARENA, np.random.default_rng(seed))
    return only


def kept_after(s: Stimulus, arena: Bytes) -> None:
    """Put golden's caches where they lie as `pack_cache` has them; what it has of absent positions stays as it was."""
    for text, cache in enumerate(s.golden.requests.own):
        for layer, each in enumerate(cache):
            place = s.laid.place(1 + text, layer)
            old, new = wide(arena, place.offset, place.beats, s.cfg), pack_cache(each, place.positions, s.cfg)
            there, before = (_there(s, text, layer, count) for count in (len(each), len(s.before.own[text][layer])))
            put(arena, place.offset, torch.where(there & ~before, new, old), s.cfg)


def _there(s: Stimulus, text: int, layer: int, count: int) -> torch.Tensor:
    """Bytes that the first `count` positions of a text's layer have, by layout's own law."""
    whole = s.golden.requests.own[text][layer]
    ones = LayerCache(*(torch.full_like(x[:, :count], -1) for x in vars(whole).values()))
    return pack_cache(ones, s.laid.place(1 + text, layer).positions, s.cfg) == 0xFF


KERNEL = Kernel(start, scoreboard.COMPARISON, kernel.COUNTERS, kept_after, kernel.caches, kernel.written)
