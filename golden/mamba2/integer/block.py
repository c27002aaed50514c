# SPDX-License-Identifier: Apache-2.0
"""The Mamba2 block in integers: what the RTL computes, bit for bit.

Reads like `golden.mamba2.model.mixer`, step by step; `tap` sees every intermediate by name, asserts that it keeps the
width that `widths.py` derives, and returns it. A sequence may be cut anywhere. Letters as in `Mamba2Config`.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from golden.fixed import saturate
from golden.fixed.pot import Pot, quantize
from golden.mamba2.integer import functions, laws
from golden.mamba2.integer.linear import activation, linear
from golden.mamba2.integer.model import IntegerModel, IntegerState, Layer, initial_states
from golden.mamba2.integer.taps import Tap, checking

Scan = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, Pot, IntegerModel, Tap], tuple[Tensor, Pot]]
"""A recurrence with the arguments of `scan`."""


def forward(
    tokens: Tensor, model: IntegerModel, states: Sequence[IntegerState] | None = None, tap: Tap | None = None
) -> tuple[Tensor, tuple[IntegerState, ...]]:
    """Language model: tokens int64 [B, L] -> logits int64 [B, L, V] Q.proj_frac, and the states after the last token.

    Raises:
        CheckError: an intermediate leaves its derived width, which names it (a fault of the specification).
    """
    tap = tap or checking(model)
    r = model.embedding[tokens].to(torch.int64)  # [B, L, D] Q.residual_frac
    after = []
    for index, (layer, state) in enumerate(
        zip(model.layers, states or initial_states(model, len(tokens)), strict=True)
    ):
        r, state = block(r, layer, state, model, tap.below(f"layers.{index}."))
        after.append(state)
    return head(r, model, tap), tuple(after)


def block(r: Tensor, w: Layer, state: IntegerState, model: IntegerModel, tap: Tap) -> tuple[Tensor, IntegerState]:
    """One layer with its norm and residual: r int64 [B, L, D] -> the same, and the state after the last token."""
    p = model.profile
    u = tap("norm", saturate(functions.residual_norm(r, w.norm, model.residual_eps, p), p.value_bits))
    a = tap.pot("in_act", activation(u, p, rotate=p.hadamard == "both"))
    zxbcdt = linear(a, w.in_proj, p, p.residual_frac, p.proj_frac)
    y, state = mixer(tap("in_proj", saturate(zxbcdt, p.value_bits)), w, state, model, tap)
    a = tap.pot("out_act", activation(y, p, rotate=p.hadamard != "off"))
    out = tap("out_proj", saturate(linear(a, w.out_proj, p, p.y_frac, p.residual_frac), p.value_bits))
    return tap("residual", saturate(r + out, p.value_bits)), state


def mixer(
    zxbcdt: Tensor, w: Layer, state: IntegerState, model: IntegerModel, tap: Tap, recurrence: Scan | None = None
) -> tuple[Tensor, IntegerState]:
    """Convolution, recurrence, gate and norm: in_proj's int64 [B, L, 2I + 2GN + H] -> [B, L, I] Q.y_frac, state.

    The quantizer puts a fast float `recurrence` in the place of `scan`.
    """
    cfg, p = model.cfg, model.profile
    z, xBC, dt = torch.split(zxbcdt, [cfg.d_inner, cfg.conv_dim, cfg.nheads], dim=-1)
    xBC, conv = convolve(xBC, w, state.conv, model, tap)
    widths = [cfg.d_inner, *2 * [cfg.ngroups * cfg.d_state]]
    x, B, C = torch.split(tap("silu", functions.silu(xBC, p)), widths, dim=-1)
    x8 = tap.pot("x", quantize(x, p.ssm_bits, p.ssm_group, p.max_shift))
    z8 = tap.pot("z", quantize(functions.silu(z, p), p.ssm_bits, p.ssm_group, p.max_shift))
    B8, C8 = (
        tap.pot(n, quantize(v, p.bc_bits, p.bc_group or cfg.d_state, p.max_shift)) for n, v in (("B", B), ("C", C))
    )
    dt = tap("dt_in", dt + w.dt_bias.value)
    dt8 = tap.pot("dt", quantize(functions.softplus(dt, p), p.ssm_bits, p.ssm_group, p.max_shift))
    t = tap("decay_exponent", laws.decay_exponent(dt8.value, w.A.value, p))
    dA = tap.pot("decay", quantize(functions.exponential(t, p), p.ssm_bits, p.ssm_group, p.max_shift))
    y, ssm = (recurrence or scan)(x8.value, dt8.value, dA.value, B8.value, C8.value, state.ssm, model, tap)
    skip = tap("skip", laws.skip(x8.value, w.D.value.repeat_interleave(cfg.headdim), p))
    y8 = tap.pot("y", quantize(tap("y_sum", saturate(y + skip, p.value_bits)), p.ssm_bits, p.ssm_group, p.max_shift))
    yz = tap("gate", saturate(laws.gate(y8.value, z8.value, p), p.value_bits))
    y = functions.gated_norm(yz, w.gate_norm, cfg.norm_eps, cfg.ngroups, p)
    return tap("gate_norm", saturate(y, p.value_bits)), IntegerState(conv, ssm)


def convolve(xBC: Tensor, w: Layer, history: Pot, model: IntegerModel, tap: Tap) -> tuple[Tensor, Pot]:
    """Causal depthwise convolution of the quantized xBC int64 [B, L, C]; returns [B, L, C] and the new history."""
    p = model.profile
    new = tap.pot("xBC", quantize(xBC, p.ssm_bits, p.ssm_group, p.max_shift))
    q, s = torch.cat([history.q, new.q], dim=1), torch.cat([history.s, new.s], dim=1)
    x, taps, length = Pot(q, s, new.group).value, w.conv_weight.value, xBC.shape[1]
    terms = [tap("conv_product", laws.conv_product(x[:, k : k + length], taps[k])) for k in range(len(taps))]
    acc = torch.stack(terms).sum(0)
    keep = model.cfg.d_conv - 1
    out = laws.conv(acc, w.conv_bias.value, p)
    return tap("conv", saturate(out, p.value_bits)), Pot(q[:, -keep:], s[:, -keep:], new.group)


def scan(
    x: Tensor, dt: Tensor, dA: Tensor, B: Tensor, C: Tensor, h: Pot, model: IntegerModel, tap: Tap
) -> tuple[Tensor, Pot]:
    """State-space recurrence, token by token.

    Values: x [B, L, I], dt and dA [B, L, H], B and C [B, L, G*N], h [B, N, I] quantized. Returns C h [B, L, I]
    Q.y_frac, not yet saturated, and the state after the last token. The state is quantized twice from the same sum:
    along the channels to be kept, along N to be read.
    """
    cfg, p = model.cfg, model.profile
    B, C = (v.reshape(*v.shape[:-1], cfg.ngroups, cfg.d_state) for v in (B, C))  # [B, L, G, N]
    B = B.transpose(-1, -2).repeat_interleave(cfg.nheads // cfg.ngroups, dim=-1)  # [B, L, N, H]
    heads, groups = (cfg.nheads, cfg.headdim), (cfg.ngroups, cfg.d_inner // cfg.ngroups)
    y = []
    for t in range(x.shape[1]):
        dB = tap("dt_b", saturate(laws.dt_b(dt[:, t, None], B[:, t], p), p.state_bits))  # [B, N, H]
        dB8 = tap.pot("dB", quantize(dB, p.ssm_bits, p.ssm_group, p.max_shift)).value[..., None]
        dBx = tap("dt_b_x", laws.dt_b_x(dB8, split(x[:, t, None], heads), p).flatten(-2))  # [B, N, I]
        dAh = tap("decayed", laws.decayed(dA[:, t, None, :, None], split(h.value, heads), p).flatten(-2))
        new = tap("state_sum", saturate(dAh + dBx, p.state_bits))
        h = tap.pot("state", quantize(new, p.ssm_bits, p.ssm_group, p.max_shift))
        g = tap.pot("state_read", quantize(new.transpose(1, 2).contiguous(), p.ssm_bits, p.ssm_group, p.max_shift))
        products = laws.readout_product(split(g.value, groups, 1), C[:, t, :, None]).flatten(1, 2)  # [B, I, N]
        y.append(tap("readout", laws.readout(tap("readout_product", products).sum(-1), p)))
    return torch.stack(y, dim=1), h


def split(x: Tensor, parts: tuple[int, int], dim: int = -1) -> Tensor:
    """Two axes, of sizes `parts`, in the place of axis `dim`; a view."""
    dim %= x.dim()
    return x.reshape(*x.shape[:dim], *parts, *x.shape[dim + 1 :])


def head(r: Tensor, model: IntegerModel, tap: Tap) -> Tensor:
    """Final norm and LM head: r int64 [B, L, D] -> logits int64 [B, L, V] Q.proj_frac."""
    p = model.profile
    u = tap("norm_f", saturate(functions.residual_norm(r, model.norm_f, model.residual_eps, p), p.value_bits))
    a = tap.pot("head_act", activation(u, p, rotate=p.hadamard == "both"))
    return tap("logits", saturate(linear(a, model.head, p, p.residual_frac, p.proj_frac), p.value_bits))
