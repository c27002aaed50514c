# SPDX-License-Identifier: Apache-2.0
"""Logic levels of netlists made by hand, and what cells take."""

import tracemalloc
from collections.abc import Mapping
from typing import Any

import pytest

from harness.synth import cells
from harness.synth.cells import SOURCE, Pins, Resources
from harness.synth.levels import Timing, analyse

Cell = tuple[str, dict[str, Any], dict[str, Any]]
"""Type, inputs and outputs; a net is a number or a list of them."""


def listed(net: Any) -> list[Any]:
    return net if isinstance(net, list) else [net]


def timing(parts: list[Cell], ins: Mapping[str, Any] = {}, outs: Mapping[str, Any] = {}, **children: Pins) -> Timing:
    """Analyse a netlist; an upper-case pin `REG...` is a parameter, `children` are modules with their pins."""
    found = {}
    for i, (kind, inputs, outputs) in enumerate(parts):
        ways = dict.fromkeys(inputs, "input") | dict.fromkeys(outputs, "output")
        nets = {pin: listed(net) for pin, net in (inputs | outputs).items()}
        found[f"u{i}"] = {"type": kind, "port_directions": ways, "connections": nets, "parameters": {}}
    ports = {name: {"direction": "input", "bits": listed(net)} for name, net in ins.items()}
    ports |= {name: {"direction": "output", "bits": listed(net)} for name, net in outs.items()}

    def pins_of(kind: str, cell: Mapping[str, Any]) -> Pins:
        ways = cell["port_directions"]
        names = [{pin for pin, way in ways.items() if way == want} for want in ("input", "output")]
        return children.get(kind) or cells.paths(kind, {}, *names)

    return analyse({"ports": ports, "cells": found, "netnames": {}}, pins_of)


def register(d: int, q: int) -> Cell:
    return ("FDRE", {"C": 1, "CE": "1", "D": d, "R": "0"}, {"Q": q})


def lut(i: int, o: int) -> Cell:
    return ("LUT2", {"I0": i, "I1": "0"}, {"O": o})


def test_chain_of_luts() -> None:
    """Each LUT between two registers is a level; the path is named from its end."""
    found = timing([register(9, 10), lut(10, 11), lut(11, 12), lut(12, 13), register(13, 14)])
    assert found.longest.levels == 3
    assert found.longest.nets == ("13", "12", "11", "10")


def test_wide_pins_meet() -> None:
    """Every bit of a wide output follows every bit of a wide input; the cost grows with bits, not with pairs."""
    width = 2000
    a, y = list(range(100, 100 + width)), list(range(10_000, 10_000 + width))
    child = Pins({("a", "y"): 2}, {})
    tracemalloc.start()
    found = timing([register(9, a[7]), ("wide", {"a": a}, {"y": y}), lut(y[-1], 50), register(50, 51)], wide=child)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.longest.levels == 3
    assert found.longest.nets == ("50", str(y[-1]), str(a[7]))
    assert peak < 20e6


def test_wide_multiplexer_is_free() -> None:
    """MUXF7 and MUXF8 stand in the slice of their LUTs: no level."""
    mux = ("MUXF7", {"I0": 11, "I1": "0", "S": "0"}, {"O": 12})
    assert timing([register(9, 10), lut(10, 11), mux, register(12, 13)]).longest.levels == 1


@pytest.mark.parametrize("length", [1, 4])
def test_carry_chain_is_one_level(length: int) -> None:
    """A chain of CARRY4 is one level however long, on top of the LUT in front of it."""
    chain: list[Cell] = [("CARRY4", {"CI": "0", "S": [11, 11, 11, 11]}, {"CO": [20], "O": [21]})]
    chain += [
        ("CARRY4", {"CI": 18 + 2 * i, "S": ["0"] * 4}, {"CO": [20 + 2 * i], "O": [21 + 2 * i]})
        for i in range(1, length)
    ]
    assert timing([register(9, 10), lut(10, 11), *chain, register(19 + 2 * length, 50)]).longest.levels == 2


