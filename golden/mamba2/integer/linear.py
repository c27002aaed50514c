# SPDX-License-Identifier: Apache-2.0
"""Linear layers of the integer profiles: (Hadamard,) power-of-two quantizer, integer product, scales."""

import torch
from torch import Tensor

from golden.fixed import hadamard
from golden.fixed.pot import Pot, quantize
from golden.mamba2.integer.model import AdditiveScale, Linear
from golden.mamba2.integer.profile import Mamba2Profile

ROWS_AT_ONCE = 4096  # of a float64 copy of the weights; bounds memory in the head


def activation(x: Tensor, p: Mamba2Profile, rotate: bool) -> Pot:
    """Quantized input of a linear layer: x int64 [..., K], transformed in blocks first where `rotate`.

    What the scaled transform lacks of 1/sqrt(n) stands in the weights.
    """
    width = x.shape[-1]
    x = hadamard.rotate(x, p.block(width)) if rotate else x
    return quantize(x, p.act_bits, p.group(width), p.max_shift)


def linear(a: Pot, layer: Linear, p: Mamba2Profile, frac_in: int, frac_out: int) -> Tensor:
    """W a: activations [..., K] Q.frac_in -> int64 [..., M] Q.frac_out, not yet saturated."""
    return scale(sums(a, layer, p), layer, p, frac_in, frac_out)


def sums(a: Pot, layer: Linear, p: Mamba2Profile) -> Tensor:
    """Sums over the inputs, additive scales multiplied in: activations [..., K] -> int64 [..., M].

    The product runs in float64, exactly: |sum| <= K 2^(act_bits-1+max_shift) 2^(weight_bits-1+8) is below 2^53 for
    every width that `profile.check` lets pass. (Left shifts of partial sums only, so their order is free.)
    """
    x = a.value.double()
    parts = [x @ _weights(layer, rows, p).T for rows in torch.split(torch.arange(len(layer.w)), ROWS_AT_ONCE)]
    return torch.cat(parts, dim=-1).to(torch.int64)


def scale(acc: Tensor, layer: Linear, p: Mamba2Profile, frac_in: int, frac_out: int) -> Tensor:
    """Sums [..., M] -> results Q.frac_out: a shift that floors, or a multiplier a row, rounded half up."""
    if isinstance(layer.scale, AdditiveScale):
        right = frac_in + p.weight_frac - frac_out
        return acc >> right if right >= 0 else acc << -right
    return ((acc * layer.scale.mult.long() >> (layer.scale.shift.long() - 1)) + 1) >> 1


def _weights(layer: Linear, rows: Tensor, p: Mamba2Profile) -> Tensor:
    """Rows of the matrix in float64 [rows, K], the scales of an additive format multiplied in."""
    first, last = int(rows[0]), int(rows[-1]) + 1
    w = layer.w[first:last].double()
    if not isinstance(layer.scale, AdditiveScale):
        return w
    s1, s2 = (s[first:last].double() for s in (layer.scale.s1, layer.scale.s2))
    return w * (s1.exp2() + s2.exp2()).repeat_interleave(p.weight_group, dim=1)[:, : w.shape[1]]
