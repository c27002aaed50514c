# SPDX-License-Identifier: Apache-2.0
"""The wiring-only tops of a configuration: the board wrapper, and the simulation top around it."""

from dataclasses import dataclass

from golden.spec.configs import KernelConfig
from golden.spec.emit.template import render
from golden.spec.registers import RegisterMap


@dataclass(frozen=True)
class Signal:
    """One AXI signal: its bits on one port, whether the master drives it, and a constant if the core leaves it out."""

    name: str
    width: int
    out: bool
    constant: str = ""

    @property
    def range(self) -> str:
        """Return the Verilog range, empty for a single bit."""
        return "" if self.width == 1 else f"[{self.width - 1}:0]"


def _address(way: str, size_log2: int) -> tuple[Signal, ...]:
    """Return the signals of channel AR or AW (`way`): bursts INCR, normal memory, no locks, no quality of service."""
    return (
        Signal(f"{way}addr", 64, True),
        Signal(f"{way}len", 8, True),
        Signal(f"{way}size", 3, True, f"3'd{size_log2}"),
        Signal(f"{way}burst", 2, True, "2'b01"),
        Signal(f"{way}lock", 1, True, "1'b0"),
        Signal(f"{way}cache", 4, True, "4'b0011"),
        Signal(f"{way}prot", 3, True, "3'b000"),
        Signal(f"{way}qos", 4, True, "4'b0000"),
        Signal(f"{way}valid", 1, True),
        Signal(f"{way}ready", 1, False),
    )


def memory_signals(port_bits: int) -> tuple[Signal, ...]:
    """Return the signals of one AXI4 memory port of `port_bits` bits, without IDs."""
    return (
        *_address("ar", (port_bits // 8).bit_length() - 1),
        Signal("rdata", port_bits, False),
        Signal("rresp", 2, False),
        Signal("rlast", 1, False),
        Signal("rvalid", 1, False),
        Signal("rready", 1, True),
        *_address("aw", (port_bits // 8).bit_length() - 1),
        Signal("wdata", port_bits, True),
        Signal("wstrb", port_bits // 8, True),
        Signal("wlast", 1, True),
        Signal("wvalid", 1, True),
        Signal("wready", 1, False),
        Signal("bresp", 2, False),
        Signal("bvalid", 1, False),
        Signal("bready", 1, True),
    )


CONTROL = (
    Signal("awaddr", 12, False),
    Signal("awvalid", 1, False),
    Signal("awready", 1, True),
    Signal("wdata", 32, False),
    Signal("wstrb", 4, False),
    Signal("wvalid", 1, False),
    Signal("wready", 1, True),
    Signal("bresp", 2, True),
    Signal("bvalid", 1, True),
    Signal("bready", 1, False),
    Signal("araddr", 12, False),
    Signal("arvalid", 1, False),
    Signal("arready", 1, True),
    Signal("rdata", 32, True),
    Signal("rresp", 2, True),
    Signal("rvalid", 1, True),
    Signal("rready", 1, False),
)
"""The AXI4-Lite control port, as the kernel sees it."""


def emit_wrapper(config: KernelConfig, regs: RegisterMap) -> str:
    """Return the Verilog module `<kernel>_<config>` with the port names that Vivado infers interfaces from."""
    return render("wrapper.v.j2", **values(config, regs))


def emit_sim_top(config: KernelConfig, regs: RegisterMap) -> str:
    """Return the module `sim_<kernel>_<config>`: the wrapper on a simulation memory."""
    return render("sim_top.sv.j2", **values(config, regs))


def values(config: KernelConfig, regs: RegisterMap) -> dict[str, object]:
    """Return what the templates of a build's tops are filled with: its configuration, parameters and signals."""
    signals = memory_signals(config.port_bits)
    values = config.parameters | {"CONFIG_HASH": f"64'h{config.config_hash:016X}", "BUILD_ID": "BUILD_ID"}
    longest = max(map(len, values))
    return {
        "config": config,
        "sources": (config.declared_in, *regs.sources),
        "module": f"{config.kernel}_{config.name}",
        "parameters": tuple((name.ljust(longest), value) for name, value in values.items()),
        "control": CONTROL,
        "signals": signals,
        "live": tuple(signal for signal in signals if not signal.constant),
        "fixed": tuple(signal for signal in signals if signal.constant),
        "ports": range(config.ports),
        "low_first": tuple(reversed(range(config.ports))),
    }
