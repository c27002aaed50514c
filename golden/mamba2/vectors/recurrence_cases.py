# SPDX-License-Identifier: Apache-2.0
"""Adversarial cases of the units in `recurrence.py`: small shapes whose heads end in a short group."""

from collections.abc import Iterator
from dataclasses import replace

import torch

from golden.fixed.pot import Pot
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.model import IntegerState
from golden.mamba2.integer.widths import limits
from golden.mamba2.vectors.adversarial import POTS, VALUES, Domain, PotDomain, Pots, provokes, random_magnitudes
from golden.mamba2.vectors.context import Context
from golden.mamba2.vectors.random_model import (
    extreme_layer,
    extreme_linear,
    extreme_norm,
    parameter_domain,
    random_layer,
    random_linear,
    random_model,
    random_norm,
)
from golden.mamba2.vectors.recurrence import LAYER_SIZES, MIXER_SIZES, MODEL_SIZES
from golden.mamba2.vectors.roles import batched, of_layer, of_linear, of_model, of_pot, of_state
from golden.mamba2.vectors.sample import Sample, randomness

TOKENS = 3


def small(ctx: Context, groups: int = 2) -> Mamba2Config:
    """A model with 12 heads (groups of 8 and 4), `groups` state groups and a vocabulary of 40."""
    sizes = Mamba2Config(48, 2, 40, d_state=16, headdim=8, expand=2, ngroups=groups, d_conv=4)
    return replace(sizes, norm_eps=ctx.cfg.norm_eps, tie_embeddings=False)


def parameters(cfg: Mamba2Config, names: tuple[str, ...]) -> dict[str, int | str]:
    """Sizes of a case."""
    return {name: getattr(cfg, name) for name in names}


def all_cases(ctx: Context, seed: int) -> Iterator[Sample]:
    """Every adversarial case of the units with a state, in the profile of `ctx`."""
    yield from conv_cases(ctx, seed)
    yield from dt_b_cases(ctx, seed)
    yield from ssm_cases(ctx, seed)
    yield from head_cases(ctx, seed)
    yield from layer_cases(ctx, seed)
    yield from model_cases(ctx, seed)


def _pots(ctx: Context, cfg: Mamba2Config, name: str, rows: int, width: int) -> PotDomain:
    """What the quantized intermediate `name` may be in a block of `cfg`'s sizes."""
    p = ctx.profile
    bits, group = (p.bc_bits, p.bc_group or cfg.d_state) if name in ("B", "C") else (p.ssm_bits, p.ssm_group)
    return PotDomain(rows, width, bits, group, p.max_shift, *limits(p, cfg)[name])


def _values(ctx: Context, rows: int, width: int) -> Domain:
    p = ctx.profile
    return Domain(rows, width, p.value_bits, p.ssm_bits, p.ssm_group, p.max_shift)


def _vector(x: Pot) -> Pot:
    return Pot(x.q[0], x.s[0], x.group)


def conv_cases(ctx: Context, seed: int) -> Iterator[Sample]:
    """Every generator of values as input, and every generator of pairs as history, weights and bias; 4 and 2 taps."""
    p = ctx.profile
    pairs = [*((name, VALUES[name], POTS["random_pairs"]) for name in VALUES)]
    pairs += [(name, random_magnitudes, make) for name, make in POTS.items()]
    for d_conv in (4, 2):
        cfg = replace(small(ctx), d_conv=d_conv)
        for name, values, pots in pairs:
            g = randomness(seed, f"m2_conv.taps{d_conv}.{name}")
            history = pots(_pots(ctx, cfg, "xBC", d_conv - 1, cfg.conv_dim), g)
            weight = pots(parameter_domain("conv_weight", d_conv, cfg.conv_dim, p), g)
            bias = _vector(pots(parameter_domain("conv_bias", 1, cfg.conv_dim, p), g))
            x = values(_values(ctx, TOKENS + 1, cfg.conv_dim), g)
            inputs = {"x": x, **of_pot("history", history), **of_pot("weight", weight), **of_pot("bias", bias)}
            note = f"input: {provokes(values)} parameters: {provokes(pots)}"
            sizes = {**parameters(cfg, MIXER_SIZES), "d_conv": d_conv}
            yield Sample("m2_conv", f"taps{d_conv}.{name}", note, sizes, inputs)


def dt_b_cases(ctx: Context, seed: int) -> Iterator[Sample]:
    """Every generator of pairs as dt and as B, one and two state groups."""
    for groups in (1, 2):
        cfg = small(ctx, groups)
        for name, make in POTS.items():
            g = randomness(seed, f"m2_dt_b.groups{groups}.{name}")
            dt = make(_pots(ctx, cfg, "dt", TOKENS, cfg.nheads), g)
            b = make(_pots(ctx, cfg, "B", TOKENS, groups * cfg.d_state), g)
            sizes = parameters(cfg, ("nheads", "ngroups")) | (
                {} if ctx.profile.bc_group else parameters(cfg, ("d_state",))
            )
            yield Sample("m2_dt_b", f"groups{groups}.{name}", provokes(make), sizes, of_pot("dt", dt) | of_pot("B", b))


