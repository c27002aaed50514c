# SPDX-License-Identifier: Apache-2.0
"""tern_fetch with its parts, tern_fetch_runs, _rows and _ids: what golden says that a start's jobs read."""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from golden.schedule import Job, Kind
from golden.ternary.accel.cache import Room, parts
from golden.ternary.accel.image import sections
from golden.ternary.accel.reads import Dest, Region, positions, row_beats, runs
from golden.ternary.config import BitNetConfig
from harness.sim.runner import derive_seed
from tests.golden.ternary.machine import Machine
from tests.rtl import m2_block_data
from tests.rtl.dut import SIMS, check_module
from tests.rtl.regions import region_offset
from tests.rtl.tern_start_data import Start, lengths_word, words

CFG = BitNetConfig(70, 64, 96, 2, 2, 2, 1e4, 8192)
ONE = BitNetConfig(900, 160, 64, 1, 5, 1, 1e4, 8192)
HEAD = 50
"""Most beats of the head that are read here."""
WIDE = replace(CFG, hidden_size=192, num_hidden_layers=3, num_key_value_heads=1, vocab_size=(1 << 30) + 5)
CASES = [
    (
        {"WIDE_W": 512, "PORT_BYTES": 16, "W_DEPTH": 64, "SLICE": 8},
        [
            (CFG, Start(4, 6, 3, 0, (0,)), Room(0, 20)),
            (CFG, Start(4, 3, 3, 33, (0, 2, 7)), Room(40, 20)),
            (ONE, Start(16, 18, 2, 100, (50,)), Room(100, 200)),
            (WIDE, Start(4, 4, 2, 0, (1, 0, 60, 3)), Room(0, 70)),
            (WIDE, Start(4, 5, 0, 40, (0,)), Room(41, 5)),
        ],
    ),
    (
        {"WIDE_W": 1024, "PORT_BYTES": 4, "W_DEPTH": 32, "SLICE": 5, "PARTIAL": 1},
        [
            (replace(ONE, vocab_size=(1 << 28) + 9), Start(4, 2, 4, 0, (17, 18)), Room(8, 32)),
            (CFG, Start(8, 1, 4, 3, (5,)), Room(5, 9)),
            (replace(CFG, vocab_size=1), Start(1, 2, 2, 0, (0,)), Room(0, 9)),
        ],
    ),
]


