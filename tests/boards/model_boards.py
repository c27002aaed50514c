# SPDX-License-Identifier: Apache-2.0
"""Boards with a kernel of whole models on them, of which none is a board: fakes of drivers over a Verilated kernel."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pynq import Overlay

from boards.open import OpenBoard
from boards.vck190.open import open_versal
from golden.spec import load_config
from harness.sim.model import SimModel
from tests.boards import designs
from tests.boards.device_kinds import KINDS
from tests.boards.fake_versal import StandIn, machine, write_overlay

BOARDS = ("vc709", "u280", "vck190")


@dataclass(frozen=True)
class Fake:
    """An open board, and the model of its kernel as it is at the moment."""

    board: OpenBoard[Any]
    model: Callable[[], SimModel]


@contextmanager
def opened(tag: str, kernel: str, folder: Path) -> Iterator[Fake]:
    """Open a kernel's smallest configuration on the fake of a board."""
    design = designs.kernel(kernel)
    if tag == "vck190":
        device = StandIn(design)
        board = open_versal(write_overlay(folder, design), machine=machine(folder), device=device)
        try:
            yield Fake(board, lambda: device.model)
        finally:
            board.close()
        return
    kind = next(each for each in KINDS if each.board == tag)
    bench = kind.bench(folder)
    try:
        overlay = Overlay(str(kind.overlay_file(folder, design)), device=bench.device)
        yield Fake(OpenBoard(bench.device, overlay, load_config(kernel, "sim")), bench.model)
    finally:
        bench.device.close()
        bench.destroy()
