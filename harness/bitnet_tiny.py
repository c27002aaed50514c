# SPDX-License-Identifier: Apache-2.0
"""bitnet-tiny in the integers of `ternary-b158`, and the held-out text that it reads."""

from functools import lru_cache

import torch
from torch import Tensor

from golden.ternary import checkpoint
from golden.ternary.integer import store
from golden.ternary.integer.model import IntegerModel
from golden.ternary.integer.quantize import quantize
from golden.zoo.corpus import heldout_tokens
from harness import bundles

NAME = "bitnet-tiny"


@lru_cache
def tiny() -> IntegerModel:
    """Return bitnet-tiny with all layers in memory; its weights alone decide every range."""
    return store.resident(quantize(checkpoint.load(bundles.ZOO / NAME)))


def text(first: int, count: int) -> Tensor:
    """Return `count` tokens of the held-out text, int64."""
    return heldout_tokens()[first : first + count].to(torch.int64)
