# SPDX-License-Identifier: Apache-2.0
"""Opens any board by its tag: `sim`, `sim:<board>`, or a physical one with the overlay file of its bitstream."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, TypeVar

from pynq import Overlay

from boards import drivers
from boards.bitstream_manifest import of_bitstream
from boards.device import KraitDevice
from boards.facts import Board, load_board
from boards.overlay import KernelInstance, OverlayFile, read
from golden.errors import InputError
from golden.spec import KernelConfig, load_config, load_configs
from harness.paths import build_dir

D = TypeVar("D", bound=KraitDevice)


@dataclass(frozen=True)
class Loaded:
    """What a device that is not krait's does not tell: its board's tag, its overlay file, how that is loaded again."""

    tag: str
    file: OverlayFile
    again: Callable[[], None]


class OpenBoard(Generic[D]):
    """A board with its overlay loaded; close it, or use it in a `with`, which also reports leaked buffers.

    Attributes:
        tag: of the board, as on the command line.
        device: the PYNQ device.
        overlay: the PYNQ overlay; `overlay.MEM0` .. are its memories.
        kernel: the driver of the kernel.
        config: the kernel's configuration.
        facts: of the board.
    """

    def __init__(
        self, device: D, overlay: Any, config: KernelConfig, name: str | None = None, loaded: Loaded | None = None
    ) -> None:
        self.tag = loaded.tag if loaded else str(device.name)
        self._loaded = loaded
        self.device = device
        self.overlay = overlay
        self.config = config
        self.facts: Board = device.facts
        self.kernel: Any = getattr(overlay, name or config.kernel)

    @property
    def bitstream(self) -> str:
        """SHA-256 of what the overlay file names. MachineError: none is loaded."""
        file = self._loaded.file if self._loaded else self.device.overlay_file()
        return file.sha256

    def reload(self) -> None:
        """Load the overlay again, after a start that did not end; buffers of before must not be used any more.

        Raises:
            MachineError: the board does not come back.
        """
        if self._loaded:
            self._loaded.again()
        else:
            self.overlay.download()

    def close(self) -> None:
        """Unload the overlay and free the board."""
        self.device.close()

    def __enter__(self) -> "OpenBoard[D]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.device.check_leaks()
        finally:
            self.close()


def open_board(
    tag: str = "sim", config: str | None = None, kernel: str | None = None, overlay: Path | None = None
) -> OpenBoard[Any]:
    """Return a board with a kernel loaded, whatever device it is.

    Args:
        tag: `sim`, `sim:<board>`, or a physical board that krait has a device for.
        config: configuration of the kernel; without it the board's own, or that of the overlay.
        kernel: which kernel; without it tern_matvec on a virtual board, or the overlay's.
        overlay: the overlay file of a physical board; without it the newest that was built for it.

    Raises:
        InputError: unknown board, kernel or configuration, or an overlay file that is missing or does not fit.
        MachineError: the board is absent, in use or does not answer, or a tool is missing.
    """
    if tag.partition(":")[0] == "sim":
        from boards.sim.open import open_board as open_virtual

        if overlay is not None:
            raise InputError(f"board {tag}: found overlay {overlay}, expected none: a virtual board's is made for it")
        return open_virtual(tag, config, kernel=kernel or "tern_matvec")
    if tag in ("vck190", "vck190-stock"):
        from boards.vck190.open import check_present, open_versal

        return open_versal(overlay or newest_overlay(tag, check_present, config, kernel), config, kernel)
    return open_physical(physical(tag), config, kernel, overlay)


def program_board(tag: str, overlay: Path | None = None) -> str:
    """Configure VC709 with an overlay's bitstream even if it has it already; return a line that says which it has now.

    Raises:
        InputError: another board, or no overlay file that fits. MachineError: as for `open_board`.
    """
    from boards.vc709.xdma import BOARD, XdmaDevice

    if tag != BOARD:
        raise InputError(
            f"board program: found {tag!r}, expected {BOARD}; other boards are configured as they are opened"
        )
    with open_physical(XdmaDevice("always"), overlay=overlay) as opened:
        return f"{tag}: {opened.config.kernel} {opened.config.name} from {opened.device.overlay_file().library}"


def physical(tag: str) -> KraitDevice:
    """Return the device of a physical board that is krait's own. InputError: there is none."""
    if tag == "vc709":
        from boards.vc709.xdma import XdmaDevice

        return XdmaDevice()
    if tag == "u280":
        from boards.u280.alveo import AlveoDevice

        return AlveoDevice()
    raise InputError(
        f"board {load_board(tag).name}: no device of krait's, expected sim, sim:{tag}, vc709, vck190 or u280"
    )


def open_physical(
    device: D, config: str | None = None, kernel: str | None = None, overlay: Path | None = None
) -> OpenBoard[D]:
    """Load an overlay file on a physical board's device; arguments and errors as for `open_board`."""
    try:
        path = overlay or newest_overlay(device.name, device.check_present, config, kernel)
        chosen = pick_kernel(path, config, kernel)
        of_bitstream(Path(read(path).library))
        device.lock.acquire()
        loaded = Overlay(str(path), device=device)
        return OpenBoard(device, loaded, load_config(chosen.registers, chosen.config), chosen.name)
    except BaseException:
        device.close()
        raise


def newest_overlay(board: str, check_present: Callable[[], None], config: str | None, kernel: str | None) -> Path:
    """Return the newest overlay file of the bitstreams that were built for a board.

    Raises:
        MachineError: there is none, and no board either. InputError: there is none.
    """
    folder = build_dir() / "bitstreams" / board
    found = sorted(folder.rglob(f"{board}-*.json"), key=lambda path: path.stat().st_mtime)
    for path in reversed(found):
        if _fitting(read(path), config, kernel):
            return path
    check_present()
    asked = " ".join(each for each in (kernel, config) if each) or "any kernel"
    raise InputError(
        f"board {board}: found no overlay file of {asked} below {folder}; build a bitstream "
        f"(make bitstream BOARD={board}), or name an overlay file"
    )


def pick_kernel(path: Path, config: str | None, kernel: str | None) -> KernelInstance:
    """Return the kernel of an overlay file that is asked for. InputError: it has none, or several that could be."""
    overlay = read(path)
    found = _fitting(overlay, config, kernel)
    if len(found) != 1:
        known = ", ".join(f"{each.name} {each.config}" for each in overlay.kernels) or "none"
        asked = " ".join(each for each in (kernel, config) if each) or "one kernel"
        raise InputError(f"{path}: found kernels {known}, expected {asked}")
    return found[0]


def _fitting(overlay: OverlayFile, config: str | None, kernel: str | None) -> list[KernelInstance]:
    return [
        each
        for each in overlay.kernels
        if each.registers in drivers.DRIVERS and kernel in (None, each.registers) and config in (None, each.config)
    ]


def pick_config(kernel: str, name: str, facts: Board) -> KernelConfig:
    """Return a configuration that was made for a board; InputError lists those that are."""
    configs = load_configs(kernel)
    fitting = sorted(each.name for each in configs.values() if each.board == facts.name)
    expected = ", ".join(fitting) or "none"
    if name not in fitting:
        raise InputError(f"{kernel} on board {facts.name}: found configuration {name!r}, expected one of {expected}")
    return configs[name]
