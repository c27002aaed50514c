# SPDX-License-Identifier: Apache-2.0
"""A foreign design on a virtual board: its kernel built and loaded, and a bundle replayed on it."""

import importlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from boards.drivers.dut_kernel import LIMIT, DutKernel, DutRun
from boards.sim.device import SimDevice
from boards.sim.open import Bound, OpenBoard, open_built
from golden import slots
from golden.errors import CheckError, InputError
from golden.spec.emit import vlnv
from harness.newdut import bundle as bundles
from harness.newdut import declaration
from harness.newdut.kernel import FOLDER as KERNEL_FOLDER
from harness.newdut.simulation import virtual_board
from harness.sim.mem import random_stall


class Write(Protocol):
    """What writes a design's test vectors."""

    def __call__(self, parent: Path, seed: int) -> Path:
        """Write the bundle below a folder and return its path."""


@dataclass(frozen=True)
class Design:
    """What a design's folder offers: the driver of its kernel, and its test vectors."""

    driver: type[DutKernel]
    write: Write


def load(folder: Path) -> Design:
    """Import driver and vectors of a design's folder.

    Raises:
        InputError: the folder has no kernel, or what stands in it cannot be imported.
    """
    module = declaration.read(folder / KERNEL_FOLDER).dut.module
    sys.path.insert(0, str(folder.resolve()))
    try:
        names = vars(importlib.import_module(f"{module}_driver"))
        write: Write = importlib.import_module(f"{module}_vectors").write
    except (ImportError, SyntaxError, AttributeError) as error:
        raise InputError(f"{folder}: driver or vectors cannot be imported ({error})") from error
    drivers = [each for each in names.values() if isinstance(each, type) and issubclass(each, DutKernel)]
    (driver,) = (each for each in drivers if each is not DutKernel)
    return Design(driver, write)


def open_dut(driver: type[DutKernel], tag: str = "sim", stalls: float = 0.0, seed: int = 1) -> OpenBoard:
    """Return a virtual board with the kernel of a design's folder loaded.

    Args:
        driver: the folder's driver.
        tag: `sim` or `sim:<board>`.
        stalls: share of the cycles in which memory stalls at random, beside what its model makes of them.
        seed: of registers without reset and of the stalls.

    Raises:
        InputError: unknown board, no configuration for it, or Verilog that does not build.
        MachineError: the board is in use by another process, or a tool is missing.
    """
    device = SimDevice(tag, seed=seed)
    declared = declaration.read(driver.FOLDER)
    chosen = declaration.config(declared, device.facts.identifier)
    bound = Bound(vlnv(declared.kernel), str(driver.FOLDER / f"{declared.kernel}.toml"))
    board = open_built(device, chosen, virtual_board(driver.FOLDER, declared, chosen.name), bound)
    if stalls and device.model is not None:
        device.model.memory.seed(seed)
        device.model.memory.set_stall(random_stall(stalls))
    return board


def replay(board: OpenBoard, path: Path, pins: Mapping[str, int] | None = None) -> Iterator[str]:
    """Run every case of a bundle, compare every beat of every output, and yield a line of figures of each.

    `pins` are what inputs outside of streams hold.

    Raises:
        CheckError: a beat is not golden's, is missing or is too many; the line names case, port and beat.
        InputError: the bundle is damaged, or another design's. Others as for `DutKernel.run`.
    """
    kernel: DutKernel = board.kernel
    bundle = bundles.load(path, declaration.read(kernel.FOLDER))
    for case in bundle.manifest.cases:
        inputs = {name: slots.unpack(bundle.tensors[tensor]) for name, tensor in case.inputs.items()}
        wanted = {name: slots.unpack(bundle.tensors[tensor]) for name, tensor in case.outputs.items()}
        found = kernel.run(inputs, {name: len(beats) for name, beats in wanted.items()}, pins)
        where = f"{board.tag}: case {case.name}"
        for name, beats in wanted.items():
            bundles.compare(where, name, beats, found.outputs[name])
        if found.error is not None:
            raise CheckError(f"{where}: {_why(kernel, found, {**inputs, **wanted})}")
        yield _line(where, kernel, found)


def _why(kernel: DutKernel, run: DutRun, stated: dict[str, list[int]]) -> str:
    """Return what a run that was given up lacks, or has too many."""
    assert run.error is not None
    dut = kernel.config.dut
    if run.error.code.name == "EXTRA_BEAT":
        name = dut.outputs[run.error.port].name
        return f"port {name}, beat {len(stated[name])}: found one more than the {len(stated[name])} that golden gives"
    left = [
        f"port {stream.name}, beat {moved}: {'not taken' if stream.direction == 'input' else 'missing'}, "
        f"{moved} of {len(stated[stream.name])} have moved"
        for stream in (*dut.outputs, *dut.inputs)
        if (moved := run.moved[stream.name]) < len(stated[stream.name])
    ]
    return f"{'; '.join(left)}; none did for {LIMIT:,} cycles"


def _line(where: str, kernel: DutKernel, run: DutRun) -> str:
    moved = ", ".join(f"{name} {count}" for name, count in run.moved.items())
    waited = ", ".join(f"{name} {count}" for name, count in run.waited.items())
    return (
        f"{where}: beats {moved}; {run.cycles:,} cycles, {run.active:,} from the first to the last beat, "
        f"memory waits {waited} at {kernel.clock_mhz:g} MHz [simulated]"
    )
