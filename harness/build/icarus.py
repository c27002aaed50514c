# SPDX-License-Identifier: Apache-2.0
"""Builds Icarus simulations: one iverilog call, Verilog-2005."""

from pathlib import Path

from golden.errors import MachineError
from harness.atomic import publish_dir
from harness.build import waves
from harness.build.spec import TIMESCALE, IcarusBuild, key, literal
from harness.build.steps import run
from harness.paths import build_dir
from harness.toolchain import Icarus, find_icarus


def build_icarus(spec: IcarusBuild) -> Path:
    """Return the .vvp of a design; see `harness.build.build`."""
    icarus = find_icarus()
    if icarus is None:
        raise MachineError("no Icarus Verilog: iverilog or vvp not found on PATH; apt install iverilog (11 or later)")
    tools = [repr(icarus), *(waves.icarus(spec.top) if spec.trace == "fst" else ())]
    folder = build_dir() / "sim-cache" / f"{spec.top}-icarus-{key(spec, tools)}"
    publish_dir(folder, lambda work: _build(spec, icarus, work))
    return folder / f"{spec.top}.vvp"


def _build(spec: IcarusBuild, icarus: Icarus, work: Path) -> None:
    (work / "options.f").write_text(f"+timescale+{TIMESCALE}\n")
    (work / "krait_settings.v").write_text(_settings(spec))
    command: list[str | Path] = [
        icarus.iverilog,
        *("-g2005", "-f", "options.f", "-o", f"{spec.top}.vvp", "-s", spec.top, "-s", "krait_settings"),
        *(f"-D{name}={value}" if value else f"-D{name}" for name, value in spec.defines.items()),
        *(f"-I{path}" for path in spec.includes),
        *spec.sources,
        "krait_settings.v",
    ]
    run(command, work, work / "iverilog.log", f"compiling {spec.top} with Icarus")


def _settings(spec: IcarusBuild) -> str:
    """Return a second top that sets parameters and waves: `-P` of Icarus 11 takes no sized or wide literals."""
    lines = [f"  defparam {spec.top}.{name} = {literal(value)};" for name, value in spec.params.items()]
    if spec.trace == "fst":
        lines += waves.icarus(spec.top)
    elif spec.trace:
        lines.append(f'  initial begin $dumpfile("dump.vcd"); $dumpvars(0, {spec.top}); end')
    return "\n".join(["module krait_settings;", *lines, "endmodule", ""])
