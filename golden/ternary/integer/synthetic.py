# SPDX-License-Identifier: Apache-2.0
"""Integer BitNet models made up from a seed, for performance runs: any size, written layer by layer, never as floats.

Trits are equally likely, norm weights scatter around 1, scales are such that every projection's results are near 1 and
the residual stream grows from 1 to GROWTH. What such a model says means nothing; its size and its traffic are those of
a real one. Every tensor has its own generator (`golden.checkpoints.draws`).
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from golden.checkpoints.draws import Draws
from golden.ternary.config import BitNetConfig
from golden.ternary.integer import packing, quantize, store
from golden.ternary.integer import profile as profiles
from golden.ternary.integer import scale as scales
from golden.ternary.integer.functions import LEVELS
from golden.ternary.integer.model import Cache, LayerCache, Rows
from golden.ternary.integer.packing import Ends
from golden.ternary.integer.profile import TernaryProfile
from golden.ternary.integer.store import Head
from golden.ternary.packing import LEGAL_BYTES, TRITS, pack_bytes, unpack_bytes

GROWTH, LOGITS, SCATTER = 8.0, 1.5, 0.25
"""Root mean square of the residual stream after the last layer and of logits; of the logarithm of a norm's weight."""
SPREAD = 40.0
"""Standard deviation of the integers of an int8 row, and of keys and values."""
EXPONENTS = (-6, -5)
"""Of keys and values, equally likely: those that make SPREAD a value near 1."""
BEHIND = {
    **dict.fromkeys(("q_proj", "k_proj", "v_proj"), "norm"),
    "o_proj": "attention_norm",
    **dict.fromkeys(("gate_proj", "up_proj"), "mlp_norm"),
    "down_proj": "product_norm",
}
"""The norm in front of each linear layer."""

Progress = Callable[[int, int, str], None]
"""Called with the steps done, their number, and what comes next."""


def write(
    path: Path,
    cfg: BitNetConfig,
    profile: TernaryProfile | None = None,
    seed: int = 1,
    head: Head = "tied",
    progress: Progress = lambda done, total, what: None,
    revision: str = "",
) -> Path:
    """Write the model of shape `cfg` that `seed` stands for into the folder `path`; `store.load` reads it.

    Raises:
        InputError: the profile can't take the shape, or `path` holds something.
        MachineError: it cannot be written.
    """
    p = profile or profiles.load()
    profiles.check(cfg)
    draw, total = _Draw(cfg, p, seed), cfg.num_hidden_layers + 1

    def files() -> Iterator[tuple[str, Mapping[str, Tensor]]]:
        for index in range(cfg.num_hidden_layers):
            progress(index, total, f"write {store.layer_file(index)}")
            yield store.layer_file(index), draw.layer(index)
        progress(total - 1, total, f"write {store.ENDS}")
        yield store.ENDS, packing.ends_tensors(draw.ends(head), head)

    store.write_files(path, cfg, p, head, files(), f"synthetic, seed {seed}", revision)
    progress(total, total, "done")
    return path


def cache(cfg: BitNetConfig, positions: int, seed: int = 1, name: str = "cache") -> Cache:
    """Keys and values near 1 of `positions` positions of all layers: what `seed` and `name` stand for, of no text."""
    draws, shape = Draws(seed), (cfg.num_key_value_heads, positions)

    def integers(what: str) -> Tensor:
        return draws.take(what, math.prod(shape), cfg.head_dim, _levels()).reshape(*shape, cfg.head_dim)

    def exponents(what: str) -> Tensor:
        drawn = draws.generator(f"{what}.exponent").integers(EXPONENTS[0], EXPONENTS[1] + 1, shape)
        return torch.from_numpy(drawn).to(torch.int8)

    at = [f"{name}.{index}." for index in range(cfg.num_hidden_layers)]
    return tuple(LayerCache(*(f(each + part) for part in "kv" for f in (integers, exponents))) for each in at)


def _levels() -> Tensor:
    """Int8 [256], equally likely: a normal distribution with SPREAD."""
    quantiles = (torch.arange(256, dtype=torch.float64) + 0.5) / 256
    normal: Tensor = torch.special.ndtri(quantiles)
    return (normal * SPREAD).round().clamp(-LEVELS, LEVELS).to(torch.int8)


