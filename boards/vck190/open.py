# SPDX-License-Identifier: Apache-2.0
"""Opens a VCK190: PYNQ's own device and overlay, with the checks of `versal.py` before and after the download."""

from functools import partial
from pathlib import Path
from typing import Any

from pynq import Overlay

from boards.bitstream_manifest import of_bitstream
from boards.facts import load_board
from boards.lock import BoardLock
from boards.open import Loaded, OpenBoard, pick_kernel
from boards.overlay import OverlayFile, parameters, read
from boards.vck190 import versal
from boards.vck190.regions import Regions
from boards.vck190.versal import Findings, Machine
from golden.errors import InputError, MachineError
from golden.spec import load_config

STOCK = "vck190-stock"
"""The board with PYNQ's stock image, where every buffer comes from the pool for DMA (CMA)."""
BOARDS = ("vck190", STOCK)


def open_versal(
    path: Path,
    config: str | None = None,
    kernel: str | None = None,
    machine: Machine | None = None,
    device: Any = None,
) -> OpenBoard[Any]:
    """Return a VCK190 with the overlay of a file loaded by PYNQ; its device has `findings` for records.

    Args:
        path: the overlay file; it names the .pdi, beside which lies the .hwh.
        config: configuration of the kernel, where the overlay has several kernels.
        kernel: which kernel, likewise.
        machine: where the board shows what it is.
        device: PYNQ's device with `Regions` in front of it; made here without it.

    Raises:
        InputError: the files are not of one build, or not for this board.
        MachineError: board, image, packages, base design, download or clock are not what the overlay needs.
    """
    machine = machine or Machine()
    file = read(path)
    if file.board not in BOARDS:
        raise InputError(f"{path}: overlay for board {file.board}, expected one for {' or '.join(BOARDS)}")
    chosen = pick_kernel(path, config, kernel)
    image = versal.check_files(file)
    of_bitstream(image)
    board, packages = versal.check_board(machine), versal.check_packages(machine)
    base = versal.check_base(machine, file)
    for region in file.memories if file.board != STOCK else ():
        versal.check_reserved(machine, region)
    lock = BoardLock("vck190", virtual=False)
    lock.acquire()
    try:
        device = device or _device()
        device.lock = lock
        overlay = _download(image, device)
        versal.check_loaded(machine)
        clocks = versal.check_clock(machine, chosen.clock_mhz)
        describe(overlay, file)
        _offer(device, file, machine)
        device.facts, device.findings = load_board(file.board), Findings(board, packages, base, clocks)
        loaded = Loaded(file.board, file, partial(_again, overlay, device, file, machine))
        return OpenBoard(device, overlay, load_config(chosen.registers, chosen.config), chosen.name, loaded)
    except BaseException:
        lock.release()
        raise


def check_present() -> None:
    """Raise MachineError when this machine is no VCK190 with PYNQ's image."""
    versal.check_board(Machine())


def describe(overlay: Any, file: OverlayFile) -> None:
    """Add to what PYNQ parsed of a kernel what krait's drivers need. InputError: the .hwh has another kernel."""
    for kernel in file.kernels:
        entry = overlay.ip_dict.get(kernel.name)
        versal.check_kernel(kernel, entry)
        entry["parameters"].update(parameters(kernel))


def _download(image: Path, device: Any) -> Any:
    """Return PYNQ's overlay; MachineError when it cannot load the image."""
    try:
        return Overlay(str(image), device=device)
    except (OSError, RuntimeError) as error:
        raise MachineError(
            f"{image}: PYNQ cannot load it ({error}); it needs root, and room in /lib/firmware"
        ) from error


def _again(overlay: Any, device: Any, file: OverlayFile, machine: Machine) -> None:
    """Load the image again and offer its memories anew: PYNQ frees no buffers of before."""
    overlay.download()
    versal.check_loaded(machine)
    _offer(device, file, machine)


def _offer(device: Any, file: OverlayFile, machine: Machine) -> None:
    """Offer the memories of the overlay file: regions that are ours, with the stock image PYNQ's own."""
    if file.board == STOCK:
        device.hold(file.memories, partial(versal.check_cma, machine))
    else:
        device.take(file.memories)


def _device() -> Any:
    """Return PYNQ's device; it stands on this machine only when PYNQ's image does."""
    from pynq.pl_server.versal_device import VersalDevice

    return type("CheckedVersal", (Regions, VersalDevice), {})()
