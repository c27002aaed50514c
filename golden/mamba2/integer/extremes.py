# SPDX-License-Identifier: Apache-2.0
"""Integer models made directly from records, their parameters random or at the ends of the declared bounds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from golden.fixed.interval import Interval
from golden.fixed.pot import Pot
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.model import AdditiveScale, ChannelScale, IntegerModel, Layer, Linear
from golden.mamba2.integer.parameters import EMBEDDING, MULTIPLIER, norm_weight, parameter
from golden.mamba2.integer.profile import Mamba2Profile

Style = Literal["random", "signs", "high", "low", "zero"]
STYLES: tuple[Style, ...] = ("random", "signs", "high", "low", "zero")

SMALL = Mamba2Config(d_model=32, n_layer=2, vocab_size=32, d_state=16, headdim=8, ngroups=2)


@dataclass(frozen=True)
class Maker:
    """Parameters of one style: uniform, one of both ends at random, all at one end, or all 0."""

    p: Mamba2Profile
    style: Style
    generator: torch.Generator

    def draw(self, x: Interval, *shape: int) -> Tensor:
        """Integers of an interval."""
        pick: dict[Style, Callable[[], Tensor]] = {
            "random": lambda: torch.randint(x.low, x.high + 1, shape, generator=self.generator),
            "signs": lambda: torch.where(torch.rand(shape, generator=self.generator) < 0.5, x.low, x.high),
            "high": lambda: torch.full(shape, x.high),
            "low": lambda: torch.full(shape, x.low),
            "zero": lambda: torch.full(shape, min(max(0, x.low), x.high)),
        }
        return pick[self.style]()

    def pot(self, name: str, *shape: int) -> Pot:
        """Integers as wide as they may be, their shift as large as the declared bound lets it be."""
        bits, bound = self.p.a_bits if name == "A" else self.p.ssm_bits, parameter(name, self.p)
        q = self.draw(Interval.signed(bits).clamp(bound.low, bound.high), *shape)
        s = torch.full((*shape[:-1], -(-shape[-1] // self.p.ssm_group)), bound.bits - bits)
        return Pot(q, s, self.p.ssm_group)

    def linear(self, rows: int, columns: int) -> Linear:
        """A matrix with its scales."""
        w = self.draw(Interval.signed(self.p.weight_bits), rows, columns).to(torch.int8)
        if self.p.weight_scale == "channel":
            shift = torch.randint(8, 24, (rows,), generator=self.generator)
            return Linear(w, ChannelScale(self.draw(MULTIPLIER, rows).int(), shift.to(torch.uint8)))
        groups = -(-columns // self.p.weight_group)
        s1, s2 = (self.draw(Interval(0, 7), rows, groups).to(torch.uint8) for _ in range(2))
        return Linear(w, AdditiveScale(s1, s2))

    def layer(self, cfg: Mamba2Config) -> Layer:
        """All parameters of a layer."""
        return Layer(
            norm=self.draw(norm_weight(self.p), cfg.d_model),
            in_proj=self.linear(cfg.d_in_proj, cfg.d_model),
            conv_weight=self.pot("conv_weight", cfg.d_conv, cfg.conv_dim),
            conv_bias=self.pot("conv_bias", cfg.conv_dim),
            dt_bias=self.pot("dt_bias", cfg.nheads),
            A=self.pot("A", cfg.nheads),
            D=self.pot("D", cfg.nheads),
            gate_norm=self.draw(norm_weight(self.p), cfg.d_inner),
            out_proj=self.linear(cfg.d_model, cfg.d_inner),
        )


def make(p: Mamba2Profile, style: Style, seed: int, cfg: Mamba2Config = SMALL) -> IntegerModel:
    """A model of `cfg` whose parameters all keep their declared bounds."""
    maker = Maker(p, style, torch.Generator().manual_seed(seed))
    return IntegerModel(
        cfg=cfg,
        profile=p,
        embedding=maker.draw(EMBEDDING, cfg.vocab_size, cfg.d_model).to(torch.int16),
        layers=tuple(maker.layer(cfg) for _ in range(cfg.n_layer)),
        norm_f=maker.draw(norm_weight(p), cfg.d_model),
        head=maker.linear(cfg.vocab_size, cfg.d_model),
    )
