# SPDX-License-Identifier: Apache-2.0
"""Taps on the integer block: they see every intermediate by name, check its width, and can keep it."""

from golden import bounds
from golden.fixed.pot import Pot
from golden.mamba2.integer.model import IntegerModel
from golden.mamba2.integer.widths import limits


class Tap(bounds.Tap):
    """A tap that takes quantized values, too."""

    def pot(self, name: str, x: Pot) -> Pot:
        """Return the quantized x, its value checked and kept as `name`, its integers and shifts as `name`.q and .s."""
        self(name, x.value)
        self.keep(name, x.q, ".q")
        self.keep(name, x.s, ".s")
        return x


def checking(model: IntegerModel, wanted: tuple[str, ...] = ()) -> Tap:
    """Tap that asserts the derived widths of `model` and keeps the values `wanted`."""
    return Tap(limits(model.profile, model.cfg), wanted)
