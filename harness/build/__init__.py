# SPDX-License-Identifier: Apache-2.0
"""Content-addressed cache of simulator builds: the same inputs are compiled once, changed inputs always."""

from pathlib import Path

from harness.build.icarus import build_icarus
from harness.build.spec import Clock, Counted, IcarusBuild, Param, VerilatorBuild
from harness.build.verilator import build_verilator

__all__ = ["Clock", "Counted", "IcarusBuild", "Param", "VerilatorBuild", "build"]


def build(spec: VerilatorBuild | IcarusBuild) -> Path:
    """Return what a specification describes, built now or earlier: an executable, a .so, or a .vvp.

    Raises:
        InputError: a source is missing or rejected by the tool; the message has the tool's first error line.
        MachineError: a tool is missing or too old, or the build folder cannot be written.
    """
    return build_verilator(spec) if isinstance(spec, VerilatorBuild) else build_icarus(spec)