def dsp(a: int, b: int, m: int, p: int) -> Pins:
    values = {"AREG": a, "BREG": b, "MREG": m, "PREG": p}
    return cells.paths(
        "DSP48E1", {key: f"{value:032b}" for key, value in values.items()}, {"CLK", "A", "B", "CEP"}, {"P"}
    )


def test_dsp() -> None:
    """A DSP slice without registers is a level; registers inside end and start paths; a multiplier level stays."""
    assert dsp(0, 0, 0, 0).arcs == {("A", "P"): 1, ("B", "P"): 1}
    assert (SOURCE, "P") not in dsp(0, 0, 0, 0).arcs
    assert dsp(1, 1, 1, 1).arcs == {(SOURCE, "P"): 0}
    assert dsp(1, 1, 1, 1).ends == {"A": 0, "B": 0, "CEP": 0}
    assert dsp(0, 0, 0, 1).ends == {"A": 1, "B": 1, "CEP": 0}
    assert dsp(1, 0, 0, 0).arcs == {("B", "P"): 1, (SOURCE, "P"): 1}


def test_ram_without_output_register_starts_with_a_level() -> None:
    """A block RAM's output is a level behind the clock; its address ends a path."""
    ram = ("RAMB36E1", {"CLKARDCLK": 1, "ADDRARDADDR": [11]}, {"DOADO": [12]})
    assert timing([ram, lut(12, 13), register(13, 14)]).longest.levels == 2
    assert timing([register(9, 10), lut(10, 11), ram]).longest.levels == 1


def test_lutram() -> None:
    """Reading LUT RAM is a level from its address and from its contents; writing ends a path."""
    ram = ("RAM32X1D", {"WCLK": 1, "WE": 10, "D": 10, "DPRA0": 10}, {"DPO": 11})
    assert timing([register(9, 10), ram, lut(11, 12), register(12, 13)]).longest.levels == 2
    assert timing([ram, lut(11, 12), register(12, 13)]).longest.levels == 2


def test_path_across_modules() -> None:
    """A module's pins carry its paths to those that instantiate it: levels add up over the border."""
    child = timing([lut(10, 11), lut(11, 12), register(10, 13), lut(13, 14)], ins={"a": 10}, outs={"y": 12, "z": 14})
    assert child.pins.arcs == {("a[0]", "y[0]"): 2, (SOURCE, "z[0]"): 1}
    assert child.pins.ends == {"a[0]": 0}
    inner: Cell = ("child", {"a": 11}, {"y": 12, "z": 13})
    parent = timing([register(9, 10), lut(10, 11), inner, lut(12, 14), register(14, 15)], child=child.pins)
    assert parent.longest.levels == 4
    parent = timing([inner, lut(13, 14), register(14, 15)], child=child.pins)
    assert parent.longest.levels == 2


def test_wide_port_is_one_pin() -> None:
    """A port of more than four bits is as slow outside as its slowest bit."""
    bits = [10, 11, 12, 13, 14]
    found = timing([lut(10, 20), lut(20, 21), lut(11, 22)], ins={"a": bits}, outs={"y": 21, "z": 22})
    assert found.pins.arcs == {("a", "y[0]"): 2, ("a", "z[0]"): 1}


def test_loop_is_cut() -> None:
    """A combinational loop ends nowhere but does not hang the analysis."""
    found = timing([register(9, 10), ("LUT2", {"I0": 10, "I1": 12}, {"O": 11}), lut(11, 12), register(12, 13)])
    assert found.longest.levels >= 2


def test_resources() -> None:
    """Cells count as their slices do; unknown cells are refused."""
    assert cells.resources("LUT6") == Resources(lut=1)
    assert cells.resources("RAM64M8") == Resources(lut=8)
    assert cells.resources("SRL16E") == Resources(lut=1)
    assert cells.resources("FDSE") == Resources(ff=1)
    assert cells.resources("DSP48E2") == Resources(dsp=1)
    assert cells.resources("RAMB18E2") * 3 + cells.resources("RAMB36E2") == Resources(bram36=2.5)
    assert cells.resources("URAM288") == Resources(uram=1)
    assert cells.resources("CARRY8") == cells.resources("MUXF7") == Resources()
    with pytest.raises(KeyError):
        cells.resources("ALTERA")
