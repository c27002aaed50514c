# SPDX-License-Identifier: Apache-2.0
"""Knobs that pyvsc draws for each start, with the constraints that keep simulations short. Payloads come from NumPy."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import vsc
from numpy.random import Generator

from golden.spec.configs import TernConfig
from harness.uvm.items import Action, Arguments
from harness.uvm.stalls import StallKind

W_NAMES = ("random", "plus", "minus", "zero", "checkerboard", "last")
X_NAMES = ("random", "lowest", "highest", "extremes", "zero", "sparse")
TILE_CLASSES = ("one", "few", "some", "two_row_blocks")
BLOCK_CLASSES = ("one", "few", "many")
SKEWS = (0, 1, 3, 61, 127)

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

    tiles: str
    blocks: str
    full_rows: bool
    full_cols: bool
    vectors: int
    w_name: str
    x_name: str
    stalls: StallKind
    stall_percent: int
    action: Action
    illegal: str
    skew: int

    def shape(self, cfg: TernConfig, rng: Generator) -> tuple[int, int, int]:
        """Return rows, columns and vectors of the drawn classes."""
        tiles = {
            "one": 1,
            "few": int(rng.integers(2, 5)),
            "some": int(rng.integers(5, 17)),
            "two_row_blocks": cfg.acc_depth + int(rng.integers(1, 4)),
        }[self.tiles]
        blocks = {"one": 1, "few": int(rng.integers(2, 4)), "many": int(rng.integers(4, 13))}[self.blocks]
        rows = tiles * cfg.outs - (0 if self.full_rows else int(rng.integers(1, cfg.outs)))
        cols = blocks * cfg.block - (0 if self.full_cols else int(rng.integers(1, cfg.block)))
        return rows, cols, 1 + (self.vectors - 1) % cfg.t_cols


@vsc.randobj
class _Draw:
    """The same as indices into the tuples above, which pyvsc can constrain and weigh."""

    def __init__(self) -> None:
        self.tiles = vsc.rand_uint8_t()
        self.blocks = vsc.rand_uint8_t()
        self.full_rows = vsc.rand_bit_t(1)
        self.full_cols = vsc.rand_bit_t(1)
        self.vectors = vsc.rand_uint8_t()
        self.w_profile = vsc.rand_uint8_t()
        self.x_profile = vsc.rand_uint8_t()
        self.stall_kind = vsc.rand_uint8_t()
        self.stall_percent = vsc.rand_uint8_t()
        self.action = vsc.rand_uint8_t()
        self.illegal = vsc.rand_uint8_t()
        self.skew = vsc.rand_uint8_t()

    @vsc.constraint
    def ranges(self) -> None:
        """Keep every index inside its tuple."""
        self.tiles < len(TILE_CLASSES)  # noqa: B015 - pyvsc records expression statements as constraints
        self.blocks < len(BLOCK_CLASSES)  # noqa: B015 - same
        self.w_profile < len(W_NAMES)  # noqa: B015 - same
        self.x_profile < len(X_NAMES)  # noqa: B015 - same
        self.stall_kind < len(StallKind)  # noqa: B015 - same
        self.action < len(Action)  # noqa: B015 - same
        self.illegal < len(ILLEGAL_NAMES)  # noqa: B015 - same
        self.vectors >= 1  # noqa: B015 - same
        self.stall_percent.inside(vsc.rangelist((5, 90)))
        self.skew < len(SKEWS)  # noqa: B015 - same

    @vsc.constraint
    def weights(self) -> None:
        """Plain starts and full-range values most often; every special one often enough."""
        vsc.dist(self.action, [vsc.weight(0, 8), *(vsc.weight(i, 1) for i in range(1, len(Action)))])
        vsc.dist(self.w_profile, [vsc.weight(0, 4), *(vsc.weight(i, 1) for i in range(1, len(W_NAMES)))])
        vsc.dist(self.x_profile, [vsc.weight(0, 4), *(vsc.weight(i, 1) for i in range(1, len(X_NAMES)))])
        vsc.dist(self.tiles, [vsc.weight(0, 3), vsc.weight(1, 4), vsc.weight(2, 3), vsc.weight(3, 1)])


def draw(seed: int) -> Iterator[Knobs]:
    """Yield knobs for ever; the same seed gives the same ones."""
    source = _Draw()
    source.set_randstate(vsc.RandState.mkFromSeed(seed))
    while True:
        source.randomize()
        yield Knobs(
            tiles=TILE_CLASSES[int(source.tiles)],
            blocks=BLOCK_CLASSES[int(source.blocks)],
            full_rows=bool(source.full_rows),
            full_cols=bool(source.full_cols),
            vectors=int(source.vectors),
            w_name=W_NAMES[int(source.w_profile)],
            x_name=X_NAMES[int(source.x_profile)],
            stalls=StallKind(int(source.stall_kind)),
            stall_percent=int(source.stall_percent),
            action=Action(int(source.action)),
            illegal=ILLEGAL_NAMES[int(source.illegal)],
            skew=SKEWS[int(source.skew)],
        )
