# SPDX-License-Identifier: Apache-2.0
"""Random BitNet weights: sound activations at every depth, and outlier channels where a ternary model can have them.

A ternary matrix has one scale, so no row or column of it can be much stronger than the others: a channel far above the
median comes from the embedding, and from the weights of norms. Here:

- The embedding's columns follow a profile r [D] of root mean square 1: log-normal, and one channel in 256 (at least
  one) 10 to 50 times stronger. Norms before projections scatter around 1, with one channel in 256 up to twice that;
  sub-norms with one in 256 of 2 to 8 times.
- Master weights are Gaussian, each row log-normal; 31 % quantize to zero. Their size is such that q, k, v, gate and up
  have a standard deviation near 1, and that the residual stream grows as the square root of the depth, GROWTH times the
  embedding's at the end.
- Logits get a standard deviation near LOGITS.

Every tensor has its own generator (`golden.checkpoints.draws`): a model is the same in every form, order and shard.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from golden.checkpoints.draws import Draws, Vector, copy, rms
from golden.checkpoints.residual import GROWTH, LOGITS, NORM_LIMIT, PRE_OUTLIER, final_norm, profile
from golden.ternary.config import EMBEDDING, FINAL_NORM, HEAD, BitNetConfig

SUB_NORM = (2.0, 8.0)
"""Between these, log-uniform, lies the factor of an outlier of sub-norms."""
SUB_NORM_LIMIT = 15.9
"""Largest weight of sub-norms."""
ROUNDED = math.sqrt(2 / math.pi) * math.sqrt(math.erfc(0.5 / math.sqrt(math.pi)))
"""Root mean square of unit Gaussian weights once they are ternary: mean |w| times the square root of the share != 0."""


@dataclass(frozen=True)
class Statistics:
    """The random model of shape `cfg` that `seed` stands for."""

    cfg: BitNetConfig
    seed: int

    @cached_property
    def draws(self) -> Draws:
        """The generators of the seed."""
        return Draws(self.seed)

    def fill(self, name: str, out: Tensor) -> None:
        """Write the tensor `name` of the float model into `out`, which has its shape and any float dtype."""
        if name in (EMBEDDING, HEAD):
            self.draws.matrix(name, out, np.ones(len(out)), self._base * self.residual)
        elif name == FINAL_NORM:
            copy(out, self._final_norm)
        elif name.endswith("_sub_norm.weight"):
            copy(out, self._norm(name, len(out), 0.3, SUB_NORM, SUB_NORM_LIMIT))
        elif name.endswith("layernorm.weight"):
            copy(out, self._norm(name, len(out), 0.25, PRE_OUTLIER, NORM_LIMIT))
        else:
            adds = "o_proj" in name or "down_proj" in name
            size = (self._step if adds else 1.0) / (ROUNDED * math.sqrt(out.shape[1]))
            rows = self.draws.log_normal(name, out.shape[0], 0.2)
            self.draws.matrix(name, out, size * rows, np.ones(out.shape[1]))

    def master(self, name: str, shape: tuple[int, int]) -> Tensor:
        """Float32 master weights [M, K] of the projection `name`."""
        out = torch.empty(shape)
        self.fill(f"{name}.weight", out)
        return out

    @cached_property
    def residual(self) -> Vector:
        """Profile [D] of the embedding: root mean square 1."""
        return profile(self.draws, self.cfg.hidden_size)

    @cached_property
    def _final_norm(self) -> Vector:
        return final_norm(self.draws, "norm", self.residual)

    @cached_property
    def _base(self) -> float:
        """Root mean square of the embedding, such that the logits get LOGITS."""
        last = np.sqrt((self.residual**2 + GROWTH**2 - 1) / GROWTH**2)  # profile of the residual stream at the end
        return LOGITS / math.sqrt(float(np.sum((last * self._final_norm * self.residual) ** 2)))

    @property
    def _step(self) -> float:
        """Root mean square of what attention or feed-forward of one layer adds to the residual stream."""
        return self._base * math.sqrt((GROWTH**2 - 1) / (2 * self.cfg.num_hidden_layers))

    def _norm(self, name: str, size: int, sigma: float, strong: tuple[float, float], limit: float) -> Vector:
        """Weights [size] of a norm."""
        weights = self.draws.log_normal(name, size, sigma) * self.draws.strong(name, size, strong)
        return np.asarray((weights / rms(weights)).clip(max=limit))
