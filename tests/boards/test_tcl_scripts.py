# SPDX-License-Identifier: Apache-2.0
"""The bitstream scripts without Vivado: right as they are, and each planted fault is found."""

import shutil
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from boards.bitstream_settings import SLRS, Build, builds, link_config, pick, settings
from boards.facts import FOLDER
from boards.tcl_check import catalog, diagram
from boards.tcl_check.check import check, check_link, driver_vlnv
from boards.tcl_check.interpreter import command, run, split
from boards.tcl_check.wrapper import buses, module_ports
from golden.errors import CheckError, MachineError
from golden.spec.emit import vlnv
from harness.generate import FLOWS, KERNELS
from harness.lint import lint_verilator
from harness.paths import VERILOG

try:
    command()
except MachineError as error:
    pytest.skip(str(error), allow_module_level=True)

BUILDS = {f"{build.board.name}-{build.name}": build for build in builds()}
SMALL = {
    "vc709": ("ternary_accel", "vc709"),
    "vck190": ("ternary_accel", "vck190"),
    "u280": ("tern_matvec", "u280"),
    "golden": (None, None),
}
"""What faults are planted in, by where they are planted."""


def test_every_board_has_builds() -> None:
    """Both accelerators on each board, tern_matvec where it has a configuration, and VCK190's golden design."""
    assert set(BUILDS) >= {"vc709-mamba2_accel_vc709", "vck190-ternary_accel_vck190_relu2", "u280-tern_matvec_u280"}
    assert {build.board.name for build in BUILDS.values()} == set(FLOWS)
    assert "vck190-golden" in BUILDS


@pytest.mark.parametrize("name", BUILDS)
def test_scripts_fit_rtl_registers_and_board(name: str) -> None:
    """Ports, registers, VLNV, wiring, clocks, addresses, part and outputs of every build are what they should be."""
    assert check(BUILDS[name]) == []


@pytest.mark.parametrize("kernel", KERNELS)
def test_packages_are_named_as_drivers_bind(kernel: str) -> None:
    assert vlnv(kernel) == driver_vlnv(kernel)


