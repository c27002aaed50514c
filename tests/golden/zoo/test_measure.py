# SPDX-License-Identifier: Apache-2.0
"""Bits per byte count every byte once, each with the longest past a window gives it."""

import math

import pytest
import torch

from golden.zoo.measure import bits_per_byte


def certain(bits: torch.Tensor) -> object:
    """A model that gives byte value v (as the last seen token) a fixed probability for the token after it."""

    def logits(tokens: torch.Tensor) -> torch.Tensor:
        p = 2.0 ** -bits[tokens]  # probability of the successor (v + 1) % 256
        rest = ((1 - p) / 255)[..., None].expand(*tokens.shape, 256).clone()
        return rest.scatter(-1, ((tokens + 1) % 256)[..., None], p[..., None]).log()

    return logits


@pytest.mark.parametrize("length", [40, 256, 257, 300, 1000])
@pytest.mark.parametrize("stride", [1, 16, 32])
def test_every_byte_counts_once(length: int, stride: int) -> None:
    """With a known price per byte, the mean is the mean of the prices, whatever the windows are."""
    tokens = torch.arange(length) % 256
    price = torch.linspace(0.5, 4.0, 256)
    expected = float(price[tokens[:-1]].mean())
    found = bits_per_byte(certain(price), tokens.to(torch.uint8), context=32, stride=stride)  # type: ignore[arg-type]
    assert found == pytest.approx(expected, rel=1e-5)


def test_past_is_at_least_context_minus_stride() -> None:
    """After the first window, a byte is predicted from at least context - stride bytes."""
    context, stride = 32, 8

    def logits(tokens: torch.Tensor) -> torch.Tensor:
        past = torch.arange(1, context + 1).expand(tokens.shape)
        p = torch.where(past > context - stride, 0.5, 2.0**-7)
        rest = ((1 - p) / 255)[..., None].expand(*tokens.shape, 256).clone()
        rest[..., 0] = p
        return rest.log()

    tokens = torch.zeros(401, dtype=torch.uint8)
    expected = (7 * (context - stride) + 400 - (context - stride)) / 400
    assert bits_per_byte(logits, tokens, context, stride) == pytest.approx(expected, rel=1e-5)
    assert math.isclose(bits_per_byte(logits, tokens[:33], context, stride), (7 * 24 + 8) / 32, rel_tol=1e-5)
