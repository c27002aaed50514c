# SPDX-License-Identifier: Apache-2.0
"""Checks around PYNQ's `VersalDevice`, on a folder in the place of a board: each failure is one line."""

from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from boards.facts import load_board
from boards.open import open_board, pick_config
from boards.overlay import MemoryRegion
from boards.vck190 import versal
from boards.vck190.open import open_versal
from boards.vck190.pdi import PL_NODE, Image, check_parent, images
from boards.vck190.regions import CheckedMemory, MappedStore
from golden.errors import CheckError, InputError, MachineError
from golden.ternary.matvec import matvec
from tests.boards import designs
from tests.boards.fake_versal import BASE, WHOLE, StandIn, machine, write_overlay, write_pdi

REGION = MemoryRegion("MEM0", 0x8_0000_0000, 1 << 20)


@pytest.fixture
def board(tmp_path):
    """A device for `tern_matvec`, in the place of PYNQ's."""
    device = StandIn(designs.matvec())
    yield device
    device.close()


def fails(message, use, *arguments, error=MachineError):
    """The call ends with one line that has the message."""
    with pytest.raises(error, match=message) as caught:
        use(*arguments)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == (3 if error is MachineError else 2)


def opening(path, here, device=None):
    return open_versal(path, machine=here, device=device)


# ---- the whole


def test_a_kernel_opened_through_pynq_runs(tmp_path, board):
    """Checks pass, PYNQ parses and loads, drivers get configuration and memories from the overlay file: W X exactly."""
    with opening(write_overlay(tmp_path, board.design), machine(tmp_path), board) as opened:
        draw = torch.Generator().manual_seed(3)
        w = torch.randint(-1, 2, (40, 100), generator=draw, dtype=torch.int8)
        x = torch.randint(-128, 128, (100, 3), generator=draw, dtype=torch.int8)
        assert torch.equal(torch.from_numpy(opened.kernel.multiply(w, x)), matvec(w, x))
        assert opened.device.findings.base_design == "0x12345678"
        assert opened.device.findings.packages == {"pynq": "4.0.0", "pynqmetadata": "0.2.0"}
        assert opened.device.findings.clocks_mhz[1] == 199.998
        fails("board vck190 is in use by process", opening, write_overlay(tmp_path, board.design), machine(tmp_path))
    board.check_leaks()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"board": "u280"}, "overlay for board u280, expected one for vck190 or vck190-stock"),
        ({"kernels": ()}, "found kernels none, expected one kernel"),
        ({"metadata_sha256": ""}, r"no metadata_sha256 of k\.hwh"),
        ({"metadata_sha256": "0"}, r"k\.hwh has changed since"),
        ({"sha256": "0"}, r"k\.pdi has changed since"),
    ],
)
def test_files_of_different_builds_are_refused(tmp_path, board, changes, message):
    """Image, metadata and overlay file are held to each other before anything is loaded."""
    path = write_overlay(tmp_path, board.design, **changes)
    fails(message, opening, path, machine(tmp_path), board, error=InputError)
    assert board.loaded is None


def test_missing_metadata_are_refused(tmp_path, board):
    """Without the .hwh PYNQ would know no kernel."""
    path = write_overlay(tmp_path, board.design)
    (tmp_path / "k.hwh").unlink()
    fails(r"k\.hwh: cannot be read", opening, path, machine(tmp_path), board, error=InputError)


def test_metadata_with_another_kernel_are_refused(tmp_path, board):
    """Name, type and address of a kernel are those of the overlay file, or a driver would write elsewhere."""
    kernel = board.design.kernel
    for changes, message in (
        ({"name": "other"}, "kernel other: in the overlay file, not in the .hwh"),
        ({"base": 0x2_0000}, "kernel tern_matvec: address is 0x10000 in the .hwh, 0x20000 in the overlay file"),
        ({"vlnv": "krait:kernel:tern_matvec:2.0"}, "type is krait:kernel:tern_matvec:1.0 in the .hwh"),
        ({"size": 8192}, "range is 0x1000 in the .hwh, 0x2000"),
    ):
        path = write_overlay(tmp_path, board.design, kernels=(replace(kernel, **changes),))
        fails(message, opening, path, machine(tmp_path), board, error=InputError)


