# SPDX-License-Identifier: Apache-2.0
"""Ports of a Verilog module as they stand in its header, for comparison with what scripts say of them."""

import re
from dataclasses import dataclass
from pathlib import Path

from golden.errors import InputError

_PORT = re.compile(r"^\s*(input|output)\s+wire\s+(?:\[(\d+):0\]\s*)?(\w+)\s*,?\s*(?://.*)?$", re.M)
_BUS = re.compile(r"(m_axi_\d\d|s_axi_control)_(\w+)")


@dataclass(frozen=True)
class Port:
    """One port of a module: direction (in or out) and bits."""

    direction: str
    width: int


def module_ports(path: Path) -> dict[str, Port]:
    """Return the ports of the only module of a file by name. InputError: it has none."""
    text = path.read_text(encoding="utf-8")
    header = text[text.index("module ") : text.index(");")] if "module " in text else ""
    found = {
        name: Port(direction.removesuffix("put"), int(high or 0) + 1) for direction, high, name in _PORT.findall(header)
    }
    if not found:
        raise InputError(f"{path}: no ports found, expected a module with `input wire` and `output wire` ports")
    return found


def buses(ports: dict[str, Port]) -> dict[str, dict[str, Port]]:
    """Return the AXI interfaces among ports: by their name, their signals by the rest of the ports' names."""
    found: dict[str, dict[str, Port]] = {}
    for name, port in ports.items():
        match = _BUS.fullmatch(name)
        if match:
            found.setdefault(match[1], {})[match[2]] = port
    return found
