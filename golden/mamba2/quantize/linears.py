# SPDX-License-Identifier: Apache-2.0
"""A linear layer of the integer model from its float matrix and what calibration says of its inputs."""

from dataclasses import dataclass

import torch
from torch import Tensor

from golden.mamba2.integer.encode import additive_scale, additive_sums, channel_scale, scale_value
from golden.mamba2.integer.model import ChannelScale, Linear
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.quantize.gptq import FitScale, compensate, damped, inverse_factor
from golden.mamba2.quantize.options import Options
from golden.mamba2.quantize.scales import fit_additive, fit_channel, round_to

RIDGE = 4.0
"""Damping of the correction is at least so many times the inputs' width over their number (see `_correction`).

Measured on other text than the calibration's, lightmamba-w4a4: on mamba2-tiny the logits' noise with 512, 2048 and 8192
tokens is -15.8, -16.4 and -16.8 dB; with 1.0 -15.3, -16.2 and -16.7; uncorrected -15.8, -16.2 and -16.1. On random
weights of the 130M shape correction changes a layer's error by 3 % at most.
"""
ROWS = 8192  # rows at once; they are independent


@dataclass(frozen=True)
class Inputs:
    """Second moments of a linear layer's inputs over the calibration text.

    x are the inputs that the integer model gives, quantized; x' those of the float model, rotated and scaled alike.
    """

    moments: Tensor  # [K, K] float64, mean of x x^T
    drift: Tensor  # [K, K] float64, mean of (x' - x) x^T
    count: int  # of the inputs in these means


@dataclass(frozen=True)
class Place:
    """Where a matrix stands: its name for errors, and the fraction bits of its input and result."""

    what: str
    frac_in: int
    frac_out: int


def inputs_of(reference: Tensor, quantized: Tensor) -> Inputs:
    """Moments of inputs [..., K] of the float and of the integer model, in real numbers."""
    x = quantized.flatten(0, -2).double()
    difference = reference.flatten(0, -2).double() - x
    return Inputs(x.T @ x / len(x), difference.T @ x / len(x), len(x))


def quantize_linear(matrix: Tensor, inputs: Inputs, place: Place, p: Mamba2Profile, options: Options) -> Linear:
    """Quantize `matrix` float [M, K] by the method of `options`. InputError where its weights don't fit any scale."""
    moments = damped(inputs.moments, options.damping)
    factor = inverse_factor(moments)
    gptq = options.weights == "gptq"
    rows = _Rows(factor if gptq else None, factor.diagonal() ** -2 if gptq else moments.diagonal(), place, p, options)
    correction = _correction(inputs, options.damping) if options.correct and gptq else None
    parts = []
    for part in torch.split(matrix, ROWS):
        w = part.double()
        parts.append(rows.quantize((w if correction is None else w + w @ correction).to(matrix.dtype)))
    return _join(parts)


def _correction(inputs: Inputs, damping: float) -> Tensor:
    """C [K, K]: W + W C has the float model's results on average, as far as they follow from x by a linear map.

    A regression of x' - x on x, damped the more the fewer inputs there are for its K coefficients a row.
    """
    scarcity = RIDGE * len(inputs.moments) / inputs.count
    correction: Tensor = torch.linalg.solve(damped(inputs.moments, max(damping, scarcity)), inputs.drift.T).T
    return correction


@dataclass(frozen=True)
class _Rows:
    """Quantizer of some rows of a matrix; they are independent."""

    factor: Tensor | None  # of GPTQ
    importance: Tensor  # [K] of an input's squared error
    place: Place
    p: Mamba2Profile
    options: Options

    def quantize(self, w: Tensor) -> Linear:
        """Integers and scales of w [M, K]."""
        indices: list[Tensor] = []

        def fit(columns: Tensor, first: int, end: int) -> Tensor:
            index, scale = self._fit(columns, self.importance[first:end])
            indices.append(index)
            return scale

        group = self.p.weight_group or w.shape[1]
        if self.factor is None:
            q = _nearest(w, fit, self.p.weight_bits, group)
        else:
            q = compensate(w, self.factor, fit, self.p.weight_bits, group)
        if self.p.weight_scale == "additive_pot":
            return Linear(q.to(torch.int8), additive_scale(torch.stack(indices, 1)))
        return Linear(q.to(torch.int8), self._channel(indices[0]))

    def _fit(self, columns: Tensor, importance: Tensor) -> tuple[Tensor, Tensor]:
        """What identifies the scales of some columns, and the scales [M]."""
        searched = self.options.weights != "rtn"
        if self.p.weight_scale == "additive_pot":
            index = fit_additive(columns, importance, self.p, searched)
            return index, additive_sums(self.p.weight_frac)[index]
        wanted = fit_channel(columns, importance, self.p, searched)
        return wanted, scale_value(self._channel(wanted), self.place.frac_in, self.place.frac_out)

    def _channel(self, wanted: Tensor) -> ChannelScale:
        return channel_scale(wanted, self.place.frac_in, self.place.frac_out, self.place.what)


def _nearest(w: Tensor, fit: FitScale, bits: int, group: int) -> Tensor:
    """Round w [M, K] to the scales that `fit` finds for each group of columns."""
    q = torch.empty_like(w)
    for first in range(0, w.shape[1], group):
        part = w[:, first : first + group]
        scale = fit(part, first, first + part.shape[1]).to(w.dtype)
        q[:, first : first + group] = round_to(part, scale.unsqueeze(1), bits)
    return q


def _join(parts: list[Linear]) -> Linear:
    """Rows of one matrix, below each other."""
    scales = [part.scale for part in parts]
    columns = [torch.cat(column) for column in zip(*(vars(scale).values() for scale in scales), strict=True)]
    return Linear(torch.cat([part.w for part in parts]), type(scales[0])(*columns))
