# SPDX-License-Identifier: Apache-2.0
"""Ternary weights two bits each, as Hugging Face checkpoints hold them (`transformers`, integrations/bitnet.py).

Of a matrix [M, K], byte [i, k] holds the weights of the rows i, i + M/4, i + 2M/4 and i + 3M/4 in column k, the first
in its lowest two bits; the code of a weight is the weight + 1, so 3 is none.
"""

import torch
from torch import Tensor

from golden.errors import InputError

PER_BYTE = 4


def packed_rows(rows: int) -> int:
    """Rows of bytes of a matrix of `rows` rows; InputError unless 4 divides them, as transformers needs it."""
    if rows % PER_BYTE:
        raise InputError(f"two-bit packing of {rows} rows: expected a multiple of {PER_BYTE}")
    return rows // PER_BYTE


def pack(q: Tensor) -> Tensor:
    """Ternary weights int8 [M, K] -> uint8 [M/4, K]; InputError where M is no multiple of 4 or a value is no trit."""
    if q.dtype != torch.int8 or q.ndim != 2:
        raise InputError(f"two-bit packing of {q.dtype} {list(q.shape)}, expected int8 [M, K]")
    if q.numel() and (int(q.min()) < -1 or int(q.max()) > 1):
        raise InputError(f"two-bit packing of weights in {int(q.min())}..{int(q.max())}, expected -1, 0 and 1")
    codes = (q + 1).to(torch.uint8).view(PER_BYTE, packed_rows(len(q)), -1)
    return codes[0] | codes[1] << 2 | codes[2] << 4 | codes[3] << 6


def unpack(packed: Tensor) -> Tensor:
    """Bytes uint8 [M/4, K] -> ternary weights int8 [M, K]; InputError names the first code 3."""
    if packed.dtype != torch.uint8 or packed.ndim != 2:
        raise InputError(f"two-bit weights are {packed.dtype} {list(packed.shape)}, expected uint8 [M/4, K]")
    q = torch.cat([(packed >> 2 * i & 3).to(torch.int8) for i in range(PER_BYTE)]) - 1
    if q.numel() and int(q.max()) > 1:
        row, column = divmod(int((q > 1).flatten().int().argmax()), q.shape[1])
        raise InputError(f"row {row}, column {column} has the code 3, expected 0, 1 or 2 for the weights -1, 0 and 1")
    return q
