# SPDX-License-Identifier: Apache-2.0
"""A linear layer behind a norm: the norm's constant weight, the online transform, and the quantized matrix together."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from golden.fixed import limits
from golden.fixed.hadamard import transform
from golden.fixed.pot import Pot
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.linear import activation
from golden.mamba2.integer.model import Linear
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.quantize.linears import Place, inputs_of, quantize_linear
from golden.mamba2.quantize.options import Options
from golden.mamba2.quantize.rotation import online

MIDDLE = 2.0**4.5
"""Geometric middle of the additive scales, 2..256 in units of 2^-weight_frac."""
LARGEST = 224.0
"""Scale that the largest weights of a matrix should need at most, in the same units."""
LEAST = 0.125
"""Rms of a linear layer's input below which its fraction bits get scarce."""


MOST_IN, MOST_OUT = 3.9, 15.9
"""Greatest rms of inputs, for which LightMamba's norm weights before in_proj and out_proj fit their 11 and 13 bits."""
HEADROOM = 1.5
"""How much larger than on the calibration text an input may get before its largest shift saturates it."""


@dataclass(frozen=True)
class Site:
    """Where a linear layer stands: its formats, and the norm before it."""

    place: Place
    block: int  # of the online transform before it, 1 for none
    norm_width: int  # elements in a group of the norm
    most: float  # greatest rms of its input, as far as the norm's weights have to do with it

    def transformed(self, x: Tensor) -> Tensor:
        """Inputs [..., K] of the norm's result as the layer sees them, before they are quantized."""
        return transform(x, self.block) * 2.0 ** -((self.block.bit_length() - 1) // 2)

    def greatest_gain(self, reference: Tensor, p: Mamba2Profile) -> float:
        """Greatest rms of the inputs for which those of unit rms [..., K] stay within the quantizer's largest shift."""
        end = limits(p.act_bits)[1] * 2.0 ** (p.max_shift - self.place.frac_in)
        peak = float(self.transformed(reference).abs().max())
        return min(self.most, end / (HEADROOM * peak)) if peak else self.most


def in_site(what: str, cfg: Mamba2Config, p: Mamba2Profile) -> Site:
    """Where in_proj and the head stand."""
    block = p.block(cfg.d_model) if p.hadamard == "both" else 1
    return Site(Place(what, p.residual_frac, p.proj_frac), block, cfg.d_model, MOST_IN)


def out_site(what: str, cfg: Mamba2Config, p: Mamba2Profile) -> Site:
    """Where out_proj stands."""
    block = p.block(cfg.d_inner) if p.hadamard != "off" else 1
    return Site(Place(what, p.y_frac, p.residual_frac), block, cfg.d_inner // cfg.ngroups, MOST_OUT)


def quantize_site(
    site: Site,
    matrix: Tensor,
    reference: Tensor,
    normed: Callable[[Tensor], Tensor],
    p: Mamba2Profile,
    options: Options,
) -> tuple[Tensor, Linear, Pot]:
    """Quantize a matrix and the norm before it.

    Args:
        site: see there.
        matrix: float [M, K], which multiplies inputs of unit rms; the norm's own weight is folded into it.
        reference: [..., K] the float model's inputs of unit rms.
        normed: gives the integer norm's results [..., K] for its weights int64 [K].
        p: the profile.
        options: the quantizer's options.

    Returns:
        The norm's weights int64 [K], the layer, and its quantized inputs.
    """
    matrix = online(matrix, site.block)
    unit = 2.0**p.norm_weight_frac * (math.sqrt(site.norm_width) if p.norm == "rsqrt" else 1.0)
    weight = round(_gain(matrix, site.greatest_gain(reference, p), p) * unit)
    norm = torch.full((matrix.shape[1],), weight, dtype=torch.int64)
    a = activation(normed(norm), p, site.block > 1)
    inputs = inputs_of(site.transformed(reference) * (weight / unit), a.value.double() * 2.0**-site.place.frac_in)
    return norm, quantize_linear(matrix / (weight / unit), inputs, site.place, p, options), a


def largest_weight(p: Mamba2Profile) -> float:
    """The weight that the scales of a matrix can still take, unbounded where each row has its own."""
    if p.weight_scale == "channel":
        return math.inf
    return LARGEST * limits(p.weight_bits)[1] * 2.0**-p.weight_frac


def _gain(matrix: Tensor, most: float, p: Mamba2Profile) -> float:
    """Rms of the inputs for which the scales of `matrix` lie in the middle of their format."""
    if p.weight_scale == "channel":
        return 1.0
    peaks = torch.cat([part.abs().amax(-1) for part in torch.split(matrix, p.weight_group, dim=1)])
    scales = peaks[peaks > 0].double() * (2.0**p.weight_frac / limits(p.weight_bits)[1])
    if not len(scales):
        return 1.0
    wanted = max(float(scales.log().mean().exp()) / MIDDLE, float(scales.max()) / LARGEST)
    return min(max(wanted, LEAST), most)
