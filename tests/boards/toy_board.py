# SPDX-License-Identifier: Apache-2.0
"""The toy kernel as an overlay of the virtual board, with a driver of its own."""

from dataclasses import replace
from enum import IntEnum
from typing import ClassVar

from pynq import Overlay

from boards.drivers import KraitIP
from boards.overlay import FORMAT, KernelInstance, MemoryRegion, OverlayFile, file_hash, save
from boards.sim.device import SimDevice
from golden.spec.gen import tern_matvec as regs
from harness.build import build
from tests.harness.sim.toy import shared

HASH = "0x0123456789abcdef"
REGIONS = (MemoryRegion("MEM0", 0, 1 << 20), MemoryRegion("MEM1", 1 << 36, 1 << 20))
KERNEL = KernelInstance("toy", "krait:kernel:toy:1.0", 0xA000_0000, 4096, "toy", HASH, 200.0, ("MEM0", "MEM1"))


class ToyError(IntEnum):
    NONE = 0
    AXI_READ = 5
    AXI_WRITE = 6


class ToyIP(KraitIP):
    """Copies beats, each byte ^ 1, on both ports."""

    bindto: ClassVar[list[str]] = ["krait:kernel:toy:1.0"]
    KERNEL_ID = 0xFFFF
    ERRORS = ToyError

    def copy(self, sources, targets, beats, timeout_s=10):
        self.put(regs.Offset.ROW_TILES, beats)
        for port, (source, target) in enumerate(zip(sources, targets, strict=True)):
            self.put64(regs.PORT_BASE[port], source.device_address)
            assert target.device_address - source.device_address == self.distance(sources, targets)
        self.put64(regs.Offset.Y_OFF, self.distance(sources, targets))
        self.start()
        self.wait(timeout_s)

    @staticmethod
    def distance(sources, targets):
        return targets[0].device_address - sources[0].device_address


def overlay_file(folder, **changes):
    library = build(shared("sim_toy"))
    kernel = replace(KERNEL, **changes)
    return save(OverlayFile(FORMAT, "sim", str(library), file_hash(library), (kernel,), REGIONS), folder)


def open_toy(folder, **changes):
    """Return (device, overlay); close the device afterwards."""
    device = SimDevice("sim")
    try:
        return device, Overlay(str(overlay_file(folder, **changes)), device=device)
    except BaseException:
        device.close()
        raise
