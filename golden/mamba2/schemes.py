# SPDX-License-Identifier: Apache-2.0
"""Quantization schemes for linear layers: those that the papers compare with each other, and the profiles' own.

What the papers leave open is stated in each scheme's `doc`. All quantize the head like the other linear layers, as the
profiles do (whether the papers do: not found). Sources: SmoothQuant (arXiv 2211.10438), QuaRot (arXiv 2404.00456),
FastMamba (arXiv 2505.18975), LightMamba (arXiv 2502.15260).
"""

from dataclasses import dataclass
from typing import Literal

from golden.mamba2.integer.profile import Mamba2Profile


@dataclass(frozen=True)
class Format:
    """How a tensor is rounded along its last axis.

    group: neighbouring elements that share a scale: a number, a "row" (activations: a token; weights: an output
    channel), a Hadamard "block", or the whole "tensor" by one static scale from calibration.
    scale: "absmax" any number, "pot" a power of two, "additive_pot" (2^s1 + 2^s2) 2^-frac.
    """

    bits: int
    group: int | Literal["row", "block", "tensor"]
    scale: Literal["absmax", "pot", "additive_pot"] = "absmax"
    frac: int = 0

    @property
    def static(self) -> bool:
        """Whether the scale comes from calibration."""
        return self.group == "tensor"


@dataclass(frozen=True)
class Scheme:
    """Formats of weights and inputs of linear layers, and the basis in which they are rounded.

    hadamard: online block transform of inputs, as in `Mamba2Profile`. rotate_residual: rotation folded into the
    weights. smooth: SmoothQuant's alpha, None without.
    """

    name: str
    doc: str
    weight: Format
    act: Format
    hadamard: Literal["off", "out_proj", "both"] = "off"
    rotate_residual: bool = False
    smooth: float | None = None
    hadamard_limit: int = 1024


_CHANNEL8, _GROUP4 = Format(8, "row"), Format(4, 128)
_STATIC8, _TOKEN8, _TOKEN4 = Format(8, "tensor"), Format(8, "row"), Format(4, "row")

W8A8 = (
    Scheme("w8a8-static", "round to nearest, one static scale a tensor (assumed of NormalQ)", _CHANNEL8, _STATIC8),
    Scheme("w8a8-static-smooth", "SmoothQuant, alpha 0.5, static scales", _CHANNEL8, _STATIC8, smooth=0.5),
    Scheme("w8a8-static-hadamard", "block Hadamard before each linear layer, static", _CHANNEL8, _STATIC8, "both"),
    Scheme("w8a8-token", "round to nearest, one scale a token", _CHANNEL8, _TOKEN8),
    Scheme("w8a8-token-smooth", "SmoothQuant, alpha 0.5, one scale a token", _CHANNEL8, _TOKEN8, smooth=0.5),
    Scheme("w8a8-token-hadamard", "block Hadamard before each linear layer, per token", _CHANNEL8, _TOKEN8, "both"),
)
W4A4 = (
    Scheme("w4a4-rtn", "round to nearest, weights in groups of 128, one scale a token", _GROUP4, _TOKEN4),
    Scheme("w4a4-smooth", "SmoothQuant, alpha 0.5, the same formats", _GROUP4, _TOKEN4, smooth=0.5),
    Scheme(
        "w4a4-rotated", "rotated residual, Hadamard before out_proj, the same formats", _GROUP4, _TOKEN4,
        "out_proj", rotate_residual=True,
    ),
)  # fmt: skip
SCHEMES = W8A8 + W4A4


def of_profile(p: Mamba2Profile) -> Scheme:
    """Formats of a profile's linear layers, the rest of the model in floating point."""
    weight = Format(p.weight_bits, p.weight_group or "row", "absmax")
    if p.weight_scale == "additive_pot":
        weight = Format(p.weight_bits, p.weight_group or "row", "additive_pot", p.weight_frac)
    act = Format(p.act_bits, p.act_group or "block", "pot")
    return Scheme(
        f"{p.name}-linears", "the profile's linear layers, the rest float", weight, act, p.hadamard,
        hadamard_limit=p.hadamard_limit,
    )  # fmt: skip
