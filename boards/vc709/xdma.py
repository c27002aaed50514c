# SPDX-License-Identifier: Apache-2.0
"""`XdmaDevice`: a PYNQ device over the character devices of Xilinx' XDMA driver, for VC709."""

from pathlib import Path
from typing import Any, Literal

from boards.device import WordDevice
from boards.facts import load_board
from boards.memory import FirstFit
from boards.overlay import KernelInstance, OverlayFile
from boards.vc709.program import reprogram
from boards.vc709.system import Linux, System
from boards.vc709.transport import MODULE, RECHECK_S, Nodes, XdmaLink
from golden.errors import InputError, InvalidError, MachineError
from golden.spec.gen import tern_matvec as common

BOARD = "vc709"
NODES_S = 10.0
"""Time for the devices to appear, with their permissions, after a rescan. [P]"""

Program = Literal["needed", "always", "never"]
"""When a bitstream is loaded. `needed`: its kernels do not answer, or one of them is still running."""


class XdmaDevice(WordDevice):
    """The board behind PCIe.

    Args:
        program: when to configure the FPGA.
        system: what it runs on.
        nodes: its character devices.
    """

    _probe_priority_ = 300

    @staticmethod
    def _probe_() -> list[Any]:
        """Return the board if its devices exist; PYNQ loses all devices when this raises."""
        try:
            return [XdmaDevice()] if Linux().exists(Nodes().user) else []
        except Exception:
            return []

    def __init__(self, program: Program = "needed", system: System | None = None, nodes: Nodes | None = None) -> None:
        super().__init__(BOARD, load_board(BOARD))
        self.program = program
        self.system: System = system or Linux()
        self.nodes = nodes or Nodes()
        self._link: XdmaLink | None = None

    # ---- what a krait device defines

    def load(self, overlay: OverlayFile) -> None:
        """Configure the FPGA if it has to be, check that the overlay's kernels answer, and set up their memory.

        Raises:
            InputError: the overlay has no kernel of krait's.
            MachineError: the board, its driver or the programmer; the line says which.
        """
        if not _kernels(overlay):
            raise InputError(f"overlay of {overlay.board}: no kernel of krait's, expected at least one")
        wrong = "asked for" if self.program == "always" else self._differs(overlay)
        if wrong and self.program == "never":
            raise MachineError(f"board {self.name}: {wrong}; the overlay is not on the board, and programming is off")
        if wrong:
            self.unload()
            reprogram(self.system, Path(overlay.library), self.name, wrong)
            self._link = self._wait_for_link()
            wrong = self._differs(overlay)
        if wrong or self._link is None:
            raise InvalidError(f"board {self.name}: {wrong} after programming; overlay and bitstream do not fit")
        self._link.identity = _kernels(overlay)[0].base + common.Offset.MAGIC
        for region in overlay.memories:
            self.add_memory(region, FirstFit(region, self._link))

    def unload(self) -> None:
        """Close the devices."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def read_word(self, kernel: KernelInstance, offset: int) -> int:
        """Read a register; MachineError when the link is lost."""
        return self._open().read_word(kernel.base + offset)

    def write_word(self, kernel: KernelInstance, offset: int, value: int) -> None:
        """Write a register."""
        self._open().write_word(kernel.base + offset, value)

    # ---- what krait's drivers use where a device has it

    def wait_interrupt(self, timeout_s: float) -> bool:
        """Wait for the kernel's interrupt, at most so long that a lost one costs little; return whether it came."""
        return self._open().wait(min(timeout_s, RECHECK_S))

    # ---- inside

    def check_present(self) -> None:
        """Raise MachineError when the board's devices cannot be opened; the line says why."""
        self._connect()
        self.unload()

    def _connect(self) -> XdmaLink:
        if self._link is None:
            self._link = XdmaLink(self.system, self.nodes, self.name)
        return self._link

    def _wait_for_link(self) -> XdmaLink:
        deadline = self.system.now() + NODES_S
        while True:
            try:
                return self._connect()
            except MachineError as error:
                if self.system.now() >= deadline:
                    raise MachineError(f"{error} (waited {NODES_S:g} s after programming)") from error
                self.system.sleep(0.05)

    def _differs(self, overlay: OverlayFile) -> str:
        """Return what keeps the overlay from being the design on the board; nothing when it is, and idle."""
        if self._link is None and not self.system.exists(self.nodes.user) and self.system.exists(MODULE):
            return f"{self.nodes.user} does not exist"
        return next((found for each in _kernels(overlay) if (found := self._answer(each))), "")

    def _answer(self, kernel: KernelInstance) -> str:
        """Return what of a kernel's identity is not as the overlay file has it, or that it is running."""
        link = self._connect()
        low, high = (link.peek(kernel.base + common.Offset.CONFIG_HASH + half) for half in (0, 4))
        checks = (
            ("MAGIC", link.peek(kernel.base + common.Offset.MAGIC), common.MAGIC),
            ("CONFIG_HASH", low | high << 32, int(kernel.config_hash, 16)),
        )
        for name, found, expected in checks:
            if found != expected:
                return f"{kernel.name}: {name} reads {found:#x}, expected {expected:#x}"
        idle = common.CTRL_AP_IDLE.get(link.peek(kernel.base + common.Offset.CTRL))
        return "" if idle else f"{kernel.name} is still running"

    def _open(self) -> XdmaLink:
        if self._link is None:
            raise MachineError(f"board {self.name}: no overlay is loaded")
        return self._link


def _kernels(overlay: OverlayFile) -> tuple[KernelInstance, ...]:
    return tuple(kernel for kernel in overlay.kernels if kernel.vlnv.startswith("krait:"))
