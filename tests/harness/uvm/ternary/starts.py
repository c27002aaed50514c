# SPDX-License-Identifier: Apache-2.0
"""Small starts of `ternary_accel`, and a device in NumPy that does what golden says, to test with."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from golden.beats import little_endian, to_beats
from golden.spec.configs import load_config
from golden.spec.gen.ternary_accel import ErrorCode
from golden.ternary.accel.arguments import tap_beats
from golden.ternary.accel.layout import pack_cache
from golden.ternary.integer.model import LayerCache
from harness.uvm import arena as arenas
from harness.uvm.arena import Bytes, contents
from harness.uvm.inorder import port_beats
from harness.uvm.model_start import Action
from harness.uvm.stalls import StallKind
from harness.uvm.ternary import kernel, scoreboard, stimuli
from harness.uvm.ternary.items import Outcome, Stimulus
from harness.uvm.ternary.knobs import Knobs
from harness.uvm.ternary.streams import traffic

ARENA = 1 << 20
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
    bases = tuple(0x1_0000_0000 * (port + 1) for port in range(cfg.ports))
    knobs = replace(PLAIN, **changes)
    (only,) = stimuli.make("start", knobs, cfg, bases, ARENA, np.random.default_rng(seed))
    return only


def memory_after(s: Stimulus) -> Bytes:
    """Return what every port's arena holds when golden has run.

    Caches lie as `pack_cache` has them; what it has of absent positions stays as it was.
    """
    arena = contents(s, ARENA)
    pairs = torch.stack([s.golden.index.flatten(0, 1), s.golden.value.flatten(0, 1)], dim=-1).flatten(1)
    record = little_endian(pairs, 32)
    records = torch.nn.functional.pad(record, (0, s.cfg.wide_bytes - record.shape[1]))
    arenas.put(arena, s.legal.out_off, records, s.cfg)
    stream = scoreboard.captured(s, s.golden.streams)
    if len(stream):
        arenas.put(arena, s.legal.tap_off, to_beats(little_endian(stream, 32), s.cfg), s.cfg)
    for text, cache in enumerate(s.golden.requests.own):
        for layer, each in enumerate(cache):
            place = s.laid.place(1 + text, layer)
            old, new = arenas.wide(arena, place.offset, place.beats, s.cfg), pack_cache(each, place.positions, s.cfg)
            there, before = (_there(s, text, layer, count) for count in (len(each), len(s.before.own[text][layer])))
            arenas.put(arena, place.offset, torch.where(there & ~before, new, old), s.cfg)
    return arena


def _there(s: Stimulus, text: int, layer: int, count: int) -> torch.Tensor:
    """Bytes that the first `count` positions of a text's layer have, by layout's own law."""
    whole = s.golden.requests.own[text][layer]
    ones = LayerCache(*(torch.full_like(x[:, :count], -1) for x in vars(whole).values()))
    return pack_cache(ones, s.laid.place(1 + text, layer).positions, s.cfg) == 0xFF


def outcome(s: Stimulus, arena: Bytes | None = None, **changes: Any) -> Outcome:
    """Return what the environment reads from a device that is right, or that left `arena` behind."""
    after = memory_after(s) if arena is None else arena
    counters = dict.fromkeys(kernel.COUNTERS, 0) | traffic(s)
    beats = port_beats(s.cfg.ports, counters.pop("RD_BEATS"), counters.pop("WR_BEATS"))
    counters |= {"WINDOW": counters["WEIGHT_BEATS"] + 7, "STALL_WEIGHTS": 4, "STALL_ACTS": 2, "STALL_OUT": 1}
    counters |= {"CYCLES": counters["WINDOW"] + counters["CACHE_BEATS"] + 100}
    counters |= {"FIRST_TOKEN": counters["CYCLES"] - 10 * bool(counters["TOKENS_DONE"])}
    a = s.legal
    index, value = arenas.records(after, a.out_off, a.batch * a.generate, s.cfg)
    found = Outcome(
        error=ErrorCode.NONE,
        error_port=0,
        counters=counters | beats,
        index=index,
        value=value,
        stream=arenas.stream(after, a.tap_off, tap_beats(a, s.counts), s.cfg),
        caches=kernel.caches(s, after),
        changed=tuple(arenas.changes(contents(s, ARENA), after, kernel.written(s, ARENA))),
        violations=(),
    )
    return replace(found, **changes)
