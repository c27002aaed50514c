# SPDX-License-Identifier: Apache-2.0
"""Accuracy figures that the papers print, as citations: other models, other tasks, not measured here.

"Reading notes" are somebody's notes that quote the paper's table; the paper itself was not at hand.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Quoted:
    """One printed figure: paper, model and metric; the row here that is like it; where it was read."""

    paper: str
    model: str
    metric: str
    method: str
    value: str
    ours: str
    how: str


_LIGHT = ("LightMamba, arXiv 2502.15260", "Mamba2-2.7B", "perplexity (text not found)")
_FAST = ("FastMamba, arXiv 2505.18975", "Mamba2-130M", "zero-shot accuracy (tasks not found)")
_QUAMBA = ("Quamba2, arXiv 2503.22879", "not found", "accuracy against FP16")
_NOTES, _ABSTRACT = "reading notes that quote its table", "abstract"

QUOTED = (
    Quoted(*_LIGHT, "FP16", "4.10", "float", _NOTES),
    Quoted(*_LIGHT, "W8A8 LightMamba", "4.07", "w8a8-token-hadamard", _NOTES),
    Quoted(*_LIGHT, "W4A4 round to nearest", "17.46", "w4a4-rtn", _NOTES),
    Quoted(*_LIGHT, "W4A4 SmoothQuant", "8.26", "w4a4-smooth", _NOTES),
    Quoted(*_LIGHT, "W4A4 OS+", "> 100", "", _NOTES),
    Quoted(*_LIGHT, "W4A4 LightMamba", "6.48", "w4a4-rotated, lightmamba-w4a4", _NOTES),
    Quoted(*_FAST, "FP16", "42.6 %", "float", _NOTES),
    Quoted(*_FAST, "W8A8 NormalQ", "39.8 %", "w8a8-static (assumed)", _NOTES),
    Quoted(*_FAST, "W8A8 SmoothQuant", "41.7 %", "w8a8-static-smooth", _NOTES),
    Quoted(*_FAST, "W8A8 FastMamba", "42.2 %", "w8a8-static-hadamard, fastmamba-w8a8", _NOTES),
    Quoted(*_QUAMBA, "W4A8 Quamba2", "-1.6 %", "quamba-w4a8", _ABSTRACT),
)
