# SPDX-License-Identifier: Apache-2.0
"""`AlveoDevice`: PYNQ on an Alveo U280 over XRT's C API. PYNQ itself dropped Alveo in 3.1.

XRT loads the xclbin, opens its kernels for this process alone and hands out memory; registers go word by word through
the kernel's handle. The overlay file names the xclbin with its SHA-256.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boards.device import WordDevice
from boards.facts import load_board
from boards.lock import BoardLock
from boards.memory import ALIGN
from boards.overlay import KernelInstance, MemoryRegion, OverlayFile, PynqMetadata
from boards.u280.xrt import Buffer, Card, Kernel, Xrt
from golden.errors import InputError, MachineError
from golden.spec.gen import tern_matvec as common

PLATFORM = "u280"
"""What the name of a U280's platform contains, e.g. xilinx_u280_gen3x16_xdma_base_1."""
SYSFS = Path("/sys")
ALL_ONES = 0xFFFF_FFFF
"""What the bus gives for a card that does not answer."""


def cards(sysfs: Path) -> list[str]:
    """Return the PCI addresses of the machine's U280 cards, sorted, as XRT's driver xocl shows them in sysfs."""
    names = sorted(sysfs.glob("bus/pci/drivers/xocl/*:*:*.*/rom.*/VBNV"))
    return [path.parents[1].name for path in names if PLATFORM in path.read_text(errors="replace")]


class AlveoDevice(WordDevice):
    """A U280.

    Args:
        card: which of several, in the order of their PCI addresses.
        sysfs: where the machine shows them; /sys without it.
        xrt: path of XRT's library; found by XILINX_XRT or the loader without it.
    """

    _probe_priority_ = 310

    @staticmethod
    def _probe_() -> list[Any]:
        """Return a device for each card for PYNQ's list; PYNQ loses all devices when this raises."""
        try:
            return [AlveoDevice(card) for card in range(len(cards(SYSFS)))]
        except Exception:
            return []

    def __init__(self, card: int = 0, sysfs: Path | None = None, xrt: str | None = None) -> None:
        super().__init__("u280", load_board("u280"))
        if card:
            self.lock = BoardLock(f"{self.name}.{card}", virtual=False)
        self._index = card
        self._sysfs = sysfs or SYSFS
        self._xrt = xrt
        self._card: Card | None = None
        self._kernels: dict[str, Kernel] = {}

    # ---- what PYNQ calls beyond the methods of every krait device

    def get_bitfile_metadata(self, bitfile_name: str, partial: bool = False) -> PynqMetadata:
        """Return the parser of an overlay file. Its kernels have an `index`, so that PYNQ calls `open_context`."""
        metadata = super().get_bitfile_metadata(bitfile_name, partial)
        for index, entry in enumerate(metadata.ip_dict.values()):
            entry["index"] = index
        return metadata

    def open_context(self, description: dict[str, Any]) -> int:
        """Return the number of a kernel, which `load` has opened; PYNQ asks for it before it makes the driver.

        Raises:
            InputError: the overlay has no such kernel.
            MachineError: no overlay is loaded.
        """
        name = str(description["fullpath"])
        known = [kernel.name for kernel in self.overlay_file().kernels]
        if name not in known:
            raise InputError(f"board {self.name}: no kernel {name!r} in the overlay; there are {', '.join(known)}")
        return known.index(name)

    # ---- what a krait device defines

    def check_present(self) -> None:
        """Raise MachineError when there is no such card."""
        self._address()

    def load(self, overlay: OverlayFile) -> None:
        """Open the card, load the xclbin, open its kernels, and ask behind which memory bank each port is.

        Raises:
            MachineError: XRT, card, shell or xclbin; the line says which. Or a kernel is still running.
        """
        address = self._address()
        card = self._card = Card(Xrt(self._xrt), address)
        uuid = card.load(Path(overlay.library))
        regions = {region.name: region for region in overlay.memories}
        for instance in overlay.kernels:
            kernel = self._kernels[instance.name] = card.kernel(uuid, instance.vlnv.split(":")[2])
            groups = kernel.groups([common.PORT_BASE[port] for port in range(len(instance.memories))])
            for name, group in zip(instance.memories, groups, strict=True):
                self.add_memory(regions[name], Bank(card, regions[name], group))
            self._check_idle(instance)

    def unload(self) -> None:
        """Close the kernels and the card. A run goes on: XRT cannot end one but by resetting the card."""
        for kernel in self._kernels.values():
            kernel.close()
        self._kernels = {}
        if self._card is not None:
            self._card.close()
            self._card = None

    def read_word(self, kernel: KernelInstance, offset: int) -> int:
        """Read a register. MachineError: the card gives all ones everywhere, or XRT refuses."""
        handle = self._kernels[kernel.name]
        value = handle.read(offset)
        if value == ALL_ONES and handle.read(common.Offset.MAGIC) == ALL_ONES:
            raise MachineError(
                f"board {self.name}: registers read all ones, the card has left the bus; "
                "reset it with `xrt-smi reset`, or restart the machine"
            )
        return value

    def write_word(self, kernel: KernelInstance, offset: int, value: int) -> None:
        """Write a register. MachineError: XRT refuses."""
        self._kernels[kernel.name].write(offset, value)

    # ---- inside

    def _address(self) -> str:
        """Return the card's PCI address; MachineError when there is no such card."""
        found = cards(self._sysfs)
        if self._index >= len(found):
            raise MachineError(
                f"board {self.name}: card {self._index} of {len(found)}; expected one of platform {PLATFORM} below "
                f"{self._sysfs / 'bus/pci/drivers/xocl'}; is the card flashed, and is the driver xocl loaded?"
            )
        return found[self._index]

    def _check_idle(self, kernel: KernelInstance) -> None:
        """Raise MachineError when a krait kernel is still in a run. XRT does not reload an xclbin that is loaded."""
        if self.read_word(kernel, common.Offset.MAGIC) != common.MAGIC:
            return  # the driver says what is wrong with it
        if not common.CTRL_AP_IDLE.get(self.read_word(kernel, common.Offset.CTRL)):
            raise MachineError(
                f"board {self.name}: {kernel.name} is still in a run that somebody started; "
                "reset the card with `xrt-smi reset`"
            )


@dataclass(frozen=True)
class Bank:
    """The allocator of a memory bank: XRT hands out the room.

    Attributes:
        card: whose memory it is.
        region: where the overlay file says that it lies.
        group: what XRT calls it.
    """

    card: Card
    region: MemoryRegion
    group: int

    def reserve(self, size: int) -> Buffer:
        """Return room for `size` bytes.

        Raises:
            MachineError: the bank is full, or XRT's buffer is not in the region.
        """
        buffer = self.card.buffer(size, self.group, self.region.name)
        if buffer.address == 0:
            buffer = self._above_first_page(buffer, size)
        low, high = self.region.base, self.region.base + self.region.size
        if not max(low, 1) <= buffer.address <= high - size:
            buffer.release()
            raise MachineError(
                f"{self.region.name}: XRT gave {size} bytes at {buffer.address:#x}, outside {low:#x}+{high - low:#x}; "
                "the xclbin is linked to other banks than the overlay file says"
            )
        return buffer

    def _above_first_page(self, first: Buffer, size: int) -> Buffer:
        """Return another buffer than the first of bank 0: PYNQ takes device address 0 for "no buffer"."""
        first.release()
        page = self.card.buffer(ALIGN, self.group, self.region.name)
        try:
            return self.card.buffer(size, self.group, self.region.name)
        finally:
            page.release()
