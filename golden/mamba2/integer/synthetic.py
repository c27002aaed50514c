# SPDX-License-Identifier: Apache-2.0
"""Integer models made up from a seed, for performance runs: any size, written layer by layer, never held as floats.

Weights are independent and nearly Gaussian, in the integers of their format; their scales and the norms' weights are
such that a freshly initialized Mamba2 is imitated (golden.mamba2.module): z, x, B and C near 1, dt raw near 1/2, a
residual stream that grows from 1 to GROWTH over the layers. What such a model says means nothing; its size, its shifts
and the traffic that it makes are those of a real one.

Every tensor has its own generator (`golden.checkpoints.draws`).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path

import torch
from torch import Tensor

from golden.checkpoints.draws import Draws
from golden.fixed import limits
from golden.fixed.hadamard import scale_shift
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import manifest as manifests
from golden.mamba2.integer import profile as profiles
from golden.mamba2.integer import store
from golden.mamba2.integer.encode import additive_scale, additive_sums, channel_scale, parameter
from golden.mamba2.integer.packing import NIBBLE, pot_tensors
from golden.mamba2.integer.profile import Mamba2Profile

GROWTH, LOGITS = 8.0, 1.5
"""Root mean square of the residual stream after the last layer, and of the logits."""
SCATTER = 0.25
"""Standard deviation of the logarithm of a weight scale, and of a norm's weight."""
MIDDLE = 24.0
"""Additive scale of an average weight, in units of 2^-weight_frac: the middle of 2..256."""
GAINS = (0.125, 3.5)
"""Least and greatest rms of a linear layer's inputs; norm weights stay within LightMamba's 11 bits."""
SPREAD = {4: 2.5, 8: 40.0}
"""Standard deviation of the integers of weights, by their bits."""

Progress = Callable[[int, int, str], None]
"""Called with the steps done, their number, and what comes next."""


def write(
    path: Path,
    cfg: Mamba2Config,
    profile: Mamba2Profile,
    seed: int = 1,
    progress: Progress | None = None,
    revision: str = "",
) -> Path:
    """Write the integer model of shape `cfg` that `seed` stands for into the directory `path`; `store.load` reads it.

    A run that was interrupted goes on where it stopped when it is started again with the same arguments.

    Raises:
        InputError: the profile can't take the shape, or `path` holds something else.
        MachineError: it cannot be written.
    """
    profiles.check(cfg, profile)
    identity = manifests.identify(cfg, profile, "synthetic", "none", {"seed": seed})
    manifest = replace(store.begin(path, identity, revision), residual_scale=1.0)
    draw = _Draw(cfg, profile, seed)
    steps = {store.layer_file(i): partial(draw.layer, i) for i in range(cfg.n_layer)} | {store.ENDS: draw.ends}
    for done, (name, tensors) in enumerate(steps.items()):
        if progress:
            progress(done, len(steps), f"write {name}")
        if name not in manifest.files:
            manifest = store.write_tensors(path, manifest, name, tensors())
    if progress:
        progress(len(steps), len(steps), "done")
    return path


@lru_cache
def _levels(bits: int, spread: float, limit: int) -> Tensor:
    """The 2^bits equally likely values of a Gaussian of deviation `spread`, as integers of at most `limit`, int64."""
    quantiles = (torch.arange(1 << bits, dtype=torch.float64) + 0.5) / (1 << bits)
    values: Tensor = torch.special.ndtri(quantiles)
    return (values * spread).round().clamp(-limit, limit).to(torch.int64)


@dataclass(frozen=True)
class _Matrix:
    """A linear layer to draw: rms of each row's result, inputs, fraction bits in and out, Hadamard block before it."""

    name: str
    rows: Tensor  # float64 [M]
    width: int
    frac_in: int
    frac_out: int
    block: int

    @property
    def growth(self) -> float:
        """What the online transform multiplies the rms of inputs by."""
        return math.sqrt(self.block) * 2.0 ** -scale_shift(self.block)


