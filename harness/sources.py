# SPDX-License-Identifier: Apache-2.0
"""Which files make up a simulation of the kernel, for each configuration, transport and simulator."""

from pathlib import Path
from typing import Literal

from harness.build import IcarusBuild, VerilatorBuild
from harness.paths import ROOT, VERILOG

SIM = ROOT / "harness" / "sim"
INCLUDES = (VERILOG / "common", VERILOG / "gen")
# The register file's storage and status, for the register model's backdoor.
BACKDOOR = ("axil_regs.regs_q", "axil_regs.ro_value")


def core() -> tuple[Path, ...]:
    """Return the hand-written Verilog of the kernel and of what it uses."""
    return tuple(sorted(path for folder in ("common", "ternary") for path in (VERILOG / folder).glob("*.v")))


def wrapper(config: str) -> Path:
    """Return the generated board wrapper of a configuration."""
    return VERILOG / "gen" / f"tern_matvec_{config}.v"


def simulation_top(config: str) -> Path:
    """Return the generated simulation top of a configuration: wrapper and simulation memory."""
    return SIM / "gen" / f"sim_tern_matvec_{config}.sv"


def memory() -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Return the simulation memory: its SystemVerilog, and its C++ behind DPI."""
    return (SIM / "rtl" / "sim_axi_mem.sv",), (SIM / "cpp" / "axi_mem.cpp",)


def cocotb_build(
    config: str, transport: Literal["beat", "bulk"], simulator: Literal["verilator", "icarus"]
) -> VerilatorBuild | IcarusBuild:
    """Return the build of a cocotb simulation: the wrapper alone (beat), or with the simulation memory (bulk)."""
    top = f"tern_matvec_{config}"
    files = (*core(), wrapper(config))
    if simulator == "icarus":
        return IcarusBuild(top, files, includes=INCLUDES)
    if transport == "beat":
        return VerilatorBuild(top, files, includes=INCLUDES, public=BACKDOOR)
    verilog, cpp = memory()
    return VerilatorBuild(
        f"sim_{top}", (*files, *verilog, simulation_top(config)), includes=INCLUDES, cpp=cpp, public=BACKDOOR
    )
