# SPDX-License-Identifier: Apache-2.0
"""Taps on the integer model: they see every intermediate by name, check its width, and can keep it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from golden.errors import CheckError
from golden.ternary.integer.model import IntegerModel
from golden.ternary.integer.scale import Scale
from golden.ternary.integer.widths import limits


@dataclass(frozen=True)
class Tap:
    """Checks values against `bounds` (least, greatest raw integer by name) and keeps those named in `wanted`.

    `kept` collects, by the name with its layer ("layers.0.product"), one tensor for each time the value was made.
    `wanted` ("*",) keeps everything.
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
        self._keep(name, x)
        return x

    def scale(self, name: str, s: Scale, kind: str = "linear") -> Scale:
        """Return s, kept as name.m and name.e; its exponent is checked as that of a linear layer or of the product."""
        for part, x in (("mantissa", s.m), (f"{kind}_exponent", s.e)):
            low, high = (int(v) for v in torch.aminmax(x))
            least, greatest = self.bounds[part]
            if low < least or high > greatest:
                raise CheckError(f"{self.prefix}{name}: {part} {low} .. {high}, outside {least} .. {greatest}")
        self._keep(name, s.m, ".m")
        self._keep(name, s.e, ".e")
        return s

    def _keep(self, name: str, x: Tensor, suffix: str = "") -> None:
        if name in self.wanted or "*" in self.wanted:
            self.kept.setdefault(self.prefix + name + suffix, []).append(x)


def checking(model: IntegerModel, wanted: tuple[str, ...] = ()) -> Tap:
    """Tap that asserts the derived widths of `model` and keeps the values `wanted`."""
    return Tap(limits(model.profile, model.cfg), wanted)
