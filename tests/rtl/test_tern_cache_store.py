# SPDX-License-Identifier: Apache-2.0
"""tern_cache_store: every word and exponent of a job's new positions goes where golden's writes say, in their order."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from golden.ternary.accel.cache import Room, cache_writes, parts
from golden.ternary.config import BitNetConfig
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import run, write
from tests.rtl.regions import region_offset
from tests.rtl.tern_cache_data import Shape, layer_cache, words, writes

Jobs = list[tuple[tuple[int, ...], int]]
CFG = BitNetConfig(100, 384, 64, 30, 4, 2, 1e4, 16384)
CASES = [  # bytes of a port's beat, model, room, positions of the texts and tokens of the jobs
    (512, 16, CFG, Room(200, 80), [((0,), 5), ((29,), 4), ((64,), 1)]),
    (256, 32, CFG, Room(0, 40), [((0, 39), 2), ((15, 16), 2), ((31, 32), 2)]),
    (2048, 64, replace(CFG, hidden_size=128, num_key_value_heads=1), Room(900, 8192), [((8189,), 3), ((1,), 2)]),
    (512, 64, replace(CFG, hidden_size=512), Room(31, 33), [((32, 0, 15, 31), 4), ((1, 1, 1, 1), 4)]),
    (16384, 64, replace(CFG, hidden_size=256), Room(0, 9000), [((1023, 64, 8191), 3)]),
]


PLACES = [(((1 << k) - 1,), 2) for k in range(13)]
"""Two tokens around each power of two."""


class Told:
    """Jobs of a room: words, and where golden's writes put them."""

    def __init__(self, shape: Shape, port: int, cfg: BitNetConfig, room: Room, rng: random.Random) -> None:
        self.shape, self.port, self.cfg, self.room, self.rng = shape, port, cfg, room, rng
        self.base = region_offset(rng, 0, port)
        self.put: dict[str, list[int]] = {"job": [], "s": [], "m": []}
        self.steady: list[list[object]] = []

    def job(self, starts: tuple[int, ...], tokens: int) -> None:
        """A job of any layer: positions of its texts before it, tokens."""
        cfg, rng, shape, put = self.cfg, self.rng, self.shape, self.put
        layer = rng.choice((0, cfg.num_hidden_layers - 1, rng.randrange(cfg.num_hidden_layers)))
        new = words(layer_cache(rng, shape.heads, tokens, shape.width))
        put["job"].append(tokens - 1 | layer << 8 | sum(at << 16 + 14 * i for i, at in enumerate(starts)))
        put["s"] += new
        found = writes(new, cache_writes(cfg, self.room, layer, starts, tokens, shape.machine), self.base, self.port)
        heads = 2 * tokens * shape.heads
        self.steady += [["m", len(put["m"]), len(put["m"]) + len(found) - 1, 5 * (heads - 1)]]
        put["m"] += found

    def sides(self, batch: int) -> tuple[dict[str, list[int]], dict[str, list[int]], dict[str, int]]:
        """Sources, sinks, settings."""
        prefix, own = parts(self.cfg, self.room, self.shape.machine)
        static = {"c_off": self.base, "c_batch": batch, "c_slices": self.shape.slices, "c_heads": self.shape.heads}
        static |= {"c_keys1": own.keys, "c_head1": own.head, "c_layer1": own.layer}
        static |= {"c_part0": prefix.whole, "c_part1": own.whole}
        return {p: self.put[p] for p in ("job", "s")}, {"m": self.put["m"]}, static


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("wide", "port", "cfg", "room", "jobs"), CASES, ids=lambda value: str(value)[:30])
def test_block(wide: int, port: int, cfg: BitNetConfig, room: Room, jobs: Jobs, sim: str, tmp_path: Path) -> None:
    """Any layer, one text with neighbours or several with one each, at the ends of tiles and of beats of exponents; a
    token's head takes c_slices + 6 cycles. Positions up to the last that there may be.
    """
    shape = Shape(wide, 4, cfg.num_key_value_heads, cfg.head_dim)
    rng = random.Random(derive_seed(f"tern_cache_store/{wide}/{room}"))
    told, long = Told(shape, port, cfg, room, rng), Told(shape, port, cfg, Room(0, 1 << 13), rng)
    for job in jobs:
        told.job(*job)
    for job in PLACES:
        long.job(*job)
    path = write(
        tmp_path / "vectors.json",
        *told.sides(len(jobs[0][0])),
        steady=told.steady,
        waits=["m"],
        further=[run(*long.sides(1))],
    )
    params = {"WIDE_W": wide, "PORT_BYTES": port, "DEPTH": 4}
    check_module("tern_cache_store", params, sim, "tests.rtl.cocotb_m2_block", path)
