# SPDX-License-Identifier: Apache-2.0
"""The devices that keep the contract of `test_device_contract.py`. A new device is one entry of `KINDS`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pynq import Overlay

from boards.device import KraitDevice
from boards.overlay import FORMAT, OverlayFile, file_hash, save
from boards.sim.device import SimDevice
from boards.u280.alveo import AlveoDevice
from boards.vc709.xdma import XdmaDevice
from harness.sim.model import SimModel
from tests.boards.designs import Design
from tests.boards.fake_xdma import FakeXdma, write_bitstream
from tests.boards.fake_xrt import FakeCard, write_xclbin
from tests.boards.manifests import write_beside


@dataclass(frozen=True)
class Bench:
    """A device and what stands behind it.

    Attributes:
        device: without an overlay yet.
        model: the kernel's at the moment.
        destroy: ends what is behind the device.
        reset: what brings a hung kernel back from outside; None where a reload of the overlay does.
    """

    device: KraitDevice
    model: Callable[[], SimModel]
    destroy: Callable[[], None] = lambda: None
    reset: Callable[[], None] | None = None


@dataclass(frozen=True)
class DeviceKind:
    """A device as the contract opens it.

    Attributes:
        name: in the names of tests.
        board: that overlay files are made for.
        device: the class.
        bench: a device in a folder, with a board of its own behind it that has no overlay yet.
        bitstream: writes what an overlay file names, for a design; its path.
        probe: what the class calls when PYNQ probes it, as a dotted name.
    """

    name: str
    board: str
    device: type[KraitDevice]
    bench: Callable[[Path], Bench]
    bitstream: Callable[[Path, Design], Path]
    probe: str

    def overlay_file(self, folder: Path, design: Design) -> Path:
        bits = self.bitstream(folder, design)
        if self.name != "sim":
            write_beside(bits)
        overlay = OverlayFile(FORMAT, self.board, str(bits), file_hash(bits), (design.kernel,), design.regions)
        return save(overlay, folder)

    def load(self, bench: Bench, folder: Path, design: Design) -> Any:
        return Overlay(str(self.overlay_file(folder, design)), device=bench.device)


def _sim(folder):
    device = SimDevice("sim")
    return Bench(device, lambda: device.model)


def _xdma(folder):
    board = FakeXdma(folder)
    device = XdmaDevice(system=board)
    return Bench(device, lambda: board.model, board.destroy)


def _alveo(folder):
    card = FakeCard(folder)
    device = AlveoDevice(sysfs=card.sysfs, xrt=str(card.library))
    return Bench(device, lambda: card.model, card.destroy, card.reset)


KINDS = (
    DeviceKind("sim", "sim", SimDevice, _sim, lambda folder, design: design.library, "boards.sim.device.facts_of"),
    DeviceKind(
        "xdma",
        "vc709",
        XdmaDevice,
        _xdma,
        lambda folder, design: write_bitstream(folder / "design.bit", design),
        "boards.vc709.xdma.Linux",
    ),
    DeviceKind(
        "alveo",
        "u280",
        AlveoDevice,
        _alveo,
        lambda folder, design: write_xclbin(folder / "design.xclbin", design),
        "boards.u280.alveo.cards",
    ),
)
