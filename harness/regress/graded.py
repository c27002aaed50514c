# SPDX-License-Identifier: Apache-2.0
"""Simulations that `krait cover --write-smoke` found to keep the coverage with fewest cycles, from smoke.toml."""

from dataclasses import dataclass, field
from pathlib import Path

from golden.spec.strict import load, require
from harness.uvm.job import Bias

FILE = Path(__file__).parent / "smoke.toml"
HEAD = """# SPDX-License-Identifier: Apache-2.0
# The fewest simulations that keep the coverage which krait cover closed; written by krait cover --write-smoke.
"""


@dataclass(frozen=True)
class Graded:
    """A simulation of drawn starts on bulk transport: its seed is part of it, as are weights and directions."""

    name: str
    test: str
    config: str
    items: int
    seed: int
    kernel: str
    weights: dict[str, tuple[int, ...]] = field(default_factory=dict)
    directions: tuple[dict[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no simulation can be."""
        require(self.seed > 0, "seed", self.seed, "a number from 1 on")
        require(self.items > 0, "items", self.items, "a number from 1 on")

    @property
    def bias(self) -> Bias | None:
        """What its starts prefer beyond the seed."""
        return Bias(self.weights, self.directions) if self.weights or self.directions else None


@dataclass(frozen=True)
class _File:
    simulations: tuple[Graded, ...] = ()


def read(path: Path = FILE) -> tuple[Graded, ...]:
    """Return the simulations of a file, none where there is no file. InputError names file, key, found and expected."""
    return load(_File, path).simulations if path.exists() else ()
