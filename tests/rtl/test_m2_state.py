# SPDX-License-Identifier: Apache-2.0
"""m2_state, with m2_state_unpack, m2_state_pack and m2_state_way: states leave and come back in golden's layout."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from golden.errors import InputError
from golden.fixed.pot import Pot
from golden.mamba2.accel.layout import StateShape, pack_state, state_shapes
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.profile import load
from harness.sim.runner import derive_seed, simulate
from tests.rtl.dut import SIMS, check_module, sources
from tests.rtl.m2_block_data import EMBED, HEAD, IN, OUT, Job
from tests.rtl.m2_recurrence_data import random_pot, tile_words

PROFILES = ("lightmamba-w4a4", "fastmamba-w8a8")
CASES = [  # a beat holds the numbers of one word, of two, of half a word
    {"PROFILE": 0, "TILES": 1, "WIDE_W": 512, "DEPTH": 100, "CHUNK_WORDS": 64},
    {"PROFILE": 0, "TILES": 2, "WIDE_W": 2048, "DEPTH": 0, "CHUNK_WORDS": 128},
    {"PROFILE": 1, "TILES": 1, "WIDE_W": 512, "DEPTH": 100, "CHUNK_WORDS": 64},
]
LAYERS = [1, 2, 4, 8, 16, 32, 64, 99]
"""Each bit of a layer on chip is once 0 and once 1."""


@dataclass(frozen=True)
class Machine:
    """What the layout asks for; rows and inputs do not count here."""

    wide_bytes: int
    inputs: int = 0
    rows: int = 0


@dataclass
class Run:
    """A sequence of jobs on states of `cfg`: what moves on each stream."""

    cfg: Mamba2Config
    params: dict[str, int]
    shape: StateShape
    mem_first: int
    beats: dict[str, list[int]] = field(default_factory=lambda: {key: [] for key in ("job", "s", "h", "g", "q", "f")})
    states: dict[int, Pot] = field(default_factory=dict)
    steady: list[int] = field(default_factory=list)  # jobs whose words come without a gap

    def state(self, rng: random.Random) -> Pot:
        pot = random_pot(rng, load(PROFILES[self.params["PROFILE"]]), 1, self.cfg.d_state, self.cfg.d_inner)
        return Pot(pot.q[0], pot.s[0], pot.group)

    def packed(self, state: Pot) -> list[list[int]]:
        """Return the beats of each chunk."""
        machine = Machine(self.params["WIDE_W"] // 8)
        beats = pack_state(state, self.cfg, load(PROFILES[self.params["PROFILE"]]), self.shape, machine)
        whole = [int.from_bytes(bytes(row), "little") for row in beats.tolist()]
        return [whole[k : k + self.shape.beats] for k in range(0, len(whole), self.shape.beats)]

    def words(self, state: Pot) -> list[int]:
        return tile_words(state, self.cfg, 16 if self.params["PROFILE"] else 8, self.params["TILES"])

    def step(self, layer: int, fresh: bool, rng: random.Random) -> None:
        """An IN job: the old state out, another one back."""
        memory = layer >= self.mem_first
        old, new = self.states.get(layer) or self.state(rng), self.state(rng)
        words = self.words(new)
        prompt = self.params["PROFILE"] == 0 and len(words) > 12  # words come back at once, from memory's side too
        if fresh or (not memory and prompt):
            self.steady.append(len(self.beats["h"]) // len(words))
        self.beats["job"].append(Job(IN, layer=layer, fresh=fresh, tokens=rng.randint(1, 9)).word)
        self.beats["h"] += [0] * len(words) if fresh else self.words(old)
        self.beats["g"] += words
        for chunk in self.packed(old) if memory and not fresh else []:
            self.beats["s"] += chunk
        for chunk in self.packed(new) if memory else []:
            self.beats["f"] += chunk[: self.shape.shift_beats]
            self.beats["q"] += chunk[self.shape.shift_beats :]
        self.states[layer] = new

    def others(self, rng: random.Random) -> None:
        """Jobs that do not concern the state."""
        self.beats["job"] += [Job(kind, layer=rng.randrange(4)).word for kind in (EMBED, OUT, HEAD)]

    @property
    def told(self) -> dict[str, Any]:
        beats = {key: [f"{beat:x}" for beat in beats] for key, beats in self.beats.items()}
        words = self.cfg.headdim * self.cfg.d_state // 64 // self.params["TILES"]
        static = {"c_words": words, "c_heads": self.cfg.nheads, "c_chunk_heads": self.shape.heads}
        static |= {"c_sb": self.shape.shift_beats, "c_qb": self.shape.q_beats, "c_mem_first": self.mem_first}
        layer = words * self.cfg.nheads
        return {
            "static": static,
            "sources": {key: beats[key] for key in ("job", "s", "g")},
            "sinks": {key: beats[key] for key in ("h", "q", "f")},
            "follows": {"g": "h"},
            "latencies": [["job", 0, "h", 0, 6]],
            "rates": [["h", job * layer, (job + 1) * layer - 1] for job in self.steady if layer > 1],
        }


def run(cfg: Mamba2Config, params: dict[str, int], largest: bool, mem_first: int, jobs: Sequence[int]) -> dict:
    """Return a run of jobs of these layers, in chunks of the largest or smallest size; layers on chip begin fresh."""
    rng = random.Random(derive_seed(f"m2_state/{cfg.headdim}/{params['PROFILE']}"))
    profile = load(PROFILES[params["PROFILE"]])
    shapes = [
        shape
        for shape in state_shapes(cfg, profile, Machine(params["WIDE_W"] // 8))
        if cfg.headdim * cfg.d_state // 64 // params["TILES"] * shape.heads <= params["CHUNK_WORDS"]
    ]
    found = Run(cfg, params, shapes[0 if largest else -1], mem_first)
    for count, layer in enumerate(jobs):
        found.step(layer, layer not in found.states and (layer < mem_first or count % 2 == 0), rng)
        if rng.randrange(2):
            found.others(rng)
    return found.told


def config(heads: int, p: int, n: int) -> Mamba2Config:
    return Mamba2Config(d_model=heads * p // 2, n_layer=4, vocab_size=8, d_state=n, headdim=p)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", CASES, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Each job's words are those that came back for its layer before, on chip and in the beats of pack_state."""
    n, chip = 8 * params["TILES"], params["DEPTH"] > 0
    runs = [
        run(config(2, 24, n), params, False, 2 * chip, [0, 1, 0, 0, 2, 2, 1, 3, 0, 0]),
        run(config(1, 8, n), params, True, 100, [0, 0, 0, 0, 1, 1, 0, 2, 0, *LAYERS, *LAYERS]) if chip else None,
        run(config(4, 40, 2 * n), params, True, 2 * chip, [1, 0, 2, 0, 1, 2]),  # 80 words on chip
    ]
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"runs": [found for found in runs if found]}))
    check_module("m2_state", params, sim, "tests.rtl.cocotb_many_streams", vectors)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("module", "params", "message"),
    [
        ("m2_state", {"WIDE_W": 768}, "WIDE_W_must_be_a_multiple_of_SHIFT_W_and_a_multiple_or_part_of_Q_W"),
        ("m2_state", {"DEPTH": -1}, "DEPTH_at_least_0"),
        ("m2_ssm", {"WORDS": -1}, "WORDS_at_least_0"),
        ("m2_gate", {"PRODUCT_W": 20}, "PRODUCT_W_at_least_OUT_W"),
    ],
)
def test_illegal_parameters_stop_the_build(module: str, params: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match=message):
        simulate(module, sources(module), params, "tests.rtl.cocotb_many_streams", sim=sim)  # type: ignore[arg-type]
