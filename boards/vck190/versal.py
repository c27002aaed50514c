# SPDX-License-Identifier: Apache-2.0
"""Checks around PYNQ's own `VersalDevice`: is this the board, its image, its overlay, its memory and its clock?

PYNQ loads and drives a VCK190 itself. What it does not say until something hangs is held here against the overlay file
before and after a download. Facts: the documents of PYNQ 4.0's VCK190 image, as noted in boards/README.md.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from boards.overlay import KernelInstance, MemoryRegion, OverlayFile
from boards.vck190.pdi import check_parent
from golden.errors import InputError, MachineError

BOARD = "VCK190"
SOC = "xlnx,versal"
PACKAGES = {"pynq": "4.0.0", "pynqmetadata": "0.2.0"}
"""The first of each that knows Versal; earlier ones, release candidates included, fail while they load."""
PL_CLOCKS = 4
TOLERANCE = 0.02
"""By which a clock may be off."""


@dataclass(frozen=True)
class Machine:
    """Where the running board shows what it is. Tests give folders and answers of their own.

    Attributes:
        root: of the file system.
        boot: the device image that the board boots, where it can be read; None leaves the base design unchecked.
        package: returns the version of an installed package, or raises PackageNotFoundError.
        clock: returns a PL clock in MHz, as PYNQ reads it back from the clock registers.
    """

    root: Path = Path("/")
    boot: Path | None = None
    package: Callable[[str], str] = version
    clock: Callable[[int], float] = field(default_factory=lambda: _pl_clock)


@dataclass(frozen=True)
class Findings:
    """What a record says of the platform.

    Attributes:
        board: as its image calls it.
        packages: name and version of PYNQ's packages.
        base_design: identifier of the base design, or "not checked".
        clocks_mhz: of the fabric, read back after the download.
    """

    board: str
    packages: dict[str, str]
    base_design: str
    clocks_mhz: tuple[float, ...]


# ---- before a download


def check_board(machine: Machine) -> str:
    """Return the board's name; MachineError when this is no VCK190 that runs a PYNQ image."""
    compatible = _text(machine, "proc/device-tree/compatible").split("\0")
    if not any(name.startswith(SOC) for name in compatible):
        shown = ", ".join(filter(None, compatible)) or "no machine with a device tree"
        raise MachineError(f"board vck190: this machine is {shown}, expected {SOC}; run on the VCK190 itself")
    name = _text(machine, "proc/device-tree/chosen/pynq_board").strip("\0\n ")
    if name.upper() != BOARD:
        raise MachineError(
            f"board vck190: the image is for {name or 'no board of PYNQ'}, expected {BOARD}; "
            "boot PYNQ 4.0's image for it (/proc/device-tree/chosen/pynq_board)"
        )
    return name


def check_packages(machine: Machine) -> dict[str, str]:
    """Return the versions of PYNQ's packages; MachineError for one that does not know Versal."""
    found = {}
    for name, expected in PACKAGES.items():
        try:
            found[name] = machine.package(name)
        except PackageNotFoundError as error:
            raise MachineError(f"{name}: not installed, expected {expected}") from error
        if found[name] != expected:
            raise MachineError(f"{name}: found {found[name]}, expected {expected}, which the board's image brings")
    return found


def check_base(machine: Machine, overlay: OverlayFile) -> str:
    """Return the identifier of the base design, or "not checked" where the boot image is not at hand.

    Raises:
        InputError: one of the images is none.
        MachineError: the overlay is built on another base design.
    """
    return "not checked" if machine.boot is None else f"{check_parent(machine.boot, Path(overlay.library)):#010x}"