def planted(tmp_path: Path, where: str, file: str, old: str, new: str) -> Build:
    """Return a build on a copy of all scripts in which `old` became `new`, once."""
    scripts = tmp_path / "scripts"
    for folder in ("tcl", "vc709", "vck190", "u280"):
        shutil.copytree(FOLDER / folder, scripts / folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    text = (scripts / file).read_text()
    assert text.count(old) >= 1, f"{file} has no {old!r}"
    (scripts / file).write_text(text.replace(old, new, 1))
    board = "vck190" if where == "golden" else where
    return pick(board, *SMALL[where], scripts)


MATVEC, TERNARY, REGS = (
    "tcl/gen/tern_matvec_u280.tcl",
    "tcl/gen/ternary_accel_vc709.tcl",
    "tcl/gen/ternary_accel_regs.tcl",
)
FAULTS = {
    # wiring
    "pin name": ("vc709", "vc709/bd.tcl", "kernel/ap_rst_n", "kernel/ap_rstn", "ap_rstn: no such pin"),
    "interface name": ("vc709", "vc709/bd.tcl", "mig/S0_AXI {mig", "mig/S_AXI {mig", "mig/S_AXI: no such interface"),
    "missing clock": (
        "vc709",
        "vc709/bd.tcl",
        "wire mig/c0_ui_clk $::krait::kernel/ap_clk",
        "",
        "ap_clk: clock is not",
    ),
    "open reset": (
        "vc709",
        "vc709/bd.tcl",
        "wire rst_c0/peripheral_aresetn $::krait::kernel/ap_rst_n",
        "",
        "ap_rst_n: reset is not",
    ),
    "reset of another clock": (
        "vc709",
        "vc709/bd.tcl",
        "wire rst_c0/peripheral_aresetn $::",
        "wire rst_c1/peripheral_aresetn $::",
        "is of clock mig/c1_ui_clk",
    ),
    "other clock": ("vc709", "vc709/bd.tcl", "wire mig/c0_ui_clk $::", "wire xdma/axi_aclk $::", "ap_clk: 250 MHz"),
    "clock as reset": (
        "vc709",
        "vc709/bd.tcl",
        "wire reset mig/sys_rst",
        "wire mig/c0_ui_clk mig/sys_rst",
        "is a reset",
    ),
    "two drivers": (
        "vc709",
        "vc709/bd.tcl",
        "wire irq_sync/synced xdma/usr_irq_req",
        "wire irq_sync/synced xdma/usr_irq_req\n    wire $::krait::kernel/interrupt xdma/usr_irq_req",
        "driven twice",
    ),
    "no interrupt": (
        "vc709",
        "vc709/bd.tcl",
        "wire $::krait::kernel/interrupt irq_sync/level",
        "",
        "interrupt: does not",
    ),
    "no memory": ("vc709", "vc709/bd.tcl", "link mig/C1_DDR3 ddr3_j3", "", "mig/C1_DDR3: connected 0 times"),
    "no IP of that name": ("vc709", "vc709/bd.tcl", "ip:mig_7series:4.2", "ip:mig_7serie:4.2", "nothing is known of"),
    "clock of a crossbar": (
        "vc709",
        "vc709/bd.tcl",
        "{mig/c1_ui_clk mig/c0_ui_clk xdma/axi_aclk}",
        "{mig/c1_ui_clk xdma/axi_aclk}",
        "no clock in common",
    ),
    "port twice": (
        "vc709",
        "vc709/bd.tcl",
        "lindex $::krait::masters 1]\n    crossbar",
        "lindex $::krait::masters 0]\n    crossbar",
        "m_axi_00: connected 2 times",
    ),
    # addresses
    "kernel's address": (
        "vc709",
        "vc709/bd.tcl",
        "reg0 $::krait::kernel_base",
        "reg0 0x44A00000",
        "registers: found 0x44a",
    ),
    "kernel's range": ("vc709", "vc709/bd.tcl", "$::krait::kernel_bytes", "0x2000", "registers: found 0x10000+0x2000"),
    "wrong bank": (
        "vc709",
        "vc709/bd.tcl",
        "masters $channel] $seg",
        "masters [expr {1 - $channel}]] $seg",
        "not lead to",
    ),
    "bank's base": ("vc709", "vc709/bd.tcl", "memory_bases $channel]", "memory_bases 0]", "does not reach region 1"),
    "host without memory": (
        "vc709",
        "vc709/bd.tcl",
        "place xdma/M_AXI $segment",
        "place dma/M00_AXI $segment",
        "xdma/M_AXI: ",
    ),
    "NoC's bank": (
        "vck190",
        "vck190/kernel.tcl",
        "[expr {$port + 4}] $port",
        "$port $port",
        "does not lead to noc_ddr",
    ),
    "NoC's controller": (
        "vck190",
        "vck190/kernel.tcl",
        "[expr {$port + 4}] $port",
        "[expr {$port + 4}] 0",
        "expected MC_0",
    ),
    "window": (
        "vck190",
        "vck190/golden.tcl",
        "{0x800000000 0x180000000}",
        "{0x800000000 0x080000000}",
        "not reach region",
    ),
    # project
    "part": ("vc709", "tcl/util.tcl", "-part $::krait::part", "-part xc7vx485tffg1761-2", "part: found xc7vx485t"),
    "board": ("vc709", "tcl/util.tcl", "BOARD_PART $::krait::board_part", "BOARD_PART vc707", "board: found ['vc707']"),
    "late gate": (
        "vc709",
        "vc709/build.tcl",
        "::krait::implement route_design\n",
        "write_bitstream -force a.bit\n",
        "gate",
    ),
    "no metadata": ("vc709", "vc709/build.tcl", "    $::krait::name.hwh", "    other.hwh", ".hwh: the script does not"),
    # packaging
    "VLNV": ("vc709", TERNARY, "krait:kernel:ternary_accel:1.0", "krait:kernel:ternary:1.0", "the driver binds to"),
    "version": ("vc709", "tcl/package_ip.tcl", "VERSION $version", "VERSION 1.1", "the driver binds to"),
    "width": ("vc709", TERNARY, "{rdata in 512}", "{rdata in 256}", "m_axi_00: rdata: the table has"),
    "direction": ("vc709", TERNARY, "{interrupt out 1}", "{interrupt in 1}", "wrapper: interrupt: the table has"),
    "missing signal": ("vc709", TERNARY, "        {wlast out 1}\n", "", "wlast: the table has None"),
    "missing master": ("vc709", TERNARY, "        m_axi_01\n", "", "m_axi_01: a port of the RTL"),
    "register's offset": ("vc709", REGS, "{CTRL 0x000", "{CTRL 0x004", "register CTRL: found"),
    "register's bits": ("vc709", REGS, "{FREE_COUNTER 0x060 64", "{FREE_COUNTER 0x060 32", "register FREE_COUNTER"),
    "missing register": ("vc709", REGS, "        {MAGIC 0x040 32 -1 ro {}}\n", "", "register MAGIC: found None"),
    "field": ("vc709", REGS, "{AP_DONE 1 1 rc}", "{AP_DONE 2 1 rc}", "field CTRL.AP_DONE"),
    "access": ("vc709", REGS, "{AP_DONE 1 1 rc}", "{AP_DONE 1 1 ro}", "CTRL.AP_DONE: access"),
    "clock of an interface": (
        "vc709",
        "tcl/package_ip.tcl",
        "-clock ap_clk $core",
        "-clock clk $core",
        "not associated with",
    ),
    "reset of the clock": ("vc709", "tcl/package_ip.tcl", "-reset ap_rst_n $core", "-reset rst $core", "ap_rst_n: not"),
    "interrupt's kind": (
        "vc709",
        "tcl/package_ip.tcl",
        "signal:interrupt_rtl",
        "signal:data_rtl",
        "expected interrupt_rtl",
    ),
    "build number": ("vc709", "tcl/package_ip.tcl", "{user hdl}", "{user}", "BUILD_ID: found"),
    "top": ("vc709", "tcl/package_ip.tcl", "TOP $::krait::module", "TOP $::krait::kernel", "top: found"),
    # boards of their own
    "golden width": ("golden", "vck190/golden.tcl", "golden_bits 256", "golden_bits 128", "idle ports of ['128'"),
    "golden ports": ("golden", "vck190/golden.tcl", "golden_ports 4", "golden_ports 2", "idle ports of ['256', '256']"),
    "idle port": (
        "golden",
        "vck190/golden.tcl",
        "link idle$port/M_AXI noc_pl",
        "# link",
        "noc_pl/S00_AXI: connected 0",
    ),
    "clock off": (
        "vck190",
        "vck190/golden.tcl",
        "PS_USE_PMCPL_CLK1 1",
        "PS_USE_PMCPL_CLK1 0",
        "pl1_ref_clk: no such pin",
    ),
    "clock's rate": (
        "vck190",
        "vck190/golden.tcl",
        "PL1_REF_CTRL_FREQMHZ 200",
        "PL1_REF_CTRL_FREQMHZ 250",
        "ap_clk: 250",
    ),
    "not segmented": ("vck190", "vck190/golden.tcl", "configuration true", "configuration false", "segmented_conf"),
    "free NoC": ("vck190", "vck190/build_pdi.tcl", "golden_noc.ncr", "other.ncr", "NOC_SOLUTION_FILE"),
    "not verified": ("vck190", "vck190/check_compatibility.tcl", "pr_verify -initial", "list", "pr_verify: "),
    "protocol": ("u280", "u280/package_kernel.tcl", "-ctrl_protocol ap_ctrl_hs", "", "package_xo: found"),
    "kernel's name": (
        "u280",
        "u280/package_kernel.tcl",
        "-kernel_name $::krait::kernel",
        "-kernel_name k",
        "package_xo",
    ),
    "no kernel": ("u280", "tcl/package_ip.tcl", "SDX_KERNEL true", "SDX_KERNEL false", "SDX_KERNEL: "),
    "pointer's port": (
        "u280",
        "tcl/package_ip.tcl",
        "masters $port] $assoc",
        "masters 0] $assoc",
        "PORT_BASE_1: associ",
    ),
    "port's bits": ("u280", MATVEC, "{awaddr out 64}", "{awaddr out 32}", "m_axi_00: awaddr: the table has"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str, tmp_path: Path) -> None:
    """What the checks promise to find, they find and name."""
    where, file, old, new, message = FAULTS[fault]
    found = check(planted(tmp_path, where, file, old, new))
    assert any(message in line for line in found), found


@pytest.mark.parametrize(
    ("where", "file", "old", "new", "message"),
    [
        ("vc709", "vc709/bd.tcl", "}\n", "\n", "missing close-brace"),
        ("vc709", TERNARY, "ports 2", "ports 4", "expected 2, one for each SODIMM"),
        ("vck190", "tcl/gen/ternary_accel_vck190.tcl", "port_bits 256", "port_bits 512", "expected 4 of 256"),
        ("vck190", "tcl/gen/ternary_accel_vck190.tcl", "clock_mhz 200", "clock_mhz 250", "expected 200 or 300"),
    ],
)
def test_a_script_refuses_what_it_cannot_build(
    where: str, file: str, old: str, new: str, message: str, tmp_path: Path
) -> None:
    """A broken script and a kernel that does not fit the board end the script with one line."""
    with pytest.raises(CheckError, match=message):
        check(planted(tmp_path, where, file, old, new))


@pytest.mark.parametrize("where", ["vc709", "vck190"])
def test_missed_timing_ends_the_build(where: str) -> None:
    """A negative slack of any path is an error of the script: no bitstream that misses its clock leaves it."""
    with pytest.raises(CheckError, match=r"worst setup slack is '-0\.012' ns"):
        check(pick(where, *SMALL[where]), slack="-0.012")


def test_another_vivado_is_refused(tmp_path: Path) -> None:
    build = pick("vc709", *SMALL["vc709"])
    (tmp_path / "settings.tcl").write_text(settings(build, tmp_path, 1))
    with pytest.raises(CheckError, match=r"found Vivado 2023\.2, expected 2025\.2"):
        run(build.scripts / "vc709" / "build.tcl", ["settings.tcl"], tmp_path, "2023.2")


def test_kernels_leave_the_golden_design_as_it_is(tmp_path: Path) -> None:
    """Processor and NoC have the same configuration with a kernel and without: the boot image is built only once."""
    seen = []
    for where, script in (("golden", "build_golden.tcl"), ("vck190", "build_pdi.tcl")):
        build = pick("vck190", *SMALL[where])
        (tmp_path / "settings.tcl").write_text(settings(build, tmp_path, 1))
        design = diagram.read(run(build.scripts / "vck190" / script, ["settings.tcl"], tmp_path, build.design.version))
        fixed = ("cips", "noc_ddr", "noc_ps", "noc_pl", "rst_pl0", "rst_pl1")
        configs = {name: cell.config for name, cell in design.cells.items() if name in fixed}
        pins = {pin: values for pin, values in design.pin_config.items() if pin.partition("/")[0] in fixed}
        seen.append((design.name, configs, pins))
    assert set(seen[0][1]) >= {"cips", "noc_ddr", "noc_ps", "noc_pl"}
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("m_axi_03:HBM[3]", "m_axi_03:HBM[4]", "sp differs in tern_matvec_1.m_axi_03:HBM[3]"),
        ("sp=tern_matvec_1.m_axi_31:HBM[31]\n", "", "sp differs in tern_matvec_1.m_axi_31"),
        ("nk=tern_matvec:1", "nk=tern_matvec:2", "nk is"),
        ("[connectivity]", "[advanced]", "begins with"),
    ],
)
def test_a_wrong_link_file_is_found(old: str, new: str, message: str) -> None:
    """A port on another bank, a port without one, two kernels, another section."""
    build = BUILDS["u280-tern_matvec_u280"]
    text = link_config(build)
    assert list(check_link(text, build)) == []
    assert old in text
    assert any(message in line for line in check_link(text.replace(old, new, 1), build))


