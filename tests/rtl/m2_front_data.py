# SPDX-License-Identifier: Apache-2.0
"""Layers, records and golden results for the units between in_proj and the recurrence, as beats of their streams."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import torch
from torch import Generator, Tensor

from golden.fixed.pot import Pot
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import profile as profiles
from golden.mamba2.integer.block import mixer
from golden.mamba2.integer.model import IntegerModel, IntegerState, Layer, initial_states
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.integer.taps import Tap, checking
from golden.mamba2.integer.widths import limits
from golden.mamba2.vectors.random_model import extreme_layer, random_layer, random_model
from tests.rtl import m2_block_data, m2_data
from tests.rtl.m2_beats import beat
from tests.rtl.stream_vectors import pack

PROFILES = ("lightmamba-w4a4", "fastmamba-w8a8")
"""By the numbers of kr_m2_widths.vh."""
SEEN = ("x", "z", "B", "C", "dt", "decay")
LANES = 8


def shape(heads: int, headdim: int, d_state: int, groups: int, layers: int = 2) -> Mamba2Config:
    """Return a model's shape; the width of its residual stream is half of heads * headdim."""
    return Mamba2Config(heads * headdim // 2, layers, 16, d_state=d_state, headdim=headdim, ngroups=groups)


def model_of(cfg: Mamba2Config, number: int, seed: int) -> IntegerModel:
    """Return a model of profile `number`: layers with plausible parameters and with extreme ones, in turn."""
    p, g = profiles.load(PROFILES[number]), Generator().manual_seed(seed)
    made = [random_layer, extreme_layer]
    return replace(random_model(cfg, p, seed), layers=tuple(made[i % 2](cfg, p, g) for i in range(cfg.n_layer)))


def head_records(w: Layer, p: Mamba2Profile) -> list[int]:
    """Return the 512-bit record of each 8 heads: A, dt_bias and D from bits 0, 128 and 256 on, their shifts at 384."""
    records = []
    for g in range(w.A.s.shape[-1]):
        record = 0
        for at, width, s_at, x in ((0, 16, 384, w.A), (128, p.ssm_bits, 392, w.dt_bias), (256, p.ssm_bits, 400, w.D)):
            record |= pack(x.q[8 * g : 8 * g + 8].tolist(), width) << at | int(x.s[g]) << s_at
        records.append(record)
    return records


def conv_order(cfg: Mamba2Config) -> list[int]:
    """Return the groups of the convolution, x | B | C in golden, in the order B, C, x."""
    x, state = cfg.d_inner // LANES, cfg.ngroups * cfg.d_state // LANES
    return [*range(x, x + 2 * state), *range(x)]


def conv_records(w: Layer, cfg: Mamba2Config, p: Mamba2Profile) -> list[int]:
    """Return the record of each group of channels: {bias_s, bias, w_s, w}, taps oldest first."""
    records = []
    for g in conv_order(cfg):
        at = slice(8 * g, 8 * g + 8)
        taps = [(w.conv_weight.q[:, at], p.ssm_bits), (w.conv_weight.s[:, g], 5)]
        records.append(beat([*taps, (w.conv_bias.q[at], p.ssm_bits), (w.conv_bias.s[g : g + 1], 5)]))
    return records


def values(rng: random.Random, shape: tuple[int, ...], bounds: tuple[int, int], width: int) -> Tensor:
    """Return results of in_proj on which quantizers go wrong, within `bounds`."""
    x = m2_data.groups(rng, -(-torch.Size(shape).numel() // LANES), LANES, width)
    x = x[torch.tensor(rng.sample(range(len(x)), len(x)))]
    return x.flatten()[: torch.Size(shape).numel()].reshape(shape).clamp(*bounds)


def in_rows(x: Tensor, cfg: Mamba2Config, p: Mamba2Profile) -> list[list[int]]:
    """Return in_proj's [L, 2I + 2GN + H] as beats of each group of 8 rows: dt, B, C, then each head's x and z."""
    state = cfg.ngroups * cfg.d_state
    z, x_, B, C, dt = torch.split(x, [cfg.d_inner, cfg.d_inner, state, state, cfg.nheads], dim=-1)
    dt = torch.nn.functional.pad(dt, (0, -cfg.nheads % LANES))
    heads = [part for pair in zip(x_.split(cfg.headdim, -1), z.split(cfg.headdim, -1), strict=True) for part in pair]
    rows = [group for part in (dt, B, C, *heads) for group in part.split(LANES, -1)]
    return [[pack(token, p.value_bits) for token in group.tolist()] for group in rows]


def pot_beats(x: Pot, bits: int) -> list[int]:
    """Return {s, q} of each group of 8 and, fastest, each token of a pair [L, n]."""
    count = x.s.shape[-1]
    q = torch.nn.functional.pad(x.q, (0, count * LANES - x.q.shape[-1])).unflatten(-1, (count, LANES))
    return [beat([(q[t, g], bits), (x.s[t, g], 4)]) for g in range(count) for t in range(len(q))]


@dataclass
class Front:
    """Beats of the streams of m2_front over jobs; `sources` and `sinks` as in `m2_block_data.write`."""

    model: IntegerModel
    rng: random.Random
    sources: dict[str, list[int]] = field(default_factory=lambda: {p: [] for p in ("job", "x", "head", "conv")})
    sinks: dict[str, list[int]] = field(default_factory=lambda: {p: [] for p in ("dt", "b", "c", "xq", "z")})

    def __post_init__(self) -> None:
        self.states = list(initial_states(self.model, 1))

    def job(self, layer: int, tokens: int, fresh: bool = False) -> None:
        """Append an IN job, and one of another kind at times."""
        cfg, p, w = self.model.cfg, self.model.profile, self.model.layers[layer]
        if fresh:
            self.states[layer] = initial_states(self.model, 1)[layer]
        x = values(self.rng, (1, tokens, cfg.d_in_proj), limits(p, cfg)["in_proj"], p.value_bits)
        seen = self._golden(x, layer)
        job = m2_block_data.Job(m2_block_data.IN, tokens, self.rng.randrange(2), layer=layer, fresh=fresh)
        other = self.rng.choice((m2_block_data.EMBED, m2_block_data.OUT, m2_block_data.HEAD))
        self.sources["job"] += [job.word, *[replace(job, kind=other).word] * self.rng.randrange(3)]
        self.sources["x"] += [value for group in in_rows(x[0], cfg, p) for value in group]
        self.sources["head"] += head_records(w, p)
        self.sources["conv"] += [self._noise(record) for record in conv_records(w, cfg, p)]
        self.sinks["dt"] += list(self._dt(seen, w))
        for name, sink, bits in (("B", "b", p.bc_bits), ("C", "c", p.bc_bits), ("x", "xq", p.ssm_bits)):
            self.sinks[sink] += pot_beats(seen[name], bits)
        self.sinks["z"] += pot_beats(seen["z"], p.ssm_bits)

    def _golden(self, x: Tensor, layer: int) -> dict[str, Pot]:
        """Run the mixer, without its recurrence, and return what it quantizes in front of it."""
        tap = checking(self.model, SEEN)
        _, state = mixer(x, self.model.layers[layer], self.states[layer], self.model, tap, _nothing)
        self.states[layer] = IntegerState(state.conv, self.states[layer].ssm)
        return {name: Pot(tap.kept[f"{name}.q"][0][0], tap.kept[f"{name}.s"][0][0], LANES) for name in SEEN}

    def _dt(self, seen: dict[str, Pot], w: Layer) -> Iterator[int]:
        bits = self.model.profile.ssm_bits
        pairs = list(zip(pot_beats(seen["dt"], bits), pot_beats(seen["decay"], bits), strict=True))
        width, tokens = LANES * bits + 4, len(seen["dt"].q)
        for k, (dt, decay) in enumerate(pairs):
            g = k // tokens
            d = pack(w.D.q[8 * g : 8 * g + 8].tolist(), bits) | int(w.D.s[g]) << LANES * bits
            yield dt | decay << width | d << 2 * width

    def _noise(self, record: int) -> int:
        """Fill what a conv record does not use."""
        bits = self.model.profile.ssm_bits
        used = 5 * (LANES * bits + 5)
        return record | self.rng.getrandbits(64 * bits - used) << used


def _nothing(
    x: Tensor, dt: Tensor, dA: Tensor, B: Tensor, C: Tensor, h: Pot, model: IntegerModel, tap: Tap
) -> tuple[Tensor, Pot]:
    """A recurrence that gives zeros."""
    return torch.zeros_like(x), h
