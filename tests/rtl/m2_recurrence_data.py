# SPDX-License-Identifier: Apache-2.0
"""Beats of the recurrence: operands, tile words and gated y of a chunk of tokens, from golden's mixer."""

import random
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from golden.fixed import limits
from golden.fixed.interval import Interval
from golden.fixed.pot import Pot
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.block import mixer
from golden.mamba2.integer.model import IntegerState
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.integer.taps import checking
from golden.mamba2.integer.widths import limits as bounds
from tests.golden.mamba2.integer_models import Maker, make
from tests.rtl.m2_beats import beat
from tests.rtl.m2_data import groups

WANTED = ("x", "z", "C", "decay", "dB", "state", "gate")
LARGEST = Mamba2Config(d_model=2560, n_layer=64, vocab_size=50288)
Part = tuple[Tensor, int]


@dataclass
class Chunk:
    """Beats of a chunk: operands in, tile words before its first and after its last token, gated y."""

    op: list[int] = field(default_factory=list)
    h: list[int] = field(default_factory=list)
    g: list[int] = field(default_factory=list)
    m: list[int] = field(default_factory=list)


def tile_words(state: Pot, cfg: Mamba2Config, bits: int, tiles: int) -> list[int]:
    """Return the words of a layer's state [N, I] in the order (head, channel tile, group of `tiles` state tiles)."""
    found = []
    for c in range(cfg.d_inner // 8):
        for n in range(0, cfg.d_state, 8 * tiles):
            rows = slice(n, n + 8 * tiles)
            found.append(beat([(state.q[rows, c * 8 : c * 8 + 8], bits), (state.s[rows, c], 4)]))
    return found


def random_pot(rng: random.Random, p: Mamba2Profile, *shape: int) -> Pot:
    """Integers and shifts at random or, a third of the time, all at the ends of what the format holds."""
    g = torch.Generator().manual_seed(rng.getrandbits(32))
    low, high = limits(p.ssm_bits)
    most = min(p.max_shift, p.value_bits - p.ssm_bits)
    scales = (*shape[:-1], shape[-1] // p.ssm_group)
    if rng.randrange(3) == 0:
        return Pot(torch.where(torch.rand(shape, generator=g) < 0.5, low, high), torch.full(scales, most), p.ssm_group)
    q = torch.randint(low, high + 1, shape, generator=g)
    return Pot(q, torch.randint(0, most + 1, scales, generator=g), p.ssm_group)


def chunk(rng: random.Random, p: Mamba2Profile, cfg: Mamba2Config, tokens: int, tiles: int) -> Chunk:
    """Run golden's mixer on random and extreme values behind a convolution that copies its input."""
    model = make(p, rng.choice(("random", "signs")), rng.getrandbits(32), cfg)
    one = torch.zeros(cfg.d_conv, cfg.conv_dim, dtype=torch.int64)
    one[-1] = 1 << (p.param_frac - 6)
    copy = Pot(one, torch.full((cfg.d_conv, cfg.conv_dim // p.ssm_group), 6), p.ssm_group)
    silent = Maker(p, "zero", torch.Generator()).pot("conv_bias", cfg.conv_dim)
    layer = replace(model.layers[0], conv_weight=copy, conv_bias=silent)
    state = IntegerState(
        random_pot(rng, p, 1, cfg.d_conv - 1, cfg.conv_dim), random_pot(rng, p, 1, cfg.d_state, cfg.d_inner)
    )
    tap = checking(model, WANTED)
    _, after = mixer(inputs(rng, p, cfg, tokens), layer, state, model, tap)
    kept = {name: torch.cat([v.reshape(-1, *v.shape[-2:]) for v in values]) for name, values in tap.kept.items()}
    found = Chunk(op=operands(kept, layer.D, cfg, p, tokens, tiles))
    for words, pot in ((found.h, state.ssm), (found.g, after.ssm)):
        words += tile_words(Pot(pot.q[0], pot.s[0], pot.group), cfg, p.ssm_bits, tiles)
    gate = kept["gate"][0].reshape(tokens, cfg.nheads, -1, 8).transpose(0, 1).reshape(-1, 8)
    width = Interval(*bounds(p, LARGEST)["gate"]).bits
    found.m = [beat([(row, width)]) for row in gate]
    return found


def inputs(rng: random.Random, p: Mamba2Profile, cfg: Mamba2Config, tokens: int) -> Tensor:
    """Return in_proj's results [1, tokens, ...]: groups of one kind each, or a few extremes mixed."""
    count = -(-tokens * cfg.d_in_proj // 8)
    low, high = bounds(p, cfg)["in_proj"]
    if rng.randrange(2):
        palette = [low, high, 0, 1, -1, 8 << p.proj_frac, -(5 << p.proj_frac) // 4]
        picked = rng.sample(palette, 3)
        x = torch.tensor([rng.choice(picked) for _ in range(count * 8)])
    else:
        order = torch.randperm(count, generator=torch.Generator().manual_seed(rng.getrandbits(32)))
        x = groups(rng, count, 8, rng.choice((high.bit_length() + 1, p.proj_frac + 4)))[order].clamp(low, high)
    return x.flatten()[: tokens * cfg.d_in_proj].reshape(1, tokens, -1)


def operands(
    kept: dict[str, Tensor], D: Pot, cfg: Mamba2Config, p: Mamba2Profile, tokens: int, tiles: int
) -> list[int]:
    """Return the operand beats in the order (head, token, channel tile, group of state tiles)."""
    bits, found = p.ssm_bits, []
    n_tiles, per_head = cfg.d_state // 8, cfg.headdim // 8
    for h in range(cfg.nheads):
        group = h // (cfg.nheads // cfg.ngroups)
        for t in range(tokens):
            for ct in range(per_head):
                c = h * per_head + ct
                lanes = slice(c * 8, c * 8 + 8)
                for nt in range(0, n_tiles, tiles):
                    n = slice(nt * 8, (nt + tiles) * 8)
                    C = slice(group * cfg.d_state + nt * 8, group * cfg.d_state + (nt + tiles) * 8)
                    C_s = slice(C.start // 8, C.stop // 8)
                    flags = torch.tensor([nt + tiles == n_tiles, t == tokens - 1, t == 0])
                    parts: list[Part] = [
                        (kept["dB.q"][t, n, h], bits),
                        (kept["dB.s"][t, n, h // 8], 4),
                        (kept["x.q"][0, t, lanes], bits),
                        (kept["x.s"][0, t, c], 4),
                        (kept["decay.q"][0, t, h], bits),
                        (kept["decay.s"][0, t, h // 8], 4),
                        (kept["C.q"][0, t, C], p.bc_bits),
                        (kept["C.s"][0, t, C_s], 4),
                        (D.q[h], bits),
                        (D.s[h // 8], 5),
                        (kept["z.q"][0, t, lanes], bits),
                        (kept["z.s"][0, t, c], 4),
                        (flags, 1),
                    ]
                    found.append(beat(parts))
    return found
