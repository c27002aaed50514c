# SPDX-License-Identifier: Apache-2.0
"""m2_matmul: jobs of all kinds against golden's linear layers, from the bytes in memory to the saturated values."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from golden.mamba2.accel.layout import matrix_section
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import EMBED, HEAD, IN, OUT, Job, write
from tests.rtl.m2_matmul_data import (
    Build,
    act_beats,
    build,
    columns,
    matrix,
    row_groups,
    store,
    tiles,
    values,
    vector,
)

CHUNKS = {"PROFILE": 0, "WIDE_W": 256, "INPUTS": 16, "T_COLS": 4, "T_PAR": 2, "BEATS": 4, "QUEUE": 4}
CHANNELS = {"PROFILE": 1, "WIDE_W": 128, "INPUTS": 8, "T_COLS": 4, "T_PAR": 4, "BEATS": 4, "QUEUE": 2}
MIXED = {"PROFILE": 2, "WIDE_W": 256, "INPUTS": 16, "T_COLS": 4, "T_PAR": 2, "BEATS": 4, "QUEUE": 4}
DECODE = {"PROFILE": 0, "WIDE_W": 1024, "INPUTS": 16, "T_COLS": 1, "T_PAR": 1, "BEATS": 8, "QUEUE": 8}
COLUMNS = {"PROFILE": 1, "WIDE_W": 64, "INPUTS": 8, "T_COLS": 32, "T_PAR": 16, "BEATS": 4, "QUEUE": 4}
SHAPE = {"d": 24, "i": 32, "rows_in": 40, "vocab": 21}
JOBS = [
    *(Job(EMBED, 3), Job(IN, 3), Job(OUT, 3), Job(IN, 4), Job(OUT, 4)),
    *(Job(HEAD, 3), Job(EMBED, 1), Job(IN, 1), Job(OUT, 1), Job(HEAD, 1)),
]
PASSES = [Job(IN, 17), Job(OUT, 32), Job(HEAD, 20), Job(IN, 1)]
BLAMES = {"w": "stall_weights", "ad": "stall_acts", "x": "stall_out"}
"""What is high while a stream stands still."""
ONE = [Job(IN), Job(OUT), Job(IN), Job(OUT), Job(HEAD), Job(EMBED), Job(IN), Job(OUT), Job(HEAD)]


@dataclass
class Streams:
    """Beats of every stream of m2_matmul, and the cycles in which its multipliers work."""

    sources: dict[str, list[int]] = field(default_factory=lambda: {key: [] for key in ("job", "w", "ad", "ai")})
    sinks: dict[str, list[int]] = field(default_factory=lambda: {key: [] for key in "xoh"})
    beats: int = 0

    def add(self, rng: random.Random, job: Job, shape: Mapping[str, int], lanes: int, b: Build) -> None:
        """Append a job with a matrix and a vector of its own."""
        self.sources["job"].append(job.word)
        if job.kind == EMBED:
            return
        m, k = dimensions(shape)[job.kind]
        layer, a = matrix(rng, m, k, b), vector(rng, columns(job), k, b)
        self.sources["w"] += store(layer, b).w
        self.sources["ai" if job.kind == OUT else "ad"] += act_beats(a, b)
        y = values(a, layer, job.kind, b.profile)
        self.sinks[{IN: "x", OUT: "o", HEAD: "h"}[job.kind]] += row_groups(y, b.profile.value_bits)
        count = tiles(layer, b)
        self.beats += count.shape[0] * count.shape[1] * -(-columns(job) // lanes)


def dimensions(shape: Mapping[str, int]) -> dict[int, tuple[int, int]]:
    """Return rows and inputs of each kind's matrix."""
    return {
        IN: (shape["rows_in"], shape["d"]),
        OUT: (shape["d"], shape["i"]),
        HEAD: (shape["vocab"], shape["d"]),
    }


def static(shape: Mapping[str, int], b: Build) -> dict[str, int]:
    """Return the configuration inputs of a shape."""
    rows = {kind: m for kind, (m, _) in dimensions(shape).items()}
    count = {kind: -(-m // b.rows) for kind, m in rows.items()}
    return {
        "c_kd": -(-shape["d"] // b.inputs),
        "c_ki": -(-shape["i"] // b.inputs),
        "c_tiles_in": count[IN],
        "c_tiles_out": count[OUT],
        "c_tiles_head": count[HEAD],
        "c_rows_in": rows[IN] // 8,
        "c_d8": rows[OUT] // 8,
        "c_head_groups": -(-rows[HEAD] // 8),
    }


def check(
    params: dict[str, int],
    jobs: Sequence[Job],
    sim: str,
    path: Path,
    rate: bool = False,
    **shape: int,
) -> None:
    """Simulate jobs on a build; with `rate` also that w moves a beat a cycle from the third one on."""
    rng = random.Random(derive_seed("m2_matmul"))
    b, streams, whole = build(params), Streams(), SHAPE | shape
    for job in jobs:
        streams.add(rng, job, whole, params["T_PAR"], b)
    steady: list[Any] = [["w", 2, len(streams.sources["w"]) - 1, 0]] if rate else []
    config, pulses = static(whole, b), {"beat": streams.beats}
    told = {"steady": steady, "pulses": pulses, "events": ["beat", *BLAMES.values()]}
    write(path, streams.sources, streams.sinks, config, **told, blames=list(BLAMES.items()))
    check_module("m2_matmul", params, sim, "tests.rtl.cocotb_m2_block", path)


@dataclass(frozen=True)
class Machine:
    """What golden's layout asks of a build."""

    wide_bytes: int
    inputs: int
    rows: int


@pytest.mark.parametrize("params", [CHUNKS, CHANNELS, MIXED, DECODE], ids=str)
def test_matrices_lie_in_memory_as_golden_lays_them(params: dict[str, int]) -> None:
    """The packing here, written from the format's description, is that of golden.mamba2.accel.layout."""
    b = build(params)
    layer = matrix(random.Random(derive_seed("m2_matmul/layout")), 37, 56, b)
    section = matrix_section(layer, b.profile, Machine(b.width // 8, b.inputs, b.rows))
    assert [int.from_bytes(bytes(beat), "little") for beat in section.tolist()] == store(layer, b).w


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", [CHUNKS, CHANNELS, MIXED], ids=str)
def test_jobs(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Every job's values are golden's, in order, for any number of tokens, whatever stalls."""
    check(params, JOBS, sim, tmp_path / "vectors.json")


@pytest.mark.parametrize("sim", SIMS)
def test_passes(sim: str, tmp_path: Path) -> None:
    """One row a tile and 16 columns at a time: groups of eight tiles, and chunks of 32 tokens."""
    check(COLUMNS, PASSES, sim, tmp_path / "vectors.json", d=16, i=24, rows_in=16, vocab=13)


@pytest.mark.parametrize("sim", SIMS)
def test_one_weight_beat_a_cycle(sim: str, tmp_path: Path) -> None:
    """One column and 16 rows: matrices follow each other without an idle cycle of w, and padding groups are dropped."""
    check(DECODE, ONE, sim, tmp_path / "vectors.json", rate=True, d=56, i=104, rows_in=72, vocab=21)
