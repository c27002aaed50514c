# SPDX-License-Identifier: Apache-2.0
"""Beats: integers as bytes of wide ones, the form in which all accelerators read memory; results in narrow ones.

A *wide beat* is one word of every port taken together; bit 0 of a beat is the lowest bit of its first byte.
"""

from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import pad

_SIGNED = {8: torch.int8, 16: torch.int16, 32: torch.int32}
"""Their bytes in memory are the format's, as every machine that runs this is little-endian."""


VALUES = 8
"""Of a narrow beat, the form in which results leave linear layers."""


class Wide(Protocol):
    """A memory of wide beats."""

    @property
    def wide_bytes(self) -> int:
        """Bytes of a wide beat."""


def to_beats(data: Tensor, machine: Wide) -> Tensor:
    """Bytes uint8 [...] in order -> uint8 [beats, WIDE], zeros behind the last."""
    flat = data.flatten()
    return pad(flat, (0, -len(flat) % machine.wide_bytes)).reshape(-1, machine.wide_bytes)


def little_endian(x: Tensor, bits: int) -> Tensor:
    """Integers [..., n] -> uint8 [..., n * bits / 8], the low `bits` of each, first lowest; bits is 4, 8, 16 or 32."""
    if bits == 4:
        return ((x[..., 0::2] & 15) | (x[..., 1::2] & 15) << 4).to(torch.uint8)
    return x.to(_SIGNED[bits]).contiguous().view(torch.uint8)


def bit_fields(*fields: tuple[Tensor, int], size: int) -> Tensor:
    """Records of `size` bytes: each field [records, n] as n numbers of so many bits, one after the other."""
    bits = torch.cat([((x.unsqueeze(-1) >> torch.arange(width)) & 1).flatten(1) for x, width in fields], dim=1)
    octets = pad(bits, (0, 8 * size - bits.shape[1])).reshape(len(bits), size, 8)
    return (octets << torch.arange(8)).sum(-1).to(torch.uint8)


def row_beats(x: Tensor, bits: int, machine: Wide) -> Tensor:
    """Rows [n, D] of integers, `bits` each, every row on whole wide beats."""
    data = little_endian(x, bits)
    return pad(data, (0, -data.shape[1] % machine.wide_bytes)).reshape(-1, machine.wide_bytes)


def row_groups(values: Tensor) -> Tensor:
    """Results [tokens, rows] as narrow beats: of 8 rows all tokens, then the next 8; [row groups * tokens, 8].

    Behind the last row are zeros.
    """
    values = pad(values, (0, -values.shape[1] % VALUES))
    return values.reshape(len(values), -1, VALUES).transpose(0, 1).reshape(-1, VALUES)


def no_beats() -> Tensor:
    """A stream of narrow beats in which nothing comes."""
    return torch.zeros(0, VALUES, dtype=torch.int64)
