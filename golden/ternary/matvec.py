# SPDX-License-Identifier: Apache-2.0
"""Ternary matrix times int8 vectors: the plain law, and the same by table lookup as `tern_matvec` computes it.

Letters: `M` rows, `K` columns, `V` vectors, `B` bytes of a row (five columns each).
"""

from __future__ import annotations

import torch
from torch import Tensor

from golden.errors import InputError
from golden.ternary.packing import LEGAL_BYTES, TRITS, pack_bytes

GROUP = 3
"""Trits of the first table of a byte; the second has the other two."""

MAX_COLS = 2**24 - 1
"""The largest K whose result surely fits int32: |y| <= 128 * K."""


def matvec(w: Tensor, x: Tensor) -> Tensor:
    """Y = W X, exactly.

    Args:
        w: int8 [M, K] in {-1, 0, 1}.
        x: int8 [K, V].

    Returns:
        int32 [M, V].

    Raises:
        InputError: wrong dtype, a value that is no trit, shapes that do not fit, or K above MAX_COLS.
    """
    _check(w, x)
    # float64 sums integers below 2^53 exactly, and its matrix product is a fast one.
    return (w.to(torch.float64) @ x.to(torch.float64)).to(torch.int32)


def matvec_lut(w: Tensor, x: Tensor) -> Tensor:
    """Y = W X through packed bytes and per-byte tables, step by step as the kernel; equal to `matvec`.

    Args and errors are those of `matvec`. (TeLLMe, arXiv 2510.15926, looks up groups of three weights.)
    """
    _check(w, x)
    pad = -w.shape[1] % TRITS
    codes = pack_bytes(torch.nn.functional.pad(w, (0, pad)))
    return lut_product(codes, torch.nn.functional.pad(x, (0, 0, 0, pad)))


def lut_product(codes: Tensor, x: Tensor) -> Tensor:
    """The kernel's arithmetic on packed rows; an illegal byte counts as zero, as in the kernel.

    Args:
        codes: uint8 [M, B].
        x: int8 [5 * B, V].

    Returns:
        int32 [M, V].
    """
    table3, table2 = tables(x)
    index3, index2, _ = decode(codes)
    total = torch.zeros(codes.shape[0], x.shape[1], dtype=torch.int32)
    for byte in range(codes.shape[1]):
        total += lookup(table3[byte], index3[:, byte]) + lookup(table2[byte], index2[:, byte])
    return total


def decode(codes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Signed table indices of weight bytes: the balanced ternary values of trits 0..2 and of trits 3..4.

    Args:
        codes: uint8 [...].

    Returns:
        int64 [...] in -13..13, int64 [...] in -4..4, and bool [...]: the code is illegal (then both are 0).
    """
    bad = codes >= LEGAL_BYTES
    low, high = codes.to(torch.int64) % 27 - 13, codes.to(torch.int64) // 27 - 4
    return low.masked_fill(bad, 0), high.masked_fill(bad, 0), bad


def tables(x: Tensor) -> tuple[Tensor, Tensor]:
    """The two tables of each group of five activations.

    Entry k of a table is the sum of the group's activations weighted by the balanced ternary digits of k. The digits
    of -k are the negated ones, so entries 0..13 and 0..4 suffice and the sign of the index negates the entry.

    Args:
        x: int8 [5 * B, V].

    Returns:
        int32 [B, 14, V] (|entry| <= 384) and int32 [B, 5, V] (|entry| <= 256).
    """
    groups = x.reshape(x.shape[0] // TRITS, TRITS, x.shape[1]).to(torch.int32)
    return _combine(groups[:, :GROUP]), _combine(groups[:, GROUP:])


def lookup(table: Tensor, index: Tensor) -> Tensor:
    """Table entry |index| with the sign of the index.

    Args:
        table: int32 [E, V].
        index: int64 [M] in -(E - 1)..E - 1.

    Returns:
        int32 [M, V].
    """
    return table[index.abs()] * index.sign().to(torch.int32).unsqueeze(-1)


def _combine(x: Tensor) -> Tensor:
    """Int32 [B, n, V] -> int32 [B, (3^n - 1) / 2 + 1, V]: sum_i digit_i(k) * x_i for k = 0, 1, ..."""
    n = x.shape[1]
    centre = (3**n - 1) // 2
    entries = torch.arange(centre + 1)
    digits: Tensor = (entries + centre).unsqueeze(-1) // torch.tensor([3**i for i in range(n)]) % 3 - 1
    products: Tensor = digits.to(torch.int32)[None, :, :, None] * x[:, None]
    return products.sum(2, dtype=torch.int32)


def _check(w: Tensor, x: Tensor) -> None:
    if w.dtype != torch.int8 or x.dtype != torch.int8:
        raise InputError(f"weights are {w.dtype} and activations {x.dtype}, expected int8 for both")
    if w.ndim != 2 or x.ndim != 2 or w.shape[1] != x.shape[0] or w.shape[1] > MAX_COLS:
        raise InputError(
            f"weights {tuple(w.shape)} times activations {tuple(x.shape)}: "
            f"expected [M, K] times [K, V], K <= {MAX_COLS}"
        )
    if w.numel() and (int(w.min()) < -1 or int(w.max()) > 1):
        raise InputError(f"weights lie in {int(w.min())}..{int(w.max())}, expected -1, 0 and 1")
