# SPDX-License-Identifier: Apache-2.0
"""Cells of Xilinx devices as Yosys maps to them: what each takes, and how many logic levels lie between its pins.

A LUT, a carry chain, a DSP slice and a RAM are a level each; a wide multiplexer or the next four bits of a carry chain
are none. A DSP slice or a RAM without a register at its output starts a path with a level.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields

SOURCE = ""
"""In place of an input pin: the clock, which moves registers behind the output."""


@dataclass(frozen=True)
class Resources:
    """Cells of a device: LUTs (logic, distributed RAM and shift registers), flip-flops, DSP slices, RAM blocks."""

    lut: float = 0
    ff: float = 0
    dsp: float = 0
    bram36: float = 0
    uram: float = 0

    def __add__(self, other: "Resources") -> "Resources":
        return Resources(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def __mul__(self, count: int) -> "Resources":
        return Resources(*(count * a for a in astuple(self)))

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the kinds."""
        return tuple(field.name for field in fields(cls))


_LUTRAM = {
    "RAM16X1D": 2,
    "RAM32X1S": 1,
    "RAM32X1D": 2,
    "RAM64X1S": 1,
    "RAM64X1D": 2,
    "RAM128X1S": 2,
    "RAM128X1D": 4,
    "RAM256X1S": 4,
    "RAM256X1D": 8,
    "RAM512X1S": 8,
    "RAM32M": 4,
    "RAM64M": 4,
    "RAM32M16": 8,
    "RAM64M8": 8,
    "SRL16E": 1,
    "SRLC16E": 1,
    "SRLC32E": 1,
}
_FLIP_FLOPS = {"FDRE", "FDSE", "FDCE", "FDPE"}
_FREE = {"INV", "MUXF5", "MUXF6", "MUXF7", "MUXF8", "MUXF9", "VCC", "GND", "BUFG", "IBUF", "OBUF"}


def resources(cell: str) -> Resources:
    """Return what one cell takes; nothing for those inside a slice's wiring. KeyError for an unknown cell."""
    if cell.startswith("LUT"):
        return Resources(lut=1)
    if cell in _LUTRAM:
        return Resources(lut=_LUTRAM[cell])
    if cell in _FLIP_FLOPS:
        return Resources(ff=1)
    if cell.startswith("DSP48"):
        return Resources(dsp=1)
    if cell.startswith("RAMB"):
        return Resources(bram36=0.5 if cell.startswith("RAMB18") else 1)
    if cell.startswith("URAM"):
        return Resources(uram=1)
    if cell in _FREE or cell.startswith("CARRY"):
        return Resources()
    raise KeyError(cell)


@dataclass(frozen=True)
class Pins:
    """Paths through one cell: levels from each input pin (or SOURCE) to an output, and to the registers inside.

    arcs: (input pin, output pin) -> levels. ends: input pin -> levels up to a register inside.
    """

    arcs: Mapping[tuple[str, str], int]
    ends: Mapping[str, int]


def paths(cell: str, parameters: Mapping[str, str], ins: set[str], outs: set[str]) -> Pins:
    """Return the paths through a cell with these pins."""
    if cell in _FLIP_FLOPS:
        return Pins({(SOURCE, "Q"): 0}, dict.fromkeys(ins - {"C"}, 0))
    if cell in _LUTRAM:
        return _lutram(ins, outs)
    if cell.startswith(("RAMB", "URAM")):
        return Pins({(SOURCE, pin): 1 for pin in outs}, {pin: 0 for pin in ins if "CLK" not in pin})
    if cell.startswith("DSP48"):
        return _dsp(parameters, ins, outs)
    if cell.startswith("CARRY"):
        return Pins({(pin, out): 0 if pin == "CI" else 1 for pin in ins for out in outs}, {})
    return Pins({(pin, out): 0 if cell in _FREE else 1 for pin in ins for out in outs}, {})


def _lutram(ins: set[str], outs: set[str]) -> Pins:
    """Reading is a level from the address; shift registers and RAM contents start a path with one."""
    clocked = {pin for pin in ins if pin in ("WCLK", "CLK", "C")}
    written = {pin for pin in ins if pin in ("D", "WE", "CE") or pin.startswith("DI")}
    arcs = {(pin, out): 1 for pin in ins - clocked - written for out in outs}
    return Pins(arcs | {(SOURCE, out): 1 for out in outs}, dict.fromkeys(ins - clocked, 0))


def _dsp(parameters: Mapping[str, str], ins: set[str], outs: set[str]) -> Pins:
    def stages(name: str) -> int:
        return int(parameters.get(name, "0"), 2) if set(parameters.get(name, "0")) <= {"0", "1"} else 0

    last, middle = stages("PREG"), stages("MREG")
    data = ins & {"A", "B", "C", "D", "ACIN", "BCIN", "PCIN"}
    first = {pin: stages(f"{pin[0]}REG") for pin in data}
    free = {pin for pin in data if not (first[pin] or (middle and pin[0] != "C") or last)}
    arcs = {(pin, out): 1 for pin in free for out in outs}
    ends = {pin: 0 if first[pin] else 1 for pin in data - free} | {pin: 0 for pin in ins - data if pin != "CLK"}
    clocked = {(SOURCE, out): 0 if last else 1 for out in outs} if last or middle or any(first.values()) else {}
    return Pins(arcs | clocked, ends)
