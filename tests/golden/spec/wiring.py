# SPDX-License-Identifier: Apache-2.0
"""Stubs and benches around the generated tops: every wire carries a value of its own, both ends compare."""

import random
import re
import subprocess
from pathlib import Path

from golden.spec import KernelConfig
from golden.spec.emit.tops import CONTROL, Signal, memory_signals
from harness.toolchain import Icarus

BUILD_ID = 77


def live_signals(config: KernelConfig) -> list[Signal]:
    """The memory port's signals that the core itself has."""
    return [signal for signal in memory_signals(config.port_bits) if not signal.constant]


def wire_values(config: KernelConfig, flip: bool = False) -> dict[tuple[str, int], int]:
    """A random value for each (signal, port), or its complement: what one bit cannot tell apart, the two runs can."""
    draw = random.Random(f"wires of {config.name}")
    wires = [(f"s_axil_{s.name}", 0, s.width) for s in CONTROL]
    wires += [(f"m_axi_{s.name}", p, s.width) for s in live_signals(config) for p in range(config.ports)]
    return {(name, p): draw.getrandbits(w) ^ (((1 << w) - 1) if flip else 0) for name, p, w in wires}


def flat(name: str, signal: Signal, ports: int, values: dict[tuple[str, int], int]) -> str:
    """The literal of a flat vector, port 0 lowest."""
    bits = sum(values[name, p] << p * signal.width for p in range(ports))
    return f"{ports * signal.width}'h{bits:x}"


def stub(module: str, params: str, plain: str, buses: list[tuple[str, str, bool, str]], checks: list[str]) -> str:
    """A module that drives and expects `buses` of (name, literal, out, range), and reports each difference."""
    ports = [f"  {'output' if out else 'input'} wire {span} {name}" for name, _, out, span in buses]
    drive = [f"  assign {name} = {literal};" for name, literal, out, _ in buses if out]
    expect = [f'    if ({name} !== {literal}) $display("BAD {name}");' for name, literal, out, _ in buses if not out]
    head = f"module {module} #({params}) (\n{plain},\n" + ",\n".join(ports) + ");"
    return "\n".join([head, *drive, "  initial begin #1;", *expect, *checks, "  end", "endmodule", ""])


def core_stub(config: KernelConfig, values: dict[tuple[str, int], int]) -> str:
    """A kernel that drives its outputs with `values` and expects them on its inputs, parameters included."""
    buses = []
    for prefix, signals, ports in (("s_axil", CONTROL, 1), ("m_axi", live_signals(config), config.ports)):
        for s in signals:
            name = f"{prefix}_{s.name}"
            buses.append((name, flat(name, s, ports, values), s.out, f"[{ports * s.width - 1}:0]"))
    given = config.parameters | {"BUILD_ID": BUILD_ID}
    params = ", ".join(f"parameter {name} = 0" for name in given) + ", parameter [63:0] CONFIG_HASH = 0"
    checks = [f'    if ({name} !== {value}) $display("BAD {name}");' for name, value in given.items()]
    checks += [f'    if (CONFIG_HASH !== 64\'h{config.config_hash:x}) $display("BAD CONFIG_HASH");']
    checks += ['    if (aclk !== 1 || aresetn !== 0) $display("BAD clock or reset of the core");']
    plain = "  input wire aclk,\n  input wire aresetn,\n  output wire interrupt"
    text = stub(config.kernel, params, plain, buses, checks)
    return text.replace("  initial begin", "  assign interrupt = 1'b1;\n  initial begin")


def memory_stub(config: KernelConfig, values: dict[tuple[str, int], int]) -> str:
    """A simulation memory that expects what the core drives, and drives what the core expects."""
    buses = []
    for s in live_signals(config):
        literal = flat(f"m_axi_{s.name}", s, config.ports, values)
        buses.append((f"s_axi_{s.name}", literal, not s.out, f"[{config.ports * s.width - 1}:0]"))
    checks = ['    if (clk !== 1 || rst !== 1) $display("BAD clock or reset of the memory");']
    checks += [f'    if (PORTS !== {config.ports} || PORT_W !== {config.port_bits}) $display("BAD memory size");']
    params = "parameter PORTS = 0, parameter PORT_W = 0"
    return stub("sim_axi_mem", params, "  input wire clk,\n  input wire rst", buses, checks)


def bench(config: KernelConfig, values: dict[tuple[str, int], int], sim: bool) -> str:
    """Drive the named ports of a wrapper, or of a simulation top, with `values`; compare its outputs with them."""
    signals = [(f"s_axi_control_{s.name}", s, values[f"s_axil_{s.name}", 0]) for s in CONTROL]
    for p in range(0 if sim else config.ports):
        port = memory_signals(config.port_bits)
        signals += [(f"m_axi_{p:02d}_{s.name}", s, values.get((f"m_axi_{s.name}", p), 0)) for s in port]
    wires, pins, expect = [], [], []
    for name, s, value in signals:
        literal = s.constant or f"{s.width}'h{value:x}"
        wires.append(f"  wire [{s.width - 1}:0] {name}{'' if s.out else f' = {literal}'};")
        pins.append(f"    .{name}({name})")
        expect += [f'    if ({name} !== {literal}) $display("BAD {name}");'] if s.out else []
    clock, reset, top = ("clk", "rst_n", "sim_") if sim else ("ap_clk", "ap_rst_n", "")
    pins += [f"    .{clock}(1'b1)", f"    .{reset}(1'b0)", "    .interrupt(interrupt)"]
    dut = f"  {top}{config.kernel}_{config.name} #(.BUILD_ID({BUILD_ID})) dut (\n" + ",\n".join(pins) + ");"
    expect += ['    if (interrupt !== 1) $display("BAD interrupt");', '    $display("END");']
    body = ["module bench;", "  wire interrupt;", *wires, dut, "  initial begin #2;", *expect]
    return "\n".join([*body, "  end", "endmodule", ""])


def simulate(folder: Path, icarus: Icarus, config: KernelConfig, wrapper: str, sim_top: str = "") -> list[str]:
    """Run the tops between stubs and bench, with the values and with their complements; return what is printed."""
    found: list[str] = []
    for flip in (False, True):
        values = wire_values(config, flip)
        text = wrapper + core_stub(config, values) + bench(config, values, sim=bool(sim_top))
        text += sim_top + memory_stub(config, values) if sim_top else ""
        source, image = folder / "wiring.v", folder / "wiring.vvp"
        source.write_text(text)
        compiled = [icarus.iverilog, "-g2005", "-Wall", "-Wno-timescale", "-s", "bench", "-o", image, source]
        built = subprocess.run(compiled, capture_output=True, text=True, check=False)
        assert (built.returncode, built.stderr) == (0, "")
        run = subprocess.run([icarus.vvp, "-n", image], capture_output=True, text=True, check=True)
        found += run.stdout.split("\n")[:-1]
    return found


def quiet(text: str) -> str:
    """A stub without its checks, every input and parameter used: what linters want around the tops."""
    text = re.sub(r"  initial begin.*  end\n(?=endmodule)", "", text, flags=re.DOTALL)
    inputs = re.findall(r"input wire (?:\[[^]]*\] )?(\w+)", text)
    used = ", ".join([*inputs, *(f"{name}[0]" for name in re.findall(r"parameter (?:\[[^]]*\] )?(\w+)", text))])
    return text.replace("endmodule", f"  wire unused_all = &{{1'b0, {used}}};\nendmodule")
