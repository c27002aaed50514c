# SPDX-License-Identifier: Apache-2.0
"""Small integer models for tests: random ones of several shapes, and ones whose parameters lie at their bounds."""

from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor

from golden.fixed.interval import Interval
from golden.ternary.config import BitNetConfig
from golden.ternary.integer import profile
from golden.ternary.integer.model import IntegerModel, Layer, Linear, Rows
from golden.ternary.integer.packing import LINEARS, NORMS, linear_sizes
from golden.ternary.integer.parameters import ROW, TRIT
from golden.ternary.integer.profile import TernaryProfile
from golden.ternary.integer.quantize import quantize
from golden.ternary.integer.scale import EXPONENT, Scale
from golden.ternary.weights import BitNet
from tests.golden.ternary.random_models import SHAPES as ALL_SHAPES
from tests.golden.ternary.random_models import random_tensors

SHAPES = {name: shape for name, shape in ALL_SHAPES.items() if shape.sub_norms}
Style = Literal["random", "signs", "high", "low", "zero"]
STYLES: tuple[Style, ...] = ("random", "signs", "high", "low", "zero")


def float_model(shape: str, seed: int = 1) -> BitNet:
    """A random float model."""
    return BitNet(SHAPES[shape], random_tensors(SHAPES[shape], seed))


def random_model(shape: str, seed: int = 1, changes: dict[str, int] | None = None) -> IntegerModel:
    """The integer model of a random float one, all in memory."""
    model = quantize(float_model(shape, seed), profile.load(changes))
    return replace(model, layers=tuple(model.layers))


def ternary_head(model: IntegerModel) -> IntegerModel:
    """The same model with a ternary head of its own."""
    generator = torch.Generator().manual_seed(9)
    w = torch.randint(-1, 2, model.embedding.w.shape, generator=generator).to(torch.int8)
    return replace(model, head=Rows(w, model.embedding.scale), ternary_head=True)


def extreme_model(style: Style, seed: int, cfg: BitNetConfig) -> IntegerModel:
    """A model whose parameters are uniform within their bounds, or all at an end, or 0; scales of all sizes."""
    p, generator = profile.load(), torch.Generator().manual_seed(seed)

    def draw(x: Interval, *shape: int) -> Tensor:
        ends = {"high": x.high, "low": x.low, "zero": 0}
        if style in ends:
            return torch.full(shape, ends[style])
        if style == "signs":
            return torch.where(torch.rand(shape, generator=generator) < 0.5, x.low, x.high)
        return torch.randint(x.low, x.high + 1, shape, generator=generator)

    def scale(*shape: int) -> Scale:
        if style == "zero":
            return Scale(torch.zeros(shape, dtype=torch.int64), torch.zeros(shape, dtype=torch.int64))
        mantissa = draw(Interval(1 << 15, (1 << 16) - 1), *shape)
        size = {"random": 30, "signs": EXPONENT, "high": EXPONENT, "low": EXPONENT}[style]
        return Scale(mantissa, draw(Interval(-size - 16, size - 16).clamp(-EXPONENT, EXPONENT), *shape))

    def norm(width: int) -> Tensor:
        return draw(Interval(-(1 << 15) + 1, (1 << 15) - 1), width).to(torch.int16)

    def layer() -> Layer:
        linears = {name: Linear(draw(TRIT, *size).to(torch.int8), scale()) for name, size in linear_sizes(cfg).items()}
        widths = (cfg.hidden_size, cfg.hidden_size, cfg.hidden_size, cfg.intermediate_size)
        norms = {name: norm(width) for name, width in zip(NORMS, widths, strict=True)}
        return Layer(attention_frac=int(draw(Interval(0, 24))), **norms, **linears)  # type: ignore[arg-type]  # by name

    assert set(LINEARS) == set(linear_sizes(cfg))
    rows = Rows(draw(ROW, cfg.vocab_size, cfg.hidden_size).to(torch.int8), scale(cfg.vocab_size))
    layers = tuple(layer() for _ in range(cfg.num_hidden_layers))
    return IntegerModel(cfg, p, int(draw(Interval(0, 24))), rows, layers, norm(cfg.hidden_size), scale())


def tiny_profile() -> TernaryProfile:
    """The profile as declared."""
    return profile.load()
