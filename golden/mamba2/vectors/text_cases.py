# SPDX-License-Identifier: Apache-2.0
"""Cases from a model that reads text: every unit on what it is given there, mid-text, and the whole of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from golden.fixed.hadamard import rotate, scale_shift
from golden.mamba2.integer import block
from golden.mamba2.integer.model import IntegerModel, IntegerState, Layer
from golden.mamba2.integer.taps import checking
from golden.mamba2.vectors.context import Context
from golden.mamba2.vectors.element_cases import eps_parameter, rotates
from golden.mamba2.vectors.recurrence import LAYER_SIZES, MIXER_SIZES, MODEL_SIZES
from golden.mamba2.vectors.recurrence_cases import parameters
from golden.mamba2.vectors.roles import of_layer, of_linear, of_model, of_pot, of_state
from golden.mamba2.vectors.sample import Sample

BEFORE, TOKENS, PROMPT, STEPS, TOP = 16, 3, 24, 8, 5
"""Tokens before the taps, tokens that they see, tokens of the model's prompt, greedy tokens after it, top logits."""


@dataclass(frozen=True)
class Seen:
    """What passed through a layer while it read a few tokens: residual and state before, taps by name [L, ...]."""

    index: int
    layer: Layer
    r: Tensor
    state: IntegerState
    taps: Mapping[str, Tensor]

    def pot(self, name: str) -> dict[str, Tensor]:
        """Both parts of a quantized tap."""
        return {f"{name}.{part}": self.taps[f"{name}.{part}"] for part in ("q", "s")}


def watch(model: IntegerModel, tokens: Tensor) -> list[Seen]:
    """Read `BEFORE` of the tokens int64 [L], then `TOKENS` more with taps on every layer."""
    _, states = block.forward(tokens[None, :BEFORE], model)
    r = model.embedding[tokens[None, BEFORE : BEFORE + TOKENS]].to(torch.int64)
    seen = []
    for index, (layer, state) in enumerate(zip(model.layers, states, strict=True)):
        tap = checking(model, ("*",))
        after, _ = block.block(r, layer, state, model, tap)
        taps = {name: values[0][0] if len(values) == 1 else torch.cat(values) for name, values in tap.kept.items()}
        seen.append(Seen(index, layer, r[0], state, taps))
        r = after
    return seen


def all_cases(model: IntegerModel, tokens: Tensor) -> Iterator[Sample]:
    """Every unit in the first and the last layer, every layer, head and model while it reads `tokens` int64 [L]."""
    ctx = Context.of(model)
    seen = watch(model, tokens)
    sizes = parameters(model.cfg, MODEL_SIZES) | {"k": TOP, "steps": STEPS}
    note = f"The first {PROMPT} tokens of the text, then {STEPS} greedy ones."
    yield Sample("m2_model", "text", note, sizes, {"tokens": tokens[:PROMPT], **of_model(model)})
    for each in seen:
        name, note = f"text.layer{each.index}", f"Layer {each.index}, {TOKENS} tokens after the text's first {BEFORE}."
        inputs = {"r": each.r, **of_layer(each.layer), **of_state("state", each.state)}
        yield Sample("m2_layer", name, note, parameters(model.cfg, LAYER_SIZES), inputs)
        if each.index in (0, len(seen) - 1):
            for unit, flavour, numbers, given in _unit_cases(ctx, each):
                yield Sample(unit, f"{name}{flavour}", note, numbers, given)
    r = seen[-1].taps["residual"]
    inputs = {"r": r, "norm_f": model.norm_f, **of_linear(model.head)}
    note = f"Behind the last layer, {TOKENS} tokens after the text's first {BEFORE}."
    yield Sample("m2_head", "text", note, {"k": TOP}, inputs)


Case = tuple[str, str, Mapping[str, int | str], Mapping[str, Tensor]]


def _unit_cases(ctx: Context, seen: Seen) -> Iterator[Case]:
    """Unit, suffix of the name, parameters and inputs."""
    yield from _projection_cases(ctx, seen)
    yield from _mixer_cases(ctx, seen)
    yield from _quantizer_cases(ctx, seen)


