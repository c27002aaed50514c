# SPDX-License-Identifier: Apache-2.0
"""Striping over ports: every byte at its place, back without loss, and what is refused."""

from dataclasses import dataclass

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from golden.errors import InputError
from golden.striping import stripe, unstripe


@dataclass(frozen=True)
class Geometry:
    ports: int
    port_bytes: int

    @property
    def wide_bytes(self) -> int:
        return self.ports * self.port_bytes


SMALL = Geometry(2, 32)
GEOMETRIES = st.builds(Geometry, st.sampled_from([1, 2, 4, 32]), st.sampled_from([32, 64]))


@given(cfg=GEOMETRIES, beats=st.integers(0, 9), seed=st.integers(0, 2**32))
def test_stripes_survive(cfg: Geometry, beats: int, seed: int) -> None:
    """Law: unstripe(stripe(B)) = B; byte b of beat i is byte i * PB + b % PB of port b // PB."""
    draw = torch.Generator().manual_seed(seed)
    wide = torch.randint(0, 256, (beats, cfg.wide_bytes), generator=draw, dtype=torch.uint8)
    ports = stripe(wide, cfg)
    assert ports.shape == (cfg.ports, beats * cfg.port_bytes)
    assert torch.equal(unstripe(ports, cfg), wide)
    for i in range(beats):
        for b in range(0, cfg.wide_bytes, 7):
            assert wide[i, b] == ports[b // cfg.port_bytes, i * cfg.port_bytes + b % cfg.port_bytes]


@pytest.mark.parametrize(
    ("function", "shape", "message"),
    [
        (stripe, (1, 63), r"wide beats have shape \(1, 63\), expected \(1, 64\)"),
        (stripe, (64,), r"expected \(64, 64\)"),
        (unstripe, (1, 32), r"striped bytes have shape \(1, 32\), expected \(2, 32\)"),
        (unstripe, (2, 33), r"expected \(2, 32\)"),
        (unstripe, (), r"expected \(2, 0\)"),
    ],
)
def test_bad_shapes_are_refused(function: object, shape: tuple[int, ...], message: str) -> None:
    """Bytes of another geometry are bad input, not data at wrong places."""
    assert callable(function)
    with pytest.raises(InputError, match=message):
        function(torch.zeros(shape, dtype=torch.uint8), SMALL)


@pytest.mark.parametrize("function", [stripe, unstripe])
def test_other_than_bytes_are_refused(function: object) -> None:
    """Only uint8 is memory."""
    assert callable(function)
    with pytest.raises(InputError, match=r"are torch\.int8, expected torch\.uint8"):
        function(torch.zeros(2, 64, dtype=torch.int8), SMALL)
