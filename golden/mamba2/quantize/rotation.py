# SPDX-License-Identifier: Apache-2.0
"""The offline rotation of the residual stream: a block Hadamard matrix between random signs (after LightMamba 4.1)."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from golden.fixed.hadamard import scale_shift, transform


@dataclass(frozen=True)
class Rotation:
    """Orthogonal Q = diag(before) H diag(after) / sqrt(block), H over consecutive blocks; block 1 is the identity.

    Signs stand on both sides because an online Hadamard transform follows in some profiles: with signs before it alone
    the two would cancel.
    """

    before: Tensor  # [D] of +1 and -1
    after: Tensor
    block: int

    def inputs(self, matrix: Tensor) -> Tensor:
        """x Q for each row x of `matrix` [..., D]: the stream itself, or a matrix that reads the rotated stream."""
        if self.block == 1:
            return matrix
        return transform(matrix * self.before, self.block) * (self.after / math.sqrt(self.block))

    def outputs(self, matrix: Tensor) -> Tensor:
        """Q^T `matrix` [D, K]: a matrix that writes the rotated stream."""
        return self.inputs(matrix.T).T


def random_rotation(width: int, block: int, seed: int) -> Rotation:
    """Rotation of `width` elements in blocks of `block`, its signs drawn from `seed`."""
    generator = torch.Generator().manual_seed(seed)
    signs = torch.randint(0, 2, (2, width), generator=generator) * 2.0 - 1.0
    return Rotation(signs[0], signs[1], block)


def online(matrix: Tensor, block: int) -> Tensor:
    """Matrix [M, K] for inputs behind the integer model's transform y = H x 2^-k: M x = (M H 2^k / n) y."""
    return transform(matrix, block) * (2.0 ** scale_shift(block) / block)
