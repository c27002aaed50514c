# SPDX-License-Identifier: Apache-2.0
"""Taps on the integer model: they see every intermediate by name, check its width, and can keep it."""

from golden import bounds
from golden.errors import CheckError
from golden.ternary.integer.model import IntegerModel
from golden.ternary.integer.scale import Scale
from golden.ternary.integer.widths import limits


class Tap(bounds.Tap):
    """A tap that takes scales, too."""

    def scale(self, name: str, s: Scale, kind: str = "linear") -> Scale:
        """Return s, kept as name.m and name.e; its exponent is checked as that of a linear layer or of the product."""
        for part, x in (("mantissa", s.m), (f"{kind}_exponent", s.e)):
            low, high = bounds.extremes(x)
            least, greatest = self.bounds[part]
            if low < least or high > greatest:
                raise CheckError(f"{self.prefix}{name}: {part} {low} .. {high}, outside {least} .. {greatest}")
        self.keep(name, s.m, ".m")
        self.keep(name, s.e, ".e")
        return s


def checking(model: IntegerModel, wanted: tuple[str, ...] = ()) -> Tap:
    """Tap that asserts the derived widths of `model` and keeps the values `wanted`."""
    return Tap(limits(model.profile, model.cfg), wanted)
