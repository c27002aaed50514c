# SPDX-License-Identifier: Apache-2.0
"""Matrix products of the integer model: exact sums, in floating point where that is exact."""

import torch
from torch import Tensor

from golden.ternary.integer.model import Linear, Rows

ROWS_AT_ONCE = 8192  # of a floating-point copy of the weights; bounds memory


def ternary(x: Tensor, layer: Linear) -> Tensor:
    """Sums over the inputs: x int64 [..., K], -127..127 -> int64 [..., M].

    float32 is exact: every partial sum is an integer of at most 127 K < 2^24.
    """
    return _product(x, layer.w, torch.float32)


def rows(x: Tensor, matrix: Rows) -> Tensor:
    """Sums of int8 rows: x int64 [..., K], -127..127 -> int64 [..., M]; at most 127 127 K < 2^53, exact in float64."""
    return _product(x, matrix.w, torch.float64)


def _product(x: Tensor, w: Tensor, kind: torch.dtype) -> Tensor:
    wide = x.to(kind)
    parts = [wide @ part.to(kind).T for part in torch.split(w, ROWS_AT_ONCE)]
    return torch.cat(parts, dim=-1).to(torch.int64)
