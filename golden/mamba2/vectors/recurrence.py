# SPDX-License-Identifier: Apache-2.0
"""Units that carry a state: convolution, dt B, SSM step; and whole: head, layer, model. Tokens are one text, B = 1."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from golden import topk
from golden.fixed import saturate
from golden.fixed.pot import quantize
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import block, laws
from golden.mamba2.integer.model import IntegerModel, IntegerState, initial_states
from golden.mamba2.integer.taps import checking
from golden.mamba2.vectors.context import Given
from golden.mamba2.vectors.elements import Outputs
from golden.mamba2.vectors.roles import (
    bare_layer,
    bare_model,
    batched,
    of_pot,
    of_state,
    to_layer,
    to_linear,
    to_model,
    to_state,
)

MIXER_SIZES = ("nheads", "headdim", "d_state", "ngroups")
LAYER_SIZES = ("d_model", "expand", "headdim", "d_state", "ngroups", "d_conv")
MODEL_SIZES = (*LAYER_SIZES, "n_layer", "vocab_size")

STEP = (
    "dB.q",
    "dB.s",
    "dt_b_x",
    "decayed",
    "state_sum",
    "state.q",
    "state.s",
    "state_read.q",
    "state_read.s",
    "readout",
)
"""What the SSM unit returns of each token beside y: every step of its recurrence."""

STAGES = (
    *("norm", "in_act.q", "in_act.s", "in_proj", "xBC.q", "xBC.s", "conv", "silu", "x.q", "x.s", "z.q", "z.s"),
    *("B.q", "B.s", "C.q", "C.s", "dt_in", "dt.q", "dt.s", "decay_exponent", "decay.q", "decay.s"),
    *("skip", "y_sum", "y.q", "y.s", "gate", "gate_norm", "out_act.q", "out_act.s", "out_proj"),
)
"""What the layer unit returns beside its result and state: what goes from one unit to the next."""


def _mixer_config(given: Given, d_conv: int = 4) -> Mamba2Config:
    nheads, headdim, d_state, ngroups = (given.number(name) for name in MIXER_SIZES)
    return replace(
        given.context.cfg,
        d_model=nheads * headdim,
        expand=1,
        headdim=headdim,
        d_state=d_state,
        ngroups=ngroups,
        d_conv=d_conv,
    )


def _resized(given: Given, names: tuple[str, ...]) -> Mamba2Config:
    """The model's configuration with the sizes `names` from the parameters."""
    sizes: dict[str, Any] = {name: given.number(name) for name in names}
    return replace(given.context.cfg, **sizes)


def _model(given: Given, cfg: Mamba2Config) -> IntegerModel:
    """What the block's parts need to know of the model that they belong to."""
    return replace(bare_model(cfg, given.profile), residual_scale=given.context.residual_scale)


def conv(given: Given) -> Outputs:
    """Causal convolution of xBC [L, C], quantized first, after K-1 earlier inputs -> y [L, C], new history."""
    p = given.profile
    cfg = _mixer_config(given, given.number("d_conv"))
    weight, bias = (given.pot(name, p.ssm_group) for name in ("weight", "bias"))
    model = _model(given, cfg)
    tap = checking(model, ("xBC",))
    history = batched(given.pot("history", p.ssm_group))
    y, after = block.convolve(given.tensor("x")[None], bare_layer(weight, bias), history, model, tap)
    x = {f"x.{part}": tap.kept[f"xBC.{part}"][0][0] for part in ("q", "s")}
    return {**x, "y": y[0], "after.q": after.q[0], "after.s": after.s[0]}


