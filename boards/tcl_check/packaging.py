# SPDX-License-Identifier: Apache-2.0
"""What packaging scripts make of a kernel, against the RTL's ports, the register map and the driver's VLNV."""

from collections.abc import Iterator

from boards.bitstream_settings import Build
from boards.tcl_check.diagram import properties
from boards.tcl_check.interpreter import Call, Record, split
from boards.tcl_check.wrapper import Port, buses, module_ports
from golden.spec import KernelConfig, RegisterMap, load_register_map
from golden.spec.register_file import MAP_BYTES

CONTROL = "s_axi_control"
BLOCK = f"core/{CONTROL}/reg0"
_ACCESS = {
    "rw": ("read-write", "", ""),
    "ro": ("read-only", "", ""),
    "w1s": ("read-write", "oneToSet", ""),
    "w1t": ("read-write", "oneToToggle", ""),
    "rc": ("read-only", "", "clear"),
}
"""Access of a field -> what IP-XACT calls it: access, what a write does, what a read does."""


def problems(record: Record, build: Build, vlnv: str) -> Iterator[str]:
    """Yield what is wrong with the packaged kernel; `vlnv` is the name that its driver binds to."""
    config = build.config
    if config is None:
        return
    yield from _tables(record, build)
    yield from _identity(record, build, vlnv)
    yield from _interfaces(record, config)
    regs = load_register_map(config.kernel)
    yield from _registers(record, regs, config, for_vitis=build.design.tool == "vitis")


def _tables(record: Record, build: Build) -> Iterator[str]:
    """Compare the generated tables with the ports of the wrapper."""
    ports = module_ports(build.sources[0])
    found = {name: Port(direction, int(width)) for name, direction, width in _rows(record, "signals")}
    inside = {f"{bus}_{signal}" for bus, signals in buses(ports).items() for signal in signals}
    outside = {name: port for name, port in ports.items() if name not in inside}
    yield from _differences("wrapper", found, outside)
    named = [(CONTROL, "control_signals"), *((bus, "master_signals") for bus in split(record.tables["masters"]))]
    for bus, table in named:
        rows = {name: Port(direction, int(width)) for name, direction, width in _rows(record, table)}
        yield from _differences(bus, rows, buses(ports).get(bus, {}))
    for bus in buses(ports):
        if bus not in dict(named):
            yield f"{bus}: a port of the RTL that the table of masters lacks"


def _rows(record: Record, table: str) -> list[list[str]]:
    return [split(row) for row in split(record.tables[table])]


def _differences(what: str, found: dict[str, Port], expected: dict[str, Port]) -> Iterator[str]:
    for name in sorted(found.keys() | expected.keys()):
        if found.get(name) != expected.get(name):
            yield f"{what}: {name}: the table has {found.get(name)}, the RTL {expected.get(name)}"


def _identity(record: Record, build: Build, vlnv: str) -> Iterator[str]:
    """Compare VLNV, top, sources and build number."""
    package = record.of("ipx::package_project")
    core = {name: value for target, name, value in properties(record) if target == "core"}
    vendor, library = (package[0].option("-vendor"), package[0].option("-library")) if package else ("", "")
    found = ":".join((vendor, library, core.get("NAME", ""), core.get("VERSION", "")))
    if found != vlnv:
        yield f"VLNV: found {found}, the driver binds to {vlnv}"
    instances = [
        call.option("-vlnv") for call in record.of("create_bd_cell") if call.option("-vlnv").startswith("krait:")
    ]
    for instance in instances:
        if instance != vlnv:
            yield f"VLNV of the cell: found {instance}, the driver binds to {vlnv}"
    tops = [value for target, name, value in properties(record) if (target, name) == ("sources_1", "TOP")]
    if build.name not in tops:
        yield f"top: found {', '.join(tops) or 'none'}, expected the wrapper {build.name}"
    added = {path for call in record.of("add_files") for path in split(call.arguments[-1])}
    missing = [path.name for path in build.sources if str(path) not in added]
    if missing:
        yield f"sources: {', '.join(missing)} not added"
    numbers = [value for target, name, value in properties(record) if target == "core/BUILD_ID" and name == "VALUE"]
    if numbers != [f"{build.build_id:#010x}"] * 2:
        yield f"BUILD_ID: found {numbers}, expected {build.build_id:#010x} as user and HDL parameter"


