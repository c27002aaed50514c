# SPDX-License-Identifier: Apache-2.0
"""Small integer models for tests: random ones of several shapes. Those at their bounds: `integer.extremes`."""

from dataclasses import replace

import torch

from golden.ternary.integer import profile
from golden.ternary.integer.model import IntegerModel, Rows
from golden.ternary.integer.profile import TernaryProfile
from golden.ternary.integer.quantize import quantize
from golden.ternary.weights import BitNet
from tests.golden.ternary.random_models import SHAPES as ALL_SHAPES
from tests.golden.ternary.random_models import random_tensors

SHAPES = {name: shape for name, shape in ALL_SHAPES.items() if shape.sub_norms}


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


def tiny_profile() -> TernaryProfile:
    """The profile as declared."""
    return profile.load()
