# SPDX-License-Identifier: Apache-2.0
"""Opens a VCK190: PYNQ's own device and overlay, with the checks of `versal.py` before and after the download."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from pynq import Overlay

from boards import drivers  # noqa: F401 - binds krait's drivers before the overlay is made
from boards.lock import BoardLock
from boards.overlay import MemoryRegion, OverlayFile, parameters, read
from boards.vck190 import versal
from boards.vck190.versal import CheckedMemory, Findings, Machine
from golden.errors import InputError, MachineError

STOCK = "vck190-stock"
"""The board with PYNQ's stock image, where every buffer comes from the pool for DMA (CMA)."""
BOARDS = ("vck190", STOCK)


class Regions:
    """What is put in front of PYNQ's device: memories that stay in the regions of an overlay file.

    A class beside `VersalDevice`, without a `_probe_` of its own, so that PYNQ's list of devices stays what it is.
    """

    regions: Mapping[int, MemoryRegion] = {}
    room: Callable[[int], object] = staticmethod(lambda size: size)

    def get_memory(self, description: dict[str, Any]) -> Any:
        """Return PYNQ's memory, held to the region at its address where the overlay file has one."""
        memory = super().get_memory(description)  # type: ignore[misc]
        region = self.regions.get(description["base_address"])
        return CheckedMemory(memory, region, self.room) if region else memory


class OpenVersal:
    """A VCK190 with its overlay loaded; close it, or use it in a `with`.

    Attributes:
        device: PYNQ's.
        overlay: PYNQ's; its memories are those of the .hwh.
        kernel: the driver of the overlay file's first kernel.
        findings: what a record says of the platform.
    """

    def __init__(self, device: Any, overlay: Any, kernel: str, findings: Findings, lock: BoardLock) -> None:
        self.device, self.overlay, self.findings = device, overlay, findings
        self._lock = lock
        self.kernel: Any = getattr(overlay, kernel)

    def close(self) -> None:
        """Free the board for others."""
        self._lock.release()

    def __enter__(self) -> "OpenVersal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_versal(path: Path, machine: Machine | None = None, device: Any = None) -> OpenVersal:
    """Return a VCK190 with the overlay of a file loaded by PYNQ.

    Args:
        path: the overlay file; it names the .pdi, beside which lies the .hwh.
        machine: where the board shows what it is.
        device: PYNQ's device with `Regions` in front of it; made here without it.

    Raises:
        InputError: the files are not of one build, or not for this board.
        MachineError: board, image, packages, base design, download or clock are not what the overlay needs.
    """
    machine = machine or Machine()
    file = read(path)
    if file.board not in BOARDS or not file.kernels:
        raise InputError(f"{path}: overlay of {len(file.kernels)} kernels for {file.board}, expected one for vck190")
    image = versal.check_files(file)
    board, packages = versal.check_board(machine), versal.check_packages(machine)
    base = versal.check_base(machine, file)
    lock = BoardLock("vck190", virtual=False)
    lock.acquire()
    try:
        device = device or _device()
        overlay = _download(image, device)
        versal.check_loaded(machine)
        clocks = versal.check_clock(machine, file.kernels[0].clock_mhz)
        describe(overlay, device, file)
        if file.board == STOCK:
            device.room = partial(versal.check_cma, machine)
        found = Findings(board, packages, base, clocks)
        return OpenVersal(device, overlay, file.kernels[0].name, found, lock)
    except BaseException:
        lock.release()
        raise


def describe(overlay: Any, device: Any, file: OverlayFile) -> None:
    """Add to what PYNQ parsed what krait's drivers need: configuration and memories, under the overlay file's names.

    Raises:
        InputError: the .hwh has another kernel, or no memory at a region's address.
    """
    for kernel in file.kernels:
        entry = overlay.ip_dict.get(kernel.name)
        versal.check_kernel(kernel, entry)
        entry["parameters"].update(parameters(kernel))
    by_base = {entry.get("base_address"): entry for entry in device.mem_dict.values()}
    for region in file.memories:
        if region.base not in by_base:
            raise InputError(f"memory {region.name}: no memory at {region.base:#x} in the .hwh; not of one build")
        device.mem_dict[region.name] = by_base[region.base]
    device.regions = {region.base: region for region in file.memories}


def _download(image: Path, device: Any) -> Any:
    """Return PYNQ's overlay; MachineError when it cannot load the image."""
    try:
        return Overlay(str(image), device=device)
    except (OSError, RuntimeError) as error:
        raise MachineError(
            f"{image}: PYNQ cannot load it ({error}); it needs root, and room in /lib/firmware"
        ) from error


def _device() -> Any:
    """Return PYNQ's device; it stands on this machine only when PYNQ's image does."""
    from pynq.pl_server.versal_device import VersalDevice

    return type("CheckedVersal", (Regions, VersalDevice), {})()
