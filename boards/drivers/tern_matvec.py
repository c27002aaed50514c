# SPDX-License-Identifier: Apache-2.0
"""Driver of `tern_matvec`: Y = W X with ternary W [M, K], int8 X [K, V], int32 Y [M, V].

The only place where software writes the kernel's arguments; layouts come from `golden.ternary.packing`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from boards.drivers.arena import Arena
from boards.drivers.striped import StripedIP
from golden.errors import InputError
from golden.spec import TernConfig
from golden.spec.gen import tern_matvec as regs
from golden.striping import stripe
from golden.ternary.packing import Tiling, pack_weights, pack_x, tiling, unpack_y
from harness.bench.record import Counters

ARENA_BYTES = 16 << 20
"""Bytes a port that `arena` takes without an argument."""


@dataclass(frozen=True)
class Weights:
    """A matrix in the arena: `rows` x `cols` at `offset`."""

    rows: int
    cols: int
    offset: int


@dataclass(frozen=True)
class Case:
    """A product ready to start: the matrix, and where its vectors and results lie in the arena."""

    weights: Weights
    size: Tiling
    x_offset: int
    y_offset: int


@dataclass(frozen=True)
class Result:
    """One run: `y` int32 [M, V], and the counters of the run."""

    y: NDArray[np.int32]
    counters: Counters


class TernMatvec(StripedIP):
    """The kernel on one device. Use it inside `with kernel.arena(): ...`, in which its data live."""

    bindto: ClassVar[list[str]] = ["krait:kernel:tern_matvec:1.0"]
    KERNEL = "tern_matvec"
    MAP_VERSION = regs.MAP_VERSION
    KERNEL_ID = regs.KERNEL_ID
    ERRORS = regs.ErrorCode
    COUNTERS: ClassVar[tuple[regs.Offset, ...]] = (
        regs.Offset.CYCLES,
        regs.Offset.WEIGHT_BEATS,
        regs.Offset.WINDOW,
        regs.Offset.STALL_WEIGHTS,
        regs.Offset.STALL_TABLES,
        regs.Offset.STALL_OUTPUT,
        regs.Offset.STALL_HAZARD,
    )
    DUMP: ClassVar[Mapping[str, tuple[int, int]]] = {
        "CTRL": (regs.Offset.CTRL, 32),
        "ERROR": (regs.Offset.ERROR, 32),
        "ROW_TILES": (regs.Offset.ROW_TILES, 32),
        "COL_BLOCKS": (regs.Offset.COL_BLOCKS, 32),
        "VECTORS": (regs.Offset.VECTORS, 32),
        **{offset.name: (offset, 64) for offset in COUNTERS},
    }

    config: TernConfig

    # ---- memory

    def arena(self, size: int = ARENA_BYTES) -> Arena:
        """Return a new arena as `StripedIP.arena` does, of a size that most products fit."""
        return super().arena(size)

    def load(self, striped: NDArray[np.uint8], rows: int, cols: int) -> Weights:
        """Copy a packed matrix, uint8 [ports, w_beats * PB], to the device.

        Raises:
            InputError: the bytes are not those of a rows x cols matrix in this configuration.
        """
        self._check_bytes("weights", striped, tiling(rows, cols, 1, self.config).w_beats)
        offset = self.memory.reserve(striped.shape[1])
        self.memory.write(offset, striped)
        return Weights(rows, cols, offset)

    def load_matrix(self, w: torch.Tensor) -> Weights:
        """Pack a matrix, int8 [M, K] of trits, and copy it to the device."""
        return self.load(stripe(pack_weights(w, self.config), self.config).numpy(), w.shape[0], w.shape[1])

    def prepare(self, weights: Weights, striped: NDArray[np.uint8], vectors: int) -> Case:
        """Copy packed vectors, uint8 [ports, x_beats * PB], to the device and make room for their results.

        Limits of the kernel are not checked here: it reports them itself (`KernelError`).
        """
        size = tiling(weights.rows, weights.cols, vectors, self.config)
        self._check_bytes("vectors", striped, size.x_beats)
        x_offset = self.memory.reserve(striped.shape[1])
        self.memory.write(x_offset, striped)
        y_offset = self.memory.reserve(size.y_beats * self.config.port_bytes)
        case = Case(weights, size, x_offset, y_offset)
        self.poison(y_offset, size.y_beats)
        return case

    def prepare_vectors(self, weights: Weights, x: torch.Tensor) -> Case:
        """Pack vectors, int8 [K, V], and prepare them."""
        return self.prepare(weights, stripe(pack_x(x, self.config), self.config).numpy(), x.shape[1])

    # ---- runs

    def begin(self, case: Case) -> None:
        """Write the arguments of a case and start it."""
        at, size = regs.Offset, case.size
        self.put_all({at.ROW_TILES: size.row_tiles, at.COL_BLOCKS: size.col_blocks, at.VECTORS: size.vectors})
        self.put_all({at.X_OFF: case.x_offset, at.W_OFF: case.weights.offset, at.Y_OFF: case.y_offset}, 64)
        self.start()

    def result(self, case: Case) -> NDArray[np.int32]:
        """Return int32 [M, V] of a case that has run."""
        wide = self.read_beats(case.y_offset, case.size.y_beats)
        y: NDArray[np.int32] = unpack_y(wide, case.weights.rows, case.size.vectors, self.config).numpy()
        return y

    def run(self, weights: Weights, striped: NDArray[np.uint8], vectors: int, timeout_s: float = 60.0) -> Result:
        """Multiply packed vectors by a loaded matrix.

        Raises:
            KernelError: the kernel reports an error.
            MachineError: not done in time.
        """
        with self.memory.scratch():
            return self.run_case(self.prepare(weights, striped, vectors), timeout_s)

    def run_case(self, case: Case, timeout_s: float = 60.0) -> Result:
        """Run a prepared case and read its results; errors as for `run`."""
        counters = self.run_cases([case], timeout_s)[0]
        return Result(self.result(case), counters)

    def run_cases(self, cases: Iterable[Case], timeout_s: float = 60.0) -> list[Counters]:
        """Run prepared cases one after another without touching memory between them; `timeout_s` is for each."""
        counters = []
        for case in cases:
            self.begin(case)
            self.wait(timeout_s)
            counters.append(self.counters())
        return counters

    def multiply(self, w: torch.Tensor, x: torch.Tensor) -> NDArray[np.int32]:
        """Return W X for int8 tensors [M, K] of trits and [K, V] of any size.

        The kernel keeps the activations of one start on chip and counts row tiles in 16 bits: what exceeds either goes
        in several starts, column parts added and row parts stacked here. Vectors go T_COLS at a time.
        """
        if w.ndim != 2 or x.ndim != 2 or w.shape[1] != x.shape[0]:
            raise InputError(f"product of {tuple(w.shape)} and {tuple(x.shape)}: expected [M, K] and [K, V]")
        cols = self.config.x_slots // min(x.shape[1], self.config.t_cols) * self.config.block
        rows = regs.MAX_ROW_TILES * self.config.outs
        bands = [
            sum(
                self._multiply_part(part, x_part)
                for part, x_part in zip(torch.split(band, cols, dim=1), torch.split(x, cols), strict=True)
            )
            for band in torch.split(w, rows)
        ]
        return np.vstack(bands)

    def _multiply_part(self, w: torch.Tensor, x: torch.Tensor) -> NDArray[np.int32]:
        with self.arena(self._bytes_for(w, x)):
            weights, step = self.load_matrix(w), self.config.t_cols
            parts = (stripe(pack_x(part, self.config), self.config).numpy() for part in torch.split(x, step, dim=1))
            widths = [min(step, x.shape[1] - at) for at in range(0, x.shape[1], step)]
            return np.hstack([self.run(weights, part, width).y for part, width in zip(parts, widths, strict=True)])

    def counters(self) -> Counters:
        """Return the performance counters of the last run, with the beats of every port."""
        beats = self.port_beats()
        return Counters(
            **self.count(),
            rd_beats=tuple(read for read, _ in beats),
            wr_beats=tuple(written for _, written in beats),
        )

    # ---- inside

    def _check_bytes(self, what: str, striped: NDArray[np.uint8], beats: int) -> None:
        expected = (self.config.ports, beats * self.config.port_bytes)
        if striped.shape != expected or striped.dtype != np.uint8:
            raise InputError(
                f"packed {what}: {striped.dtype} {striped.shape}, expected uint8 {expected} "
                f"in configuration {self.config_name}"
            )

    def _bytes_for(self, w: torch.Tensor, x: torch.Tensor) -> int:
        size = tiling(w.shape[0], w.shape[1], min(x.shape[1], self.config.t_cols), self.config)
        beats = size.w_beats + size.x_beats + size.y_beats
        return beats * self.config.port_bytes + 3 * 4096
