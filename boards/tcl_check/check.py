# SPDX-License-Identifier: Apache-2.0
"""Checks one build's scripts, or all of them, without Vivado: run, read the record, compare.

What no stub can know stays unchecked: whether Vivado accepts the names and values of an IP's configuration.
"""

import re
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from boards.bitstream import GOLDEN_SCRIPT, SCRIPTS
from boards.bitstream_settings import SUFFIXES, Build, link_config, settings
from boards.tcl_check import diagram, packaging
from boards.tcl_check.diagram import Diagram, Place, properties
from boards.tcl_check.interpreter import SLACK_NS, Record, run
from boards.tcl_check.wiring import Wiring
from boards.tcl_check.wrapper import Port, module_ports
from golden.spec import load_configs
from harness.sim.model import FAMILIES

INTERRUPTS = ("usr_irq_req", "pl_ps_irq0")
"""Pins at which a host takes the kernel's interrupt."""
IMAGES = ("write_bitstream", "write_hw_platform", "package_xo")
"""What must not run before the timing gate."""


def check(build: Build, slack: str = SLACK_NS) -> list[str]:
    """Return what is wrong with the scripts of a build, one sentence each.

    Raises:
        CheckError: a script ends with an error. MachineError: there is no Tcl interpreter.
    """
    script = build.scripts / build.board.name / (SCRIPTS[build.board.name] if build.config else GOLDEN_SCRIPT)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "settings.tcl").write_text(settings(build, folder / "golden", 1), encoding="utf-8")
        record = run(script, ["settings.tcl"], folder, build.design.version, slack)
        left = {path.name for path in folder.iterdir()}
    return [f"{build.board.name} {build.name}: {line}" for line in _problems(record, build, left)]


def _problems(record: Record, build: Build, left: set[str]) -> Iterator[str]:
    yield from _project(record, build)
    if build.config:
        yield from packaging.problems(record, build, driver_vlnv(build.config.kernel))
    if build.design.tool == "vitis":
        yield from _vitis(record, build)
        return
    kernel_ports = {driver_vlnv(build.config.kernel): module_ports(build.sources[0])} if build.config else {}
    design = diagram.read(record)
    if not build.config:
        yield from _boundary(design, build)
    wiring = Wiring(design, {**kernel_ports, **_modules(build)})
    yield from wiring.problems()
    yield from _addresses(wiring, build)
    if build.config:
        yield from _kernel(wiring, build)
        yield from _flow(record, build, left)
    if build.board.name == "vck190":
        yield from _segmented(record, build)


def driver_vlnv(kernel: str) -> str:
    """Return the VLNV that the driver of a kernel binds to."""
    from boards.drivers import DRIVERS

    return str(next(iter(DRIVERS[kernel].bindto)))


def _modules(build: Build) -> dict[str, dict[str, Port]]:
    """Return the ports of the RTL that stands beside a board's scripts."""
    return {path.stem: module_ports(path) for path in (build.scripts / build.board.name).glob("*.v")}


def _project(record: Record, build: Build) -> Iterator[str]:
    """Part and board are board.toml's, in every project that is made."""
    for call in record.of("create_project"):
        if call.option("-part") != build.board.part:
            yield f"part: found {call.option('-part')}, board.toml has {build.board.part}"
    boards = [value for _, name, value in properties(record) if name == "BOARD_PART"]
    expected = [build.design.board] if build.design.tool == "vivado" else []
    if boards != expected:
        yield f"board: found {boards}, board.toml has {expected}"