def dt_b(given: Given) -> Outputs:
    """Outer product of dt [L, H] and B [L, G*N], both quantized -> dB [L, N, H], saturated and quantized along H."""
    p, groups, heads = given.profile, given.number("ngroups"), given.number("nheads")
    dt = given.pot("dt", p.ssm_group).value
    B = given.pot("B", p.bc_group or given.number("d_state")).value
    B = B.reshape(len(B), groups, -1).transpose(-1, -2).repeat_interleave(heads // groups, dim=-1)  # [L, N, H]
    dB = saturate(laws.dt_b(dt[:, None], B, p), p.state_bits)
    return {"dB": dB, **of_pot("dB", quantize(dB, p.ssm_bits, p.ssm_group, p.max_shift))}


def ssm(given: Given) -> Outputs:
    """State-space step for each token: x [L, I], dt and decay [L, H], B and C [L, G*N], D [H], state [N, I] quantized.

    Returns y [L, I] saturated and quantized, the state after the last token, and each step of the recurrence (`STEP`).
    """
    p, cfg = given.profile, _mixer_config(given)
    model = _model(given, cfg)
    tap = checking(model, ("*",))
    x, dt, dA, D, h = (given.pot(name, p.ssm_group) for name in ("x", "dt", "decay", "D", "state"))
    B, C = (given.pot(name, p.bc_group or cfg.d_state) for name in ("B", "C"))
    x_, dt_, dA_, B_, C_ = (v.value[None] for v in (x, dt, dA, B, C))
    out, after = block.scan(x_, dt_, dA_, B_, C_, batched(h), model, tap)
    skip = tap("skip", laws.skip(x.value, D.value.repeat_interleave(cfg.headdim), p))
    y = tap("y_sum", saturate(out[0] + skip, p.value_bits))
    y8 = quantize(y, p.ssm_bits, p.ssm_group, p.max_shift)
    steps = {f"step.{name}": torch.cat(tap.kept[name]) for name in STEP}
    return {**steps, "skip": skip, "y": y, **of_pot("y", y8), "after.q": after.q[0], "after.s": after.s[0]}


def _choose(logits: Tensor, k: int) -> Outputs:
    index, value = topk.topk(logits, k)
    return {"argmax": topk.argmax(logits), "top.index": index, "top.value": value}


def head(given: Given) -> Outputs:
    """Final norm and LM head: r [R, D] -> logits [R, V], the greatest, and the k greatest."""
    weight, matrix = given.tensor("norm_f"), to_linear(given, "")
    cfg = replace(given.context.cfg, d_model=matrix.w.shape[1], headdim=1, ngroups=1)
    model = replace(_model(given, cfg), norm_f=weight, head=matrix)
    tap = checking(model, ("norm_f", "head_act"))
    logits = block.head(given.tensor("r")[None], model, tap)[0]
    stages = {f"stage.{name}": tap.kept[name][0][0] for name in ("norm_f", "head_act.q", "head_act.s")}
    return {**stages, "logits": logits, **_choose(logits, given.number("k"))}


def layer(given: Given) -> Outputs:
    """One layer for several tokens from a given state: r [L, D] -> y [L, D], state after, every stage (`STAGES`)."""
    model = _model(given, _resized(given, LAYER_SIZES))
    tap = checking(model, ("*",))
    y, after = block.block(given.tensor("r")[None], to_layer(given), to_state(given, "state"), model, tap)
    stages = {f"stage.{name}": tap.kept[name][0][0] for name in STAGES}
    return {**stages, "y": y[0], **of_state("after", after)}


def model(given: Given) -> Outputs:
    """Whole model: tokens [L] -> logits [L, V], their choices, `steps` greedy tokens after them, the final states."""
    cfg = _resized(given, MODEL_SIZES)
    whole = replace(to_model(given, cfg), residual_scale=given.context.residual_scale)
    logits, states = block.forward(given.tensor("tokens")[None], whole, initial_states(whole, 1))
    outputs = {"logits": logits[0], **_choose(logits[0], given.number("k"))}
    greedy, states = _greedy(logits[:, -1:], states, whole, given.number("steps"))
    for index, state in enumerate(states):
        outputs |= of_state(f"after.{index}", state)
    return {**outputs, "greedy": greedy}


def _greedy(
    logits: Tensor, states: tuple[IntegerState, ...], whole: IntegerModel, steps: int
) -> tuple[Tensor, tuple[IntegerState, ...]]:
    """Take the likeliest token `steps` times, from logits [1, 1, V]; the last one taken is not read any more."""
    tokens = [topk.argmax(logits)]
    for _ in range(steps - 1):
        logits, states = block.forward(tokens[-1], whole, states)
        tokens.append(topk.argmax(logits))
    return torch.cat(tokens, dim=1)[0], states