def test_a_failed_download_is_one_line(tmp_path, board, monkeypatch):
    """What PYNQ raises without root is told with the image, and the board is free again."""
    path = write_overlay(tmp_path, board.design)
    monkeypatch.setattr(
        board, "download", lambda *arguments: (_ for _ in ()).throw(OSError("Root permissions required."))
    )
    fails(r"k\.pdi: PYNQ cannot load it \(Root permissions", opening, path, machine(tmp_path), board)
    monkeypatch.undo()
    opening(path, machine(tmp_path), board).close()


def test_memory_that_linux_has_is_not_taken(tmp_path, board):
    """A region that the device tree does not reserve as it stands in the overlay file belongs to Linux."""
    path = write_overlay(tmp_path, board.design)
    node = next((tmp_path / "root/proc/device-tree/reserved-memory").iterdir())
    (node / "no-map").unlink()
    message = r"memory MEM\d: 0x\w+\+0x4000000 is not reserved in the board's device tree"
    fails(message, opening, path, machine(tmp_path), board)
    (node / "no-map").touch()
    (node / "reg").write_bytes(bytes(16))
    fails(message, opening, path, machine(tmp_path), board)
    assert board.loaded is None


def test_memory_is_moved_in_whole_lines():
    """Copies of any place and length change their bytes and no others; the memory sees aligned lines only."""
    memory = np.arange(64, dtype=np.uint64)
    store = MappedStore(4096, memory)
    expected = memory.copy().view(np.uint8)
    draw = np.random.default_rng(2)
    for _ in range(200):
        low, high = sorted(int(at) for at in draw.integers(0, expected.size + 1, 2))
        data = draw.integers(0, 256, high - low, np.uint8)
        store.write(4096 + low, data)
        expected[low:high] = data
        assert np.array_equal(memory.view(np.uint8), expected)
        found = np.empty(high - low, np.uint8)
        store.read(4096 + low, found)
        assert np.array_equal(found, data)
        assert store._lines(4096 + low, high - low)[1].size % 8 == 0


def test_leaks_are_named(tmp_path, board):
    """A buffer that outlives the `with` is reported with its place."""
    opened = opening(write_overlay(tmp_path, board.design), machine(tmp_path), board)
    kept = opened.device.get_memory_by_name("MEM0").allocate((16,), "u4")
    with pytest.raises(CheckError, match=r"board vck190: 1 buffers not freed, allocated at .*test_versal"), opened:
        pass
    kept.freebuffer()


def test_the_stock_image_has_what_cma_has(tmp_path, board):
    """There buffers come from the pool for DMA: a larger one than is free is refused with both figures."""
    path = write_overlay(tmp_path, board.design, board="vck190-stock")
    with opening(path, machine(tmp_path), board) as opened:
        with opened.kernel.arena(1 << 20):
            pass
        message = "DMA buffers: 419430401 bytes needed, 419430400 of 536870912 are free in CMA"
        fails(message, board.get_memory(board.mem_dict["MEM0"]).allocate, (419430401,), "u1")
    moved = (replace(board.design.regions[0], base=1 << 40), board.design.regions[1])
    path = write_overlay(tmp_path, board.design, board="vck190-stock", memories=moved[::-1])
    fails("memory MEM0: no memory at 0x10000000000", opening, path, machine(tmp_path), board, error=InputError)


# ---- one check at a time


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        (
            "proc/device-tree/compatible",
            "xlnx,zynqmp-zcu104\0xlnx,zynqmp\0",
            "this machine is xlnx,zynqmp-zcu104, xlnx",
        ),
        ("proc/device-tree/compatible", None, "this machine is no machine with a device tree"),
        ("proc/device-tree/chosen/pynq_board", "VEK280\0", "the image is for VEK280, expected VCK190"),
        ("proc/device-tree/chosen/pynq_board", None, "the image is for no board of PYNQ"),
    ],
)
def test_another_board_or_image_is_refused(tmp_path, file, text, message):
    """The device tree says which chip and which image."""
    here = machine(tmp_path)
    assert versal.check_board(here) == "VCK190"
    if text is None:
        (here.root / file).unlink()
    else:
        (here.root / file).write_text(text)
    fails(message, versal.check_board, here)


