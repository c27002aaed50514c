# SPDX-License-Identifier: Apache-2.0
"""Pins and interfaces of the IP that krait's block designs use, as open designs for the same boards wire them.

What Vivado would answer can only be asked there; this table finds a misspelt pin, a missing clock, a second driver. Own
tables, because the IP's descriptions come with Vivado only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from boards.tcl_check.diagram import Cell
from boards.tcl_check.interpreter import split
from boards.tcl_check.wrapper import Port
from boards.tcl_check.wrapper import buses as axi_buses

Kind = Literal["clock", "reset", "data"]


@dataclass(frozen=True)
class Pin:
    """A pin: driven by its cell or not, what it carries, whether it may stay open. `mhz` of a clock that it drives.

    `clock` is the pin whose clock a reset has to be of, "" where any will do.
    """

    out: bool
    kind: Kind = "data"
    needed: bool = True
    mhz: float = 0.0
    clock: str = ""


@dataclass(frozen=True)
class Bus:
    """An interface: master or not, the pins whose clock it may have (none: it has no clock), bits of data (0: any)."""

    master: bool
    clocks: tuple[str, ...] = ()
    width: int = 0
    needed: bool = True


@dataclass(frozen=True)
class Shape:
    """All pins and interfaces of a cell, and which segments and address spaces they carry."""

    pins: dict[str, Pin]
    buses: dict[str, Bus] = field(default_factory=dict)


def clock(needed: bool = True) -> Pin:
    """Return a clock input."""
    return Pin(out=False, kind="clock", needed=needed)


def reset(of: str = "", needed: bool = True) -> Pin:
    """Return a reset input, of the clock at pin `of`."""
    return Pin(out=False, kind="reset", needed=needed, clock=of)


def _smartconnect(config: Mapping[str, str]) -> Shape:
    clocks = [f"aclk{index or ''}" for index in range(int(config["NUM_CLKS"]))]
    slaves = {f"S{index:02d}_AXI": Bus(False, tuple(clocks)) for index in range(int(config["NUM_SI"]))}
    masters = {f"M{index:02d}_AXI": Bus(True, tuple(clocks)) for index in range(int(config["NUM_MI"]))}
    return Shape({name: clock() for name in clocks} | {"aresetn": reset("aclk")}, slaves | masters)


def _proc_sys_reset(_: Mapping[str, str]) -> Shape:
    outs = ("mb_reset", "bus_struct_reset", "peripheral_reset", "interconnect_aresetn", "peripheral_aresetn")
    pins = {name: Pin(True, "reset", needed=False, clock="slowest_sync_clk") for name in outs}
    opened = {name: Pin(False, needed=False) for name in ("aux_reset_in", "mb_debug_sys_rst", "dcm_locked")}
    return Shape(pins | opened | {"slowest_sync_clk": clock(), "ext_reset_in": reset()})


def _xdma(config: Mapping[str, str]) -> Shape:
    outs = {"usr_irq_ack": Pin(True, needed=False), "user_lnk_up": Pin(True, needed=False)}
    clocks = {"axi_aclk": Pin(True, "clock", mhz=float(config["axisten_freq"])), "sys_clk": clock()}
    resets = {"axi_aresetn": Pin(True, "reset", clock="axi_aclk"), "sys_rst_n": reset()}
    interrupts = {"usr_irq_req": Pin(False)} if int(config.get("xdma_num_usr_irq", 1)) else {}
    buses = {"M_AXI": Bus(True, ("axi_aclk",)), "pcie_mgt": Bus(True)}
    if config.get("axilite_master_en") == "true":
        buses["M_AXI_LITE"] = Bus(True, ("axi_aclk",))
    return Shape(outs | clocks | resets | interrupts, buses)


def _mig(_: Mapping[str, str]) -> Shape:
    # The board files' configuration of both SODIMMs: 1250 ps and 1320 ps, user clocks at a quarter of the memory's.
    pins: dict[str, Pin] = {"sys_rst": reset()}
    buses: dict[str, Bus] = {}
    for index, period_ps in enumerate((1250, 1320)):
        own = f"c{index}_ui_clk"
        pins[own] = Pin(True, "clock", mhz=1e6 / period_ps / 4)
        pins[f"c{index}_ui_clk_sync_rst"] = Pin(True, "reset", clock=own)
        pins[f"c{index}_mmcm_locked"] = Pin(True, needed=False)
        pins[f"c{index}_init_calib_complete"] = Pin(True, needed=False)
        pins[f"c{index}_aresetn"] = reset(own)
        buses |= {
            f"S{index}_AXI": Bus(False, (own,), 512),
            f"C{index}_DDR3": Bus(True),
            f"C{index}_SYS_CLK": Bus(False),
        }
    return Shape(pins, buses)


def _ds_buf(_: Mapping[str, str]) -> Shape:
    return Shape({"IBUF_OUT": Pin(True, "clock"), "IBUF_DS_ODIV2": Pin(True, "clock", False)}, {"CLK_IN_D": Bus(False)})


def _noc(config: Mapping[str, str]) -> Shape:
    clocks = tuple(f"aclk{index}" for index in range(int(config["NUM_CLKS"])))
    buses = {f"S{index:02d}_AXI": Bus(False, clocks) for index in range(int(config["NUM_SI"]))}
    buses |= {f"M{index:02d}_INI": Bus(True) for index in range(int(config["NUM_NMI"]))}
    buses |= {f"S{index:02d}_INI": Bus(False) for index in range(int(config["NUM_NSI"]))}
    if int(config.get("NUM_MC", 0)):
        buses |= {"CH0_DDR4_0": Bus(True), "sys_clk0": Bus(False)}
    return Shape({name: clock() for name in clocks}, buses)


_PS_PORTS = {
    "PS_USE_FPD_CCI_NOC": [(f"FPD_CCI_NOC_{index}", f"fpd_cci_noc_axi{index}_clk") for index in range(4)],
    "PS_USE_FPD_AXI_NOC0": [("FPD_AXI_NOC_0", "fpd_axi_noc_axi0_clk")],
    "PS_USE_FPD_AXI_NOC1": [("FPD_AXI_NOC_1", "fpd_axi_noc_axi1_clk")],
    "PS_USE_NOC_LPD_AXI0": [("LPD_AXI_NOC_0", "lpd_axi_noc_clk")],
    "PMC_USE_PMC_NOC_AXI0": [("PMC_NOC_AXI_0", "pmc_axi_noc_axi0_clk")],
}


def _cips(config: Mapping[str, str]) -> Shape:
    words = split(config["PS_PMC_CONFIG"])
    ps = dict(zip(words[::2], words[1::2], strict=True))
    pins: dict[str, Pin] = {}
    buses: dict[str, Bus] = {}
    for index in range(4):
        if ps.get(f"PS_USE_PMCPL_CLK{index}") == "1":
            mhz = float(ps[f"PMC_CRP_PL{index}_REF_CTRL_FREQMHZ"])
            pins[f"pl{index}_ref_clk"] = Pin(True, "clock", mhz=mhz)
    for index in range(int(ps["PS_NUM_FABRIC_RESETS"])):
        pins[f"pl{index}_resetn"] = Pin(True, "reset")
    if "CH0 1" in split(ps["PS_IRQ_USAGE"]):
        pins["pl_ps_irq0"] = Pin(False)
    if ps["PS_USE_M_AXI_FPD"] == "1":
        pins["m_axi_fpd_aclk"], buses["M_AXI_FPD"] = clock(), Bus(True, ("m_axi_fpd_aclk",))
    for key, ports in _PS_PORTS.items():
        if ps.get(key) == "1":
            pins |= {own: Pin(True, "clock") for _, own in ports}
            buses |= {name: Bus(True, (own,)) for name, own in ports}
    return Shape(pins, buses)


def _vip(config: Mapping[str, str]) -> Shape:
    master = config["INTERFACE_MODE"] == "MASTER"
    name = "M_AXI" if master else "S_AXI"
    width = int(config.get("DATA_WIDTH", 0))
    return Shape({"aclk": clock(), "aresetn": reset("aclk")}, {name: Bus(master, ("aclk",), width)})


def _constant(_: Mapping[str, str]) -> Shape:
    return Shape({"dout": Pin(True)})


VENDOR: dict[str, Callable[[Mapping[str, str]], Shape]] = {
    "xilinx.com:ip:smartconnect:1.0": _smartconnect,
    "xilinx.com:ip:proc_sys_reset:5.0": _proc_sys_reset,
    "xilinx.com:ip:xdma:4.1": _xdma,
    "xilinx.com:ip:mig_7series:4.2": _mig,
    "xilinx.com:ip:util_ds_buf:2.2": _ds_buf,
    "xilinx.com:ip:axi_noc:1.1": _noc,
    "xilinx.com:ip:versal_cips:3.4": _cips,
    "xilinx.com:ip:axi_vip:1.1": _vip,
    "xilinx.com:ip:xlconstant:1.1": _constant,
}


def of_rtl(ports: Mapping[str, Port]) -> Shape:
    """Return the shape of a module of RTL: `ap_clk`, `ap_rst_n` and AXI interfaces where it has them."""
    found = axi_buses(dict(ports))
    inside = {f"{name}_{signal}" for name, signals in found.items() for signal in signals}
    pins = {name: Pin(port.direction == "out") for name, port in ports.items() if name not in inside}
    for name in ("ap_clk", "clk"):
        if name in pins:
            pins[name] = clock()
    if "ap_rst_n" in pins:
        pins["ap_rst_n"] = reset("ap_clk")
    buses = {
        name: Bus(signals["araddr"].direction == "out", ("ap_clk",), signals["rdata"].width)
        for name, signals in found.items()
    }
    return Shape(pins, buses)


def shape(cell: Cell, modules: Mapping[str, Mapping[str, Port]]) -> Shape | None:
    """Return the shape of a cell; None for an IP that nothing is known of. `modules` has RTL by VLNV or module name."""
    if cell.kind in modules:
        return of_rtl(modules[cell.kind])
    return VENDOR[cell.kind](cell.config) if cell.kind in VENDOR else None
