# SPDX-License-Identifier: Apache-2.0
"""How ternary matrices, int8 vectors and int32 results lie in the memory of `tern_matvec`.

Letters: `M` rows, `K` columns, `V` vectors of one weight pass. A *wide beat* is one word of every port taken
together, `WIDE` bytes; a *tile* is the `OUTS` rows and the `BLK` columns of one weight beat. README.md in this
folder says why each order was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import torch
from torch import Tensor

from golden.errors import InputError

TRITS = 5
"""Trits of one weight byte: 3^5 = 243 of 256 codes, 1.6 bits a trit."""

ZERO_BYTE = 121
"""The byte of five zero trits, (3^5 - 1) / 2."""

LEGAL_BYTES = 3**TRITS
"""Codes from here to 255 are illegal; the kernel reads them as zero and reports them."""


class Geometry(Protocol):
    """What packing needs of a kernel configuration (`golden.spec.TernConfig` has it)."""

    @property
    def wide_bytes(self) -> int:
        """WIDE: bytes of one beat over all ports."""

    @property
    def outs(self) -> int:
        """OUTS: rows of one tile."""

    @property
    def row_bytes(self) -> int:
        """CB: weight bytes of one row in one beat."""

    @property
    def block(self) -> int:
        """BLK: columns of one tile."""

    @property
    def slots_per_beat(self) -> int:
        """P: x slots in one wide beat."""

    @property
    def slot_bytes(self) -> int:
        """SLOT: bytes of one x slot."""

    @property
    def acc_depth(self) -> int:
        """ACC_DEPTH: tiles of one row block."""


@dataclass(frozen=True)
class Tiling:
    """The counts that software computes for one kernel start: an `M` x `K` matrix times `V` vectors."""

    row_tiles: int
    col_blocks: int
    vectors: int
    x_beats: int
    w_beats: int
    y_beats: int


def tiling(rows: int, cols: int, vectors: int, cfg: Geometry) -> Tiling:
    """Counts of tiles, blocks and wide beats.

    Raises:
        InputError: a dimension is below 1.
    """
    for name, value in (("rows", rows), ("cols", cols), ("vectors", vectors)):
        if value < 1:
            raise InputError(f"{name} = {value} in a ternary product, expected at least 1")
    tiles, blocks = _ceil_div(rows, cfg.outs), _ceil_div(cols, cfg.block)
    return Tiling(
        row_tiles=tiles,
        col_blocks=blocks,
        vectors=vectors,
        x_beats=_ceil_div(blocks * vectors, cfg.slots_per_beat),
        w_beats=tiles * blocks,
        y_beats=_ceil_div(tiles * vectors * cfg.outs * 4, cfg.wide_bytes),
    )


def pack_bytes(trits: Tensor) -> Tensor:
    """Pack trits five to a byte: b = sum_i (t_i + 1) * 3^i, t_0 the trit of the lowest index.

    Args:
        trits: int8 [..., 5 * n], each in {-1, 0, 1}.

    Returns:
        uint8 [..., n].

    Raises:
        InputError: wrong dtype, a value that is no trit, or a length that is no multiple of 5.
    """
    _check_trits(trits)
    if trits.ndim < 1 or trits.shape[-1] % TRITS:
        raise InputError(f"trits of shape {tuple(trits.shape)}: the last dimension must be a multiple of {TRITS}")
    digits = trits.reshape(*trits.shape[:-1], trits.shape[-1] // TRITS, TRITS).to(torch.int32) + 1
    return (digits * _powers()).sum(-1).to(torch.uint8)


def unpack_bytes(packed: Tensor) -> Tensor:
    """Trits of packed bytes, the inverse of `pack_bytes`.

    Args:
        packed: uint8 [..., n], each below 243.

    Returns:
        int8 [..., 5 * n] in {-1, 0, 1}.

    Raises:
        InputError: wrong dtype or an illegal code.
    """
    _check_dtype("packed weights", packed, torch.uint8)
    if packed.numel() and int(packed.max()) >= LEGAL_BYTES:
        where = int((packed.flatten() >= LEGAL_BYTES).int().argmax())
        raise InputError(f"packed weight byte {where} is {int(packed.flatten()[where])}, expected 0..{LEGAL_BYTES - 1}")
    return trit_table()[packed.to(torch.int32)].flatten(-2)


@lru_cache
def trit_table() -> Tensor:
    """Return the trits of each legal byte, int8 [243, 5], to be read only."""
    codes = torch.arange(LEGAL_BYTES, dtype=torch.int32).unsqueeze(-1)
    return (codes // _powers() % 3 - 1).to(torch.int8)


def pack_weights(w: Tensor, cfg: Geometry) -> Tensor:
    """Weights in the order in which the kernel consumes them.

    For each row block of ACC_DEPTH tiles, for each column block, for each tile of the row block: one wide beat, in
    which byte `r * CB + j` holds row `r` of the tile, columns `5 * j .. 5 * j + 4` of the block. Padding is zero trits.

    Args:
        w: int8 [M, K] in {-1, 0, 1}.
        cfg: the kernel's geometry.

    Returns:
        uint8 [w_beats, WIDE].

    Raises:
        InputError: wrong dtype or rank, or a value that is no trit.
    """
    _check_rank("weights", w, 2)
    _check_trits(w)
    size = tiling(w.shape[0], w.shape[1], 1, cfg)
    padded = torch.zeros(size.row_tiles * cfg.outs, size.col_blocks * cfg.block, dtype=torch.int8)
    padded[: w.shape[0], : w.shape[1]] = w
    rows = pack_bytes(padded)
    tiles = rows.view(size.row_tiles, cfg.outs, size.col_blocks, cfg.row_bytes)
    beats = tiles.permute(2, 0, 1, 3).flatten(2)
    return torch.cat([part.flatten(0, 1) for part in torch.split(beats, cfg.acc_depth, dim=1)])


def unpack_weights(packed: Tensor, rows: int, cols: int, cfg: Geometry) -> Tensor:
    """The matrix of a weight stream, the inverse of `pack_weights`.

    Args:
        packed: uint8 [w_beats, WIDE].
        rows: M.
        cols: K.
        cfg: the kernel's geometry.

    Returns:
        int8 [M, K].

    Raises:
        InputError: wrong dtype, a shape that is not the stream of an M x K matrix, or an illegal code.
    """
    size = tiling(rows, cols, 1, cfg)
    _check_shape("packed weights", packed, (size.w_beats, cfg.wide_bytes))
    heights = [min(cfg.acc_depth, size.row_tiles - first) for first in range(0, size.row_tiles, cfg.acc_depth)]
    parts = torch.split(packed, [size.col_blocks * height for height in heights])
    shape = (size.col_blocks, -1, cfg.outs, cfg.row_bytes)
    tiles = torch.cat([part.reshape(shape) for part in parts], dim=1).permute(1, 2, 0, 3)
    return unpack_bytes(tiles.flatten(2).flatten(0, 1))[:rows, :cols].contiguous()


def pack_x(x: Tensor, cfg: Geometry) -> Tensor:
    """Activations in slots: slot `block * V + t` holds the BLK activations of one column block of vector `t`.

    Args:
        x: int8 [K, V].
        cfg: the kernel's geometry.

    Returns:
        uint8 [x_beats, WIDE] (two's complement bytes), P slots a beat, the tail of each slot and beat zero.

    Raises:
        InputError: wrong dtype or rank.
    """
    _check_rank("activations", x, 2)
    _check_dtype("activations", x, torch.int8)
    size = tiling(1, x.shape[0], x.shape[1], cfg)
    padded = torch.zeros(size.col_blocks * cfg.block, size.vectors, dtype=torch.int8)
    padded[: x.shape[0]] = x
    slots = torch.zeros(size.x_beats * cfg.slots_per_beat, cfg.slot_bytes, dtype=torch.int8)
    blocks = padded.view(size.col_blocks, cfg.block, size.vectors).transpose(1, 2).flatten(0, 1)
    slots[: blocks.shape[0], : cfg.block] = blocks
    return slots.view(size.x_beats, cfg.wide_bytes).view(torch.uint8)


def unpack_x(packed: Tensor, cols: int, vectors: int, cfg: Geometry) -> Tensor:
    """Activations of an x region, the inverse of `pack_x`.

    Args:
        packed: uint8 [x_beats, WIDE].
        cols: K.
        vectors: V.
        cfg: the kernel's geometry.

    Returns:
        int8 [K, V].

    Raises:
        InputError: wrong dtype or a shape that is not the region of K x V activations.
    """
    size = tiling(1, cols, vectors, cfg)
    _check_shape("packed activations", packed, (size.x_beats, cfg.wide_bytes))
    slots = packed.contiguous().view(torch.int8).view(-1, cfg.slot_bytes)[: size.col_blocks * vectors, : cfg.block]
    return slots.reshape(-1, vectors, cfg.block).transpose(1, 2).flatten(0, 1)[:cols].contiguous()


def pack_y(y: Tensor, cfg: Geometry) -> Tensor:
    """Results as the kernel writes them: little-endian int32 words, word `(tile * V + t) * OUTS + r`.

    Args:
        y: int32 [M, V].
        cfg: the kernel's geometry.

    Returns:
        uint8 [y_beats, WIDE], rows beyond M and the tail of the last beat zero.

    Raises:
        InputError: wrong dtype or rank.
    """
    _check_rank("results", y, 2)
    _check_dtype("results", y, torch.int32)
    size = tiling(y.shape[0], 1, y.shape[1], cfg)
    padded = torch.zeros(size.row_tiles * cfg.outs, size.vectors, dtype=torch.int32)
    padded[: y.shape[0]] = y
    words = torch.zeros(size.y_beats * cfg.wide_bytes // 4, dtype=torch.int32)
    words[: padded.numel()] = padded.view(size.row_tiles, cfg.outs, size.vectors).transpose(1, 2).flatten()
    return words.view(torch.uint8).view(size.y_beats, cfg.wide_bytes)


def unpack_y(packed: Tensor, rows: int, vectors: int, cfg: Geometry) -> Tensor:
    """Results of a written region, the inverse of `pack_y`.

    Args:
        packed: uint8 [y_beats, WIDE].
        rows: M.
        vectors: V.
        cfg: the kernel's geometry.

    Returns:
        int32 [M, V].

    Raises:
        InputError: wrong dtype or a shape that is not the region of an M x V result.
    """
    size = tiling(rows, 1, vectors, cfg)
    _check_shape("packed results", packed, (size.y_beats, cfg.wide_bytes))
    words = packed.contiguous().view(torch.int32).flatten()[: size.row_tiles * vectors * cfg.outs]
    tiles = words.view(size.row_tiles, vectors, cfg.outs).transpose(1, 2)
    return tiles.flatten(0, 1)[:rows].contiguous()


def _powers() -> Tensor:
    return torch.tensor([3**i for i in range(TRITS)], dtype=torch.int32)


def _ceil_div(value: int, step: int) -> int:
    return -(-value // step)


def _check_dtype(what: str, tensor: Tensor, dtype: torch.dtype) -> None:
    if tensor.dtype != dtype:
        raise InputError(f"{what} are {tensor.dtype}, expected {dtype}")


def _check_rank(what: str, tensor: Tensor, rank: int) -> None:
    if tensor.ndim != rank:
        raise InputError(f"{what} have shape {tuple(tensor.shape)}, expected {rank} dimensions")


def _check_shape(what: str, tensor: Tensor, shape: tuple[int, ...]) -> None:
    _check_dtype(what, tensor, torch.uint8)
    if tuple(tensor.shape) != shape:
        raise InputError(f"{what} have shape {tuple(tensor.shape)}, expected {shape}")


def _check_trits(trits: Tensor) -> None:
    _check_dtype("ternary weights", trits, torch.int8)
    bad = (trits < -1) | (trits > 1)
    if bool(bad.any()):
        where = tuple(int(i) for i in bad.nonzero()[0])
        raise InputError(f"ternary weight {where} is {int(trits[where])}, expected -1, 0 or 1")
