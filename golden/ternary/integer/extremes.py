# SPDX-License-Identifier: Apache-2.0
"""Integer models made directly from records, their parameters random or at the ends of the declared bounds."""

from typing import Literal

import torch
from torch import Tensor

from golden.fixed.interval import Interval
from golden.ternary.config import BitNetConfig
from golden.ternary.integer import profile
from golden.ternary.integer.model import IntegerModel, Layer, Linear, Rows
from golden.ternary.integer.packing import NORMS, linear_sizes
from golden.ternary.integer.parameters import ROW, TRIT
from golden.ternary.integer.quantize import FRACTIONS
from golden.ternary.integer.scale import EXPONENT, Scale

Style = Literal["random", "signs", "high", "low", "zero"]
STYLES: tuple[Style, ...] = ("random", "signs", "high", "low", "zero")


def make(style: Style, seed: int, cfg: BitNetConfig) -> IntegerModel:
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

    def rows() -> Rows:
        return Rows(draw(ROW, cfg.vocab_size, cfg.hidden_size).to(torch.int8), scale(cfg.vocab_size))

    def norm(width: int) -> Tensor:
        return draw(Interval(-(1 << 15) + 1, (1 << 15) - 1), width).to(torch.int16)

    def layer() -> Layer:
        linears = {name: Linear(draw(TRIT, *size).to(torch.int8), scale()) for name, size in linear_sizes(cfg).items()}
        widths = (cfg.hidden_size, cfg.hidden_size, cfg.hidden_size, cfg.intermediate_size)
        norms = {name: norm(width) for name, width in zip(NORMS, widths, strict=True)}
        return Layer(attention_frac=int(draw(Interval(*FRACTIONS))), **norms, **linears)  # type: ignore[arg-type]  # by name

    embedding = rows()
    layers = tuple(layer() for _ in range(cfg.num_hidden_layers))
    frac = int(draw(Interval(*FRACTIONS)))
    model = IntegerModel(cfg, p, frac, embedding, layers, norm(cfg.hidden_size), scale())
    return model if cfg.tie_word_embeddings else IntegerModel(**{**vars(model), "head": rows()})
