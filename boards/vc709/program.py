# SPDX-License-Identifier: Apache-2.0
"""A bitstream into the FPGA by JTAG, and the board back on the PCIe bus."""

from pathlib import Path

from boards.vc709.system import System
from golden.errors import MachineError

TOOL, PACKAGE = "openFPGALoader", "openfpgaloader"
PROGRAM_S = 300.0
"""Time for the tool. [P]"""
PCI = "/sys/bus/pci"
IDS = ("0x10ee", "0x7038")
"""Vendor and device of a 7-series bridge of Gen3 x8, as the driver lists them."""


def reprogram(system: System, bitstream: Path, board: str, why: str) -> None:
    """Configure the FPGA, with the board taken off the PCIe bus meanwhile.

    A board that is not on the bus (empty FPGA at power-on) is programmed too; the rescan finds it if the machine keeps
    room for it. `why` it is done is part of the message if it cannot be.

    Raises:
        MachineError: the tool is missing or fails, sysfs may not be written, or several boards could be meant.
    """
    tool = system.find(TOOL, PACKAGE)
    if tool is None:
        raise MachineError(
            f"board {board} needs its bitstream ({why}), and {TOOL} is not installed; install it (1.0 or newer, e.g. "
            f"pip install {PACKAGE}), or program {bitstream} by other means, rescan PCIe and try again"
        )
    for function in _functions(system, board):
        _write(system, f"{function}/remove", board)
    try:
        _configure(system, tool, bitstream, board)
    finally:
        _write(system, f"{PCI}/rescan", board)


def _configure(system: System, tool: str, bitstream: Path, board: str) -> None:
    ran = system.run([tool, "-b", "vc709", str(bitstream)], PROGRAM_S)
    if ran.status == 124:
        raise MachineError(f"board {board}: {TOOL} took more than {PROGRAM_S:g} s; check the JTAG cable and power")
    if ran.status:
        last = (ran.text.strip().splitlines() or ["no message"])[-1]
        raise MachineError(
            f"board {board}: {TOOL} -b vc709 {bitstream} failed ({ran.status}): {last}; check the JTAG cable, power, "
            "access to the USB device, and that the tool is 1.0 or newer"
        )


def _functions(system: System, board: str) -> list[str]:
    """Return the sysfs folder of the board, or none while it is not on the bus."""
    folders = [f"{PCI}/devices/{name}" for name in system.listdir(f"{PCI}/devices")]
    found = [each for each in folders if (_id(system, each, "vendor"), _id(system, each, "device")) == IDS]
    if len(found) > 1:
        names = ", ".join(each.rpartition("/")[2] for each in found)
        raise MachineError(
            f"board {board}: {len(found)} devices {':'.join(IDS)} on PCIe ({names}), expected one; which of them is "
            f"on the JTAG cable cannot be told: remove the others (echo 1 > {PCI}/devices/.../remove)"
        )
    return found


def _id(system: System, folder: str, key: str) -> str:
    try:
        return system.read_text(f"{folder}/{key}").strip()
    except OSError:
        return ""


def _write(system: System, path: str, board: str) -> None:
    try:
        system.write_text(path, "1")
    except OSError as error:
        raise MachineError(f"board {board}: {path}: {error.strerror}; programming needs root, for PCIe") from error
