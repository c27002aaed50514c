# SPDX-License-Identifier: Apache-2.0
"""The files of a kernel around a foreign design: declarations, what is generated from them, driver, vectors, test."""

import hashlib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from golden.errors import InputError
from golden.slots import slot_bytes
from golden.spec import RegisterMap
from golden.spec.emit import emit_markdown, emit_python, emit_sim_top, emit_verilog_header, emit_wrapper, vlnv
from golden.spec.emit.tops import CONTROL, Signal, memory_signals
from golden.spec.geometry import Geometry
from golden.spec.register_file import MAP_BYTES, MapFile
from golden.spec.registers import join_register_map
from golden.spec.strict import decode
from harness.newdut import declaration
from harness.newdut.declaration import CONFIGS, MAP_VERSION, Declaration
from harness.newdut.ports import Interface, Pin, Stream
from harness.newdut.render import environment, publish, title_of

FOLDER = "kernel"
"""Of the declarations and of the Verilog, in the design's folder."""
COMMAND = "krait new-dut"
FOREIGN_IDS = 0x8000_0000
"""Of kernels that krait does not know: above all of its own."""
PINS, STREAMS = (0x020, 0x040), (0x0A0, 0x100)
"""Gaps of the map that kernels have in common: the registers of four pins and four streams keep it at 1 KiB."""
PIN_BYTES, STREAM_BYTES, ABOVE = 8, 24, 0x400
HAND_WRITTEN = {
    "driver.py.j2": "{module}_driver.py",
    "vectors.py.j2": "{module}_vectors.py",
    "test.py.j2": "test_{module}_board.py",
}
"""Written once; the other files follow from the declarations and are written anew."""


@dataclass(frozen=True)
class Row:
    """A register of the map, as its template writes it."""

    name: str
    offset: int
    width: int
    access: str
    doc: str


@dataclass(frozen=True)
class Place:
    """Where a pin lies in a beat."""

    name: str
    width: int
    lsb: int


@dataclass(frozen=True)
class Side:
    """The streams of one direction, each on the port of its number, and the ports without one."""

    tag: str
    streams: tuple[Stream, ...]
    absent: tuple[int, ...]


def declare(dut: Interface, files: Sequence[Path], folder: Path, boards: Mapping[str, Geometry]) -> Declaration:
    """Return the declaration of a kernel; configurations that stand in the folder already are kept.

    Raises:
        InputError: what stands there cannot be read, or two streams have one name but for upper and lower case.
    """
    at = folder / FOLDER
    kept = declaration.read(at).configs if (at / CONFIGS).is_file() else {}
    names = [stream.name.upper() for stream in dut.streams] + [pin.name.upper() for pin in dut.statics]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"new-dut: {dut.module}: found several ports {name}, expected names of registers apart")
    sources = tuple(os.path.relpath(path.resolve(), at.resolve()) for path in files)
    return Declaration(f"{dut.module}_kernel", sources, dut, {**boards, **kept})


def registers(declared: Declaration) -> tuple[Row, ...]:
    """Return the registers beside those of every kernel."""
    dut = declared.dut
    rows = [
        Row("QUIET", 0x010, 32, "rw", "Cycles behind the last beat in which no output may offer one; 0: nobody looks."),
        Row("LIMIT", 0x014, 32, "rw", "Cycles without a beat at the design that end the run in STALLED; 0: it waits."),
        Row("ACTIVE", 0x018, 64, "ro", "Cycles from the first to the last beat at the design, both included."),
    ]
    for stream, at in zip((*dut.inputs, *dut.outputs), _offsets(STREAMS, STREAM_BYTES), strict=False):
        rows += _stream_rows(f"{tag(stream)}_{stream.name}".upper(), at)
    above = _offsets((max(rows[-1].offset + 8, ABOVE), MAP_BYTES), PIN_BYTES)
    for pin, at in zip(dut.statics, chain(_offsets(PINS, PIN_BYTES), above), strict=False):
        width = 64 if pin.width > 32 else 32
        rows.append(Row(f"PIN_{pin.name}".upper(), at, width, "rw", f"What the pin holds, {pin.width} bits."))
    return tuple(rows)


def _stream_rows(stem: str, at: int) -> tuple[Row, ...]:
    return (
        Row(f"{stem}_OFF", at, 64, "rw", "Byte offset of its beats in its port's arena, a multiple of its bytes."),
        Row(f"{stem}_BEATS", at + 8, 32, "rw", "Beats of the run."),
        Row(f"{stem}_DONE", at + 12, 32, "ro", "Beats that have moved at the design."),
        Row(f"{stem}_WAIT", at + 16, 64, "ro", "Cycles of ACTIVE in which the design waited for the memory here."),
    )


