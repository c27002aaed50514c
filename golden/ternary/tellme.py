# SPDX-License-Identifier: Apache-2.0
"""TeLLMe's packing of ternary weights, a 5-bit index for 3 weights, and its loss-free conversion to and from krait's.

Source: the released code of TeLLMe (arXiv 2504.16266 and 2510.15926; BSD-3), whose table of sums of three activations
the index addresses. For weights w1 w2 w3 of the lowest column first:

    0         0                       7   v1 - v3       10   v1 + v2 + v3
    1 2 3     v1, v2, v3              8   v2 + v3       11   v1 + v2 - v3
    4 5       v1 + v2, v1 - v2        9   v2 - v3       12   v1 - v2 + v3
    6         v1 + v3                                   13  -v1 + v2 + v3        13 + k is the negative of k

Indices 27..31 mean nothing. A row is padded with zero weights to blocks of 84 columns: 28 indices, 140 bits.
"""

import torch
from torch import Tensor
from torch.nn import functional

from golden.errors import InputError
from golden.ternary.packing import TRITS, pack_bytes, unpack_bytes

GROUP = 3
"""Weights of one index."""
BLOCK = 84
"""Columns of one block: 28 tables of three activations."""

_POSITIVE = (
    (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, -1, 0), (1, 0, 1), (1, 0, -1), (0, 1, 1), (0, 1, -1),
    (1, 1, 1), (1, 1, -1), (1, -1, 1), (-1, 1, 1),
)  # fmt: skip
INDICES = 2 * len(_POSITIVE) - 1
"""Legal indices: 0..26."""


def meaning() -> Tensor:
    """Weights int8 [27, 3] that each index stands for."""
    positive = torch.tensor(_POSITIVE, dtype=torch.int8)
    return torch.cat((positive, -positive[1:]))


def pack(w: Tensor) -> Tensor:
    """Ternary weights int8 [M, K] -> indices uint8 [M, 28 * blocks], zero weights behind column K.

    Raises InputError for another type or rank and for a value that is no trit.
    """
    if w.dtype != torch.int8 or w.ndim != 2:
        raise InputError(f"TeLLMe packing of {w.dtype} {list(w.shape)}, expected int8 [M, K]")
    if w.numel() and (int(w.min()) < -1 or int(w.max()) > 1):
        raise InputError(f"TeLLMe packing of weights in {int(w.min())}..{int(w.max())}, expected -1, 0 and 1")
    padded = functional.pad(w, (0, -w.shape[1] % BLOCK))
    groups = padded.reshape(len(w), padded.shape[1] // GROUP, GROUP)
    return _index_of(_number(groups))


def unpack(indices: Tensor, cols: int) -> Tensor:
    """Indices uint8 [M, 28 * blocks] -> the weights int8 [M, cols] that they stand for.

    Raises InputError for another type or shape, for an index above 26, and for padding that is not zero.
    """
    expected = -(-cols // BLOCK) * (BLOCK // GROUP)
    if indices.dtype != torch.uint8 or indices.ndim != 2 or indices.shape[1] != expected:
        found = f"{indices.dtype} {list(indices.shape)}"
        raise InputError(f"TeLLMe indices are {found}, expected uint8 [M, {expected}] for {cols} columns")
    if indices.numel() and int(indices.max()) >= INDICES:
        row, group = divmod(int((indices >= INDICES).flatten().int().argmax()), expected)
        raise InputError(f"TeLLMe index {group} of row {row} is {int(indices[row, group])}, expected 0..{INDICES - 1}")
    w = meaning()[indices.long()].flatten(1)
    return _without_padding(w, cols, "TeLLMe indices")


def to_bytes(indices: Tensor, cols: int) -> Tensor:
    """TeLLMe's indices uint8 [M, 28 * blocks] -> krait's bytes uint8 [M, ceil(cols / 5)]; errors as of `unpack`."""
    return pack_bytes(functional.pad(unpack(indices, cols), (0, -cols % TRITS)))


def from_bytes(packed: Tensor, cols: int) -> Tensor:
    """Krait's bytes uint8 [M, ceil(cols / 5)] -> TeLLMe's indices uint8 [M, 28 * blocks].

    Raises InputError for another type or shape, for an illegal byte, and for padding that is not zero.
    """
    expected = -(-cols // TRITS)
    if packed.ndim != 2 or packed.shape[1] != expected:
        raise InputError(f"packed rows have shape {list(packed.shape)}, expected [M, {expected}] for {cols} columns")
    return pack(_without_padding(unpack_bytes(packed), cols, "packed rows"))


def _without_padding(w: Tensor, cols: int, what: str) -> Tensor:
    """The first `cols` columns; weights behind them would be lost."""
    rest = w[:, cols:]
    if bool(rest.any()):
        row, column = (int(i) for i in rest.nonzero()[0])
        value = int(rest[row, column])
        raise InputError(f"{what}: padding at row {row}, column {cols + column} is {value}, expected 0")
    return w[:, :cols].contiguous()


def _number(groups: Tensor) -> Tensor:
    """Number 0..26 of weights [..., 3] as ternary digits, the first one lowest."""
    return ((groups.long() + 1) * torch.tensor([1, 3, 9])).sum(-1)


def _index_of(numbers: Tensor) -> Tensor:
    """Index uint8 of each number of `_number`."""
    table = torch.zeros(INDICES, dtype=torch.uint8)
    table[_number(meaning())] = torch.arange(INDICES, dtype=torch.uint8)
    return table[numbers]
