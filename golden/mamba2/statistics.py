# SPDX-License-Identifier: Apache-2.0
"""Random Mamba2 weights with the statistics that make quantization hard: a few channels far larger than the others.

Trained Mamba2 models have channels of the residual stream, and inner channels in front of out_proj, whose activations
are one to two orders of magnitude above the median, while the residual stream stays bounded; the rotations of
LightMamba (arXiv 2502.15260) and Quamba (arXiv 2410.13229) are there for them. Independent weights have none. Here:

- The residual stream has a profile r [D] of root mean square 1: log-normal, and one channel in 256 (at least one) is 10
  to 50 times stronger. Columns of the embedding and rows of out_proj are scaled by r, so that the profile is the same
  at every depth. After the pre-norm (weights log-normal around 1, one in 256 up to twice that) it reaches in_proj.
- The inner channels x have a profile of the same kind, 5 to 20 times, shared by square roots between the channel of
  the convolution and that of gate_norm. With SiLU and the log-normal factors, 5 to 60 times the median reach out_proj.
- Both projections are Gaussian, their columns scaled by the activations' profile to the power -1/2, as training does in
  part, and by 1/sqrt(fan-in) such that z, x, B, C start at a standard deviation near 1 and dt at half of it, each row
  log-normal.
- Layers add to the residual such that its root mean square grows as the square root of the depth, GROWTH times the
  embedding's at the end. The final norm weakens strong channels; logits get a standard deviation near LOGITS.
- dt_bias and A_log start as published (see golden.mamba2.module); D, norms and biases scatter around theirs. Weights
  of norms stay below the limits that the released integer model's 11 and 13 bits set: 4, and 16 after the gate.

Every tensor has its own generator (`golden.checkpoints.draws`): a model is the same in every layout, order and shard.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from torch import Tensor

from golden.checkpoints.draws import Draws, Vector, copy, rms
from golden.checkpoints.residual import GROWTH, LOGITS, NORM_LIMIT, PRE_OUTLIER, final_norm, profile
from golden.mamba2.config import Mamba2Config
from golden.mamba2.names import EMBEDDING, HEAD, NORM_F, TENSORS

INNER = (5.0, 20.0)
"""Between these, log-uniform, lies the factor of an outlier of x."""
GATE_NORM_LIMIT = 15.9
"""Largest weight of the norm after the gate."""


@dataclass(frozen=True)
class Statistics:
    """The random model of shape `cfg` that `seed` stands for."""

    cfg: Mamba2Config
    seed: int

    @cached_property
    def draws(self) -> Draws:
        """The generators of the seed."""
        return Draws(self.seed)

    def fill(self, name: str, out: Tensor) -> None:
        """Write the tensor `name` (of transformers' layout) into `out`, which has its shape and any float dtype."""
        if name in (EMBEDDING, HEAD):
            self.draws.matrix(name, out, np.ones(len(out)), self._base * self.residual)
        elif name == NORM_F:
            copy(out, self._norm_f)
        else:
            layer, _, below = name.removeprefix("backbone.layers.").partition(".")
            self._fill_layer(f"{layer}.", {theirs: ours for ours, theirs in TENSORS.items()}[below], name, out)

    @cached_property
    def residual(self) -> Vector:
        """Profile [D] of the residual stream: root mean square 1."""
        return profile(self.draws, self.cfg.d_model)

    @cached_property
    def _norm_f(self) -> Vector:
        return final_norm(self.draws, "norm_f", self.residual)

    @cached_property
    def _base(self) -> float:
        """Root mean square of the embedding, such that the logits get LOGITS."""
        return LOGITS / math.sqrt(float(np.sum((self.residual**2 * self._norm_f) ** 2)))

    def _fill_layer(self, layer: str, field: str, name: str, out: Tensor) -> None:
        cfg = self.cfg
        if field == "norm":
            copy(out, self._norm(layer))
        elif field == "in_proj":
            rows = self.draws.log_normal(name, cfg.d_in_proj, 0.3)
            rows[-cfg.nheads :] *= 0.5
            self.draws.matrix(name, out, rows, _columns(self.residual * self._norm(layer)))
        elif field == "conv_weight":
            weak = np.ones(cfg.conv_dim - cfg.d_inner)
            channels = (
                self.draws.log_normal(layer + "conv", cfg.conv_dim, 0.3) * np.r_[np.sqrt(self.inner(layer)), weak]
            )
            self.draws.matrix(name, out.view(len(out), -1), channels, np.full(cfg.d_conv, cfg.d_conv**-0.5))
        elif field == "gate_norm":
            copy(out, self._gate_norm(layer))
        elif field == "out_proj":
            step = self._base * math.sqrt((GROWTH**2 - 1) / cfg.n_layer)
            self.draws.matrix(name, out, step * self.residual, _columns(self._before_out_proj(layer)))
        else:
            copy(out, self._vector(field, name, len(out)))

    def _vector(self, field: str, name: str, size: int) -> Vector:
        """conv_bias, dt_bias, A_log and D."""
        draw = self.draws.generator(name)
        if field == "conv_bias":
            return np.asarray(0.2 * draw.standard_normal(size))
        if field == "dt_bias":
            dt = np.exp(draw.uniform(math.log(1e-3), math.log(1e-1), size))
            return np.asarray(dt + np.log(-np.expm1(-dt)))  # inverse of softplus
        if field == "A_log":
            return np.asarray(np.log(draw.uniform(1, 16, size)))
        return np.asarray(np.exp(0.25 * draw.standard_normal(size)))  # D

    def _norm(self, layer: str) -> Vector:
        """Pre-norm weights [D]."""
        strong = self.draws.strong(layer + "norm", self.cfg.d_model, PRE_OUTLIER)
        return np.asarray((self.draws.log_normal(layer + "norm", self.cfg.d_model, 0.25) * strong).clip(max=NORM_LIMIT))

    def inner(self, layer: str) -> Vector:
        """Strength [I] of the inner channels x, half of it (by square roots) in conv and in gate_norm."""
        return self.draws.strong(layer + "inner", self.cfg.d_inner, INNER)

    def _gate_norm(self, layer: str) -> Vector:
        """Weights [I] of the norm after the gate."""
        weights = self.draws.log_normal(layer + "gate_norm", self.cfg.d_inner, 0.3) * np.sqrt(self.inner(layer))
        return np.asarray(weights.clip(max=GATE_NORM_LIMIT))

    def _before_out_proj(self, layer: str) -> Vector:
        """Estimated profile [I] of what out_proj multiplies: x as the convolution scales it, normed, weighted."""
        x = self.draws.log_normal(layer + "conv", self.cfg.conv_dim, 0.3)[: self.cfg.d_inner] * np.sqrt(
            self.inner(layer)
        )
        return np.asarray(x / rms(x) * self._gate_norm(layer))


def _columns(activations: Vector) -> Vector:
    """Factors of a matrix's columns, activations^-1/2, such that rows of N(0, 1) times them give variance 1."""
    return np.asarray(activations**-0.5 / math.sqrt(float(activations.sum())))