@dataclass(frozen=True)
class _Draw:
    """The tensors of one model, as `store` writes them."""

    cfg: Mamba2Config
    p: Mamba2Profile
    seed: int

    @cached_property
    def draws(self) -> Draws:
        """The generators of the seed."""
        return Draws(self.seed)

    def layer(self, index: int) -> dict[str, Tensor]:
        """The tensors of one layer."""
        cfg, p, at = self.cfg, self.p, f"layers.{index}."
        rows = torch.ones(cfg.d_in_proj, dtype=torch.float64)
        rows[-cfg.nheads :] = 0.5
        block = p.block(cfg.d_model) if p.hadamard == "both" else 1
        matrix = _Matrix(f"{at}in_proj", rows, cfg.d_model, p.residual_frac, p.proj_frac, block)
        in_gain, in_proj = self._linear("in_proj", matrix)
        rows = torch.full((cfg.d_model,), math.sqrt((GROWTH**2 - 1) / cfg.n_layer), dtype=torch.float64)
        block = p.block(cfg.d_inner) if p.hadamard != "off" else 1
        matrix = _Matrix(f"{at}out_proj", rows, cfg.d_inner, p.y_frac, p.residual_frac, block)
        out_gain, out_proj = self._linear("out_proj", matrix)
        norms = {
            "norm": self._norm(f"{at}norm", cfg.d_model, 1, in_gain),
            "gate_norm": self._norm(f"{at}gate_norm", cfg.d_inner, cfg.ngroups, out_gain),
        }
        return norms | self._parameters(at) | in_proj | out_proj

    def ends(self) -> dict[str, Tensor]:
        """Embedding, final norm and head."""
        cfg, p = self.cfg, self.p
        rows = torch.full((cfg.vocab_size,), LOGITS, dtype=torch.float64)
        block = p.block(cfg.d_model) if p.hadamard == "both" else 1
        gain, head = self._linear("head", _Matrix("head", rows, cfg.d_model, p.residual_frac, p.proj_frac, block))
        levels = _levels(16, 2.0**p.residual_frac, limits(16)[1])
        embedding = self.draws.take("embedding.values", cfg.vocab_size, cfg.d_model, levels.to(torch.int16))
        return {"embedding": embedding, "norm_f": self._norm("norm_f", cfg.d_model, 1, gain)} | head

    def _linear(self, field: str, m: _Matrix) -> tuple[float, dict[str, Tensor]]:
        """Rms of the inputs that the matrix `m` expects, and its tensors, called `field` and a suffix."""
        p, rows = self.p, len(m.rows)
        levels = _levels(8, SPREAD[p.weight_bits], limits(p.weight_bits)[1])
        unit = float(levels.double().square().mean().sqrt()) * math.sqrt(m.width) * m.growth  # a row's rms, scale 1
        if p.weight_scale == "channel":
            wanted = m.rows / unit * self._scatter(m.name, rows)
            scale = channel_scale(wanted, m.frac_in, m.frac_out, m.name)
            tensors, gain = {"mult": scale.mult, "shift": scale.shift}, 1.0
        else:
            gain = float(m.rows.mean()) / (unit * MIDDLE * 2.0**-p.weight_frac)
            gain = min(max(gain, GAINS[0]), GAINS[1])
            groups = -(-m.width // p.weight_group)
            wanted = (m.rows / (unit * gain)).unsqueeze(1) * self._scatter(m.name, rows * groups).reshape(rows, groups)
            sums = additive_sums(p.weight_frac)
            pairs = additive_scale(torch.bucketize(wanted, (sums[1:] + sums[:-1]) / 2))
            tensors = {"s1": pairs.s1, "s2": pairs.s2}
        return gain, {f"{field}.w": self._weights(m, levels)} | {f"{field}.{key}": x for key, x in tensors.items()}

    def _weights(self, m: _Matrix, levels: Tensor) -> Tensor:
        """Weights as `packing` keeps them: int8 [M, K], or two in a byte, uint8 [M, ceil(K / 2)]."""
        if self.p.weight_bits > NIBBLE:
            return self.draws.take(f"{m.name}.values", len(m.rows), m.width, levels.to(torch.int8))
        low, high = (levels & 15)[None, :], (levels & 15)[:, None]
        pairs = (low | high << NIBBLE).flatten().byte()
        packed = self.draws.take(f"{m.name}.values", len(m.rows), -(-m.width // 2), pairs)
        if m.width % 2:
            packed[:, -1] &= 15
        return packed

    def _norm(self, name: str, width: int, groups: int, gain: float) -> Tensor:
        """Weights int32 [width] of a norm whose results have the rms `gain`."""
        unit = 2.0**self.p.norm_weight_frac * (math.sqrt(width // groups) if self.p.norm == "rsqrt" else 1.0)
        return (gain * unit * self._scatter(name, width).clamp(max=1.1)).round().to(torch.int32)

    def _parameters(self, at: str) -> dict[str, Tensor]:
        """Parameters of convolution and SSM, their statistics as initialized."""
        cfg, p = self.cfg, self.p
        K, C, H = cfg.d_conv, cfg.conv_dim, cfg.nheads
        dt = torch.exp(torch.from_numpy(self.draws.generator(f"{at}dt_bias").uniform(math.log(1e-3), math.log(0.1), H)))
        real = {
            "conv_weight": (self._normal(f"{at}conv_weight", K * C).reshape(K, C) / math.sqrt(K), p.param_frac),
            "conv_bias": (0.2 * self._normal(f"{at}conv_bias", C), p.proj_frac + p.param_frac),
            "dt_bias": (torch.log(torch.expm1(dt)), p.proj_frac),
            "A": (-torch.from_numpy(self.draws.generator(f"{at}A").uniform(1, 16, H)), p.param_frac),
            "D": (self._scatter(f"{at}D", H), p.param_frac),
        }
        pots: dict[str, Tensor] = {}
        for name, (x, frac) in real.items():
            bits = p.a_bits if name == "A" else p.ssm_bits
            pots |= pot_tensors(name, parameter(x, bits, p.ssm_group, frac, at + name))
        return pots

    def _scatter(self, name: str, size: int) -> Tensor:
        """Log-normal factors around 1, float64 [size]."""
        return torch.exp(SCATTER * self._normal(f"{name}.scatter", size))

    def _normal(self, name: str, size: int) -> Tensor:
        return torch.from_numpy(self.draws.generator(name).standard_normal(size))
