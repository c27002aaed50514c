# SPDX-License-Identifier: Apache-2.0
"""`SimDevice`: a PYNQ device over a Verilated model in this process. Nothing of PYNQ is replaced or patched.

Register accesses and `wait_interrupt` move the model's clock; between them time stands still.
"""

import time
from pathlib import Path
from typing import Any

from pynq.pl_server.device import Device

from boards.facts import Board, load_board
from boards.lock import BoardLock
from boards.overlay import KernelInstance, MemoryRegion, OverlayFile, PynqMetadata, read
from boards.sim.memory import BufferObject, ChannelMemory, SimBuffer, copy
from golden.errors import CheckError, InputError, MachineError
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


class SimDevice(Device):
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
        super().__init__(tag)
        self.name = tag
        self.facts = facts_of(tag)
        self.capabilities = {"REGISTER_RW": True}
        self.ideal = ideal
        self.lock = BoardLock(tag, virtual=True)
        self.model: SimModel | None = None
        self.memories: dict[str, ChannelMemory] = {}
        self._seed = seed
        self._overlay: OverlayFile | None = None

    # ---- what PYNQ calls

    def get_bitfile_metadata(self, bitfile_name: str, partial: bool = False) -> PynqMetadata:
        """Return the parser of an overlay file."""
        if partial:
            raise InputError(f"{bitfile_name}: partial overlays are not supported by {self.name}")
        overlay = read(Path(bitfile_name))
        if overlay.board != self.name:
            raise InputError(f"{bitfile_name}: overlay for board {overlay.board}, this is {self.name}")
        return PynqMetadata(overlay)

    def download(self, bitstream: Any, parser: PynqMetadata | None = None) -> None:
        """Load the model; buffers of an earlier one become invalid. Takes the board's lock."""
        self.lock.acquire()
        parser = parser or self.get_bitfile_metadata(bitstream.bitfile_name)
        self._unload()
        self._load(parser.overlay)
        super().post_download(bitstream, parser, self.name)

    def gen_cache(self, bitstream: Any, parser: Any = None) -> None:
        """Keep no cache: overlay files are named by their content."""

    def read_registers(self, address: int, length: int) -> bytes:
        """Read whole words at an absolute address."""
        model, first = self._register_range(address, length)
        return b"".join(model.read(first + at).to_bytes(4, "little") for at in range(0, length, 4))

    def write_registers(self, address: int, data: bytes) -> None:
        """Write whole words at an absolute address."""
        model, first = self._register_range(address, len(data))
        for at in range(0, len(data), 4):
            model.write(first + at, int.from_bytes(bytes(data[at : at + 4]), "little"))

    def flush(self, bo: BufferObject, offset: int, vaddr: int, nbytes: int) -> None:
        """Copy a part of a buffer to device memory."""
        copy(bo, offset, vaddr, nbytes, to_device=True)

    def invalidate(self, bo: BufferObject, offset: int, vaddr: int, nbytes: int) -> None:
        """Copy a part of a buffer from device memory."""
        copy(bo, offset, vaddr, nbytes, to_device=False)

    def allocate(self, shape: Any, dtype: Any, **kwargs: Any) -> SimBuffer:
        """Allocate on the first memory channel."""
        return self.default_memory.allocate(shape, dtype, **kwargs)

    @property
    def default_memory(self) -> ChannelMemory:
        """Return the first memory channel."""
        if not self.memories:
            raise MachineError(f"board {self.name}: no overlay is loaded, so there is no memory to allocate from")
        return next(iter(self.memories.values()))

    def get_memory(self, description: dict[str, Any]) -> ChannelMemory:
        """Return the channel of a `mem_dict` entry."""
        return self.get_memory_by_name(description["fullpath"])

    def get_memory_by_name(self, name: str) -> ChannelMemory:
        """Return a channel by name."""
        if name not in self.memories:
            raise InputError(f"board {self.name}: no memory {name!r}; there are {', '.join(self.memories) or 'none'}")
        return self.memories[name]

    def close(self) -> None:
        """Unload the model and free the board for others."""
        self._unload()
        self.lock.release()

    # ---- what krait's drivers use where a device has it

    def wait_interrupt(self, timeout_s: float) -> bool:
        """Run the model until the kernel's interrupt is high; return False when the time is over first."""
        model, deadline = self._loaded(), time.monotonic() + timeout_s
        while not model.interrupt:
            if time.monotonic() >= deadline:
                return False
            model.run(CHUNK)
        return True

    def now(self) -> float:
        """Return the simulated time in seconds."""
        return self._loaded().cycles / (self._kernel.clock_mhz * 1e6)

    def sleep(self, seconds: float) -> None:
        """Let simulated time pass."""
        self._loaded().run(max(1, round(seconds * self._kernel.clock_mhz * 1e6)), stop_on_interrupt=False)

    # ---- buffers

    @property
    def live_buffers(self) -> list[BufferObject]:
        """Return the buffers that are allocated and not freed."""
        return [bo for memory in self.memories.values() for bo in memory.live.values()]

    def check_leaks(self) -> None:
        """Raise CheckError when buffers are still allocated; it names where they were."""
        live = self.live_buffers
        if live:
            sites = ", ".join(sorted({bo.site for bo in live}))
            raise CheckError(f"board {self.name}: {len(live)} buffers not freed, allocated at {sites}")

    # ---- inside

    def _load(self, overlay: OverlayFile) -> None:
        if len(overlay.kernels) != 1:
            raise InputError(f"overlay of {overlay.board}: {len(overlay.kernels)} kernels, a virtual board has one")
        model = SimModel(Path(overlay.library), self._seed)
        model.reset()
        try:
            regions = self._regions(overlay, model)
        except InputError:
            model.close()
            raise
        for port, region in enumerate(regions):
            self.memories[region.name] = ChannelMemory(
                self, region, model.memory.attach(port, region.base, region.size)
            )
        model.memory.set_timing(self.timing(model.memory.port_bytes, overlay.kernels[0].clock_mhz))
        self.model, self._overlay = model, overlay

    def _regions(self, overlay: OverlayFile, model: SimModel) -> list[MemoryRegion]:
        """Return the region behind each port."""
        names = overlay.kernels[0].memories
        if len(names) != model.memory.ports:
            raise InputError(f"overlay of {overlay.board}: {len(names)} memories for {model.memory.ports} ports")
        by_name = {region.name: region for region in overlay.memories}
        return [by_name[name] for name in names]

    def timing(self, port_bytes: int, clock_mhz: float) -> MemoryTiming:
        """Return the timing of each channel behind a port."""
        if self.ideal:
            return IDEAL
        memory = self.facts.memory
        return timing(memory.model, memory.peak_gbs_per_channel, port_bytes, clock_mhz)

    def _unload(self) -> None:
        for bo in self.live_buffers:
            bo.freed = True
        self.memories = {}
        if self.model is not None:
            self.model.close()
            self.model = None

    @property
    def _kernel(self) -> KernelInstance:
        assert self._overlay is not None
        return self._overlay.kernels[0]

    def _loaded(self) -> SimModel:
        if self.model is None:
            raise MachineError(f"board {self.name}: no overlay is loaded")
        return self.model

    def _register_range(self, address: int, length: int) -> tuple[SimModel, int]:
        """Return the model and the offset inside the kernel's registers."""
        model, kernel = self._loaded(), self._kernel
        offset = address - kernel.base
        if offset < 0 or offset + length > kernel.size or address % 4 or length % 4:
            raise MachineError(
                f"board {self.name}: register access {address:#x}+{length} outside "
                f"{kernel.name} at {kernel.base:#x}+{kernel.size:#x}, or not in whole words"
            )
        return model, offset
