# SPDX-License-Identifier: Apache-2.0
"""Units that work on elements, groups and vectors: what they return for what they are given.

Inputs are [R, n] rows or tokens; outputs by role, int64. Letters as in `Mamba2Config`.
"""

from collections.abc import Callable

from torch import Tensor

from golden import topk
from golden.errors import InputError
from golden.fixed import HALF_UP, round_shift, saturate
from golden.fixed.hadamard import transform
from golden.fixed.pot import quantize
from golden.mamba2.integer import functions, laws
from golden.mamba2.integer.linear import scale, sums
from golden.mamba2.integer.model import AdditiveScale, ChannelScale, Linear
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.vectors.context import Given
from golden.mamba2.vectors.roles import of_pot, to_linear

Outputs = dict[str, Tensor]


def quantizer(given: Given) -> Outputs:
    """`golden.fixed.pot.quantize`: x [R, n] -> q [R, n], s [R, ceil(n / group)]."""
    x = quantize(given.tensor("x"), given.number("bits"), given.number("group"), given.number("max_shift"))
    return {"q": x.q, "s": x.s}


def hadamard(given: Given) -> Outputs:
    """Block transform and its scale, 2^-right rounded half up: x [R, n] -> y [R, n]."""
    y = transform(given.tensor("x"), given.number("block"))
    return {"y": round_shift(y, given.number("right"), HALF_UP)}


def linear_unit(given: Given) -> Outputs:
    """Product with a matrix of 4 or 8 bits: a [R, K] quantized -> sums acc [R, M], scaled and saturated y [R, M]."""
    p, frac_in, frac_out = given.profile, given.number("frac_in"), given.number("frac_out")
    a, layer = given.pot("a", given.number("group")), to_linear(given, "")
    acc = sums(a, layer, p)
    return {"acc": acc, "y": saturate(scale(acc, layer, p, frac_in, frac_out), p.value_bits)}


def scale_unit(given: Given) -> Outputs:
    """Sums of a linear layer to its results, saturated: acc [R, M] -> y [R, M]; by mult and shift [M] or a shift."""
    p, acc = given.profile, given.tensor("acc")
    factors: AdditiveScale | ChannelScale = AdditiveScale(acc[:0], acc[:0])  # they went into the sums already
    if p.weight_scale == "channel":
        factors = ChannelScale(given.tensor("mult"), given.tensor("shift"))
    y = scale(acc, Linear(acc[:0], factors), p, given.number("frac_in"), given.number("frac_out"))
    return {"y": saturate(y, p.value_bits)}


def norm(given: Given) -> Outputs:
    """Norm of the residual stream: x [R, D] -> y [R, D], saturated."""
    x, eps = given.tensor("x"), given.context.residual_eps
    _check_eps(given, x.shape[-1], eps, given.profile.residual_frac)
    y = functions.residual_norm(x, given.tensor("weight"), eps, given.profile)
    return {"y": saturate(y, given.profile.value_bits)}


def gated_norm(given: Given) -> Outputs:
    """Norm after the gate, over each of `ngroups` parts: x [R, I] -> y [R, I], saturated."""
    x, eps, groups = given.tensor("x"), given.context.cfg.norm_eps, given.number("ngroups")
    _check_eps(given, x.shape[-1] // groups, eps, given.profile.y_frac)
    y = functions.gated_norm(x, given.tensor("weight"), eps, groups, given.profile)
    return {"y": saturate(y, given.profile.value_bits)}


def _check_eps(given: Given, width: int, eps: float, frac: int) -> None:
    """The integer that hardware adds to the sum of squares must be the model's eps; norm "table" has none."""
    expected = functions.eps_sum(width, eps, frac)
    if given.profile.norm == "rsqrt" and given.number("eps_sum") != expected:
        raise InputError(f"parameter eps_sum: found {given.number('eps_sum')}, expected {expected}")


def function(law: Callable[[Tensor, Mamba2Profile], Tensor]) -> Callable[[Given], Outputs]:
    """Return the unit that applies `law` to each element: x [n] -> y [n]."""

    def unit(given: Given) -> Outputs:
        return {"y": law(given.tensor("x"), given.profile)}

    return unit


def decay(given: Given) -> Outputs:
    """From dt of in_proj to the decay of the state: dt [R, H], dt_bias and A quantized [H] -> dt8, exponent, decay."""
    p = given.profile
    bias, a = (given.pot(name, p.ssm_group) for name in ("dt_bias", "A"))
    dt = given.tensor("dt") + bias.value
    dt8 = quantize(functions.softplus(dt, p), p.ssm_bits, p.ssm_group, p.max_shift)
    exponent = laws.decay_exponent(dt8.value, a.value, p)
    decays = quantize(functions.exponential(exponent, p), p.ssm_bits, p.ssm_group, p.max_shift)
    return {"dt_in": dt, **of_pot("dt", dt8), "exponent": exponent, **of_pot("decay", decays)}


def gate(given: Given) -> Outputs:
    """Y times SiLU(z), both quantized [R, I] -> [R, I], saturated."""
    p = given.profile
    y, z = (given.pot(name, p.ssm_group) for name in ("y", "z"))
    return {"y": saturate(laws.gate(y.value, z.value, p), p.value_bits)}


def residual(given: Given) -> Outputs:
    """Residual stream plus the layer's output, both [R, D], saturated."""
    return {"y": saturate(given.tensor("r") + given.tensor("x"), given.profile.value_bits)}


def select(given: Given) -> Outputs:
    """The k greatest logits [R, V] and their indices [R, k]; of equal ones the lower index first."""
    index, value = topk.topk(given.tensor("logits"), given.number("k"))
    return {"index": index, "value": value}