def _kernel(wiring: Wiring, build: Build) -> Iterator[str]:
    """The kernel is there once under its name, at its clock, before memory as wide as itself; its interrupt arrives."""
    config = build.config
    assert config is not None
    vlnv = driver_vlnv(config.kernel)
    named = [cell.name for cell in wiring.diagram.cells.values() if cell.kind == vlnv]
    if named != [config.kernel]:
        yield f"kernel: found cells {named} of {vlnv}, expected one, {config.kernel}"
        return
    found = wiring.mhz(f"{config.kernel}/ap_clk")
    if abs(found - config.clock_mhz) > 0.001 * config.clock_mhz:
        yield f"{config.kernel}/ap_clk: {found:g} MHz, the configuration has {config.clock_mhz:g}"
    for port in range(config.ports):
        master = f"{config.kernel}/m_axi_{port:02d}"
        for slave in sorted(wiring.leads_to(master)):
            bus = wiring.bus(slave)
            if bus and 0 < bus.width < config.port_bits:
                yield f"{master}: {config.port_bits} bits lead to {slave} of {bus.width}"
    reached = {pin.rpartition("/")[2] for pin in wiring.carries(f"{config.kernel}/interrupt")}
    if not reached & set(INTERRUPTS):
        yield f"{config.kernel}/interrupt: does not reach {' or '.join(INTERRUPTS)}"


def _boundary(design: Diagram, build: Build) -> Iterator[str]:
    """What stands in for a kernel has the ports of the kernels that will take its place."""
    widths = [cell.config.get("DATA_WIDTH", "") for cell in design.cells.values() if "DATA_WIDTH" in cell.config]
    for kernel in FAMILIES:
        for config in load_configs(kernel).values():
            if config.board == build.board.name and widths != [str(config.port_bits)] * config.ports:
                wanted = f"{config.ports} of {config.port_bits}"
                yield f"boundary: idle ports of {widths} bits, {kernel} {config.name} has {wanted}"


def _addresses(wiring: Wiring, build: Build) -> Iterator[str]:
    """Every space's segments are reached and apart; registers and memory are where board.toml has them."""
    design, config = build.design, build.config
    places = wiring.diagram.places
    for place in places:
        yield from _reached(wiring, place)
    for space in sorted({place.space for place in places}):
        own = sorted((place.base, place.size, place.segment) for place in places if place.space == space)
        for (base, size, segment), (following, _, other) in pairwise(own):
            if base + size > following:
                yield f"{space}: {segment} at {base:#x} runs into {other} at {following:#x}"
    registers = [place for place in places if "_memaddr" not in place.segment and "_DDR_" not in place.segment]
    found = [(place.base, place.size) for place in registers]
    if found != [(design.kernel_base, design.kernel_bytes)]:
        shown = ", ".join(f"{base:#x}+{size:#x}" for base, size in found) or "none"
        yield f"registers: found {shown}, board.toml has {design.kernel_base:#x}+{design.kernel_bytes:#x}"
    regions = [(base, design.memory_bytes) for base in design.memory_bases]
    for port in range(config.ports if config else 0):
        space = f"{config.kernel}/m_axi_{port:02d}" if config else ""
        if not _covers([place for place in places if place.space == space], [regions[port]]):
            yield f"{space}: does not reach region {port} at {regions[port][0]:#x}"
    for space in _hosts(wiring):
        if not _covers([place for place in places if place.space == space], regions):
            yield f"{space}: does not reach every region of board.toml"


def _hosts(wiring: Wiring) -> list[str]:
    """Return the address spaces of masters through which a host moves data."""
    return [
        f"{cell}/{name}"
        for cell, shape in wiring.shapes.items()
        for name, bus in shape.buses.items()
        if bus.master
        and wiring.diagram.cells[cell].kind.split(":")[2:3] in (["xdma"], ["versal_cips"])
        and name not in ("M_AXI_LITE", "M_AXI_FPD", "pcie_mgt")
    ]


def _covers(places: list[Place], regions: list[tuple[int, int]]) -> bool:
    """Return whether each region lies within one of the places."""
    return all(
        any(place.base <= base and base + size <= place.base + place.size for place in places) for base, size in regions
    )


def _reached(wiring: Wiring, place: Place) -> Iterator[str]:
    """The space is a master's, and the segment's slave is one that the master leads to."""
    space = place.space.replace("/Master_AXI", "/M_AXI")
    bus = wiring.bus(space)
    if bus is None or not bus.master:
        yield f"{place.space}: no such address space"
        return
    slave, controller = _slave(place.segment)
    if slave not in wiring.leads_to(space):
        yield f"{place.space}: {place.segment} is placed in it, but it does not lead to {slave}"
    leads = wiring.diagram.pin_config.get(slave, {}).get("CONNECTIONS", "").partition(" ")[0]
    if controller and leads != controller:
        yield f"{place.segment}: is behind {leads or 'nothing'}, expected {controller}"


