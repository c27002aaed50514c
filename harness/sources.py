# SPDX-License-Identifier: Apache-2.0
"""Which build a cocotb simulation of a kernel needs, for each configuration, transport and simulator."""

from typing import Literal

from harness.build import Clock, IcarusBuild, VerilatorBuild
from harness.paths import VERILOG
from harness.sim.model import FAMILIES, MEMORY_CPP, kernel_sources
from harness.uvm.job import CLOCK_NS

# The register file's storage and status, for the register model's backdoor: in beat-level builds only, because visible
# signals are kept up to date in every cycle, and 20,000 bits of them take time that Python takes there anyway.
BACKDOOR = ("axil_regs.store_q", "axil_regs.ro_value")

# The RTL's own checks cost a bulk run a sixth of its speed; every beat-level and every Icarus run has them.
NO_CHECKS = {"KRAIT_NO_CHECKS": ""}


def cocotb_build(
    kernel: str, config: str, transport: Literal["beat", "bulk"], simulator: Literal["verilator", "icarus"]
) -> VerilatorBuild | IcarusBuild:
    """Return the build of a cocotb simulation: the board wrapper alone (beat), or with the simulation memory (bulk).

    Raises:
        InputError: the generated files of the configuration are missing.
    """
    top = f"{kernel}_{config}"
    files = kernel_sources(kernel, config)
    includes = (VERILOG, VERILOG / "common", VERILOG / "gen", *(VERILOG / folder for folder in FAMILIES[kernel]))
    if transport == "bulk":
        clock = Clock("clk", CLOCK_NS)
        return VerilatorBuild(f"sim_{top}", files, defines=NO_CHECKS, includes=includes, cpp=MEMORY_CPP, clock=clock)
    verilog = tuple(path for path in files if path.suffix == ".v")
    if simulator == "icarus":
        return IcarusBuild(top, verilog, includes=includes)
    return VerilatorBuild(top, verilog, includes=includes, public=BACKDOOR)
