# SPDX-License-Identifier: Apache-2.0
"""What is fixed before the first layer is quantized: rotation, scale of the residual stream, embedding."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from golden.fixed.norm_tables import ENTRIES, rms1_table
from golden.mamba2.config import Mamba2Config, ModelWeights
from golden.mamba2.integer.model import IntegerModel
from golden.mamba2.integer.parameters import EMBEDDING
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.integer.taps import checking
from golden.mamba2.quantize.layer import NO_LINEAR, Job
from golden.mamba2.quantize.options import Options
from golden.mamba2.quantize.rotation import Rotation, online, random_rotation
from golden.mamba2.quantize.site import largest_weight, out_site
from golden.mamba2.quantize.streams import reference

HEADROOM, RMS_HEADROOM = 4.0, 2.0
"""How much larger than on the calibration text an element of the residual stream, and a token's rms, may get."""
ROWS = 1 << 13


@dataclass(frozen=True)
class Peaks:
    """Largest absolute values that the scale of the residual stream has to do with, in the rotated basis."""

    embedding: float
    residual: float
    rms: float  # of a token's residual stream
    out_proj: float  # weight that meets the greatest inputs, the norm's weight folded in


def rotation_of(cfg: Mamba2Config, p: Mamba2Profile, options: Options) -> Rotation:
    """The rotation of the residual stream: blocks as wide as the online transform's, or none."""
    return random_rotation(cfg.d_model, p.block(cfg.d_model) if options.rotate else 1, options.seed)


def measure(
    cfg: Mamba2Config,
    w: ModelWeights,
    p: Mamba2Profile,
    rotation: Rotation,
    tokens: Tensor,
    step: Callable[[int], None],
) -> Peaks:
    """Run the float model over the calibration text; `step` is called with the number of each layer."""
    r = w.embedding[tokens]
    embedding = max(_peak(rotation.inputs(part)) for part in torch.split(w.embedding, ROWS))
    residual, rms, out_proj = 0.0, 0.0, 0.0
    for i, layer in enumerate(w.layers):
        step(i)
        ref = reference(r, layer, cfg)
        r, site = ref.residual, out_site(f"layer {i} out_proj", cfg, p)
        residual = max(residual, _peak(rotation.inputs(r)))
        rms = max(rms, float(r.square().mean(-1).max().sqrt()))
        matrix = online(rotation.outputs(layer.out_proj * layer.gate_norm), site.block)
        out_proj = max(out_proj, _peak(matrix) / site.greatest_gain(ref.unit_out, p))
    return Peaks(embedding, residual, rms, out_proj)


def residual_scale(peaks: Peaks, cfg: Mamba2Config, p: Mamba2Profile) -> float:
    """The largest power of two by which the residual stream can grow.

    The embedding has to fit its 16 bits, the stream `value_bits` and the norm's tables, both with headroom, and
    out_proj its scales. A model of zeros keeps 1.
    """
    bounds = [
        (EMBEDDING.high * 2.0**-p.residual_frac, peaks.embedding),
        (2.0 ** (p.value_bits - 1 - p.residual_frac) / HEADROOM, peaks.residual),
        (largest_weight(p), peaks.out_proj),
    ]
    if p.norm == "table":
        table = rms1_table(cfg.d_model)
        end = table.a[-1] + ENTRIES * 2.0 ** (table.d[-1] - 2 * table.frac)
        bounds.append((math.sqrt(end / cfg.d_model) / RMS_HEADROOM, peaks.rms))
    room = [most / peak for most, peak in bounds if peak > 0 and math.isfinite(most)]
    return 2.0 ** math.floor(math.log2(min(room))) if room else 1.0


def job_of(
    cfg: Mamba2Config, w: ModelWeights, p: Mamba2Profile, options: Options, rotation: Rotation, scale: float
) -> Job:
    """The job with its embedding: rotated, scaled, and truncated toward zero as in LightMamba's release."""
    unit = scale * 2.0**p.residual_frac
    parts = [(rotation.inputs(part).double() * unit).trunc() for part in torch.split(w.embedding, ROWS)]
    embedding = torch.cat([part.clamp(EMBEDDING.low, EMBEDDING.high).to(torch.int16) for part in parts])
    model = IntegerModel(cfg, p, embedding, (), torch.zeros(0), NO_LINEAR, scale)
    return Job(model, rotation, options, checking(model))


def _peak(x: Tensor) -> float:
    return float(x.abs().max())
