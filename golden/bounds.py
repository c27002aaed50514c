# SPDX-License-Identifier: Apache-2.0
"""Bounds of raw integers: a model's parameters are held to them when it is read, its intermediates when it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import torch
from torch import Tensor

from golden.errors import CheckError, InputError
from golden.fixed.interval import Interval


def require(name: str, x: Tensor, bound: Interval) -> None:
    """InputError when a raw integer of the parameter `name` leaves its bound."""
    if not x.numel():
        return
    low, high = extremes(x)
    if low not in bound or high not in bound:
        raise InputError(
            f"{name}: found raw integers {low} .. {high}, expected {bound.low} .. {bound.high}, for which the widths "
            "of the integer model are derived; scale the parameter or clip it"
        )


def extremes(x: Tensor) -> tuple[int, int]:
    """Least and greatest element of x, which has one."""
    low, high = torch.aminmax(x)
    return int(low), int(high)


@dataclass(frozen=True)
class Tap:
    """Checks values against `bounds` (least, greatest raw integer by name) and keeps those named in `wanted`.

    `kept` collects, by the name with its layer ("layers.0.conv"), one tensor for each time the value was made: values
    within a recurrence come once a token. `wanted` ("*",) keeps everything. A family adds what its own kinds of values
    need.
    """

    bounds: Mapping[str, tuple[int, int]]
    wanted: tuple[str, ...] = ()
    prefix: str = ""
    kept: dict[str, list[Tensor]] = field(default_factory=dict)

    def below(self, prefix: str) -> Self:
        """The same tap for a layer, its names prefixed."""
        return replace(self, prefix=self.prefix + prefix)

    def __call__(self, name: str, x: Tensor) -> Tensor:
        """Return x. CheckError when it leaves the bounds of `name`."""
        low, high = extremes(x)
        least, greatest = self.bounds[name]
        if low < least or high > greatest:
            raise CheckError(f"{self.prefix}{name}: found {low} .. {high}, outside the derived {least} .. {greatest}")
        self.keep(name, x)
        return x

    def keep(self, name: str, x: Tensor, suffix: str = "") -> None:
        """Keep x as `name` and `suffix` where `name` is wanted."""
        if name in self.wanted or "*" in self.wanted:
            self.kept.setdefault(self.prefix + name + suffix, []).append(x)
