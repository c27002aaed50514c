# SPDX-License-Identifier: Apache-2.0
"""Small starts of `mamba2_accel`, and a device in NumPy that does what golden says, to test with."""

from dataclasses import replace
from typing import Any

import numpy as np

from golden.mamba2.accel.layout import pack_state
from golden.spec.configs import load_config
from harness.uvm.arena import Bytes, Mask, allow, put
from harness.uvm.mamba2 import kernel, scoreboard, stimuli
from harness.uvm.mamba2.items import Stimulus
from harness.uvm.mamba2.knobs import Knobs
from harness.uvm.model_start import Action
from harness.uvm.stalls import StallKind
from tests.harness.uvm.model_contract import ARENA, Kernel, bases

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
    knobs = replace(PLAIN, **changes)
    return list(stimuli.make("start", knobs, cfg, bases(cfg), ARENA, np.random.default_rng(seed)))


def start(config: str = "sim", seed: int = 1, **changes: Any) -> Stimulus:
    """Return the only start of its knobs."""
    (only,) = starts(config, seed, **changes)
    return only


def kept_after(s: Stimulus, arena: Bytes) -> None:
    """Put golden's states where they end."""
    beats = s.counts.chunks * s.counts.chunk_beats
    for layer, state in scoreboard.states(s).items():
        wide = pack_state(state, s.model.cfg, s.model.profile, s.state_shape, s.cfg)
        put(arena, s.legal.s_off + layer * beats * s.cfg.port_bytes, wide, s.cfg)


def mask(s: Stimulus, size: int) -> Mask:
    """Where a start may write."""
    return allow(size, s.cfg.ports, kernel.written(s))


KERNEL = Kernel(start, scoreboard.COMPARISON, kernel.COUNTERS, kept_after, kernel.states, mask)
