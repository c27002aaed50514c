# SPDX-License-Identifier: Apache-2.0
"""A VCK190 that is none: a folder as its file system, recorded answers, device images with headers only.

What stands in for PYNQ's `VersalDevice` is the virtual board: it shows how the checks meet PYNQ's `Overlay` and a
kernel, and nothing of fpga_manager, /dev/mem or zocl.
"""

import struct
from dataclasses import replace

import numpy as np

from boards.overlay import FORMAT, OverlayFile, PynqMetadata, file_hash, save
from boards.sim.device import SimDevice
from boards.vck190.pdi import PL_NODE
from boards.vck190.regions import MappedStore, Regions
from boards.vck190.versal import PACKAGES, Machine
from tests.boards.manifests import write_beside

BASE = 0x1234_5678
"""Identifier of the base design."""
PARTIAL = {"word": 0x5050_4449, "boot": False}
WHOLE = {"word": 0x4650_4449, "boot": True}


def write_pdi(path, images, word=PARTIAL["word"], boot=False, key=0):
    """Write a device image of headers: `images` as (name, node, identifier, parent's); return its path."""
    table = 0x400 if boot else 16
    first = table + 0x80
    data = bytearray(first + 64 * len(images))
    struct.pack_into("<I", data, 0, 0x00DD_0000)
    if boot:
        struct.pack_into("<I", data, 0x10, 0xAA99_5566)
        struct.pack_into("<I", data, 0xC4, table)
    struct.pack_into("<3I", data, table, 0x0004_0000, len(images), first // 4)
    struct.pack_into("<I", data, table + 0x28, word)
    struct.pack_into("<I", data, table + 0x40, key)
    for index, (name, node, unique, parent) in enumerate(images):
        struct.pack_into("<16s3I", data, first + 64 * index + 16, name.encode(), node, unique, parent)
    path.write_bytes(data)
    return path


def write_root(folder):
    """Make the folder look like the file system of a VCK190 with PYNQ's image; return it."""
    files = {
        "proc/device-tree/compatible": "xlnx,versal-vck190-revA\0xlnx,versal\0",
        "proc/device-tree/chosen/pynq_board": "VCK190\0",
        "proc/meminfo": "MemTotal: 8000000 kB\nCmaTotal: 524288 kB\nCmaFree: 409600 kB\nHugePages_Total: 0\n",
        "sys/class/fpga_manager/fpga0/state": "operating\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def reserve(root, region, name="krait"):
    """Take a region from Linux in the device tree, as krait.dtsi does."""
    node = root / "proc/device-tree/reserved-memory" / f"{name}@{region.base:x}"
    node.mkdir(parents=True, exist_ok=True)
    (node / "reg").write_bytes(region.base.to_bytes(8, "big") + region.size.to_bytes(8, "big"))
    (node / "no-map").touch()


def machine(folder, **changes):
    boot = write_pdi(folder / "boot.pdi", [("pmc", 0x1C00_0001, 1, 0), ("pl", PL_NODE, BASE, 0)], **WHOLE)
    clocks = (99.999, 199.998, 33.3, 33.3)
    made = Machine(write_root(folder / "root"), boot, PACKAGES.__getitem__, clocks.__getitem__)
    return replace(made, **changes)


def write_overlay(folder, design, board="vck190", parent=BASE, **changes):
    """An overlay file, its image and its metadata; return the file's path."""
    image = write_beside(write_pdi(folder / "k.pdi", [("pl_cfi", PL_NODE + 1, 7, parent)]))
    hwh = folder / "k.hwh"
    hwh.write_text("<no metadata/>")
    for region in design.regions:
        reserve(folder / "root", region)
    file = OverlayFile(
        FORMAT, board, str(image), file_hash(image), (design.kernel,), design.regions, metadata_sha256=file_hash(hwh)
    )
    return save(replace(file, **changes), folder)


class StandIn(Regions, SimDevice):
    """The virtual board in the place of `VersalDevice`: parses as PYNQ's does, without anything of krait's.

    Memory stays where it is when the fabric is loaded anew, as DDR does; a new model brings memory of its own.
    """

    def __init__(self, design):
        super().__init__("sim")
        self.design = design

    def load(self, overlay):
        super().load(overlay)
        for channel in self.channels.values():
            words = self.mmap(channel.region.base, channel.region.size).view(np.uint64)
            channel.allocator.store = MappedStore(channel.region.base, words)

    def get_bitfile_metadata(self, bitfile_name, partial=False):
        design = self.design
        found = PynqMetadata(OverlayFile(FORMAT, "sim", str(design.library), "", (design.kernel,), design.regions))
        found.ip_dict[design.kernel.name]["parameters"] = {"C_S_AXI_CONTROL_ADDR_WIDTH": "12"}
        found.mem_dict = {f"axi_noc_0_{name}": entry for name, entry in found.mem_dict.items()}
        return found

    def mmap(self, base, length):
        """The memory behind a port, as PYNQ maps it: words of 32 bits."""
        port = [region.base for region in self.design.ports].index(base)
        return self.model.memory.view(port)[:length].view(np.uint32)
