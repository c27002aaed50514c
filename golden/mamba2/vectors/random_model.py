# SPDX-License-Identifier: Apache-2.0
"""Integer models at random: plausible ones, and ones whose parameters stand at the ends of their declared bounds.

Integer draws only, so that a seed gives the same model on every machine.
"""

import torch
from torch import Generator, Tensor

from golden.fixed.pot import Pot
from golden.fixed.rounding import limits
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.model import AdditiveScale, ChannelScale, IntegerModel, Layer, Linear
from golden.mamba2.integer.parameters import norm_weight, parameter
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.vectors.adversarial import PotDomain, Pots, random_pairs

POTS = ("conv_weight", "conv_bias", "dt_bias", "A", "D")
REALS = {"conv_weight": (-1, 1), "conv_bias": (-1, 1), "dt_bias": (-4, -1), "A": (-8, -1), "D": (0, 2)}
"""Ranges of plausible parameters, in reals."""


def uniform(shape: tuple[int, ...], low: int, high: int, g: Generator) -> Tensor:
    """Integers low..high, both included."""
    return torch.randint(low, high + 1, shape, generator=g)


def random_linear(rows: int, cols: int, p: Mamba2Profile, g: Generator, frac_out: int, frac_in: int) -> Linear:
    """Uniform weights of real magnitude 1/8 or so."""
    w = uniform((rows, cols), *limits(p.weight_bits), g).to(torch.int8)
    if p.weight_scale == "additive_pot":
        groups = -(-cols // p.weight_group)
        s1, s2 = (uniform((rows, groups), 0, 4, g).to(torch.uint8) for _ in range(2))
        return Linear(w, AdditiveScale(s1, s2))
    shift = uniform((rows,), 26, 28, g) + frac_in - frac_out
    return Linear(w, ChannelScale(uniform((rows,), 1 << 15, (1 << 16) - 1, g).int(), shift.to(torch.uint8)))


def extreme_linear(rows: int, cols: int, p: Mamba2Profile, g: Generator) -> Linear:
    """Rows all greatest, all least, alternating, zero, one alone, random; scales at their ends."""
    low, high = limits(p.weight_bits)
    kinds = torch.randint(low, high + 1, (6, cols), generator=g)
    kinds[:4] = torch.tensor([[high], [low], [low], [0]])
    kinds[2, ::2] = high
    kinds[4] = 0
    kinds[4, -1] = low
    w = kinds[torch.arange(rows) % 6].to(torch.int8)
    ends = torch.arange(rows) // 6
    if p.weight_scale == "additive_pot":
        wide = torch.ones(1, -(-cols // p.weight_group), dtype=torch.int64)
        s1, s2 = (7 * (ends >> bit & 1)[:, None] * wide for bit in (0, 1))
        return Linear(w, AdditiveScale(s1.to(torch.uint8), s2.to(torch.uint8)))
    mult = torch.tensor([(1 << 16) - 1, 1 << 15, 0, (1 << 16) - 1])[ends % 4]
    shift = torch.tensor([24, 1, 46, 46])[ends % 4]
    return Linear(w, ChannelScale(mult.int(), shift.to(torch.uint8)))


def pot_bits(name: str, p: Mamba2Profile) -> int:
    """Bits of the integers of parameter `name`."""
    return p.a_bits if name == "A" else p.ssm_bits


def parameter_domain(name: str, rows: int, width: int, p: Mamba2Profile) -> PotDomain:
    """What parameter `name` may be."""
    bound = parameter(name, p)
    return PotDomain(rows, width, pot_bits(name, p), p.ssm_group, 31, bound.low, bound.high)


def _shapes(cfg: Mamba2Config) -> dict[str, tuple[int, int]]:
    conv = {"conv_weight": (cfg.d_conv, cfg.conv_dim), "conv_bias": (1, cfg.conv_dim)}
    return conv | dict.fromkeys(("dt_bias", "A", "D"), (1, cfg.nheads))


def _plausible(name: str, rows: int, width: int, p: Mamba2Profile, g: Generator) -> Pot:
    frac = {"conv_bias": p.proj_frac + p.param_frac, "dt_bias": p.proj_frac}.get(name, p.param_frac)
    low, high = REALS[name]
    shift = max(frac + 4 - pot_bits(name, p), 0)
    q = uniform((rows, width), (low << frac) >> shift, (high << frac) >> shift, g)
    return Pot(q.clamp(*limits(pot_bits(name, p))), torch.full((rows, -(-width // p.ssm_group)), shift), p.ssm_group)


def random_layer(cfg: Mamba2Config, p: Mamba2Profile, g: Generator) -> Layer:
    """A layer whose signals keep about their size."""
    pots = {name: _plausible(name, *shape, p, g) for name, shape in _shapes(cfg).items()}
    return _layer(cfg, p, g, pots, extreme=False)


def extreme_layer(cfg: Mamba2Config, p: Mamba2Profile, g: Generator, pots: Pots = random_pairs) -> Layer:
    """A layer whose parameters stand at the ends of their bounds, the quantized ones as `pots` has them."""
    made = {name: pots(parameter_domain(name, *shape, p), g) for name, shape in _shapes(cfg).items()}
    return _layer(cfg, p, g, made, extreme=True)


def _layer(cfg: Mamba2Config, p: Mamba2Profile, g: Generator, pots: dict[str, Pot], extreme: bool) -> Layer:
    def linear(rows: int, cols: int, frac_in: int, frac_out: int) -> Linear:
        return extreme_linear(rows, cols, p, g) if extreme else random_linear(rows, cols, p, g, frac_out, frac_in)

    vectors = {name: Pot(pots[name].q[0], pots[name].s[0], p.ssm_group) for name in POTS[1:]}
    norm = extreme_norm if extreme else random_norm
    return Layer(
        norm=norm(cfg.d_model, p, g),
        in_proj=linear(cfg.d_in_proj, cfg.d_model, p.residual_frac, p.proj_frac),
        conv_weight=pots["conv_weight"],
        gate_norm=norm(cfg.d_inner, p, g),
        out_proj=linear(cfg.d_model, cfg.d_inner, p.y_frac, p.residual_frac),
        **vectors,
    )


def random_norm(width: int, p: Mamba2Profile, g: Generator) -> Tensor:
    """Weights around 1, times the root of the width where the profile has it folded in."""
    one = 1 << p.norm_weight_frac
    one = round(one * width**0.5) if p.norm == "rsqrt" else one
    return uniform((width,), one // 2, one * 3 // 2, g)


def extreme_norm(width: int, p: Mamba2Profile, g: Generator) -> Tensor:
    """Weights at both ends of their bound, zeros and ones between."""
    bound = norm_weight(p)
    return torch.tensor([bound.low, 0, bound.high, 1])[uniform((width,), 0, 3, g)]


def random_model(cfg: Mamba2Config, p: Mamba2Profile, seed: int) -> IntegerModel:
    """A plausible model; its logits mean nothing."""
    g = Generator().manual_seed(seed)
    return IntegerModel(
        cfg=cfg,
        profile=p,
        embedding=uniform((cfg.vocab_size, cfg.d_model), -2 << p.residual_frac, 2 << p.residual_frac, g).short(),
        layers=tuple(random_layer(cfg, p, g) for _ in range(cfg.n_layer)),
        norm_f=random_norm(cfg.d_model, p, g),
        head=random_linear(cfg.vocab_size, cfg.d_model, p, g, p.proj_frac, p.residual_frac),
    )
