# SPDX-License-Identifier: Apache-2.0
"""Beats of m2_operands: quantized parts of golden's mixer in, operand beats of the recurrence out."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from golden.fixed.pot import Pot
from golden.mamba2.integer.block import mixer
from golden.mamba2.integer.model import IntegerModel, Layer, initial_states
from golden.mamba2.integer.taps import checking
from tests.rtl import m2_block_data
from tests.rtl.m2_front_data import LANES, pot_beats
from tests.rtl.m2_recurrence_data import inputs, operands
from tests.rtl.stream_vectors import pack

SEEN = ("x", "z", "B", "C", "dt", "decay", "dB")


@dataclass
class Operands:
    """Beats of the streams of m2_operands over jobs, for `tiles` state tiles in a beat."""

    model: IntegerModel
    rng: random.Random
    tiles: int
    sources: dict[str, list[int]] = field(default_factory=lambda: {p: [] for p in ("job", "dt", "b", "c", "xq", "z")})
    sinks: dict[str, list[int]] = field(default_factory=lambda: {"op": []})

    def job(self, layer: int, tokens: int) -> None:
        """Append an IN job, and one of another kind at times."""
        cfg, p, w = self.model.cfg, self.model.profile, self.model.layers[layer]
        tap = checking(self.model, SEEN)
        mixer(inputs(self.rng, p, cfg, tokens), w, initial_states(self.model, 1)[layer], self.model, tap)
        kept = {name: torch.cat([v.reshape(-1, *v.shape[-2:]) for v in values]) for name, values in tap.kept.items()}
        job = m2_block_data.Job(m2_block_data.IN, tokens, self.rng.randrange(2), layer=layer)
        other = self.rng.choice((m2_block_data.EMBED, m2_block_data.OUT, m2_block_data.HEAD))
        self.sources["job"] += [job.word, *[replace(job, kind=other).word] * self.rng.randrange(3)]
        self.sources["dt"] += list(self._dt(kept, w))
        for name, stream, bits in (
            ("B", "b", p.bc_bits),
            ("C", "c", p.bc_bits),
            ("x", "xq", p.ssm_bits),
            ("z", "z", p.ssm_bits),
        ):
            self.sources[stream] += pot_beats(pair(kept, name), bits)
        self.sinks["op"] += operands(kept, w.D, cfg, p, tokens, self.tiles)

    def _dt(self, kept: dict[str, Tensor], w: Layer) -> Iterator[int]:
        """Yield {D_s, D, decay_s, decay, dt_s, dt} of each group of heads and, fastest, each token."""
        bits = self.model.profile.ssm_bits
        width, tokens = LANES * bits + 4, len(kept["dt.q"][0])
        pairs = zip(pot_beats(pair(kept, "dt"), bits), pot_beats(pair(kept, "decay"), bits), strict=True)
        for k, (dt, decay) in enumerate(pairs):
            g = k // tokens
            d = pack(w.D.q[8 * g : 8 * g + 8].tolist(), bits) | int(w.D.s[g]) << LANES * bits
            yield dt | decay << width | d << 2 * width


def pair(kept: dict[str, Tensor], name: str) -> Pot:
    """Return a quantized intermediate [L, n] of the only sequence."""
    return Pot(kept[f"{name}.q"][0], kept[f"{name}.s"][0], LANES)