def test_unreadable_files_are_one_line(tmp_path):
    """A file that is there and cannot be read is named."""
    here = machine(tmp_path)
    state = here.root / "sys/class/fpga_manager/fpga0/state"
    state.unlink()
    state.mkdir()
    fails("fpga0/state: cannot be read", versal.check_loaded, here)


@pytest.mark.parametrize(
    ("name", "found", "message"),
    [
        ("pynq", "3.1.2", "pynq: found 3.1.2, expected 4.0.0"),
        ("pynqmetadata", "0.1.9", "pynqmetadata: found 0.1.9, expected 0.2.0"),
        ("pynqmetadata", None, "pynqmetadata: not installed"),
    ],
)
def test_packages_before_versal_are_refused(tmp_path, name, found, message):
    """Earlier versions fail while they load a Versal, in ways that do not say so."""

    def package(asked):
        if asked == name and found is None:
            raise PackageNotFoundError(asked)
        return found if asked == name else versal.PACKAGES[asked]

    fails(message, versal.check_packages, machine(tmp_path, package=package))


def test_the_installed_packages_are_those():
    """The pins of this project are what the board needs."""
    assert versal.check_packages(versal.Machine()) == versal.PACKAGES


def test_an_overlay_on_another_base_is_refused(tmp_path, board):
    """The firmware would refuse it without saying what of; without the boot image nothing is claimed."""
    path = write_overlay(tmp_path, board.design, parent=0xBAD)
    message = r"k\.pdi: built on base design 0x00000bad, .*boot\.pdi is 0x12345678"
    fails(message, opening, path, machine(tmp_path), board)
    unknown = machine(tmp_path, boot=None)
    with opening(path, unknown, board) as opened:
        assert opened.device.findings.base_design == "not checked"


def test_device_images_are_read(tmp_path):
    """With a boot header or without, names and identifiers are where bootgen's headers have them."""
    found = images(write_pdi(tmp_path / "boot.pdi", [("pmc", 0x1C00_0001, 1, 0), ("pl", PL_NODE, BASE, 5)], **WHOLE))
    assert found == (Image("pmc", 0x1C00_0001, 1, 0), Image("pl", PL_NODE, BASE, 5))
    assert images(write_pdi(tmp_path / "part.pdi", [("pl", PL_NODE, 7, BASE)])) == (Image("pl", PL_NODE, 7, BASE),)


def test_broken_device_images_are_refused(tmp_path):
    """Missing, empty, truncated, encrypted and foreign files, and images without programmable logic."""
    good = write_pdi(tmp_path / "good.pdi", [("pl", PL_NODE, BASE, BASE)])
    data = good.read_bytes()
    foreign = bytearray(data)
    foreign[16 + 0x28] ^= 1
    many = bytearray(data)
    many[16 + 4 : 16 + 8] = (1 << 20).to_bytes(4, "little")
    for content, message in (
        (b"", "not a Versal device image"),
        (data[:-1], "not a Versal device image"),
        (foreign, "identification 0x50504448, expected FPDI or PPDI"),
        (many, "1048576 images"),
    ):
        (tmp_path / "bad.pdi").write_bytes(content)
        fails(message, images, tmp_path / "bad.pdi", error=InputError)
    fails("cannot be read", images, tmp_path / "none.pdi", error=InputError)
    locked = write_pdi(tmp_path / "locked.pdi", [("pl", PL_NODE, 7, BASE)], key=0xA5C3_C5A3)
    fails("its headers are encrypted", images, locked, error=InputError)
    other = write_pdi(tmp_path / "other.pdi", [("lpd", 0x0421_0002, 7, BASE)])
    fails("other.pdi: no image for the programmable logic", check_parent, good, other, error=InputError)
    fails("other.pdi: no image for the programmable logic", check_parent, other, good, error=InputError)
    assert check_parent(good, good) == BASE


