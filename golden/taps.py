# SPDX-License-Identifier: Apache-2.0
"""Taps: functions that see the intermediates of a float model by name, and may replace them."""

from collections.abc import Callable

from torch import Tensor

Tap = Callable[[str, Tensor], Tensor]
"""Sees an intermediate by name ("layers.0.conv") and returns what goes on."""


def untapped(name: str, x: Tensor) -> Tensor:
    """Let every intermediate pass as it is."""
    return x


def below(tap: Tap, prefix: str) -> Tap:
    """`tap` for a part of the model whose names get a prefix."""
    return lambda name, x: tap(prefix + name, x)
