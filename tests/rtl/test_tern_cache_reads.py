# SPDX-License-Identifier: Apache-2.0
"""tern_cache_reads: every read of golden's list, in its order, for any lengths of the prefix and of four texts."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from golden.ternary.accel.cache import Room, cache_reads, parts
from golden.ternary.config import BitNetConfig
from harness.sim.runner import derive_seed
from tests.golden.ternary.machine import Machine
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import run, write
from tests.rtl.regions import region_offset

CFG = BitNetConfig(100, 384, 64, 30, 4, 4, 1e4, 8192)


ONE, TWO = (
    replace(CFG, num_key_value_heads=1),
    replace(CFG, hidden_size=512, num_attention_heads=2, num_key_value_heads=2),
)
MANY = replace(CFG, hidden_size=2048, num_attention_heads=64, num_key_value_heads=64)
CASES = [  # bits of a wide beat, bytes of a port's beat, whether reads leave ports out, model, room
    (512, 16, 0, CFG, Room(200, 40)),
    (1024, 64, 0, ONE, Room(0, 8000)),
    (256, 32, 0, TWO, Room(8192, 1)),
    (16384, 64, 0, MANY, Room(1024, 1025)),
    (512, 16, 1, CFG, Room(200, 40)),
    (256, 16, 1, TWO, Room(300, 1)),
    (2048, 64, 1, ONE, Room(1000, 17)),
    (16384, 64, 1, replace(MANY, num_key_value_heads=4), Room(1024, 1025)),
]


def lengths(rng: random.Random, room: Room) -> list[int]:
    """Positions of a prefix and four texts; none, one, all and any."""
    rooms = (room.prefix, *[room.own] * 4)
    return [rng.choice((0, min(1, most), most, rng.randint(0, min(most, 63)), rng.randint(0, most))) for most in rooms]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("wide", "port", "partial", "cfg", "room"), CASES, ids=[f"{case[0]}{'-partial' * case[2]}" for case in CASES]
)
def test_block(wide: int, port: int, partial: int, cfg: BitNetConfig, room: Room, sim: str, tmp_path: Path) -> None:
    """Keys one head ahead of values, each part that has positions; layers in any order, two cycles a read.

    Where reads are partial, each goes over the ports that have positions. The region lies at two addresses, each bit
    of which differs.
    """
    rng, machine = (
        random.Random(derive_seed(f"tern_cache_reads/{wide}")),
        Machine(wide // 8, wide // 8 // port, partial),
    )
    prefix, own = parts(cfg, room, machine)
    base = region_offset(rng, 0, port)
    jobs, reads, firsts, few = [], list[tuple[int, int]](), [], 0
    for number in range(12 if cfg.num_key_value_heads < 9 else 4):
        layer = rng.choice((0, 1, cfg.num_hidden_layers - 1, rng.randrange(cfg.num_hidden_layers)))
        there = [0] * 5 if number == 1 else lengths(rng, room)
        jobs.append(layer | sum(n << 8 + 14 * k for k, n in enumerate(there)))
        firsts += [(number, len(reads))] if any(there) else []
        for each in cache_reads(cfg, room, layer, there, machine):
            told = each.beats << 64 | each.part << 96 | each.values << 99 | each.ports << 100
            reads.append((each.offset * port, told))
        few = len(reads) if number < 3 else few
    static = {"c_off": base, "c_slices": -(-cfg.head_dim // 32), "c_heads": cfg.num_key_value_heads}
    for k, part in enumerate((prefix, own)):
        sizes = (("keys", part.keys), ("head", part.head), ("layer", part.layer), ("part", part.whole))
        static |= {f"c_{name}{k}": size for name, size in sizes}
    other = (1 << 64) - port - base
    path = write(
        tmp_path / "vectors.json",
        {"job": jobs},
        {"m": [base + at | told for at, told in reads]},
        static,
        latency=[["job", job, "m", read, 110] for job, read in firsts if job in (0, firsts[-1][0])],
        pace={"job": 150 + 25 * cfg.num_key_value_heads},
        waits=["m"],
        further=[
            run({"job": jobs[:3]}, {"m": [other + at | told for at, told in reads[:few]]}, static | {"c_off": other})
        ],
    )
    params = {"WIDE_W": wide, "PORT_BYTES": port, "PARTIAL": partial}
    check_module("tern_cache_reads", params, sim, "tests.rtl.cocotb_m2_block", path)
