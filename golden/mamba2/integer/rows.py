# SPDX-License-Identifier: Apache-2.0
"""A derived width, and the list in which a derivation notes them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce

from golden.errors import InputError
from golden.fixed.interval import Interval
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.profile import Mamba2Profile

INT64, FLOAT64 = 64, 54
"""Signed bits that hold the integers of the golden computation, and those that float64 holds exactly."""
Size = Callable[[Mamba2Config], int]
"""A dimension of a shape."""


@dataclass(frozen=True)
class Width:
    """An intermediate: its values lie in low .. high, raw integers of unit 2^-frac, in `bits` bits with their sign."""

    name: str
    low: int
    high: int
    bits: int
    frac: int
    doc: str

    @property
    def q_name(self) -> str:
        """Q format, Qm.n in m + n + 1 bits."""
        return f"Q{self.bits - 1 - self.frac}.{self.frac}"


@dataclass(frozen=True)
class Rows:
    """The rows found so far, in the order of the computation, for all of `shapes` at once."""

    p: Mamba2Profile
    shapes: tuple[Mamba2Config, ...]
    rows: list[Width] = field(default_factory=list)

    def each(self, law: Callable[[Mamba2Config], Interval]) -> Interval:
        """What holds the intervals of every shape."""
        return reduce(Interval.union, map(law, self.shapes))

    def __call__(self, name: str, x: Interval, frac: int, doc: str, bits: int = INT64) -> Interval:
        """Note `x` as `name` and return it. InputError when it needs more than `bits`."""
        if x.bits > bits:
            raise InputError(
                f"profile {self.p.name}: {name} needs {x.bits} bits, expected at most {bits}, which the golden "
                f"computation has; choose a smaller d_model, d_inner or d_state than {self._sizes()}"
            )
        self.rows.append(Width(name, x.low, x.high, x.bits, frac, doc))
        return x

    def _sizes(self) -> str:
        return " or ".join(f"{cfg.d_model}, {cfg.d_inner}, {cfg.d_state}" for cfg in self.shapes)