def _projection_cases(ctx: Context, seen: Seen) -> Iterator[Case]:
    p, cfg, taps = ctx.profile, ctx.cfg, seen.taps
    eps = eps_parameter(ctx, cfg.d_model, ctx.residual_eps, p.residual_frac)
    yield "m2_norm", "", eps, {"x": seen.r, "weight": seen.layer.norm}
    eps = eps_parameter(ctx, cfg.d_inner // cfg.ngroups, cfg.norm_eps, p.y_frac)
    inputs = {"x": taps["gate"], "weight": seen.layer.gate_norm}
    yield "m2_gated_norm", "", {"ngroups": cfg.ngroups, **eps}, inputs
    sites = {
        "in": (cfg.d_model, "norm", seen.layer.in_proj, p.residual_frac, p.proj_frac),
        "out": (cfg.d_inner, "gate_norm", seen.layer.out_proj, p.y_frac, p.residual_frac),
    }
    for site, (width, source, matrix, frac_in, frac_out) in sites.items():
        block_, group = p.block(width), p.group(width)
        x = taps[source]
        if rotates(ctx)[site]:
            yield "m2_hadamard", f".{site}", {"block": block_, "right": scale_shift(block_)}, {"x": x}
            x = rotate(x, block_)
        yield "m2_quant", f".{site}_act", {"bits": p.act_bits, "group": group, "max_shift": p.max_shift}, {"x": x}
        a = {f"a.{part}": taps[f"{site}_act.{part}"] for part in ("q", "s")}
        numbers = {"group": group, "frac_in": frac_in, "frac_out": frac_out}
        yield "m2_linear", f".{site}", numbers, a | of_linear(matrix)
    yield "m2_residual", "", {}, {"r": seen.r, "x": taps["out_proj"]}


def _mixer_cases(ctx: Context, seen: Seen) -> Iterator[Case]:
    p, cfg, taps, layer = ctx.profile, ctx.cfg, seen.taps, seen.layer
    sizes = parameters(cfg, MIXER_SIZES)
    z, xbc, dt = torch.split(taps["in_proj"], [cfg.d_inner, cfg.conv_dim, cfg.nheads], dim=-1)
    weights = of_pot("weight", layer.conv_weight) | of_pot("bias", layer.conv_bias)
    history = {f"history.{part}": getattr(seen.state.conv, part)[0] for part in ("q", "s")}
    yield "m2_conv", "", {**sizes, "d_conv": cfg.d_conv}, {"x": xbc, **history, **weights}
    yield "m2_silu", ".xBC", {}, {"x": taps["conv"]}
    yield "m2_silu", ".z", {}, {"x": z}
    yield "m2_softplus", "", {}, {"x": taps["dt_in"]}
    yield "m2_exp", "", {}, {"x": taps["decay_exponent"]}
    yield "m2_decay", "", {}, {"dt": dt, **of_pot("dt_bias", layer.dt_bias), **of_pot("A", layer.A)}
    dt_sizes = {name: sizes[name] for name in ("nheads", "ngroups", *(() if p.bc_group else ("d_state",)))}
    yield "m2_dt_b", "", dt_sizes, seen.pot("dt") | seen.pot("B")
    state = {f"state.{part}": getattr(seen.state.ssm, part)[0] for part in ("q", "s")}
    given = {role: tensor for name in ("x", "dt", "decay", "B", "C") for role, tensor in seen.pot(name).items()}
    yield "m2_ssm", "", sizes, {**given, **of_pot("D", layer.D), **state}
    yield "m2_gate", "", {}, seen.pot("y") | seen.pot("z")


def _quantizer_cases(ctx: Context, seen: Seen) -> Iterator[Case]:
    p, cfg, taps = ctx.profile, ctx.cfg, seen.taps
    x, b, _ = torch.split(taps["silu"], [cfg.d_inner, *2 * [cfg.ngroups * cfg.d_state]], dim=-1)
    ssm = {"bits": p.ssm_bits, "group": p.ssm_group, "max_shift": p.max_shift}
    bc = {"bits": p.bc_bits, "group": p.bc_group or cfg.d_state, "max_shift": p.max_shift}
    yield "m2_quant", ".x", ssm, {"x": x}
    yield "m2_quant", ".y", ssm, {"x": taps["y_sum"]}
    yield "m2_quant", ".state", ssm, {"x": taps["state_sum"][0]}
    yield "m2_quant", ".B", bc, {"x": b}
