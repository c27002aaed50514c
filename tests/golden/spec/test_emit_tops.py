# SPDX-License-Identifier: Apache-2.0
"""Generated tops: every wire goes where its name says, and no tool has anything to say about them."""

import random
import re
import subprocess
from pathlib import Path

import pytest

from golden.spec import KernelConfig, load_config, load_configs, load_register_map
from golden.spec.emit import emit_sim_top, emit_wrapper
from golden.spec.emit.tops import CONTROL, Signal, memory_signals
from harness.toolchain import find_icarus, find_verilator, find_yosys

REGS = load_register_map("tern_matvec")
ALL = pytest.mark.parametrize("config", load_configs("tern_matvec").values(), ids=lambda config: config.name)


def core_stub(config: KernelConfig, values: dict[str, int]) -> str:
    """A kernel of the same ports that drives `values` and stops unless it sees them on its inputs."""
    body = ["module tern_matvec #(parameter PORTS = 0, PORT_W = 0, OUTS = 0, T_COLS = 0, ACC_DEPTH = 0, X_SLOTS = 0,"]
    body.append("  parameter [63:0] CONFIG_HASH = 0, parameter [31:0] BUILD_ID = 0) (")
    drive, expect = [], []
    live = [signal for signal in memory_signals(config.port_bits) if not signal.constant]
    for prefix, signals, ports in (("s_axil", CONTROL, 1), ("m_axi", live, config.ports)):
        for s in signals:
            name, width = f"{prefix}_{s.name}", ports * s.width
            body.append(f"  {'output' if s.out else 'input'} wire [{width - 1}:0] {name},")
            flat = sum(values[f"{name}_{p}"] << p * s.width for p in range(ports))
            literal = f"{width}'h{flat:x}"
            drive += [f"  assign {name} = {literal};"] if s.out else []
            expect += [] if s.out else [f'    if ({name} !== {literal}) $display("BAD {name}");']
    body.append("  input wire aclk, input wire aresetn, output wire interrupt);")
    params = {"PORTS": config.ports, "PORT_W": config.port_bits, "OUTS": config.outs, "T_COLS": config.t_cols}
    params |= {"ACC_DEPTH": config.acc_depth, "X_SLOTS": config.x_slots}
    expect += [f'    if ({key} !== {value}) $display("BAD {key}");' for key, value in params.items()]
    expect += [f'    if (CONFIG_HASH !== 64\'h{config.config_hash:x}) $display("BAD CONFIG_HASH");']
    expect += ['    if (BUILD_ID !== 32\'d77 || aclk !== 1 || aresetn !== 0) $display("BAD clock, reset or build id");']
    return "\n".join(
        [*body, *drive, "  assign interrupt = 1;", "  initial begin #1;", *expect, "  end", "endmodule", ""]
    )


def bench(config: KernelConfig, values: dict[str, int]) -> str:
    """Drive the wrapper's named ports with `values`, compare its outputs with them."""
    wires, pins, expect = [], [], []

    def port(name: str, s: Signal, value: int) -> None:
        literal = s.constant or f"{s.width}'h{value:x}"
        wires.append(f"  wire [{s.width - 1}:0] {name}" + (";" if s.out else f" = {literal};"))
        pins.append(f"    .{name}({name})")
        if s.out:
            expect.append(f'    if ({name} !== {literal}) $display("BAD {name}");')

    for s in CONTROL:
        port(f"s_axi_control_{s.name}", s, values[f"s_axil_{s.name}_0"])
    for p in range(config.ports):
        for s in memory_signals(config.port_bits):
            port(f"m_axi_{p:02d}_{s.name}", s, values.get(f"m_axi_{s.name}_{p}", 0))
    pins += ["    .ap_clk(1'b1)", "    .ap_rst_n(1'b0)", "    .interrupt(interrupt)"]
    head = f"  wire interrupt;\n  tern_matvec_{config.name} #(.BUILD_ID(77)) dut (\n"
    tail = [
        "  initial begin #2;",
        *expect,
        '    if (interrupt !== 1) $display("BAD interrupt");',
        '    $display("END");',
    ]
    body = ["module bench;", *wires, head + ",\n".join(pins) + ");", *tail, "  end", "endmodule", ""]
    return "\n".join(body)


def wire_values(config: KernelConfig) -> dict[str, int]:
    """A random value for every signal of every port, so that no two wires look alike for long."""
    draw = random.Random(f"wires of {config.name}")
    live = [signal for signal in memory_signals(config.port_bits) if not signal.constant]
    values = {f"s_axil_{s.name}_0": draw.getrandbits(s.width) for s in CONTROL}
    return values | {f"m_axi_{s.name}_{p}": draw.getrandbits(s.width) for s in live for p in range(config.ports)}


def simulate_wiring(folder: Path, config: KernelConfig, wrapper: str) -> list[str]:
    """Run wrapper, stub and bench in Icarus; return what they print."""
    icarus = find_icarus()
    assert icarus
    found = []
    # One bit tells 0 from 1 only: the complement of all values doubles what single wires can confuse.
    for index, flip in enumerate((False, True)):
        values = wire_values(config)
        widths = {f"s_axil_{s.name}": s.width for s in CONTROL}
        widths |= {f"m_axi_{s.name}": s.width for s in memory_signals(config.port_bits)}
        if flip:
            values = {key: value ^ (1 << widths[key.rsplit("_", 1)[0]]) - 1 for key, value in values.items()}
        source = folder / f"wiring{index}.v"
        source.write_text(wrapper + core_stub(config, values) + bench(config, values))
        image = source.with_suffix(".vvp")
        compiled = [icarus.iverilog, "-g2005", "-Wall", "-Wno-timescale", "-s", "bench", "-o", image, source]
        built = subprocess.run(compiled, capture_output=True, text=True, check=False)
        assert built.returncode == 0, built.stderr
        assert built.stderr == ""
        run = subprocess.run([icarus.vvp, "-n", image], capture_output=True, text=True, check=True)
        found += run.stdout.split("\n")[:-1]
    return found