@dataclass(frozen=True)
class _Draw:
    """The tensors of one model, as `store` writes them."""

    cfg: BitNetConfig
    p: TernaryProfile
    seed: int

    @cached_property
    def draws(self) -> Draws:
        """The generators of the seed."""
        return Draws(self.seed)

    def layer(self, index: int) -> dict[str, Tensor]:
        """The tensors of one layer."""
        c, at = self.cfg, f"layers.{index}."
        branch = math.sqrt((GROWTH**2 - 1) / (2 * c.num_hidden_layers))
        tensors: dict[str, Tensor] = {}
        fracs = {}
        for name in packing.NORMS:
            width = c.intermediate_size if name == "product_norm" else c.hidden_size
            tensors[name], fracs[name] = self._norm(at + name, width)
        for name, (rows, columns) in packing.linear_sizes(c).items():
            size = branch if name in ("o_proj", "down_proj") else 1.0
            size *= math.log2(math.e) / math.sqrt(c.head_dim) if name == "q_proj" else 1.0
            mean = size / (math.sqrt(columns) * quantize.TRIT_RMS)
            real = mean * quantize.input_scale(columns, fracs[BEHIND[name]])
            tensors[f"{name}.w"] = self._trits(at + name, rows, columns)
            tensors[f"{name}.scale"] = packing.scale_tensor(scales.real(real, at + name))
        frac = quantize.fraction(1.0, quantize.ATTENTION_BITS)
        return tensors | {"attention_frac": torch.tensor(frac, dtype=torch.int32)}

    def ends(self, head: Head) -> Ends:
        """Embedding, final norm and head."""
        c = self.cfg
        norm, frac = self._norm("final_norm", c.hidden_size)
        unit = LOGITS / math.sqrt(c.hidden_size)
        own = None
        embedding = self._rows("embedding", 1.0)
        if head == "tied":
            factor = unit
        else:
            own, factor = self._rows("head", unit), 1.0
        if head == "ternary":
            packed = self._trits("head", c.vocab_size, c.hidden_size)
            trits = packing.unpack_rows(packed, c.hidden_size, "head")
            own = Rows(trits, self._scales("head", unit, quantize.TRIT_RMS))
        return Ends(
            residual_frac=quantize.fraction(1.0, quantize.RESIDUAL_BITS),
            embedding=embedding,
            final_norm=norm,
            head_scale=scales.real(factor * quantize.input_scale(c.hidden_size, frac)),
            head=own,
        )

    def _rows(self, name: str, size: float) -> Rows:
        """Int8 rows [V, D] whose elements have the root mean square `size`."""
        levels = _levels()
        w = self.draws.take(f"{name}.values", self.cfg.vocab_size, self.cfg.hidden_size, levels)
        return Rows(w, self._scales(name, size, float(levels.double().square().mean().sqrt())))

    def _scales(self, name: str, size: float, unit: float) -> scales.Scale:
        """Scales [V] of rows of integers of root mean square `unit`."""
        return scales.real(size / unit * self._scatter(name, self.cfg.vocab_size), name)

    def _norm(self, name: str, width: int) -> tuple[Tensor, int]:
        return quantize.norm_weight(name, self._scatter(name, width), self.p)

    def _trits(self, name: str, rows: int, columns: int) -> Tensor:
        """Packed trits uint8 [rows, ceil(columns / 5)], those of the padding zero."""
        codes = torch.arange(1 << 16) * LEGAL_BYTES >> 16
        w = self.draws.take(f"{name}.values", rows, packing.packed_width(columns), codes.to(torch.uint8))
        if columns % TRITS:
            last = unpack_bytes(w[:, -1:].contiguous())
            last[:, columns % TRITS :] = 0
            w[:, -1:] = pack_bytes(last)
        return w

    def _scatter(self, name: str, size: int) -> Tensor:
        """Log-normal factors around 1, float64 [size]."""
        normal = self.draws.generator(f"{name}.scatter").standard_normal(size)
        return torch.exp(SCATTER * torch.from_numpy(normal))
