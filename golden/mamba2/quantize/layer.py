# SPDX-License-Identifier: Apache-2.0
"""One layer, from float to integers: fold, quantize in_proj, parameters, out_proj, each after what stands before it."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from golden.fixed import saturate
from golden.fixed.pot import Pot
from golden.mamba2.config import LayerWeights, ModelWeights
from golden.mamba2.integer import block, functions
from golden.mamba2.integer.encode import parameter
from golden.mamba2.integer.linear import activation, linear
from golden.mamba2.integer.model import ChannelScale, IntegerModel, IntegerState, Layer, Linear, initial_states
from golden.mamba2.integer.taps import Tap
from golden.mamba2.model import rms_norm
from golden.mamba2.quantize import fit
from golden.mamba2.quantize.options import Options
from golden.mamba2.quantize.rotation import Rotation
from golden.mamba2.quantize.site import Site, in_site, out_site, quantize_site
from golden.mamba2.quantize.streams import Reference, by_texts, float_scan

NO_LINEAR = Linear(torch.zeros(0, 0, dtype=torch.int8), ChannelScale(*(torch.zeros(0) for _ in range(2))))


@dataclass(frozen=True)
class Job:
    """What all layers of one quantization share."""

    model: IntegerModel  # config, profile, embedding and residual scale; its layers and head are not used
    rotation: Rotation
    options: Options
    tap: Tap


def quantize_layer(index: int, w: LayerWeights, r: Tensor, ref: Reference, job: Job) -> tuple[Layer, Tensor]:
    """Quantize layer `index`, which reads the integer residual stream r int64 [B, L, D]; also returns the next one."""
    model, p, cfg, name = job.model, job.model.profile, job.model.cfg, f"layer {index}"
    site = in_site(f"{name} in_proj", cfg, p)
    matrix, inputs = job.rotation.inputs(w.in_proj * w.norm), job.rotation.inputs(ref.unit_in)
    norm, in_proj, a = quantize_site(site, matrix, inputs, lambda x: _normed(r, x, job), p, job.options)
    zxbcdt = _projected(a, in_proj, site, job)
    layer = replace(_parameters(name, w, zxbcdt, ref, job), norm=norm, in_proj=in_proj)

    site = out_site(f"{name} out_proj", cfg, p)
    matrix = job.rotation.outputs(w.out_proj * w.gate_norm) * model.residual_scale
    gate_norm, out_proj, a = quantize_site(
        site, matrix, ref.unit_out, lambda x: _mixed(zxbcdt, replace(layer, gate_norm=x), job), p, job.options
    )
    layer = replace(layer, gate_norm=gate_norm, out_proj=out_proj)
    return layer, saturate(r + _projected(a, out_proj, site, job), p.value_bits)


def advance(r: Tensor, layer: Layer, job: Job) -> Tensor:
    """The integer residual stream int64 [B, L, D] after `layer`: `block.block` with the float recurrence."""
    p = job.model.profile
    site = in_site("", job.model.cfg, p)
    a = activation(_normed(r, layer.norm, job), p, site.block > 1)
    zxbcdt = _projected(a, layer.in_proj, site, job)
    site = out_site("", job.model.cfg, p)
    a = activation(_mixed(zxbcdt, layer, job), p, site.block > 1)
    return saturate(r + _projected(a, layer.out_proj, site, job), p.value_bits)


def quantize_head(w: ModelWeights, exact: Tensor, r: Tensor, job: Job) -> tuple[Tensor, Linear]:
    """The final norm's weights and the head, from the residual streams [B, L, D] of the float and the integer model."""
    p, cfg = job.model.profile, job.model.cfg
    site = in_site("head", cfg, p)
    inputs = job.rotation.inputs(rms_norm(exact, torch.ones_like(w.norm_f), cfg.norm_eps))
    matrix = job.rotation.inputs(w.head * w.norm_f)
    norm_f, head, _ = quantize_site(site, matrix, inputs, lambda x: _normed(r, x, job), p, job.options)
    return norm_f, head


def _normed(r: Tensor, weight: Tensor, job: Job) -> Tensor:
    model, p = job.model, job.model.profile
    return saturate(functions.residual_norm(r, weight, model.residual_eps, p), p.value_bits)


def _projected(a: Pot, layer: Linear, site: Site, job: Job) -> Tensor:
    """The linear layer's result int64 [B, L, M], saturated."""
    p, place = job.model.profile, site.place

    def project(q: Tensor, s: Tensor) -> Tensor:
        return saturate(linear(Pot(q, s, a.group), layer, p, place.frac_in, place.frac_out), p.value_bits)

    return by_texts(project, a.q, a.s)


def _mixed(zxbcdt: Tensor, layer: Layer, job: Job) -> Tensor:
    """`block.mixer` from empty states, with the float recurrence: int64 [B, L, 2I + 2GN + H] -> [B, L, I] Q.y_frac."""

    def mixed(part: Tensor) -> Tensor:
        return block.mixer(part, layer, _empty(job.model, len(part)), job.model, job.tap, float_scan)[0]

    return by_texts(mixed, zxbcdt)


def _empty(model: IntegerModel, batch: int) -> IntegerState:
    return initial_states(model, batch)[0]


def _parameters(name: str, w: LayerWeights, zxbcdt: Tensor, ref: Reference, job: Job) -> Layer:
    """The layer with its parameters of convolution and SSM; norms and linear layers are set by `quantize_layer`."""
    p, cfg, fitted = job.model.profile, job.model.cfg, job.options.fit
    raw = zxbcdt[..., -cfg.nheads :]

    def pot(x: Tensor, frac: int, what: str, bits: int = p.ssm_bits) -> Pot:
        return parameter(x, bits, p.ssm_group, frac, f"{name} {what}")

    A = -torch.exp(w.A_log.double())
    dt_bias = pot(fit.dt_bias(ref.dt, raw, w.dt_bias, p) if fitted else w.dt_bias, p.proj_frac, "dt_bias")
    rate = fit.decay_rate(torch.exp(ref.dt.double() * A), raw, dt_bias, A, p) if fitted else A
    nothing = torch.zeros(0, dtype=torch.int64)
    layer = Layer(
        norm=nothing,
        in_proj=NO_LINEAR,
        conv_weight=pot(w.conv_weight.T, p.param_frac, "conv_weight"),
        conv_bias=pot(torch.zeros_like(w.conv_bias), p.proj_frac + p.param_frac, "conv_bias"),
        dt_bias=dt_bias,
        A=pot(rate, p.param_frac, "A", p.a_bits),
        D=pot(w.D, p.param_frac, "D"),
        gate_norm=nothing,
        out_proj=NO_LINEAR,
    )
    xBC = zxbcdt[..., cfg.d_inner : cfg.d_inner + cfg.conv_dim]

    def convolved(part: Tensor) -> Tensor:
        return block.convolve(part, layer, _empty(job.model, len(part)).conv, job.model, job.tap)[0]

    bias = fit.conv_bias(ref.conv, by_texts(convolved, xBC), p) if fitted else w.conv_bias
    return replace(layer, conv_bias=pot(bias, p.proj_frac + p.param_frac, "conv_bias"))
