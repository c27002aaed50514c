# SPDX-License-Identifier: Apache-2.0
"""Parameters of convolution and SSM as integers with a power-of-two scale for each group."""

import torch
from torch import Tensor

from golden.errors import InputError
from golden.fixed import limits
from golden.fixed.pot import Pot
from golden.fixed.rounding import bit_length

MAX_SHIFT = 31


def parameter(x: Tensor, bits: int, group: int, frac: int, what: str) -> Pot:
    """The nearest Pot Q.frac of `bits`-wide integers to real numbers x [..., n].

    The shift of a group is the least that holds its largest value. InputError where that exceeds 5 bits.
    """
    raw = (x.double() * 2.0**frac).round()
    low, high = limits(bits)
    n = x.shape[-1]
    count = -(-n // group)
    padded = torch.nn.functional.pad(raw, (0, count * group - n)).reshape(*x.shape[:-1], count, group)
    peak = padded.abs().amax(-1)
    if float(peak.max()) >= 2.0 ** (bits - 1 + MAX_SHIFT):
        raise InputError(
            f"{what}: found {float(x.abs().max()):.4g}, too large for {bits} bits and a shift of {MAX_SHIFT}"
        )
    s = (bit_length(peak.to(torch.int64)) - (bits - 1)).clamp(min=0)
    fits = (padded / torch.exp2(s.double()).unsqueeze(-1)).round().amax(-1) <= high  # rounding may carry past the top
    s = torch.where(fits, s, s + 1)
    q = (padded / torch.exp2(s.double()).unsqueeze(-1)).round().clamp(low, high)
    return Pot(q.flatten(-2)[..., :n].to(torch.int64), s, group)


def real_parameter(x: Pot, frac: int) -> Tensor:
    """What the integers stand for, float64."""
    return x.value.double() * 2.0**-frac
