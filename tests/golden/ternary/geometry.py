# SPDX-License-Identifier: Apache-2.0
"""Arbitrary legal kernel geometries, so that no law of packing holds by luck for the committed configurations."""

from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from torch import Tensor


@dataclass(frozen=True)
class Geo:
    """A `golden.ternary.packing.Geometry` with its derived sizes written out once more, independently."""

    ports: int
    port_bytes: int
    outs: int
    acc_depth: int

    @property
    def wide_bytes(self) -> int:
        return self.ports * self.port_bytes

    @property
    def row_bytes(self) -> int:
        return self.wide_bytes // self.outs

    @property
    def block(self) -> int:
        return 5 * self.row_bytes

    @property
    def slots_per_beat(self) -> int:
        slots = 1
        while 2 * slots * self.block <= self.wide_bytes:
            slots *= 2
        return slots

    @property
    def slot_bytes(self) -> int:
        return self.wide_bytes // self.slots_per_beat


@st.composite
def geometries(draw: st.DrawFn) -> Geo:
    """1, 2, 4 ports of 32 or 64 bytes; at least 8 rows a beat (a block fits a wide beat) and 4 bytes a row."""
    ports, port_bytes = draw(st.sampled_from([1, 2, 4])), draw(st.sampled_from([32, 64]))
    outs = draw(st.sampled_from([n for n in (8, 16, 32, 64) if ports * port_bytes // n >= 4]))
    return Geo(ports, port_bytes, outs, draw(st.sampled_from([1, 2, 4, 128])))


def random_trits(seed: int, *shape: int) -> Tensor:
    return torch.randint(-1, 2, shape, dtype=torch.int8, generator=torch.Generator().manual_seed(seed))


def random_int8(seed: int, *shape: int) -> Tensor:
    """Int8 values, every other draw only extreme ones."""
    generator = torch.Generator().manual_seed(seed)
    if seed % 2:
        extremes = torch.tensor([-128, 127, -1, 0, 1], dtype=torch.int8)
        return extremes[torch.randint(0, 5, shape, generator=generator)]
    return torch.randint(-128, 128, shape, dtype=torch.int8, generator=generator)
