# SPDX-License-Identifier: Apache-2.0
"""A kernel as Tcl tables, for the scripts that package it as IP: its registers, and identity and ports of a build."""

from dataclasses import dataclass

from golden.spec.configs import KernelConfig
from golden.spec.emit.template import render
from golden.spec.emit.tops import values
from golden.spec.register_file import MAP_BYTES, Field
from golden.spec.registers import RegisterMap

BASES = "PORT_BASE"
"""The register array whose element p is the base address of port p's arena."""


@dataclass(frozen=True)
class PackagedRegister:
    """One register, or one element of an array; `port` is the port that it points to, -1 where it points nowhere.

    `access` is that of a plain register, "mixed" where fields have their own.
    """

    name: str
    offset: int
    width: int
    port: int
    access: str
    fields: tuple[Field, ...]


def vlnv(kernel: str) -> str:
    """Return the name under which a kernel is packaged, to which its driver binds."""
    return f"krait:kernel:{kernel}:1.0"


def packaged_registers(regs: RegisterMap) -> tuple[PackagedRegister, ...]:
    """Return the registers of a map one by one, arrays as elements with a number behind their name."""
    return tuple(
        PackagedRegister(
            name=f"{register.name}_{index}" if register.count > 1 else register.name,
            offset=offset,
            width=register.width,
            port=index if register.name == BASES else -1,
            access=register.access if register.plain else "mixed",
            fields=() if register.plain else register.fields,
        )
        for register in regs.registers
        for index, offset in enumerate(register.offsets)
    )


def emit_tcl_registers(regs: RegisterMap) -> str:
    """Return the register table as Tcl."""
    return render("registers.tcl.j2", regs=regs, registers=packaged_registers(regs), map_bytes=MAP_BYTES)


def emit_tcl_kernel(config: KernelConfig, regs: RegisterMap) -> str:
    """Return identity and ports of a build as Tcl."""
    return render("kernel.tcl.j2", **values(config, regs), vlnv=vlnv(config.kernel))