@pytest.mark.icarus
@ALL
def test_wrapper_connects_every_wire_to_its_own(tmp_path: Path, config: KernelConfig) -> None:
    """Port p's named signal is slice p of the core's vector, constants and parameters arrive, in both directions."""
    assert simulate_wiring(tmp_path, config, emit_wrapper(config, REGS)) == ["END", "END"]


@pytest.mark.icarus
@pytest.mark.parametrize(
    ("old", "new", "bad"),
    [
        ("core_araddr[63:0]", "core_araddr[127:64]", "BAD m_axi_00_araddr"),
        ("{m_axi_01_rdata, m_axi_00_rdata}", "{m_axi_00_rdata, m_axi_01_rdata}", "BAD m_axi_rdata"),
        (".T_COLS     (4)", ".T_COLS     (3)", "BAD T_COLS"),
        ("2'b01", "2'b00", "BAD m_axi_00_arburst"),
    ],
)
def test_a_miswired_wrapper_is_seen(tmp_path: Path, old: str, new: str, bad: str) -> None:
    """The wiring test fails, naming the port, when one slice, order, parameter or constant is wrong."""
    config = load_config("tern_matvec", "sim")
    wrapper = emit_wrapper(config, REGS)
    assert old in wrapper
    assert bad in simulate_wiring(tmp_path, config, wrapper.replace(old, new, 1))


def memory_stub(config: KernelConfig) -> str:
    """A simulation memory's ports around nothing."""
    live = [signal for signal in memory_signals(config.port_bits) if not signal.constant]
    ports = [f"  {'input' if s.out else 'output'} wire [{config.ports * s.width - 1}:0] s_axi_{s.name}" for s in live]
    outs = [f"  assign s_axi_{s.name} = {config.ports * s.width}'d0;" for s in live if not s.out]
    unused = ", ".join(f"s_axi_{s.name}" for s in live if s.out)
    head = "module sim_axi_mem #(parameter PORTS = 0, parameter PORT_W = 0) (\n  input wire clk,\n  input wire rst,\n"
    extra = [f"  wire unused_all = &{{1'b0, clk, rst, PORTS[0], PORT_W[0], {unused}}};", "endmodule", ""]
    return head + ",\n".join(ports) + "\n);\n" + "\n".join([*outs, *extra])


def quiet_core(config: KernelConfig) -> str:
    """The core's ports, driven with zeros, for tools that judge the wiring around it."""
    text = core_stub(config, dict.fromkeys(wire_values(config), 0))
    text = text[: text.index("  initial begin")]
    inputs = re.findall(r"input wire (?:\[[^]]*\] )?(\w+)", text)
    params = ["PORTS", "PORT_W", "OUTS", "T_COLS", "ACC_DEPTH", "X_SLOTS", "CONFIG_HASH", "BUILD_ID"]
    used = ", ".join([*inputs, *(f"{name}[0]" for name in params)])
    text = text.replace("assign interrupt = 1;", "assign interrupt = 1'b1;")
    return text + f"  wire unused_all = &{{1'b0, {used}}};\nendmodule\n"


def write_sources(folder: Path, config: KernelConfig) -> list[Path]:
    """Write the generated tops and stubs of what they instantiate, one module a file; the simulation top comes last."""
    name = f"tern_matvec_{config.name}"
    texts = {
        "tern_matvec.v": quiet_core(config),
        f"{name}.v": emit_wrapper(config, REGS),
        "sim_axi_mem.sv": memory_stub(config),
        f"sim_{name}.sv": emit_sim_top(config, REGS),
    }
    for file, text in texts.items():
        (folder / file).write_text(text)
    return [folder / file for file in texts]


@ALL
@pytest.mark.parametrize("top", ["wrapper", "sim"])
def test_tops_are_clean_under_verilator(tmp_path: Path, config: KernelConfig, top: str) -> None:
    """verilator -Wall has nothing to say about a generated top, the width of every wire included."""
    sources = write_sources(tmp_path, config)[: 2 if top == "wrapper" else 4]
    tool = find_verilator()
    command = [tool.verilator_bin, "--lint-only", "-Wall", "--top-module", sources[-1].stem, *sources]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env={"VERILATOR_ROOT": str(tool.root)})
    assert (run.returncode, "%Warning" in run.stderr) == (0, False), run.stderr


def test_wrapper_is_clean_under_yosys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Yosys elaborates a wrapper, and `check -assert` finds no undriven or doubly driven wire."""
    sources = write_sources(tmp_path, load_config("tern_matvec", "sim"))[:2]
    monkeypatch.chdir(tmp_path)  # yowasp sees the working directory, not all of the file system
    top = sources[-1].stem
    names = " ".join(source.name for source in sources)
    script = f"read_verilog {names}; hierarchy -check -top {top}; proc; check -assert"
    run = subprocess.run([*find_yosys().command, "-q", "-p", script], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, ""), run.stdout + run.stderr