def _slave(segment: str) -> tuple[str, str]:
    """Return the slave interface of a segment, and the port of the memory controller behind it, "" for none."""
    mig = re.fullmatch(r"(\w+)/c(\d)_memmap/c\2_memaddr", segment)
    if mig:
        return f"{mig[1]}/S{mig[2]}_AXI", ""
    noc = re.fullmatch(r"(\w+/\w+_INI)/C(\d)_DDR_\w+", segment)
    return (noc[1], f"MC_{noc[2]}") if noc else (segment.rpartition("/")[0], "")


def _flow(record: Record, build: Build, left: set[str]) -> Iterator[str]:
    """Slack is asked for before anything is written out, and what was promised is there."""
    order = [call.command for call in record.calls]
    gate = max((at for at, name in enumerate(order) if name == "get_timing_paths"), default=len(order))
    early = [name for name in IMAGES if name in order[:gate]]
    if early:
        yield f"timing gate: {', '.join(early)} runs before it"
    for name in (f"{build.name}{SUFFIXES[build.board.name]}", f"{build.name}.hwh", "result.json"):
        if name not in left:
            yield f"{name}: the script does not leave it"


def _segmented(record: Record, build: Build) -> Iterator[str]:
    """Both images are split; a kernel's is held to the golden design's NoC and compared with it."""
    values = {(target, name): value for target, name, value in properties(record)}
    if not any(name == "segmented_configuration" and value == "true" for (_, name), value in values.items()):
        yield "segmented_configuration: not set"
    if build.config is None:
        return
    if not values.get(("impl_1", "NOC_SOLUTION_FILE"), "").endswith("golden/golden_noc.ncr"):
        yield "NOC_SOLUTION_FILE: not the golden design's"
    if not record.of("pr_verify"):
        yield "pr_verify: the image is not compared with the golden design"


def _vitis(record: Record, build: Build) -> Iterator[str]:
    """The kernel object is named as the link file and the driver name it, and driven by ap_ctrl_hs."""
    config = build.config
    assert config is not None
    objects = record.of("package_xo")
    found = [(call.option("-kernel_name"), call.option("-ctrl_protocol"), call.option("-xo_path")) for call in objects]
    if found != [(config.kernel, "ap_ctrl_hs", f"{build.name}.xo")]:
        yield f"package_xo: found {found}, expected {config.kernel}, ap_ctrl_hs, {build.name}.xo"
    core = {name: value for target, name, value in properties(record) if target == "core"}
    if (core.get("SDX_KERNEL"), core.get("SDX_KERNEL_TYPE")) != ("true", "rtl"):
        yield "SDX_KERNEL: the IP is not packaged as an RTL kernel"
    yield from check_link(link_config(build), build)


def check_link(text: str, build: Build) -> Iterator[str]:
    """Yield what is wrong with a link file of v++: one kernel, and port p on HBM[p], each once."""
    config = build.config
    assert config is not None
    lines = text.split()
    entries = [tuple(line.split("=", 1)) for line in lines if "=" in line]
    if lines[:1] != ["[connectivity]"]:
        yield f"link.cfg: begins with {lines[:1]}, expected [connectivity]"
    kernels = [value for key, *rest in entries for value in rest if key == "nk"]
    if kernels != [f"{config.kernel}:1:{config.kernel}_1"]:
        yield f"link.cfg: nk is {kernels}, expected {config.kernel}:1:{config.kernel}_1"
    found = sorted(value for key, *rest in entries for value in rest if key == "sp")
    expected = sorted(f"{config.kernel}_1.m_axi_{port:02d}:HBM[{port}]" for port in range(config.ports))
    if found != expected:
        wrong = sorted(set(found) ^ set(expected)) or ["an entry twice"]
        yield f"link.cfg: sp differs in {', '.join(wrong[:4])}"
