# SPDX-License-Identifier: Apache-2.0
"""The geometry of `tern_matvec`, and what follows from it."""

from dataclasses import dataclass
from typing import ClassVar

from golden.spec.geometry import Geometry, KernelConfig, power_of_two
from golden.spec.strict import require

TRITS_PER_BYTE = 5


@dataclass(frozen=True)
class TernGeometry(Geometry):
    """What a configuration declares of the kernel itself.

    `outs` rows share a wide beat, `t_cols` vectors share a pass over the weights, `acc_depth` row tiles form a row
    block, `x_slots` slots hold the activations. Raises InputError for an illegal value.
    """

    outs: int
    t_cols: int
    acc_depth: int
    x_slots: int

    def __post_init__(self) -> None:
        """Check every parameter, and that rows divide a wide beat as the kernel needs it."""
        super().__post_init__()
        require(power_of_two(self.outs), "outs", self.outs, "a power of two")
        least = f"at most {self.wide_bytes // 4}, so that each row has 4 bytes of a {self.wide_bytes}-byte wide beat"
        require(self.outs * 4 <= self.wide_bytes, "outs", self.outs, least)
        slot = f"at least 8, so that a column block of {self.block} activations fits a {self.wide_bytes}-byte wide beat"
        require(self.block <= self.wide_bytes, "outs", self.outs, slot)
        require(1 <= self.t_cols <= 255, "t_cols", self.t_cols, "1 .. 255")
        for key in ("acc_depth", "x_slots"):
            value = getattr(self, key)
            require(power_of_two(value) and 2 <= value <= 1 << 16, key, value, "a power of two, 2 .. 65536")
        holds = f"at least t_cols = {self.t_cols}, so that one column block fits"
        require(self.x_slots >= self.t_cols, "x_slots", self.x_slots, holds)
        wide = f"at least {2 * self.slots_per_beat}, the slots of two wide beats: one is filled while one is read"
        require(self.x_slots >= 2 * self.slots_per_beat, "x_slots", self.x_slots, wide)

    @property
    def row_bytes(self) -> int:
        """Weight bytes of one row in a wide beat (CB)."""
        return self.wide_bytes // self.outs

    @property
    def block(self) -> int:
        """Activations in one column block (BLK): five for each weight byte."""
        return TRITS_PER_BYTE * self.row_bytes

    @property
    def slots_per_beat(self) -> int:
        """Activation slots in one wide beat (P): the largest power of two that leaves room for a block, at least 1."""
        return 1 << max((self.wide_bytes // self.block).bit_length() - 1, 0)

    @property
    def slot_bytes(self) -> int:
        """Bytes of one activation slot (SLOT): a block of int8 and zero padding."""
        return self.wide_bytes // self.slots_per_beat

    def tiles(self, rows: int) -> int:
        """Return the row tiles of a matrix with `rows` rows."""
        return -(-rows // self.outs)

    def blocks(self, cols: int) -> int:
        """Return the column blocks of a matrix with `cols` columns."""
        return -(-cols // self.block)


@dataclass(frozen=True)
class TernConfig(TernGeometry, KernelConfig):
    """A configuration of `tern_matvec`."""

    GOLDEN: ClassVar[str] = "golden.ternary.matvec.matvec"

    @property
    def parameters(self) -> dict[str, int]:
        """Return the Verilog parameters of the kernel's core, without CONFIG_HASH and BUILD_ID."""
        names = ("outs", "t_cols", "acc_depth", "x_slots")
        return super().parameters | {name.upper(): getattr(self, name) for name in names}
