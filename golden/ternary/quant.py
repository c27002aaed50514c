# SPDX-License-Identifier: Apache-2.0
"""BitNet b1.58 quantizers and linear layers, exactly as `transformers`' integrations/bitnet.py evaluates them.

Ma et al. 2024, "The Era of 1-bit LLMs", equations 1-3; activations per token as in BitNet b1.58 2B4T.
Rounding is half to even. The mean of |W| is torch's float32 mean over the whole matrix in memory order.
"""

from dataclasses import dataclass

import torch
from torch.nn import functional

from golden.ternary.config import Form

EPSILON = 1e-5


def quantize_weight(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Ternary weights int8 [M, K] and their scale s = 1 / mean|W| [] of float32 `weight` [M, K]: W ~ q / s."""
    weight = weight.float()
    scale = 1.0 / weight.abs().mean().clamp(min=EPSILON)
    return (weight * scale).round().clamp(-1, 1).to(torch.int8), scale


def quantize_activation(x: torch.Tensor, dtype: torch.dtype = torch.float32) -> tuple[torch.Tensor, torch.Tensor]:
    """Activations int8 [..., K] and their scale s = 127 / max|x| [..., 1] per token of `x` [..., K]: x ~ q / s.

    Evaluated in `dtype`.
    """
    x = x.to(dtype)
    scale = 127 / x.abs().amax(dim=-1, keepdim=True).clamp(min=EPSILON)
    return (x * scale).round().clamp(-128, 127).to(torch.int8), scale


def dequantize(q: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """The float32 numbers that quantized `q` stands for: q / scale."""
    return q.float() / scale


@dataclass(frozen=True)
class TernaryMatrix:
    """A quantized projection: q int8 [M, K] in {-1, 0, 1}, the scale [] as it is stored, and the form that says which.

    W ~ q / scale in the forms online and bitlinear, W ~ q * scale in autobitlinear.
    """

    q: torch.Tensor
    scale: torch.Tensor
    form: Form

    @property
    def divisor(self) -> torch.Tensor:
        """The scale s [] with W ~ q / s, whatever the form."""
        return 1 / self.scale if self.form == "autobitlinear" else self.scale


def multiply(x: torch.Tensor, w: TernaryMatrix) -> torch.Tensor:
    """x [L, K] times `w` [M, K] with x quantized: [L, M] in x's dtype, in the order of operations of w's form."""
    if w.form == "bitlinear":  # integers times integers, then both scales at once; quantizes in x's own dtype
        q, scale = quantize_activation(x, x.dtype)
        return functional.linear(q.to(x.dtype), w.q.to(x.dtype)) / (w.scale * scale)
    rounded = dequantize(*quantize_activation(x)).to(x.dtype)
    if w.form == "autobitlinear":
        return functional.linear(rounded, w.q.to(x.dtype)) * w.scale
    return functional.linear(rounded, dequantize(w.q, w.scale).to(x.dtype))
