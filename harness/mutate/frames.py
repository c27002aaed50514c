# SPDX-License-Identifier: Apache-2.0
"""Modules inside of another top, which stays: their parameters there, and the file that takes the place of theirs.

The netlist of a module has one set of parameters. Instances with these become the netlist, all others keep the source.
"""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from golden.errors import CheckError, MachineError
from harness.build import IcarusBuild, Param, build
from harness.build.spec import literal
from harness.mutate.simulations import Simulation
from harness.mutate.units import Unit
from harness.toolchain import find_icarus

Shape = tuple[tuple[str, Param], ...]
"""Parameters by name, in alphabetical order."""
LIMIT_S = 120
"""Seconds for a design to say its parameters."""
_HEADER = re.compile(r"^module \w+ .*?^\);$", re.M | re.S)
_PARAMETER = re.compile(r"^\s*parameter\s+(?:\[[^\]]*\]\s*)?(\w+)", re.M)
_PORTS = re.compile(r"^module \w+\s*(?:#\(.*?\) )?\(([^)]*)\);$", re.M)
_TOLD = "krait_instance"


def shapes(unit: Unit, simulation: Simulation, folder: Path) -> frozenset[Shape]:
    """Return the parameters of a unit's instances in a simulation: those that are given if it is the top.

    There may be none: a build can leave a module out.
    Raises:
        CheckError: the design does not build.
        MachineError: Icarus is missing.
    """
    if simulation.top == unit.name:
        return frozenset([simulation.shape])
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / unit.source.name
    probe.write_text(_talking(unit))
    files = simulation.with_source(probe)
    spec = IcarusBuild(
        simulation.top, files, simulation.params, simulation.defines, tuple(map(Path, simulation.includes))
    )
    return frozenset(_parameters(line) for line in _run(build(spec)).splitlines() if line.startswith(_TOLD))


def _talking(unit: Unit) -> str:
    """Return the source with each instance's parameters printed at the begin of time, and an end of it."""
    text = unit.source.read_text()
    names = _PARAMETER.findall(_header(text))
    told = " ".join(f"{name}=%0d" for name in names)
    values = "".join(f", {name}" for name in names)
    said = f'  initial $display("{_TOLD} {told}"{values});\n  initial #1 $finish;\n'
    return text.replace("\nendmodule", f"\n{said}endmodule")


def _parameters(line: str) -> Shape:
    values = (word.split("=") for word in line.split()[1:])
    return tuple(sorted((name, int(value)) for name, value in values))


def _run(vvp: Path) -> str:
    icarus = find_icarus()
    if icarus is None:
        raise MachineError("no Icarus Verilog: vvp not found on PATH; apt install iverilog (11 or later)")
    try:
        done = subprocess.run([icarus.vvp, "-n", vvp], capture_output=True, text=True, check=False, timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        raise CheckError(f"mutate: {vvp}: no end of its first nanosecond after {LIMIT_S} s") from None
    return done.stdout


def _header(text: str) -> str:
    """Return a module's text to the end of its list of ports."""
    found = _HEADER.search(text)
    if found is None:
        raise CheckError("mutate: a module's list of ports does not end in a line ');'")
    return found[0]


def framed(source: str, netlist: str, name: str, params: Mapping[str, Param]) -> str:
    """Return three modules for one: it, which takes the netlist or the source by its parameters, and these two."""
    header = _header(source)
    ports = _PORTS.search(netlist)
    if ports is None:
        raise CheckError(f"mutate: {name}: Yosys wrote no list of ports")
    pins = ", ".join(f".{port}({port})" for port in map(str.strip, ports[1].split(",")))
    same = " && ".join(f"{key} == {literal(value)}" for key, value in params.items()) or "1"
    handed = ", ".join(f".{key}({key})" for key in params)
    plain = f"{name}_krait_plain {f'#({handed}) ' if handed else ''}u_plain ({pins});"
    faulty, chosen = f"{name}_krait_faulty", re.sub(r"\boutput(\s+)reg\b", r"output\1wire", header)
    taken = f"  generate if ({same}) begin : g_faulty\n    {faulty} u_faulty ({pins});\n  end else begin : g_plain\n"
    choice = f"{chosen}\n{taken}    {plain}\n  end endgenerate\nendmodule\n"
    return "\n".join(
        (
            re.sub(rf"\bmodule {name}\b", f"module {faulty}", netlist),
            source[: source.index(header)] + choice,
            re.sub(rf"\bmodule {name}\b", f"module {name}_krait_plain", source),
        )
    )
