# SPDX-License-Identifier: Apache-2.0
"""Knobs that pyvsc draws for each start, with the constraints that keep simulations short. Payloads come from NumPy."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from numpy.random import Generator

from golden.spec.configs import TernConfig
from golden.ternary.packing import TRITS
from harness.uvm import draws
from harness.uvm.draws import Weights, knob, led
from harness.uvm.items import Action, Arguments
from harness.uvm.job import Bias
from harness.uvm.stalls import StallKind

W_NAMES = ("random", "plus", "minus", "zero", "checkerboard", "last")
X_NAMES = ("random", "lowest", "highest", "extremes", "zero", "sparse")
TILE_CLASSES = ("one", "few", "some", "two_row_blocks")
BLOCK_CLASSES = ("one", "few", "many")
SKEWS = (0, 1, 3, 61, 127)
ROW_PADS, COL_PADS = ("any", "all_but_one"), ("any", "part_of_a_byte", "bytes")
"""How much is missing where rows or columns are not full."""

Spoiler = Callable[[Arguments, TernConfig], Arguments]

# Name of each illegal argument -> how to make it.
ILLEGAL: dict[str, Spoiler] = {
    "no_tiles": lambda a, cfg: replace(a, row_tiles=0),
    "no_blocks": lambda a, cfg: replace(a, col_blocks=0),
    "no_vectors": lambda a, cfg: replace(a, vectors=0),
    "too_many_blocks": lambda a, cfg: replace(a, col_blocks=cfg.x_slots // a.vectors + 1),
    "too_many_vectors": lambda a, cfg: replace(a, vectors=cfg.t_cols + 1),
    "odd_x_off": lambda a, cfg: replace(a, x_off=a.x_off + 1),
    "odd_w_off": lambda a, cfg: replace(a, w_off=a.w_off + cfg.port_bytes // 2),
    "odd_y_off": lambda a, cfg: replace(a, y_off=a.y_off + 4),
    "odd_base": lambda a, cfg: replace(a, port_base=(*a.port_base[:-1], a.port_base[-1] + 2)),
}

ILLEGAL_NAMES = tuple(ILLEGAL)


@dataclass(frozen=True)
class Knobs:
    """What varies from start to start, by name."""

    tiles: str = knob(TILE_CLASSES)
    blocks: str = knob(BLOCK_CLASSES)
    full_rows: bool = knob((False, True), bits=1)
    full_cols: bool = knob((False, True), bits=1)
    w_name: str = knob(W_NAMES)
    x_name: str = knob(X_NAMES)
    stalls: StallKind = knob(tuple(StallKind))
    action: Action = knob(tuple(Action))
    illegal: str = knob(ILLEGAL_NAMES)
    vectors: int = knob(span=(1, 255))
    stall_percent: int = knob(span=(5, 90))
    skew: int = knob(SKEWS)
    row_pad: str = led(*ROW_PADS)
    col_pad: str = led(*COL_PADS)

    def shape(self, cfg: TernConfig, rng: Generator) -> tuple[int, int, int]:
        """Return rows, columns and vectors of the drawn classes."""
        tiles = {
            "one": 1,
            "few": int(rng.integers(2, 5)),
            "some": int(rng.integers(5, 17)),
            "two_row_blocks": cfg.acc_depth + int(rng.integers(1, 4)),
        }[self.tiles]
        blocks = {"one": 1, "few": int(rng.integers(2, 4)), "many": int(rng.integers(4, 13))}[self.blocks]
        least, end = (cfg.outs - 1, cfg.outs) if self.row_pad == "all_but_one" else (1, cfg.outs)
        rows = tiles * cfg.outs - (0 if self.full_rows else int(rng.integers(least, end)))
        least, end = {"any": (1, cfg.block), "part_of_a_byte": (1, TRITS), "bytes": (TRITS, cfg.block)}[self.col_pad]
        cols = blocks * cfg.block - (0 if self.full_cols else int(rng.integers(least, end)))
        return rows, cols, 1 + (self.vectors - 1) % cfg.t_cols


WEIGHTS: Weights = {"action": (8,), "w_name": (4,), "x_name": (4,), "tiles": (3, 4, 3)}
"""Plain starts and full-range values most often; every special one often enough."""


def draw(seed: int, bias: Bias | None = None) -> Iterator[Knobs]:
    """Yield knobs for ever; the same seed and bias give the same ones."""
    return draws.draw(Knobs, WEIGHTS, seed, bias)
