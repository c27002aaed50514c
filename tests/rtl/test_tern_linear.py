# SPDX-License-Identifier: Apache-2.0
"""tern_linear: its contract header is true."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import pad

from golden.ternary.accel.layout import CHUNK, GROUP, matrix_section
from golden.ternary.integer.linear import ternary
from golden.ternary.integer.model import Linear
from golden.ternary.integer.scale import real
from golden.ternary.packing import LEGAL_BYTES, TRITS
from harness.sim.runner import derive_seed
from tests.golden.ternary.machine import Machine
from tests.rtl.contract import contract
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import write
from tests.rtl.stream_vectors import pack

COLUMNS, LEVEL, SUM = CHUNK * TRITS, 127, 21
LANES = {"WIDE_W": 1024, "T_COLS": 4, "T_PAR": 2, "BEATS": 4}
PASSES = {"WIDE_W": 512, "T_COLS": 4, "T_PAR": 1, "BEATS": 16}
ONE = {"WIDE_W": 1024, "T_COLS": 1, "T_PAR": 1, "BEATS": 16}
LONG = {"WIDE_W": 512, "T_COLS": 1, "T_PAR": 1, "BEATS": 256}
Vector = tuple[int, int, tuple[int, ...]]
"""Inputs, columns, rows of the matrices that share it."""
MIXED: list[Vector] = [(160, 4, (40, 16)), (33, 1, (8,)), (40, 3, (64, 8, 24)), (90, 2, (24,)), (81, 4, (8,))]
CASES = [
    (LANES, [(160, 4, (24, 16)), (33, 1, (8,)), (40, 3, (40,)), (81, 4, (8,))]),
    (PASSES, MIXED),
    (ONE, [(600, 1, (40, 8)), (7, 1, (24,)), (640, 1, (16,))]),
    (LONG, [(8192, 1, (8,)), (40, 1, (48,)), (400, 1, (48,))]),
]
STEADY = [(ONE, 520, 1), (LANES | {"WIDE_W": 512, "T_COLS": 32}, 80, 24)]
"""Inputs and columns of the shortest tile that needs no pause, and of results that take as long to leave as to come."""


def activations(rng: random.Random, columns: int, inputs: int, first: int) -> Tensor:
    """Return quantized columns, in turn all at an end and any; `first` is the first one's kind."""
    kinds = [(-LEVEL, LEVEL), (LEVEL,), range(-LEVEL, LEVEL + 1)]
    return torch.tensor([[rng.choice(kinds[(first + t) % 3]) for _ in range(inputs)] for t in range(columns)])


def matrix(rng: random.Random, rows: int, a: Tensor) -> Tensor:
    """Return trits: rows that make a column's sum as great or as small as can be, or any."""
    found = []
    for _ in range(rows):
        sign = rng.choice((1, -1, 0))
        same = sign * a[rng.randrange(len(a))].sign()
        found.append(same if sign else torch.tensor([rng.choice((-1, 0, 1)) for _ in range(a.shape[1])]))
    return torch.stack(found).to(torch.int8)


