# SPDX-License-Identifier: Apache-2.0
"""The two shapes that generated offsets need beside plain integers: a bit field and an array of registers."""

from dataclasses import dataclass

from golden.errors import InputError


@dataclass(frozen=True)
class BitField:
    """Bits `lsb` .. `lsb + width - 1` of a register value."""

    lsb: int
    width: int

    @property
    def mask(self) -> int:
        """Return the field's bits in place."""
        return ((1 << self.width) - 1) << self.lsb

    def get(self, value: int) -> int:
        """Return the field's content in the register value `value`."""
        return (value & self.mask) >> self.lsb

    def put(self, content: int, value: int = 0) -> int:
        """Return `value` with the field set to `content`; InputError if it does not fit."""
        if not 0 <= content < 1 << self.width:
            raise InputError(f"bit field: found {content}, expected 0 .. {(1 << self.width) - 1}")
        return value & ~self.mask | content << self.lsb


@dataclass(frozen=True)
class RegisterArray:
    """`count` registers, `stride` bytes apart, the first at byte `offset`."""

    offset: int
    count: int
    stride: int

    def __getitem__(self, index: int) -> int:
        """Return the byte offset of element `index`; IndexError outside 0 .. count - 1."""
        if not 0 <= index < self.count:
            raise IndexError(f"found index {index}, expected 0 .. {self.count - 1}")
        return self.offset + index * self.stride