def _interfaces(record: Record, config: KernelConfig) -> Iterator[str]:
    """Every interface has the clock, the clock its reset, and the interrupt is one."""
    calls = record.of("ipx::associate_bus_interfaces")
    with_clock = {call.option("-busif") for call in calls if call.option("-clock") == "ap_clk"}
    for bus in (CONTROL, *(f"m_axi_{port:02d}" for port in range(config.ports))):
        if bus not in with_clock:
            yield f"{bus}: not associated with ap_clk"
    if not any((call.option("-clock"), call.option("-reset")) == ("ap_clk", "ap_rst_n") for call in calls):
        yield "ap_rst_n: not associated with ap_clk"
    inferred = [call.arguments[:2] for call in record.of("ipx::infer_bus_interface")]
    if ("interrupt", "xilinx.com:signal:interrupt_rtl:1.0") not in inferred:
        yield f"interrupt: inferred {inferred}, expected interrupt_rtl"


def _registers(record: Record, regs: RegisterMap, config: KernelConfig, *, for_vitis: bool) -> Iterator[str]:
    """Compare the packaged address block, register by register, field by field, with the map."""
    values: dict[str, dict[str, str]] = {}
    for target, name, value in properties(record):
        values.setdefault(target, {})[name] = value
    if int(values.get(BLOCK, {}).get("RANGE", "0"), 0) != MAP_BYTES:
        yield f"{CONTROL}: range {values.get(BLOCK, {}).get('RANGE')}, expected {MAP_BYTES:#x}"
    if values.get(f"core/{CONTROL}", {}).get("SLAVE_MEMORY_MAP_REF") != CONTROL:
        yield f"{CONTROL}: its memory map is not referred to"
    found = {_leaf(call): values.get(call.result, {}) for call in record.of("ipx::add_register")}
    expected = dict(_expected(regs, config, for_vitis))
    for name in sorted(found.keys() | expected.keys()):
        have = {key: int(found[name][key], 0) for key in ("ADDRESS_OFFSET", "SIZE")} if name in found else None
        if have != expected.get(name):
            yield f"register {name}: found {have}, the map has {expected.get(name)}"
    yield from _fields(record, regs, values, set(expected))
    for port in range(config.ports):
        target = f"{BLOCK}/PORT_BASE_{port}/ASSOCIATED_BUSIF"
        if values.get(target, {}).get("VALUE") != f"m_axi_{port:02d}":
            yield f"PORT_BASE_{port}: associated with {values.get(target, {}).get('VALUE')}, expected m_axi_{port:02d}"


def _expected(regs: RegisterMap, config: KernelConfig, for_vitis: bool) -> Iterator[tuple[str, dict[str, int]]]:
    for register in regs.registers:
        argument = register.offset >= 0x10
        for index, offset in enumerate(register.offsets):
            absent = register.name == "PORT_BASE" and index >= config.ports
            if for_vitis and argument and (register.access != "rw" or not register.plain or absent):
                continue
            name = f"{register.name}_{index}" if register.count > 1 else register.name
            yield name, {"ADDRESS_OFFSET": offset, "SIZE": register.width}


def _fields(record: Record, regs: RegisterMap, values: dict[str, dict[str, str]], expected: set[str]) -> Iterator[str]:
    """Compare place and access of every field, and of plain registers as a whole."""
    added = {call.result for call in record.of("ipx::add_field")}
    for register in regs.registers:
        names = (
            [f"{register.name}_{index}" for index in range(register.count)] if register.count > 1 else [register.name]
        )
        for name in (name for name in names if name in expected):
            for field in register.fields:
                path = f"{BLOCK}/{name}" if register.plain else f"{BLOCK}/{name}/{field.name}"
                have = values.get(path, {})
                place = (have.get("BIT_OFFSET"), have.get("BIT_WIDTH"))
                if not register.plain and (path not in added or place != (str(field.lsb), str(field.width))):
                    yield f"field {name}.{field.name}: found {place}, the map has {(field.lsb, field.width)}"
                access = (have.get("ACCESS"), have.get("MODIFIED_WRITE_VALUE", ""), have.get("READ_ACTION", ""))
                if access != _ACCESS[field.access]:
                    yield f"{name}.{field.name}: access {access}, expected {_ACCESS[field.access]}"


def _leaf(call: Call) -> str:
    return call.arguments[0]