def ssm_cases(ctx: Context, seed: int) -> Iterator[Sample]:
    """State at its limits under every decay and input: each generator for the state meets each for the rest."""
    for groups in (1, 2):
        cfg = small(ctx, groups)
        for name, of_state_ in POTS.items():
            for other, of_rest in POTS.items():
                if groups == 1 and name != other:
                    continue
                g = randomness(seed, f"m2_ssm.groups{groups}.{name}.{other}")
                inputs = _ssm_inputs(ctx, cfg, of_state_, of_rest, g)
                note = f"state: {provokes(of_state_)} the rest: {provokes(of_rest)}"
                sizes = parameters(cfg, MIXER_SIZES)
                yield Sample("m2_ssm", f"groups{groups}.{name}.{other}", note, sizes, inputs)


def _ssm_inputs(
    ctx: Context, cfg: Mamba2Config, state: Pots, rest: Pots, g: torch.Generator
) -> dict[str, torch.Tensor]:
    bc = cfg.ngroups * cfg.d_state
    widths = {"x": cfg.d_inner, "dt": cfg.nheads, "decay": cfg.nheads, "B": bc, "C": bc}
    inputs: dict[str, torch.Tensor] = {}
    for name, width in widths.items():
        inputs |= of_pot(name, rest(_pots(ctx, cfg, name, TOKENS, width), g))
    inputs |= of_pot("D", _vector(rest(parameter_domain("D", 1, cfg.nheads, ctx.profile), g)))
    return inputs | of_pot("state", state(_pots(ctx, cfg, "state", cfg.d_state, cfg.d_inner), g))


def head_cases(ctx: Context, seed: int) -> Iterator[Sample]:
    """Every generator of values as residual, on a plausible head and on one at its ends, where logits tie."""
    p, cfg = ctx.profile, small(ctx)
    for name, make in VALUES.items():
        for kind in ("random", "extreme"):
            g = randomness(seed, f"m2_head.{kind}.{name}")
            rows, cols = cfg.vocab_size, cfg.d_model
            if kind == "random":
                matrix, weight = random_linear(rows, cols, p, g, p.proj_frac, p.residual_frac), random_norm(cols, p, g)
            else:
                matrix, weight = extreme_linear(rows, cols, p, g), extreme_norm(cols, p, g)
            inputs = {"r": make(_values(ctx, TOKENS, cols), g), "norm_f": weight, **of_linear(matrix)}
            yield Sample("m2_head", f"{kind}.{name}", provokes(make), {"k": 5}, inputs)


def layer_cases(ctx: Context, seed: int) -> Iterator[Sample]:
    """Residuals of every generator, states of every generator, on plausible layers and on layers at their ends."""
    cfg, sizes = small(ctx), parameters(small(ctx), LAYER_SIZES)
    for name, make in VALUES.items():
        g = randomness(seed, f"m2_layer.residual.{name}")
        inputs = _layer_inputs(ctx, cfg, make(_values(ctx, TOKENS, cfg.d_model), g), POTS["random_pairs"], None, g)
        yield Sample("m2_layer", f"residual.{name}", provokes(make), sizes, inputs)
    for name, pots in POTS.items():
        for kind, layer_pots in (("state", None), ("extreme", pots)):
            g = randomness(seed, f"m2_layer.{kind}.{name}")
            r = random_magnitudes(_values(ctx, TOKENS, cfg.d_model), g)
            note = f"state{' and parameters' if layer_pots else ''}: {provokes(pots)}"
            yield Sample("m2_layer", f"{kind}.{name}", note, sizes, _layer_inputs(ctx, cfg, r, pots, layer_pots, g))


def _layer_inputs(
    ctx: Context, cfg: Mamba2Config, r: torch.Tensor, state: Pots, layer: Pots | None, g: torch.Generator
) -> dict[str, torch.Tensor]:
    """Inputs of a layer: plausible parameters without `layer`, else parameters at their ends as it has them."""
    p = ctx.profile
    made = extreme_layer(cfg, p, g, layer) if layer else random_layer(cfg, p, g)
    conv = state(_pots(ctx, cfg, "xBC", cfg.d_conv - 1, cfg.conv_dim), g)
    ssm = state(_pots(ctx, cfg, "state", cfg.d_state, cfg.d_inner), g)
    return {"r": r, **of_layer(made), **of_state("state", IntegerState(batched(conv), batched(ssm)))}


def model_cases(ctx: Context, seed: int) -> Iterator[Sample]:
    """A small random model on one token alone, one token again and again, and tokens at random."""
    cfg = small(ctx)
    model = of_model(random_model(cfg, ctx.profile, seed))
    g = randomness(seed, "m2_model")
    prompts = {
        "single": (torch.tensor([cfg.vocab_size - 1]), "A prompt of one token: decode from the empty state."),
        "repeated": (torch.full((9,), 0), "The same token again and again: the state runs into its fixed point."),
        "random": (torch.randint(cfg.vocab_size, (9,), generator=g), "Random tokens through random weights."),
    }
    for name, (tokens, note) in prompts.items():
        sizes = {**parameters(cfg, MODEL_SIZES), "k": 5, "steps": 4}
        yield Sample("m2_model", name, note, sizes, {"tokens": tokens, **model})
