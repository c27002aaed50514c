# SPDX-License-Identifier: Apache-2.0
"""Opens a virtual board: build or find its simulator, write its overlay file, load it through PYNQ."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pynq import Overlay

from boards import drivers
from boards.facts import Board
from boards.open import OpenBoard as AnyBoard
from boards.open import pick_config
from boards.overlay import FORMAT, KernelInstance, MemoryRegion, OverlayFile, file_hash, save
from boards.sim.device import SimDevice
from golden.errors import InputError
from golden.spec import KernelConfig
from harness.build import VerilatorBuild, build
from harness.paths import build_dir
from harness.sim.model import kernel_build

KERNEL_BASE = 0xA000_0000
VIRTUAL_MEMORY_BASE = 1 << 36
"""Where the memory of a board without a memory map begins: above 4 GiB, so that high address words are exercised."""

Memory = Literal["model", "ideal"]


@dataclass(frozen=True)
class Bound:
    """What a kernel's driver binds to, and its register map: a name in golden/spec, or the path of its file."""

    vlnv: str
    registers: str


OpenBoard = AnyBoard[SimDevice]


def open_board(
    tag: str = "sim",
    config: str | None = None,
    memory: Memory = "model",
    kernel: str = "tern_matvec",
    seed: int = 1,
    make: Callable[[VerilatorBuild], Path] = build,
) -> OpenBoard:
    """Return a virtual board with a kernel loaded.

    Args:
        tag: `sim` or `sim:<board>`.
        config: configuration of the kernel; the one named like the board without it.
        memory: "model" as board.toml declares it, "ideal" one beat a cycle and port.
        kernel: which kernel.
        seed: of registers without reset.
        make: builds the simulator.

    Raises:
        InputError: unknown board, kernel or configuration, or one for another board.
        MachineError: the board is in use by another process, or a tool is missing.
    """
    device = SimDevice(tag, ideal=memory == "ideal", seed=seed)
    chosen = pick_config(kernel, config or device.facts.identifier, device.facts)
    return open_built(device, chosen, kernel_build(kernel, chosen.name), make=make)


def open_built(
    device: SimDevice,
    config: KernelConfig,
    simulator: VerilatorBuild,
    bound: Bound | None = None,
    make: Callable[[VerilatorBuild], Path] = build,
) -> OpenBoard:
    """Return a virtual board with the kernel loaded that a build makes; `bound` for one that golden/spec does not know.

    Raises:
        InputError: its Verilog does not build, or it has more ports than the board has channels.
        MachineError: as for `open_board`.
    """
    device.lock.acquire()
    try:
        path = write_overlay(device.name, device.facts, config, make(simulator), bound)
        return OpenBoard(device, Overlay(str(path), device=device), config)
    except BaseException:
        device.close()
        raise


def write_overlay(tag: str, facts: Board, config: KernelConfig, library: Path, bound: Bound | None = None) -> Path:
    """Write the overlay file of a kernel on a virtual board; port p lies on memory channel p.

    Raises:
        InputError: more ports than channels.
    """
    memory = facts.memory
    bound = bound or Bound(next(iter(drivers.DRIVERS[config.kernel].bindto)), config.kernel)
    if config.ports > memory.channels:
        raise InputError(
            f"configuration {config.name}: {config.ports} ports, board {facts.name} has {memory.channels} channels"
        )
    first = VIRTUAL_MEMORY_BASE if facts.virtual else 0
    regions = tuple(
        MemoryRegion(f"MEM{channel}", first + channel * memory.channel_bytes, memory.channel_bytes)
        for channel in range(memory.channels)
    )
    instance = KernelInstance(
        name=config.kernel,
        vlnv=bound.vlnv,
        base=KERNEL_BASE,
        size=4096,
        config=config.name,
        config_hash=f"{config.config_hash:#018x}",
        clock_mhz=config.clock_mhz,
        memories=tuple(region.name for region in regions[: config.ports]),
        registers=bound.registers,
    )
    overlay = OverlayFile(FORMAT, tag, str(library), file_hash(library), (instance,), regions)
    return save(overlay, build_dir() / "overlays")