class Told:
    """A start: what goes in, what comes out, in the order in which it does; JSON for `cocotb_tern_fetch`. Regions
    lie at the same addresses in each start of a build; `mirrored`, with every bit the other way round.
    """

    def __init__(
        self,
        cfg: BitNetConfig,
        start: Start,
        room: Room,
        params: dict[str, int],
        rng: random.Random,
        mirrored: bool = False,
    ) -> None:
        self.cfg, self.start, self.rng = cfg, replace(start, layers=cfg.num_hidden_layers), rng
        wide, self.step = params["WIDE_W"] // 8, params["PORT_BYTES"]
        self.machine = Machine(wide, wide // self.step, params.get("PARTIAL", 0))
        drawn, others = random.Random(derive_seed(f"tern_fetch/{params}/bases")), mirrored * ((1 << 64) - self.step)
        self.base = {name: region_offset(drawn, i, self.step) ^ others for i, name in enumerate((*Region, "tok"))}
        size = sections(cfg, self.machine)
        self.order = list(positions(self.start.jobs(), start.prefix, start.own))
        self.plan: list[int] = []
        self.w: list[int] = []
        self.ports: list[int] = []  # over which each beat of w is read
        self.caches: list[tuple[int, int]] = []
        for job, found in runs(self.order, cfg, room, size, min(size.rows, HEAD), self.machine):
            for run in found:
                self.plan.append(run.dest << 35 | run.part << 32 | run.beats)
                self.w += [self.base[run.region] + (run.first + k) * self.step for k in range(run.beats)]
                self.ports += [run.ports] * run.beats
            if job.kind is Kind.IN and not job.layer % 2:
                behind = sum(run.beats for run in found if run.region is Region.CACHE)
                self.caches.append((len(self.w) - behind, len(self.w)))
        self.ids: dict[bool, list[int]] = {False: [], True: []}  # of the prompt, chosen
        self.e: list[tuple[int, int]] = []
        self.rows: list[int] = []
        self.bad = 0
        for job, lengths in self.order:
            if job.kind is Kind.EMBED:
                self.embed(job, lengths, size.angles)
        prefix, own = parts(cfg, room, self.machine)
        self.static = {f"c_{'k' if r is Region.CACHE else r}_off": self.base[r] for r in Region}
        self.static |= {"c_tok_off": self.base["tok"], "c_norm_d": size.norm_d, "c_norm_f": size.norm_f}
        self.static |= {"c_qkv": size.qkv, "c_o": size.o, "c_gu": size.gate_up, "c_down": size.down}
        self.static |= {
            "c_head_beats": min(size.rows, HEAD),
            "c_last": 2 * cfg.num_hidden_layers - 1,
            "c_batch": start.batch,
        }
        self.static |= {"c_row_tiles": -(-cfg.hidden_size // 32), "c_angle_beats": size.angles}
        self.static |= {"c_vocab": cfg.vocab_size, "c_prefix": start.prefix, "c_own": lengths_word(start.own)}
        self.static |= {"c_slices": -(-cfg.head_dim // 32), "c_heads": cfg.num_key_value_heads}
        for k, part in enumerate((prefix, own)):
            named = (("keys", part.keys), ("head", part.head), ("layer", part.layer), ("part", part.whole))
            self.static |= {f"c_{name}{k}": beats for name, beats in named}

    def embed(self, job: Job, lengths: tuple[int, ...], angles: int) -> None:
        """Ids of a chunk, now and then one that there is no row for, and the beats of e."""
        vocab = self.cfg.vocab_size
        ids = [
            self.rng.choice((*[self.rng.randrange(vocab)] * 6, vocab - 1, vocab, 1 << 31)) for _ in range(job.tokens)
        ]
        self.ids[job.feedback] += ids
        self.bad += sum(token >= vocab for token in ids)
        known = [token * (token < vocab) for token in ids]
        for each in row_beats(known, lengths, self.cfg.hidden_size, angles, self.machine):
            self.e.append((each.what << 16 | each.index, self.base[each.region] + each.beat * self.step))
        self.rows.append(len(self.e))

    def json(self) -> dict[str, Any]:
        """Jobs, what they read, and which reads wait for which writes: those of the chunk before."""
        layers = self.cfg.num_hidden_layers
        return {
            "static": self.static,
            "jobs": list(words(job for job, _ in self.order)),
            "prompt": self.ids[False],
            "tok": self.ids[True],
            "plan": self.plan,
            "w": self.w,
            "ports": self.ports,
            "e": self.e,
            "rows": self.rows,
            "bad": self.bad,
            "caches": [(*cache, max(0, k - layers + 1)) for k, cache in enumerate(self.caches)],
        }


SECTIONS = (  # name, job, what its job reads before it
    ("norm_d", None, ()),
    ("norm_f", (Kind.IN, 1), ()),
    ("qkv", (Kind.IN, 0), ((Dest.NUMBERS, 1), (Dest.NORM_D, "norm_d"))),
    ("o", (Kind.OUT, 0), ((Dest.NORM_D, "norm_d"),)),
    ("gu", (Kind.IN, 1), ((Dest.NORM_F, "norm_f"),)),
    ("down", (Kind.OUT, 1), ((Dest.NORM_D, "norm_d"),)),
    ("head_beats", (Kind.HEAD, 1), ((Dest.NORM_D, "norm_d"),)),
)


def section(told: Told, index: int, size: int) -> dict[str, Any]:
    """A start whose first jobs read a section of `size` beats: the plan up to it, and where its reads begin."""
    name, job, before = SECTIONS[index]
    static = (
        told.static
        | {"c_last": 3, "c_batch": 1, "c_norm_d": told.rng.randint(1, 3), "c_norm_f": 2}
        | {f"c_{name}": size}
    )
    dests = {"norm_d": Dest.NORM_D, "norm_f": Dest.NORM_F, "head_beats": Dest.HEAD}
    ahead = [*before, (dests.get(name, Dest.LINEAR), name)]
    if job:
        ahead.insert(0, (Dest.NORM_D, "norm_d"))  # of the EMBED job
    plan, begins, at = [], [], static["c_w_off"]
    for dest, beats in ahead:
        count = beats if isinstance(beats, int) else static[f"c_{beats}"]
        begins.append(static["c_h_off"] if dest == Dest.HEAD else at)
        plan.append(dest << 35 | count)
        at += count * told.step
    jobs = [m2_block_data.Job(kind, layer=layer).word for kind, layer in (((Kind.EMBED, 0), job) if job else ((0, 0),))]
    return {"static": static, "jobs": jobs, "plan": plan, "begins": begins, "rows": [0], "tok": [], "prompt": []}


def sizes(params: dict[str, int], starts: list[Any], rng: random.Random) -> list[dict[str, Any]]:
    """Starts with a section of any size, each size twice: with every bit the other way round."""
    found = []
    for index, (name, *_) in enumerate(SECTIONS):
        width = 16 if name.startswith("norm") else 32
        size = rng.randint(1, (1 << width) - 2)
        for k, each in enumerate((size, size ^ (1 << width) - 1)):
            found.append(section(Told(*starts[0], params, rng, mirrored=k == 1), index, each))
    return found


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "starts"), CASES, ids=["512", "1024"])
def test_contract(params: dict[str, int], starts: list[Any], sim: str, tmp_path: Path) -> None:
    """Prompts in chunks, batches, shared prefixes: every beat in order, none before it may be read. From one start to
    the next each bit of each address changes.
    """
    rng = random.Random(derive_seed(f"tern_fetch/{params}"))
    told = [Told(*start, params, rng, mirrored=k % 2 == 1).json() for k, start in enumerate(starts)]
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"runs": told, "sizes": sizes(params, starts, rng)}))
    check_module("tern_fetch", params, sim, "tests.rtl.cocotb_tern_fetch", vectors)


def test_stimuli_reach_the_ends() -> None:
    """Caches with and without positions, reads that wait for writes, bad ids from both sources, rows in eight tiles."""
    rng = random.Random(1)
    told = [Told(*start, params, rng) for params, starts in CASES for start in starts]
    files = [each.json() for each in told]
    assert {first == behind for each in files for first, behind, _ in each["caches"]} == {True, False}
    assert any(wait and first < behind for each in files for first, behind, wait in each["caches"])
    assert {side for each in told for side in each.ids if any(t >= each.cfg.vocab_size for t in each.ids[side])} == {
        False,
        True,
    }
    tiles = {tag & 0xFFFF for each in files for tag, _ in each["e"] if tag >> 16 == 0}
    assert {index // 2 % 8 for index in tiles} == set(range(8))