def _offsets(place: tuple[int, int], size: int) -> Iterator[int]:
    """Offsets of registers of so many bytes in a gap of the common map; streams and pins go on above it."""
    first, end = place
    yield from range(first, end - size + 1, size)
    if place == STREAMS:
        yield from range(ABOVE, MAP_BYTES - size + 1, size)


def tag(stream: Stream) -> str:
    """Return how registers and wires of a stream begin."""
    return "in" if stream.direction == "input" else "out"


def register_map(declared: Declaration) -> tuple[str, RegisterMap]:
    """Return the register map, as its file and as it is read. InputError: a name does not do, or they are too many."""
    name = f"{declared.kernel}.toml"
    text = _render(
        "registers.toml.j2",
        kernel=declared.kernel,
        source=CONFIGS,
        version=MAP_VERSION,
        kernel_id=FOREIGN_IDS | int.from_bytes(hashlib.sha256(declared.kernel.encode()).digest()[:3], "big"),
        doc=f"{declared.dut.module} between memory ports.",
        registers=registers(declared),
    )
    found = join_register_map(declared.kernel, decode(MapFile, tomllib.loads(text), Path(name)), Path(name))
    return text, replace(found, sources=(f"{FOLDER}/{name}",))


def texts(declared: Declaration) -> Mapping[str, str]:
    """Return the generated files by their paths in the design's folder, tops of every configuration among them."""
    toml, regs = register_map(declared)
    name, module = declared.kernel, declared.dut.module
    values = _values(declared)
    made = {
        f"{FOLDER}/{CONFIGS}": _render("configs.toml.j2", **values),
        f"{FOLDER}/{name}.toml": toml,
        f"{FOLDER}/{name}.md": emit_markdown(regs, COMMAND),
        f"{FOLDER}/kr_{name}_regs.vh": emit_verilog_header(regs, COMMAND),
        f"{FOLDER}/{name}_regs.v": _render("regs.v.j2", **values),
        f"{FOLDER}/{name}.v": _render("kernel.v.j2", **values),
        f"{module}_registers.py": emit_python(regs, COMMAND),
    }
    for config in (declaration.config(declared, each) for each in declared.configs):
        made[f"{FOLDER}/{name}_{config.name}.v"] = emit_wrapper(config, regs)
        made[f"{FOLDER}/sim_{name}_{config.name}.sv"] = emit_sim_top(config, regs)
    return made


def write(folder: Path, declared: Declaration) -> tuple[Path, ...]:
    """Write the kernel's files into the design's folder and return those that were written.

    Generated ones are replaced; driver, vectors and test are written where there are none, as somebody may have
    changed them. Errors as for `render.write`.
    """
    made = {folder / name: text for name, text in texts(declared).items()}
    values = _values(declared)
    for template, pattern in HAND_WRITTEN.items():
        path = folder / pattern.format(module=declared.dut.module)
        if not path.exists():
            made[path] = _render(template, **values)
    return publish(folder, made)


def _values(declared: Declaration) -> dict[str, object]:
    dut = declared.dut
    ports, port_bytes = declaration.ports_of(dut), declaration.port_bits_of(dut) // 8
    return {
        "declared": declared,
        "dut": dut,
        "kernel": declared.kernel,
        "vlnv": vlnv(declared.kernel),
        "title": title_of(dut),
        "prefix": f"KR_{declared.kernel.upper()}",
        "source": CONFIGS,
        "ports": ports,
        "port_bytes": port_bytes,
        "sides": tuple(
            Side(name, streams, tuple(range(len(streams), ports)))
            for name, streams in (("in", dut.inputs), ("out", dut.outputs))
        ),
        "slots": {stream.name: slot_bytes(stream.width) for stream in dut.streams},
        "places": {stream.name: _places(stream.fields) for stream in dut.streams},
        "control": CONTROL,
        "live": [signal for signal in memory_signals(port_bytes * 8) if not signal.constant],
    }


def _places(pins: Sequence[Pin]) -> tuple[Place, ...]:
    ends = [sum(pin.width for pin in pins[:index]) for index in range(len(pins))]
    return tuple(Place(pin.name, pin.width, lsb) for pin, lsb in zip(pins, ends, strict=True))


def _wide(signal: Signal) -> str:
    """Return the width of a port's signal in the kernel, over its parameter where it follows the port's."""
    return {"rdata": "PORT_W", "wdata": "PORT_W", "wstrb": "PORT_W/8"}.get(signal.name, str(signal.width))


def _render(template: str, **values: object) -> str:
    made = environment("kernel")
    made.filters["toml"] = json.dumps
    made.filters["wide"] = _wide
    made.filters["pin"] = lambda pin: f'{{ name = "{pin.name}", direction = "{pin.direction}", width = {pin.width} }}'
    return made.get_template(template).render(values)
