# SPDX-License-Identifier: Apache-2.0
"""BitNet b1.58 quantizers, exactly as `transformers`' integrations/bitnet.py evaluates them (float32).

Ma et al. 2024, "The Era of 1-bit LLMs", equations 1-3; activations per token as in BitNet b1.58 2B4T.
Rounding is half to even. The mean of |W| is torch's float32 mean over the whole matrix in memory order.
"""

import torch

EPSILON = 1e-5


def quantize_weight(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Ternary weights int8 [M, K] and their scale s = 1 / mean|W| [] of float32 `weight` [M, K]: W ~ q / s."""
    weight = weight.float()
    scale = 1.0 / weight.abs().mean().clamp(min=EPSILON)
    return (weight * scale).round().clamp(-1, 1).to(torch.int8), scale


def quantize_activation(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Activations int8 [..., K] and their scale s = 127 / max|x| [..., 1] per token of `x` [..., K]: x ~ q / s."""
    x = x.float()
    scale = 127 / x.abs().amax(dim=-1, keepdim=True).clamp(min=EPSILON)
    return (x * scale).round().clamp(-128, 127).to(torch.int8), scale


def dequantize(q: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """The float32 numbers that quantized `q` stands for: q / scale."""
    return q.float() / scale