def test_cma_is_held_against_what_is_needed(tmp_path):
    """Free bytes of the pool for DMA; a kernel without one says so."""
    here = machine(tmp_path)
    assert versal.check_cma(here, 400 << 20) == 400 << 20
    fails("boot with a larger cma=", versal.check_cma, here, (400 << 20) + 1)
    (here.root / "proc/meminfo").write_text("MemTotal: 1 kB\n")
    fails("no CmaFree", versal.check_cma, here, 1)


def test_the_board_opens_by_its_tag(tmp_path, board):
    """`krait board selftest vck190` on a machine that is none: one line, whether an overlay was built or not."""
    fails("board vck190: this machine is .*; run on the VCK190 itself", open_board, "vck190")
    path = write_overlay(tmp_path, board.design)
    for tag in ("vck190", "vck190-stock"):
        with pytest.raises(MachineError, match="run on the VCK190 itself"):
            open_board(tag, overlay=path)


def test_a_refused_image_is_seen(tmp_path, board):
    """The state of fpga_manager after a download is that of a loaded image."""
    here = machine(tmp_path)
    (here.root / "sys/class/fpga_manager/fpga0/state").write_text("write error\n")
    fails("fpga0: write error, expected operating", opening, write_overlay(tmp_path, board.design), here, board)


def test_clocks_are_read_back(tmp_path, board):
    """None of the clocks is the declared one: a frequency of the .hwh that the board's firmware did not set."""
    slow = machine(tmp_path, clock=lambda index: 100.0)
    message = "PL clocks read back as 100, 100, 100, 100 MHz, the overlay file declares 200 MHz"
    fails(message, opening, write_overlay(tmp_path, board.design), slow, board)
    assert versal.check_clock(machine(tmp_path, clock=(300.0, 196.1, 0.0, 0.0).__getitem__), 200)[1] == 196.1
    fails("PL clocks", versal.check_clock, machine(tmp_path, clock=(300.0, 195.9, 0.0, 0.0).__getitem__), 200)


class Memory:
    """PYNQ's memory that answers with an address, or with what XRT raises."""

    def __init__(self, address):
        self.address, self.freed = address, 0

    def allocate(self, shape, dtype):
        if self.address is None:
            raise RuntimeError("BO allocation failed: no memory")
        nbytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        return SimpleNamespace(device_address=self.address, nbytes=nbytes, freebuffer=self.free)

    def free(self):
        self.freed += 1


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        (REGION.base, True),
        (REGION.base + REGION.size - 64, True),
        (REGION.base + REGION.size - 63, False),
        (REGION.base - 1, False),
        (0x4000_0000, False),
    ],
)
def test_a_buffer_elsewhere_is_refused(address, fits):
    """PYNQ may take DDR4 for any bank without a word: the buffer goes back, and the line says where it was."""
    memory = Memory(address)
    checked = CheckedMemory(memory, REGION)
    if fits:
        assert checked.allocate((16,), "u4").device_address == address
    else:
        fails(
            rf"MEM0: PYNQ gave 64 bytes at {address:#x}, outside 0x800000000\+0x100000", checked.allocate, (16,), "u4"
        )
    assert memory.freed == (not fits)


def test_a_full_memory_is_one_line():
    """XRT's exception becomes a line with the region and the size."""
    fails(r"MEM0: no room for 64 bytes: BO allocation failed", CheckedMemory(Memory(None), REGION).allocate, (16,))


def test_the_stock_image_is_a_board_of_its_own():
    """`sim:vck190-stock`: two ports of 16 bytes at 100 MHz are its 3.2 GB/s; its configuration is found by its name."""
    facts = load_board("vck190-stock")
    config = pick_config("tern_matvec", facts.identifier, facts)
    assert config.ports * config.port_bytes * config.clock_mhz * 1e6 == pytest.approx(facts.memory.peak_gbs * 1e9)
    assert facts.memory.channels * facts.memory.channel_bytes == 512 << 20
    assert facts.part == load_board("vck190").part
