# SPDX-License-Identifier: Apache-2.0
"""`SimDevice`: a PYNQ device over a Verilated model in this process.

Register accesses and `wait_interrupt` move the model's clock; between them time stands still.
"""

import time
from pathlib import Path
from typing import Any

from boards.device import KraitDevice
from boards.facts import Board, load_board
from boards.overlay import KernelInstance, MemoryRegion, OverlayFile
from boards.sim.memory import simulated
from golden.errors import InputError, MachineError
from harness.sim.model import SimModel
from harness.sim.timing import IDEAL, MemoryTiming, timing

CHUNK = 4096
"""Cycles between two looks at the wall clock: below 0.2 s on the slowest model."""


def facts_of(tag: str) -> Board:
    """Return the facts behind a tag: `sim`, or `sim:<board>`.

    Raises:
        InputError: no such board.
    """
    head, _, board = tag.partition(":")
    if head != "sim":
        raise InputError(f"board {tag!r} is not a virtual one; expected sim or sim:<board>")
    return load_board(board or "sim")


class SimDevice(KraitDevice):
    """The virtual board.

    Args:
        tag: `sim`, or `sim:<board>` for the memory model of that board.
        ideal: replace the memory model by one beat a cycle and port.
        seed: of the values that registers without reset start with.

    Raises:
        InputError: no such board.
    """

    _probe_priority_ = 900

    @staticmethod
    def _probe_() -> list[Any]:
        """Return the virtual board for PYNQ's list of devices; PYNQ loses all devices when this raises."""
        try:
            return [SimDevice("sim")]
        except Exception:
            return []

    def __init__(self, tag: str = "sim", ideal: bool = False, seed: int = 1) -> None:
        super().__init__(tag, facts_of(tag), virtual=True)
        self.ideal = ideal
        self.model: SimModel | None = None
        self._seed = seed

    # ---- what a krait device defines

    def load(self, overlay: OverlayFile) -> None:
        """Load the model and give each port its memory."""
        if len(overlay.kernels) != 1:
            raise InputError(f"overlay of {overlay.board}: {len(overlay.kernels)} kernels, a virtual board has one")
        model = self.model = SimModel(Path(overlay.library), self._seed)
        model.reset()
        for port, region in enumerate(self._regions(overlay, model)):
            self.add_memory(region, simulated(region, model.memory.attach(port, region.base, region.size)))
        model.memory.set_timing(self.timing(model.memory.port_bytes, overlay.kernels[0].clock_mhz))

    def unload(self) -> None:
        """Destroy the model."""
        if self.model is not None:
            self.model.close()
            self.model = None

    def read_words(self, kernel: KernelInstance, offset: int, count: int) -> bytes:
        """Read registers side by side, in one call of the model."""
        return self._running().read_words(offset, count)

    def write_words(self, kernel: KernelInstance, offset: int, data: bytes) -> None:
        """Write registers side by side, in one call of the model."""
        self._running().write_words(offset, data)

    # ---- what krait's drivers use where a device has it

    def wait_interrupt(self, timeout_s: float) -> bool:
        """Run the model until the kernel's interrupt is high; return False when the time is over first."""
        model, deadline = self._running(), time.monotonic() + timeout_s
        while not model.wait(CHUNK):
            if time.monotonic() >= deadline:
                return False
        return True

    def now(self) -> float:
        """Return the simulated time in seconds."""
        return self._running().cycles / self._clock_hz()

    def sleep(self, seconds: float) -> None:
        """Let simulated time pass."""
        self._running().run(max(1, round(seconds * self._clock_hz())), stop_on_interrupt=False)

    def timing(self, port_bytes: int, clock_mhz: float) -> MemoryTiming:
        """Return the timing of each channel behind a port."""
        if self.ideal:
            return IDEAL
        memory = self.facts.memory
        return timing(memory.model, memory.peak_gbs_per_channel, port_bytes, clock_mhz)

    # ---- inside

    def _regions(self, overlay: OverlayFile, model: SimModel) -> list[MemoryRegion]:
        """Return the region behind each port."""
        names = overlay.kernels[0].memories
        if len(names) != model.memory.ports:
            raise InputError(f"overlay of {overlay.board}: {len(names)} memories for {model.memory.ports} ports")
        by_name = {region.name: region for region in overlay.memories}
        return [by_name[name] for name in names]

    def _clock_hz(self) -> float:
        return self.overlay_file().kernels[0].clock_mhz * 1e6

    def _running(self) -> SimModel:
        if self.model is None:
            raise MachineError(f"board {self.name}: no overlay is loaded")
        return self.model
