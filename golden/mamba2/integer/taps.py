# SPDX-License-Identifier: Apache-2.0
"""Taps on the integer block: they see every intermediate by name, check its width, and can keep it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from golden.errors import CheckError
from golden.fixed.pot import Pot
from golden.mamba2.integer.model import IntegerModel
from golden.mamba2.integer.widths import limits


@dataclass(frozen=True)
class Tap:
    """Checks values against `bounds` (least, greatest raw integer by name) and keeps those named in `wanted`.

    `kept` collects, by the name with its layer ("layers.0.conv"), one tensor for each time the value was made: values
    within the recurrence come once a token. `wanted` ("*",) keeps everything.
    """

    bounds: Mapping[str, tuple[int, int]]
    wanted: tuple[str, ...] = ()
    prefix: str = ""
    kept: dict[str, list[Tensor]] = field(default_factory=dict)

    def below(self, prefix: str) -> "Tap":
        """The same tap for a layer, its names prefixed."""
        return replace(self, prefix=self.prefix + prefix)

    def __call__(self, name: str, x: Tensor) -> Tensor:
        """Return x. CheckError when it leaves the bounds of `name`."""
        low, high = (int(v) for v in torch.aminmax(x))
        least, greatest = self.bounds[name]
        if low < least or high > greatest:
            raise CheckError(f"{self.prefix}{name}: found {low} .. {high}, outside the derived {least} .. {greatest}")
        if name in self.wanted or "*" in self.wanted:
            self.kept.setdefault(self.prefix + name, []).append(x)
        return x

    def pot(self, name: str, x: Pot) -> Pot:
        """Return the quantized x, its value checked and kept as `name`, its integers and shifts as `name`.q and .s."""
        self(name, x.value)
        if name in self.wanted or "*" in self.wanted:
            self.kept.setdefault(f"{self.prefix}{name}.q", []).append(x.q)
            self.kept.setdefault(f"{self.prefix}{name}.s", []).append(x.s)
        return x


def checking(model: IntegerModel, wanted: tuple[str, ...] = ()) -> Tap:
    """Tap that asserts the derived widths of `model` and keeps the values `wanted`."""
    return Tap(limits(model.profile, model.cfg), wanted)
