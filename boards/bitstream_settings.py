# SPDX-License-Identifier: Apache-2.0
"""What bitstream scripts are given: a board's facts, a kernel's sources and tables, as a Tcl file; v++'s link file."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from boards.design import Design
from boards.facts import FOLDER, Board, load_board
from golden.errors import InputError
from golden.spec import KernelConfig, load_configs
from harness.paths import ROOT, VERILOG
from harness.sim.model import FAMILIES, core_sources

GOLDEN = "golden"
"""The build of VCK190 that holds no kernel: what its boot image is made of."""
GOLDEN_SCRIPTS = ("tcl/util.tcl", "vck190/golden.tcl", "vck190/build_golden.tcl")
"""Its inputs. Kernels' scripts are none of them: a new golden design means a new boot image."""
SUFFIXES = {"vc709": ".bit", "vck190": ".pdi", "u280": ".xclbin"}
"""What a board's bitstream is, by the board's name."""
SLRS: dict[str, str] = {}
"""Kernels that one region of U280 is known to hold, with the region; others are left to the placer. None is, so far."""


@dataclass(frozen=True)
class Build:
    """One bitstream: a board, its design, and the configuration of a kernel (None: VCK190's golden design)."""

    board: Board
    design: Design
    config: KernelConfig | None
    scripts: Path = FOLDER

    @property
    def name(self) -> str:
        """Return what the build's files are called."""
        return f"{self.config.kernel}_{self.config.name}" if self.config else GOLDEN

    @property
    def sources(self) -> tuple[Path, ...]:
        """Return the kernel's Verilog: its wrapper for the board, its core and all below. InputError: no wrapper."""
        if self.config is None:
            return ()
        wrapper = VERILOG / "gen" / f"{self.name}.v"
        if not wrapper.is_file():
            raise InputError(f"{wrapper.relative_to(ROOT)} does not exist; run `make gen`")
        return (wrapper, *core_sources(self.config.kernel))

    @property
    def includes(self) -> tuple[Path, ...]:
        """Return the folders in which the Verilog's headers are."""
        families = FAMILIES[self.config.kernel] if self.config else ()
        return tuple(VERILOG / folder for folder in ("gen", "common", *families))

    @property
    def tables(self) -> tuple[Path, ...]:
        """Return the generated tables of the kernel."""
        if self.config is None:
            return ()
        folder = self.scripts / "tcl" / "gen"
        return folder / f"{self.config.kernel}_regs.tcl", folder / f"{self.name}.tcl"

    @property
    def port_mbs(self) -> int:
        """Return what the memory behind one port sustains, MB/s."""
        return int(self.board.memory.sustained_gbs * 1000 / self.board.memory.channels)

    @property
    def build_id(self) -> int:
        """Return the number that the register BUILD_ID shows: the first 32 bits of `inputs_hash`, never 0."""
        return int(self.inputs_hash()[:8], 16) or 1

    def inputs_hash(self) -> str:
        """Return the SHA-256 of everything that a bitstream is made from: Verilog, headers, scripts, tables, facts."""
        facts = (self.name, self.board.part, self.port_mbs, asdict(self.design))
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
        for path in self._inputs():
            digest.update(f"\n{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
        return digest.hexdigest()

    def rtl_hash(self) -> str:
        """Return the SHA-256 of the Verilog and its headers alone."""
        digest = hashlib.sha256()
        for path in (*self.sources, *self._headers()):
            digest.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
        return digest.hexdigest()

    def _inputs(self) -> Iterator[Path]:
        yield from self.sources
        yield from self._headers()
        yield from self.tables
        if self.config is None:
            yield from (self.scripts / name for name in GOLDEN_SCRIPTS)
            return
        for folder in (self.scripts / "tcl", self.scripts / self.board.name):
            named = (path for path in folder.iterdir() if path.suffix in (".tcl", ".xdc", ".v"))
            yield from sorted(path for path in (*named, folder / "Makefile") if path.is_file())

    def _headers(self) -> list[Path]:
        return sorted(path for folder in self.includes for path in folder.glob("*.vh")) if self.config else []


def pick(board: str, kernel: str | None, config: str | None, scripts: Path = FOLDER) -> Build:
    """Return the build that is asked for; without a kernel VCK190's golden design.

    Raises:
        InputError: the board has no bitstream, or the kernel no configuration for it; the message lists what there is.
    """
    facts = load_board(board)
    if facts.design is None or board not in SUFFIXES:
        raise InputError(f"board: found {board!r}, expected one that bitstreams are built for: {', '.join(SUFFIXES)}")
    if kernel is None:
        if config is not None:
            raise InputError("--config: found a configuration without --kernel")
        if board != "vck190":
            raise InputError(f"--kernel: found none, expected one of {', '.join(FAMILIES)}")
        return Build(facts, facts.design, None, scripts)
    configs = load_configs(kernel)
    fitting = [each.name for each in configs.values() if each.board == board]
    name = config or (board if board in fitting else next(iter(fitting), board))
    if name not in fitting:
        expected = ", ".join(fitting) or "none: the kernel has no configuration for the board"
        raise InputError(f"{kernel} on board {board}: found configuration {name!r}, expected one of {expected}")
    return Build(facts, facts.design, configs[name], scripts)


def builds(scripts: Path = FOLDER) -> Iterator[Build]:
    """Yield every build of every board, VCK190's golden design included."""
    yield pick("vck190", None, None, scripts)
    for kernel in FAMILIES:
        for name, config in load_configs(kernel).items():
            if config.board in SUFFIXES:
                yield pick(config.board, kernel, name, scripts)


def settings(build: Build, golden: Path, jobs: int) -> str:
    """Return the Tcl file that the scripts read first. `golden` is the folder of VCK190's golden design."""
    facts, design = build.board, build.design
    vivado_board = design.board if design.tool == "vivado" else ""
    values: dict[str, object] = {
        "name": build.name,
        "part": facts.part,
        "board_part": vivado_board,
        "tool_version": design.version,
        "kernel_base": f"{design.kernel_base:#x}",
        "kernel_bytes": f"{design.kernel_bytes:#x}",
        "memory_bases": " ".join(f"{base:#x}" for base in design.memory_bases),
        "memory_bytes": f"{design.memory_bytes:#x}",
        "port_mbs": build.port_mbs,
        "build_id": f"{build.build_id:#010x}",
        "golden": golden,
        "jobs": jobs,
        "rtl": " ".join(f"{{{path}}}" for path in build.sources),
        "includes": " ".join(f"{{{path}}}" for path in build.includes),
        "tables": " ".join(f"{{{path}}}" for path in build.tables),
    }
    lines = "\n".join(f"    variable {name} {{{value}}}" for name, value in values.items())
    return f"# Written by boards/bitstream.py for {facts.name}, {build.name}.\nnamespace eval ::krait {{\n{lines}\n}}\n"


def link_config(build: Build) -> str:
    """Return v++'s link file: one kernel, and a pseudo channel of the HBM for each of its ports.

    Raises:
        InputError: the kernel has more ports than the board has channels.
    """
    config = build.config
    if config is None:
        raise InputError(f"board {build.board.name}: found no kernel, expected one to link")
    if config.ports > build.board.memory.channels:
        found = f"{config.ports} ports, board {build.board.name} has {build.board.memory.channels} channels"
        raise InputError(f"configuration {config.name}: {found}")
    instance = f"{config.kernel}_1"
    lines = ["[connectivity]", f"nk={config.kernel}:1:{instance}"]
    if config.kernel in SLRS:
        lines.append(f"slr={instance}:{SLRS[config.kernel]}")
    lines += [f"sp={instance}.m_axi_{port:02d}:HBM[{port}]" for port in range(config.ports)]
    return "\n".join(lines) + "\n"