def test_narrow_memory_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A memory port that is narrower than the kernel's would halve its rate without a word."""
    shape = catalog.VENDOR["xilinx.com:ip:mig_7series:4.2"]({})
    narrow = replace(shape, buses=shape.buses | {"S1_AXI": replace(shape.buses["S1_AXI"], width=256)})
    monkeypatch.setitem(catalog.VENDOR, "xilinx.com:ip:mig_7series:4.2", lambda _: narrow)
    assert any("512 bits lead to mig/S1_AXI of 256" in line for line in check(pick("vc709", *SMALL["vc709"])))


def test_either_interpreter_gives_the_same_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's Tcl and tclsh record the same calls; without both it is one line."""
    if shutil.which("tclsh") is None:
        pytest.skip("tclsh is not on PATH (apt install tcl)")
    build = pick("vck190", *SMALL["vck190"])
    (tmp_path / "settings.tcl").write_text(settings(build, tmp_path, 1))
    run_it = partial(run, build.scripts / "vck190" / "build_pdi.tcl", ["settings.tcl"], tmp_path, build.design.version)
    first = run_it()
    monkeypatch.setitem(sys.modules, "_tkinter", None)
    assert command() == [shutil.which("tclsh")]
    assert run_it() == first
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MachineError, match=r"no Tcl: .*apt install tcl"):
        command()


