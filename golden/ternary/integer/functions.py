# SPDX-License-Identifier: Apache-2.0
"""The laws of the units between the linear layers, on int64 tensors.

What the block quantizes next needs no absolute scale: norm, products and rotation run on integers, and the token's
scale goes beside them as one mantissa and exponent.
"""

import torch
from torch import Tensor

from golden.fixed import nau, pot, round_shift, saturate
from golden.fixed.rounding import HALF_EVEN, HALF_UP, bit_length
from golden.fixed.rsqrt import M_FRAC
from golden.fixed.sigmoid import sigmoid
from golden.fixed.wide import Wide, rsqrt_wide, sum_of_squares
from golden.ternary.integer.profile import TernaryProfile
from golden.ternary.integer.scale import MANTISSA, Scale, normalize, reciprocal, shift

QUOTIENT, LEVELS = 32, 127
"""Fraction bits of the absmax quantizer's reciprocal; its greatest level."""
WORD = 32
"""Bits of a value in front of a norm."""
NO_EXPONENT = -128
"""Exponent of an all-zero head in the cache."""
PROBABILITY = 24
"""Bits of the greatest exponential of a row."""
DENOMINATOR, INVERSE = 16, 31
"""Bits of a softmax's denominator, and 1/z is floor(2^31 / z)."""


def norm_quantize(x: Tensor, w: Tensor, eps: Wide) -> tuple[Tensor, Scale, Tensor]:
    """RMSNorm and absmax quantizer as one: the norm's factor cancels in the integers and is left in their scale.

    y = x w; A = max|y|; y and A are shifted to A in 2^15..2^16, rounded half up; R = floor(127 2^32 / A);
    q = y R / 2^32, rounded half to even. The scale is A m 2^(s - 15 - e), (m, e) = rsqrt(sum x^2 + eps), s the shift.

    Args:
        x: [..., C] int64, 32 bits, of any unit.
        w: [C] int64, 16 bits.
        eps: [...] C eps in units of x squared, at least 1, below 2^76.

    Returns:
        q [..., C] int64, -127..127, |q - 127 y / A| <= 1/2 + 2^-9; the scale [...]; sum |q| [...] int64. q = 0 where
        A = 0.
    """
    y = x * w
    peak = y.abs().amax(-1)
    s = bit_length(peak) - MANTISSA
    y, a = shift(y, s.unsqueeze(-1)), shift(peak, s)
    r = (LEVELS << QUOTIENT) // a.clamp(min=1) * (a > 0)
    q = round_shift(y * r.unsqueeze(-1), QUOTIENT, HALF_EVEN)
    m, e = rsqrt_wide(sum_of_squares(x).plus(eps))
    return q, normalize(a * m, s - M_FRAC - e), q.abs().sum(-1)


def product_eps(eps: Scale, s: Scale) -> Wide:
    """C eps over the square of the scale s of what is normalized: at least 1, at most 2^76 - 1."""
    wanted = eps * reciprocal(s * s)
    return Wide.of_scale(wanted.m, wanted.e)


def squared_relu(gate: Tensor, up: Tensor, total: Tensor, gate_scale: Scale, up_scale: Scale) -> tuple[Tensor, Scale]:
    """relu(gate)^2 up of the sums themselves, in 32 bits.

    Args:
        gate, up: [..., F] int64 sums; |gate|, |up| <= total.
        total: [...] int64, sum |q| of their input, below 2^20.
        gate_scale, up_scale: [...] of the sums.

    Returns:
        h [..., F] int64 and its scale: dropped are max(0, 3 bit_length(total) - 31) bits, rounded half up, so that the
        bound on the sums keeps h in 32 bits.
    """
    drop = (3 * bit_length(total) - (WORD - 1)).clamp(min=0)
    h = shift(gate.clamp(min=0) ** 2 * up, drop.unsqueeze(-1))
    return h, (gate_scale * gate_scale * up_scale).left(drop)


def silu_product(
    gate: Tensor, up: Tensor, total: Tensor, gate_scale: Scale, up_scale: Scale, p: TernaryProfile
) -> tuple[Tensor, Scale, Tensor]:
    """silu(gate) up, in 32 bits: only the sigmoid sees the gate's real value, Q.gate_frac within +-16.

    Arguments and first two results as for `squared_relu`; the third is the sigmoid, Q1.sigmoid_frac. Dropped are
    max(0, 2 bit_length(total) + sigmoid_frac - 31) bits.
    """
    argument = shift(gate * gate_scale.m.unsqueeze(-1), -(gate_scale.e.unsqueeze(-1) + p.gate_frac))
    end = 16 << p.gate_frac
    s = sigmoid(argument.clamp(-end, end), p.gate_frac, p.sigmoid_frac)
    drop = (2 * bit_length(total) + p.sigmoid_frac - (WORD - 1)).clamp(min=0)
    h = shift(gate * s * up, drop.unsqueeze(-1))
    return h, (gate_scale * up_scale).left(drop - p.sigmoid_frac), s


