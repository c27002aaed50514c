# SPDX-License-Identifier: Apache-2.0
"""tern_route: sections of golden's image, a cache and a head come to the units that use them, with marks."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from golden.beats import little_endian
from golden.ternary.accel.cache import Room
from golden.ternary.accel.image import sections, weights
from golden.ternary.accel.layout import gate_up, layer_section, matrix_section
from golden.ternary.accel.reads import Dest, Region, positions, runs
from golden.ternary.config import BitNetConfig
from golden.ternary.integer import extremes
from golden.ternary.integer.model import IntegerModel
from harness.sim.runner import derive_seed
from tests.golden.ternary.machine import Machine
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import IN, OUT, Job, write
from tests.rtl.m2_block_data import run as settled
from tests.rtl.tern_start_data import Start, words

CASES = [
    ({"WIDE_W": 512, "LANES": 8}, BitNetConfig(20, 96, 104, 2, 3, 1, 1e4, 64)),
    ({"WIDE_W": 512, "LANES": 32}, BitNetConfig(20, 32, 8, 1, 1, 1, 1e4, 64)),
    ({"WIDE_W": 2048, "LANES": 16}, BitNetConfig(20, 128, 344, 1, 2, 1, 1e4, 64)),
]
START = Start(4, 2, 2, 9, (5, 0))
ROOM = Room(12, 40)
HEAD = 5
"""Beats of the head here."""
TILE, GIVEN = 4, 8
"""Beats of a short tile, and most beats of a run that is cut off."""
NOTHING: dict[str, list[int]] = {name: [] for name in ("n", "nd", "nf", "lw", "k", "v", "h")}


def beats_of(section: Tensor) -> list[int]:
    """Bytes [n, bytes] as n numbers."""
    return [int.from_bytes(bytes(row), "little") for row in section.tolist()]


class Told:
    """What tern_fetch says and gives in a start, and what the units get."""

    def __init__(self, params: dict[str, int], cfg: BitNetConfig, rng: random.Random) -> None:
        self.wide, self.lanes = params["WIDE_W"], params["LANES"]
        self.group_w = max(1, (self.wide // 512 - 1).bit_length())
        self.machine = Machine(self.wide // 8)
        self.model = extremes.make("random", rng.getrandbits(30), cfg)
        self.sinks: dict[str, list[int]] = {name: [] for name in NOTHING}
        self.plan: list[int] = []
        self.w: list[int] = []
        self.steady: list[list[object]] = []
        region = [beat for part in weights(self.model, self.machine) for beat in beats_of(part)]
        start = Start(START.t_cols, START.prompt, START.generate, START.prefix, START.own, cfg.num_hidden_layers)
        order = positions(start.jobs(), start.prefix, start.own)
        self.jobs = list(words(start.jobs()))
        size = sections(cfg, self.machine)
        for job, found in runs(order, cfg, ROOM, size, HEAD, self.machine):
            for run in found:
                own = run.region is Region.WEIGHTS
                noise = [rng.getrandbits(self.wide) for _ in range(run.beats)]
                beats = region[run.first : run.first + run.beats] if own else noise
                self.plan.append(run.dest << 35 | run.part << 32 | run.beats)
                self.w += beats
                if not own:
                    name = {Dest.KEYS: "k", Dest.VALUES: "v", Dest.HEAD: "h"}[run.dest]
                    self.sinks[name] += [run.part * (name == "k") << self.wide | beat for beat in beats]
            self.units(self.model, job.kind, job.layer)
        assert len(self.w) == sum(entry & 0xFFFFFFFF for entry in self.plan)

    def units(self, model: IntegerModel, kind: int, layer: int) -> None:
        """What a job's sections are to the units: the parameters of the model."""
        each, mlp = model.layers[layer // 2], layer % 2
        behind = model.layers[layer // 2 + 1 : layer // 2 + 2]
        if kind == 0:
            self.norm("nd", model.layers[0].norm)
        elif kind == 3:
            self.norm("nd", model.final_norm)
        elif kind == 1 and not mlp:
            self.sinks["n"] += beats_of(layer_section(each, model, Machine(64)))
            self.norm("nd", each.attention_norm)
            self.matrix(torch.cat([each.q_proj.w, each.k_proj.w, each.v_proj.w]))
        elif kind == 1:
            self.norm("nf", each.product_norm)
            self.matrix(gate_up(each.gate_proj.w, each.up_proj.w))
        elif mlp:
            for following in behind:
                self.norm("nd", following.norm)
            self.matrix(each.down_proj.w)
        else:
            self.norm("nd", each.mlp_norm)
            self.matrix(each.o_proj.w)

    def norm(self, name: str, weight: Tensor) -> None:
        """Weights, `LANES` a beat."""
        first = len(self.sinks[name])
        octets = little_endian(weight, 16)
        octets = torch.nn.functional.pad(octets.flatten(), (0, -octets.numel() % (2 * self.lanes)))
        self.sinks[name] += beats_of(octets.reshape(-1, 2 * self.lanes))
        self.steady.append([name, first, len(self.sinks[name]) - 1, 0])

    def matrix(self, w: Tensor) -> None:
        """Beats of a matrix, the groups of 8 rows of each tile less 1, `free` at the end."""
        beats, outs, first = beats_of(matrix_section(w, self.machine)), self.wide // 64, len(self.sinks["lw"])
        for k, beat in enumerate(beats):
            tile = k // -(-w.shape[1] // 40)
            groups = min(outs, len(w) - tile * outs) // 8 - 1
            self.sinks["lw"].append((k == len(beats) - 1) << self.wide + self.group_w | groups << self.wide | beat)
        self.steady.append(["lw", first, len(self.sinks["lw"]) - 1, 0])

    def static(self) -> dict[str, int]:
        """Counts of the model."""
        c, outs = self.model.cfg, self.wide // 64
        rows = {"qkv": c.hidden_size + 2 * c.num_key_value_heads * c.head_dim, "o": c.hidden_size}
        rows |= {"gu": 2 * c.intermediate_size, "down": c.hidden_size}
        counts = {f"c_last_{name}": (count - 1) % outs // 8 for name, count in rows.items()}
        counts |= {"c_dn": -(-c.hidden_size // self.lanes), "c_fn": -(-c.intermediate_size // self.lanes)}
        return counts | {"c_kd": -(-c.hidden_size // 40), "c_kf": -(-c.intermediate_size // 40)}


def cut_off(params: dict[str, int], rng: random.Random) -> Iterator[dict[str, Any]]:
    """Runs of many beats, of which only the first come, now and then in every other cycle: with a bit of a count lost,
    something ends among these.
    """
    for bit in range(32):
        yield first_of_matrix(params, rng, TILE, (1 << bit) + 2 * TILE) | {"pace": {"w": 2}}
        if bit < 16:
            tile = (1 << bit) + 1
            yield first_of_matrix(params, rng, tile, tile + TILE)
            yield from (first_of_norm(params, rng, name, (1 << bit) + 3) for name in ("d", "f"))


def norms(params: dict[str, int], rng: random.Random) -> Iterator[dict[str, Any]]:
    """Norms of 1 and of 2^k + 1 beats of weights, which follow each other at once."""
    wide, unit = params["WIDE_W"], params["LANES"] * 16
    for name, dest in (("d", Dest.NORM_D), ("f", Dest.NORM_F)):
        for count in (1, *((1 << bit) + 1 for bit in range(7))):
            beats, turns = -(-count * unit // wide), 2 if count > 1 else 6
            data = [[rng.getrandbits(wide) for _ in range(beats)] for _ in range(turns)]
            units = [[beat >> at & (1 << unit) - 1 for beat in own for at in range(0, wide, unit)] for own in data]
            yield settled(
                {"job": [], "plan": [dest << 35 | beats] * turns, "w": [beat for own in data for beat in own]},
                {**NOTHING, f"n{name}": [each for own in units for each in own[:count]]},
                counts(rng) | {f"c_{name}n": count},
            ) | {"waits": [f"n{name}"] * (count == 1)}


def counts(rng: random.Random) -> dict[str, int]:
    """Any settings."""
    return {name: rng.getrandbits(15) + 1 for name in ("c_dn", "c_fn", "c_kd", "c_kf")}


def first_of_matrix(params: dict[str, int], rng: random.Random, tile: int, beats: int) -> dict[str, Any]:
    """The first beats of a matrix of any of the four, the last `tile` of which tell what they are told of its tile."""
    wide, full = params["WIDE_W"], params["WIDE_W"] // 512 - 1
    group_w = max(1, full.bit_length())
    groups = {f"c_last_{name}": rng.getrandbits(group_w) for name in ("qkv", "o", "gu", "down")}
    name, kind, mlp = rng.choice((("qkv", IN, 0), ("o", OUT, 0), ("gu", IN, 1), ("down", OUT, 1)))
    data = [rng.getrandbits(wide) for _ in range(min(beats, GIVEN))]
    marks = [
        (k == beats - 1) << group_w | (groups[f"c_last_{name}"] if beats - k <= tile else full) for k in range(GIVEN)
    ]
    return settled(
        {"job": [Job(0).word, Job(kind, layer=mlp).word], "plan": [Dest.LINEAR << 35 | beats], "w": data},
        {**NOTHING, "lw": [mark << wide | beat for mark, beat in zip(marks, data, strict=False)]},
        counts(rng) | groups | {"c_kf" if name == "down" else "c_kd": tile},
    )


def first_of_norm(params: dict[str, int], rng: random.Random, name: str, count: int) -> dict[str, Any]:
    """The first beats of a norm of `count` beats of weights."""
    wide, unit = params["WIDE_W"], params["LANES"] * 16
    beats = -(-count * unit // wide)
    data = [rng.getrandbits(wide) for _ in range(min(beats, TILE))]
    units = [beat >> at & (1 << unit) - 1 for beat in data for at in range(0, wide, unit)]
    dest = {"d": Dest.NORM_D, "f": Dest.NORM_F}[name]
    return settled(
        {"job": [], "plan": [dest << 35 | beats], "w": data},
        {**NOTHING, f"n{name}": units[:count]},
        counts(rng) | {f"c_{name}n": count},
    )


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "cfg"), CASES, ids=["512", "one tile", "2048"])
def test_block(params: dict[str, int], cfg: BitNetConfig, sim: str, tmp_path: Path) -> None:
    """Parameters of golden's layers in the order of their use; matrices and norms a beat a cycle, over tiles too.
    Counts are of any size, and norms follow each other.
    """
    rng = random.Random(derive_seed(f"tern_route/{params}"))
    told = Told(params, cfg, rng)
    path = write(
        tmp_path / "vectors.json",
        {"job": told.jobs, "plan": told.plan, "w": told.w},
        told.sinks,
        told.static(),
        steady=told.steady,
        latency=[["w", 0, "nd", 0, 2], ["w", told.plan[0] & 0xFFFFFFFF, "n", 0, 1]],
        pace={"w": params["WIDE_W"] // 16},  # a beat of norm weights has left
        waits=list(told.sinks),
        further=[*cut_off(params, rng), *norms(params, rng)],
    )
    check_module("tern_route", params, sim, "tests.rtl.cocotb_m2_block", path)