@dataclass
class Run:
    """The beats of all streams, for parameters of the unit, and weight beats with a byte that is no five trits."""

    params: dict[str, int]
    rng: random.Random
    beats: dict[str, list[int]] = field(default_factory=lambda: {p: [] for p in ("s_a", "s_w", "m")})
    bad: int = 0
    vectors: int = 0

    @property
    def outs(self) -> int:
        return self.params["WIDE_W"] // 8 // CHUNK

    def vector(self, inputs: int, columns: int, rows: tuple[int, ...], bad: bool) -> None:
        """A vector and its matrices."""
        a = pad(activations(self.rng, columns, inputs, self.vectors), (0, -inputs % COLUMNS))
        self.vectors += 1
        for t, column in enumerate(a):
            parts = [pack(part.tolist(), 8) for part in column.split(COLUMNS)]
            parts[-1] |= (1 | (t == columns - 1) << 1) << COLUMNS * 8
            self.beats["s_a"] += parts
        for k, m in enumerate(rows):
            self.matrix(a, matrix(self.rng, m, a), k == len(rows) - 1, bad)

    def matrix(self, a: Tensor, w: Tensor, free: bool, bad: bool) -> None:
        """A matrix: beats as golden lays them, with their marks; sums by groups of rows and tokens."""
        m, width = len(w), self.params["WIDE_W"]
        beats = matrix_section(w, Machine(width // 8))
        tile = -(-w.shape[1] // COLUMNS)
        if bad:
            w = self.spoil(beats, w, tile, -(-len(a) // self.params["T_PAR"]))
        group_w = max(1, (self.outs // GROUP - 1).bit_length())
        for k, beat in enumerate(beats.tolist()):
            first = k // tile * self.outs
            groups = -(-min(m - first, self.outs) // GROUP) - 1
            marks = groups | (free and k == len(beats) - 1) << group_w
            if (k + 1) % tile:
                marks = self.rng.getrandbits(group_w + 1)  # counts in a tile's last beat only
            self.beats["s_w"].append(int.from_bytes(bytes(beat), "little") | marks << width)
        y = ternary(a, Linear(w, real(1.0))).reshape(len(a), -1, GROUP)
        for g in range(y.shape[1]):
            for t in range(len(a)):
                marks = (t == len(a) - 1) | (free and self.ends(g, m, t, len(a))) << 1
                self.beats["m"].append(pack(y[t, g].tolist(), SUM) | marks << GROUP * SUM)

    def ends(self, group: int, rows: int, token: int, columns: int) -> bool:
        return (group + 1) * GROUP == rows and token == columns - 1

    def spoil(self, beats: Tensor, w: Tensor, tile: int, passes: int) -> Tensor:
        """Put an illegal byte into some beats, which counts as zeros in the matrix that is returned."""
        w = w.clone()
        for k in range(0, len(beats), 3):
            row, byte = self.rng.randrange(min(self.outs, len(w) - k // tile * self.outs)), self.rng.randrange(CHUNK)
            beats[k, row * CHUNK + byte] = self.rng.randrange(LEGAL_BYTES, 256)
            first = (k % tile * CHUNK + byte) * TRITS
            w[k // tile * self.outs + row, first : first + TRITS] = 0
            self.bad += passes
        return w


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "vectors"), CASES, ids=str)
def test_contract(params: dict[str, int], vectors: list[Vector], sim: str, tmp_path: Path) -> None:
    """Golden's sums of each row and column, up to the greatest that 21 bits hold, for vectors of all lengths and any
    number of columns; illegal bytes are told and count as zeros; rows that fill up a tile do not leave.
    """
    run = Run(params, random.Random(derive_seed(f"tern_linear/{params}")))
    for k, (inputs, columns, rows) in enumerate(vectors):
        run.vector(inputs, columns, rows, bad=k % 2 == 1)
    path = write(
        tmp_path / "vectors.json",
        {p: run.beats[p] for p in ("s_a", "s_w")},
        {"m": run.beats["m"]},
        {},
        pulses={"bad": run.bad},
        waits=["m"],
    )
    check_module("tern_linear", params, sim, "tests.rtl.cocotb_m2_block", path)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "inputs", "columns"), STEADY, ids=str)
def test_rate(params: dict[str, int], inputs: int, columns: int, sim: str, tmp_path: Path) -> None:
    """Weight beats move without a pause over tiles and matrices; the first tile's results come when the header says."""
    run = Run(params, random.Random(derive_seed(f"tern_linear/rate/{params}")))
    run.vector(inputs, columns, (3 * run.outs, 2 * run.outs), bad=False)
    passes, tile = -(-columns // params["T_PAR"]), -(-inputs // COLUMNS)
    last = len(run.beats["s_w"]) - 1
    stated = int(contract("tern_linear").value("Latency", params) or 0)
    path = write(
        tmp_path / "vectors.json",
        {p: run.beats[p] for p in ("s_a", "s_w")},
        {"m": run.beats["m"]},
        {},
        steady=[["s_w", 0, last, (passes - 1) * last]],
        latency=[["s_w", tile - 1, "m", 0, stated]],
    )
    check_module("tern_linear", params, sim, "tests.rtl.cocotb_m2_block", path)