def check_files(overlay: OverlayFile) -> Path:
    """Return the device image of an overlay file; InputError when it is none, or nothing says which .hwh is its own.

    PYNQ takes any .hwh beside the image, e.g. one of an earlier build, and then writes to wrong addresses.
    """
    image = Path(overlay.library)
    if image.suffix != ".pdi":
        raise InputError(f"{image}: PYNQ loads a Versal from a .pdi; expected one in the overlay file")
    if not overlay.metadata_sha256:
        raise InputError(f"{image}: the overlay file has no metadata_sha256 of {image.with_suffix('.hwh').name}")
    return image


def check_reserved(machine: Machine, region: MemoryRegion) -> None:
    """Raise MachineError unless the device tree keeps Linux out of a region: else we would write into its memory."""
    folder = machine.root / "proc/device-tree/reserved-memory"
    wanted = region.base.to_bytes(8, "big") + region.size.to_bytes(8, "big")
    found = [path.read_bytes() for path in sorted(folder.glob("*/reg")) if (path.parent / "no-map").exists()]
    if wanted not in found:
        raise MachineError(
            f"memory {region.name}: {region.base:#x}+{region.size:#x} is not reserved in the board's device tree; "
            "boot the image that has boards/vck190/krait.dtsi"
        )


def check_cma(machine: Machine, needed: int) -> int:
    """Return the bytes that are free for DMA buffers; MachineError when there are fewer than `needed`."""
    lines = (line.split() for line in _text(machine, "proc/meminfo").splitlines())
    kib = {words[0].rstrip(":"): int(words[1]) for words in lines if len(words) > 1 and words[1].isdigit()}
    if "CmaFree" not in kib:
        raise MachineError("/proc/meminfo: no CmaFree; this kernel has no memory for DMA buffers")
    free, total = kib["CmaFree"] * 1024, kib.get("CmaTotal", 0) * 1024
    if needed > free:
        raise MachineError(
            f"DMA buffers: {needed} bytes needed, {free} of {total} are free in CMA; free others, "
            "take a smaller model, or boot with a larger cma="
        )
    return free


# ---- after it


def check_loaded(machine: Machine) -> None:
    """Raise MachineError unless the board's firmware has taken the image."""
    state = _text(machine, "sys/class/fpga_manager/fpga0/state").strip()
    if state != "operating":
        raise MachineError(
            f"fpga0: {state or 'no state'}, expected operating; the firmware refused the image, e.g. because it was "
            "built on another base design (PLM error 0x03530000 on the console)"
        )


def check_clock(machine: Machine, declared_mhz: float) -> tuple[float, ...]:
    """Return the PL clocks in MHz; MachineError when none of them is the declared one."""
    found = tuple(machine.clock(index) for index in range(PL_CLOCKS))
    if not any(abs(clock - declared_mhz) <= TOLERANCE * declared_mhz for clock in found):
        shown = ", ".join(f"{clock:g}" for clock in found)
        raise MachineError(f"PL clocks read back as {shown} MHz, the overlay file declares {declared_mhz:g} MHz")
    return found


def check_kernel(kernel: KernelInstance, entry: dict[str, Any] | None) -> None:
    """Raise InputError when PYNQ's parser found another kernel than the overlay file describes."""
    if entry is None:
        raise InputError(f"kernel {kernel.name}: in the overlay file, not in the .hwh; they are not of one build")
    checks = (
        ("type", str(entry["type"]), kernel.vlnv),
        ("address", hex(int(entry["phys_addr"])), hex(kernel.base)),
        ("range", hex(int(entry["addr_range"])), hex(kernel.size)),
    )
    for name, found, expected in checks:
        if found != expected:
            raise InputError(f"kernel {kernel.name}: {name} is {found} in the .hwh, {expected} in the overlay file")


def _pl_clock(index: int) -> float:
    from pynq import Clocks

    return float(getattr(Clocks, f"fclk{index}_mhz"))


def _text(machine: Machine, path: str) -> str:
    """Return a file of the machine as text, empty when it is not there; MachineError when it may not be read."""
    try:
        return (machine.root / path).read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise MachineError(f"{machine.root / path}: cannot be read ({error.strerror})") from error