def rotate(x: Tensor, cos: Tensor, sin: Tensor, p: TernaryProfile) -> Tensor:
    """Rotary embedding by halves: (low, high) -> (low cos - high sin, high cos + low sin).

    x [..., heads, P] int64 sums, cos and sin [..., P/2] Q1.rope_frac -> [..., heads, P] Q.rope_guard, rounded half up.
    """
    low, high = x.chunk(2, dim=-1)
    cos, sin = cos.unsqueeze(-2), sin.unsqueeze(-2)
    turned = torch.cat((low * cos - high * sin, high * cos + low * sin), dim=-1)
    return round_shift(turned, p.rope_frac - p.rope_guard, HALF_UP)


def quantize_heads(x: Tensor, s: Scale, bits: int, p: TernaryProfile) -> tuple[Tensor, Tensor]:
    """A power-of-two scale for each head: x [..., heads, P] Q.rope_guard of scale s [...] -> q, exponent [..., heads].

    x m / 2^16 (rounded half up) goes through the quantizer of `golden.fixed.pot`; the value is q 2^exponent. The
    exponent has 8 bits: it saturates at +-127, and is -128 for a head of zeros.
    """
    scaled = round_shift(x * s.m[..., None, None], MANTISSA, HALF_UP)
    found = pot.quantize(scaled, bits, 0, max_shift=31)
    exponent = (found.s[..., 0] + s.e.unsqueeze(-1) + MANTISSA - p.rope_guard).clamp(-127, 127)
    return found.q, torch.where((scaled == 0).all(-1), NO_EXPONENT, exponent)


def rows_of(q: Tensor, exponent: Tensor, heads: int) -> tuple[Tensor, Tensor]:
    """Query rows that read one key/value head: q [T, H, P], exponent [T, H] -> [J, H/J T, P], [J, H/J T], J = `heads`.

    Query head h reads head h // (H/J); rows are the T columns of each of its query heads in turn.
    """
    T, H, P = q.shape
    grouped = q.reshape(T, heads, H // heads, P).permute(1, 2, 0, 3).reshape(heads, -1, P)
    return grouped, exponent.reshape(T, heads, H // heads).permute(1, 2, 0).reshape(heads, -1)


def columns_of(y: Tensor, columns: int) -> Tensor:
    """Undo `rows_of` for outputs [J, H/J T, P] of T = `columns`: -> [T, H P]."""
    J, _, P = y.shape
    return y.reshape(J, -1, columns, P).permute(2, 0, 1, 3).reshape(columns, -1)


def scores(products: Tensor, exponent: Tensor, p: TernaryProfile) -> Tensor:
    """q.k products int64 with the sum of their exponents -> Q.score_frac in score_bits: a power of two.

    Rounded half up, saturated. log2(e) / sqrt(P) stands in q's scale.
    """
    return saturate(shift(products, -(exponent + p.score_frac)), p.score_bits)


def exponentials(t: Tensor, offset: Tensor, seen: Tensor, p: TernaryProfile) -> tuple[Tensor, Tensor]:
    """2^(t + offset - M), M the greatest whole part of t + offset in the row: 24 bits, floored.

    Args:
        t: [..., N] int64 scores Q.score_frac.
        offset: [..., N] whole numbers.
        seen: [..., N] bool, whether the position is there at all.

    Returns:
        [..., N] int64 Q.23, the greatest in 2^23..2^24-1, 0 where not seen; M [...].
    """
    whole = torch.where(seen, (t >> p.score_frac) + offset, torch.iinfo(torch.int32).min)
    top = whole.amax(-1)
    power = nau.exp2_mantissa(t & ((1 << p.score_frac) - 1), p.score_frac) << (PROBABILITY - nau.FRAC - 1)
    return power >> (top.unsqueeze(-1) - whole).clamp(max=PROBABILITY), top


def divide(acc: Tensor, total: Tensor, exponent: Tensor, frac: int) -> Tensor:
    """acc 2^exponent / total, Q.frac in 32 bits: the reciprocal has 16 bits and is made once for a head.

    Args:
        acc: [..., P] int64, |acc| < 2^44.
        total: [...] int64, at least 2^23.
        exponent: [...] int64.
        frac: fraction bits of the result.
    """
    z = bit_length(total) - DENOMINATOR
    r = (1 << INVERSE) // (total >> z)
    return saturate(shift(acc * r.unsqueeze(-1), (INVERSE + z - exponent - frac).unsqueeze(-1)), WORD)
