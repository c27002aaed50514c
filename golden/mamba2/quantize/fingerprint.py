# SPDX-License-Identifier: Apache-2.0
"""Hashes of what a quantized model follows from."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict

import torch
from torch import Tensor

from golden.errors import InputError
from golden.mamba2.config import Mamba2Config, ModelWeights

ROWS = 1 << 14


def fingerprint(cfg: Mamba2Config, weights: ModelWeights, step: Callable[[int], None]) -> str:
    """The sha256 of a float model's shape and tensors. InputError where a tensor holds NaN or infinity.

    `step` is called with the number of each layer before it is read.
    """
    digest = hashlib.sha256(repr(sorted(asdict(cfg).items())).encode())
    for i, layer in enumerate(weights.layers):
        step(i)
        for name, tensor in vars(layer).items():
            _add(digest, f"layers.{i}.{name}", tensor)
    for name in ("embedding", "norm_f", "head"):
        _add(digest, name, getattr(weights, name))
    return digest.hexdigest()


def fingerprint_tokens(tokens: Tensor) -> str:
    """The sha256 of tokens int64 [B, L]."""
    return hashlib.sha256(str(list(tokens.shape)).encode() + tokens.contiguous().numpy().tobytes()).hexdigest()


def _add(digest: "hashlib._Hash", name: str, x: Tensor) -> None:
    digest.update(f"{name} {x.dtype} {list(x.shape)}".encode())
    for part in torch.split(x.detach(), ROWS):
        if not bool(torch.isfinite(part).all()):
            raise InputError(f"{name}: holds NaN or infinity, expected finite numbers; restore the checkpoint")
        digest.update(part.contiguous().view(torch.uint8).numpy().data)
