# SPDX-License-Identifier: Apache-2.0
"""Small starts of `mamba2_accel`, and a device in NumPy that does what golden says, to test with."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from golden.beats import little_endian, to_beats
from golden.mamba2.accel.arguments import tap_beats
from golden.mamba2.accel.layout import pack_state
from golden.spec.configs import load_config
from golden.spec.gen.mamba2_accel import ErrorCode
from harness.uvm import arena as arenas
from harness.uvm.arena import Bytes, allow, contents
from harness.uvm.mamba2 import kernel, scoreboard, stimuli
from harness.uvm.mamba2.items import Outcome, Stimulus
from harness.uvm.mamba2.knobs import Knobs
from harness.uvm.mamba2.streams import traffic
from harness.uvm.model_start import Action
from harness.uvm.stalls import StallKind

ARENA = 1 << 20
CONFIGS = {name: load_config("mamba2_accel", name) for name in ("sim", "sim_w8a8")}

PLAIN = Knobs(
    shape=2,
    two_groups=False,
    layers=2,
    part="whole",
    vocab=40,
    prompt="chunk_and_1",
    generate=2,
    place="memory",
    kind="tokens",
    tap=1,
    tap_all=True,
    style="synthetic",
    stalls=StallKind.NONE,
    stall_percent=10,
    action=Action.RUN,
    illegal="no_width",
    skew=3,
    region=0,
    port=0,
)


def starts(config: str = "sim", seed: int = 1, **changes: Any) -> list[Stimulus]:
    """Return the starts that knobs stand for: one, or two or three where the last one goes on."""
    cfg = CONFIGS[config]
    bases = tuple(0x1_0000_0000 * (port + 1) for port in range(cfg.ports))
    knobs = replace(PLAIN, **changes)
    return list(stimuli.make("start", knobs, cfg, bases, ARENA, np.random.default_rng(seed)))


def start(config: str = "sim", seed: int = 1, **changes: Any) -> Stimulus:
    """Return the only start of its knobs."""
    (only,) = starts(config, seed, **changes)
    return only


def memory_after(s: Stimulus) -> Bytes:
    """Return what every port's arena holds when golden has run."""
    arena, step = contents(s, ARENA), s.cfg.port_bytes

    def put(at: int, wide: torch.Tensor) -> None:
        arenas.put(arena, at, wide, s.cfg)

    pairs = torch.stack([s.golden.index, s.golden.value], dim=-1).flatten(1)
    record = little_endian(pairs, 32)
    put(s.legal.out_off, torch.nn.functional.pad(record, (0, s.cfg.wide_bytes - record.shape[1])))
    put(s.legal.tap_off, to_beats(little_endian(scoreboard.captured(s, s.golden.streams), 32), s.cfg))
    beats = s.counts.chunks * s.counts.chunk_beats
    for layer in s.state_layers:
        state = scoreboard.one(s.golden.states[layer - s.legal.layer_first].ssm)
        wide = pack_state(state, s.model.cfg, s.model.profile, s.state_shape, s.cfg)
        put(s.legal.s_off + layer * beats * step, wide)
    return arena


def outcome(s: Stimulus, arena: Bytes | None = None, **changes: Any) -> Outcome:
    """Return what the environment reads from a device that is right, or that left `arena` behind."""
    after = memory_after(s) if arena is None else arena
    counters = dict.fromkeys(kernel.COUNTERS, 0) | traffic(s)
    beats = scoreboard.port_beats(s.cfg.ports, counters.pop("RD_BEATS"), counters.pop("WR_BEATS"))
    counters |= {"WINDOW": counters["WEIGHT_BEATS"] + 7, "STALL_WEIGHTS": 4, "STALL_ACTS": 2, "STALL_OUT": 1}
    counters |= {"CYCLES": counters["WINDOW"] + counters["SSM_BEATS"] + 100}
    counters |= {"FIRST_TOKEN": counters["CYCLES"] - 10 * bool(counters["TOKENS_DONE"])}
    index, value = arenas.records(after, s.legal.out_off, s.legal.generate, s.cfg)
    mask = allow(ARENA, s.cfg.ports, kernel.written(s))
    found = Outcome(
        error=ErrorCode.NONE,
        error_port=0,
        counters=counters | beats,
        index=index,
        value=value,
        stream=arenas.stream(after, s.legal.tap_off, tap_beats(s.legal, s.counts), s.cfg),
        states=kernel.states(s, after),
        changed=tuple(arenas.changes(contents(s, ARENA), after, mask)),
        violations=(),
    )
    return replace(found, **changes)
