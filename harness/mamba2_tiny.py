# SPDX-License-Identifier: Apache-2.0
"""mamba2-tiny in a profile's integers, kept in build/models, and the held-out text that it reads."""

import torch

from golden.mamba2 import accuracy, checkpoint
from golden.mamba2.integer import profile as profiles
from golden.mamba2.integer.model import IntegerModel
from golden.mamba2.quantize import Options
from golden.zoo.corpus import heldout_tokens
from harness import bundles
from harness.paths import build_dir

NAME = "mamba2-tiny"


def tiny(profile: str) -> IntegerModel:
    """Return mamba2-tiny, quantized as for its test vectors; made once.

    Raises:
        MachineError: it cannot be written.
    """
    cfg, weights = checkpoint.load(bundles.ZOO / NAME)
    windows, length = bundles.CALIBRATION
    tokens = text(0, windows * length).reshape(windows, length)
    with bundles.one_thread():
        return accuracy.cached(build_dir() / "models", Options())(cfg, weights, profiles.load(profile), tokens).model


def text(first: int, count: int) -> torch.Tensor:
    """Return `count` tokens of the held-out text, int64; what lies behind the calibration's was never seen."""
    return heldout_tokens()[first : first + count].to(torch.int64)