def test_rtl_beside_the_scripts_is_clean() -> None:
    """What a board's block design refers to is Verilog that Verilator takes without a warning."""
    files = sorted(path for board in FLOWS for path in (FOLDER / board).glob("*.v"))
    assert files
    for path in files:
        assert lint_verilator([path], path.stem, {}, (path.parent,)) == []


def test_a_region_is_named_where_one_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    build = BUILDS["u280-tern_matvec_u280"]
    assert "slr=" not in link_config(build)
    monkeypatch.setitem(SLRS, "tern_matvec", "SLR0")
    assert "\nslr=tern_matvec_1:SLR0\n" in link_config(build)
    assert list(check_link(link_config(build), build)) == []


def test_ports_of_a_wrapper_are_read() -> None:
    """Names, directions and widths, split into interfaces; the last port has no comma."""
    ports = module_ports(VERILOG / "gen" / "ternary_accel_vc709.v")
    assert (ports["interrupt"].direction, ports["interrupt"].width) == ("out", 1)
    assert (ports["m_axi_01_rdata"].direction, ports["m_axi_01_rdata"].width) == ("in", 512)
    assert set(buses(ports)) == {"s_axi_control", "m_axi_00", "m_axi_01"}
    assert len(ports) == 3 + 17 + 2 * 33


def test_tcl_lists_are_split() -> None:
    """Words, nested groups and empty ones, as Tcl writes them."""
    assert split("a {b c} {} {d {e f}}\n g") == ["a", "b c", "", "d {e f}", "g"]
    assert split("") == []
