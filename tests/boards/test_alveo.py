# SPDX-License-Identifier: Apache-2.0
"""`AlveoDevice` on a fake XRT: what is its own beyond the contract of all devices, and one line for each failure."""

import ctypes
import errno
from dataclasses import replace

import pynq
import pytest
from pynq import Overlay

from boards.open import open_board, open_physical
from boards.overlay import FORMAT, MemoryRegion, OverlayFile, file_hash, save
from boards.selftest import check_memories
from boards.u280 import alveo
from boards.u280.alveo import AlveoDevice, cards
from boards.u280.xrt import LIBRARY, Card, Xrt
from golden.errors import InputError, MachineError
from golden.spec import load_config
from harness.build import build
from harness.sim.mem import HANG, Channel
from tests.boards import designs
from tests.boards.designs import Design
from tests.boards.device_kinds import KINDS
from tests.boards.fake_xrt import BDF, PLATFORM, FakeCard, write_sysfs, write_xclbin
from tests.boards.manifests import write_beside
from tests.boards.toy_board import KERNEL
from tests.harness.sim.toy import shared

ALVEO = next(kind for kind in KINDS if kind.name == "alveo")
BANK = 0x1000_0000
REGIONS = tuple(MemoryRegion(f"HBM{bank}", bank * BANK, BANK) for bank in range(4))
TOY = replace(KERNEL, base=0, memories=("HBM0", "HBM3"))


def write_overlay(folder, **xclbin):
    """An overlay file as the linker of a U280 would leave it, and its xclbin with changes."""
    path = write_beside(write_xclbin(folder / "k.xclbin", Design(build(shared("sim_toy")), TOY, REGIONS), **xclbin))
    return str(save(OverlayFile(FORMAT, "u280", str(path), file_hash(path), (TOY,), REGIONS), folder))


@pytest.fixture
def card(tmp_path):
    fake = FakeCard(tmp_path)
    yield fake
    fake.destroy()


@pytest.fixture
def device(card):
    device = AlveoDevice(sysfs=card.sysfs, xrt=str(card.library))
    yield device
    device.close()
    assert (card.handles, card.buffers) == (0, 0)


@pytest.fixture
def toy(device, tmp_path):
    return Overlay(write_overlay(tmp_path), device=device)


def test_buffers_lie_in_their_bank(toy):
    """Each target of `pynq.allocate` gives addresses in its range; the device address 0 is never handed out."""
    for memory in (toy.HBM0, toy.HBM3):
        low = memory.base_address
        kept = [pynq.allocate((size,), "u1", target=memory) for size in (1, 4096, 70_000)]
        assert all(low <= buffer.device_address < low + BANK for buffer in kept)
        assert all(buffer.device_address and buffer.device_address % 4096 == 0 for buffer in kept)


def test_a_buffer_in_a_foreign_bank_is_refused(toy, card):
    """Where XRT's bank is not the overlay file's, a driver would write somebody else's memory: no buffer is given."""
    card.move_bank(1, 3, 5 * BANK, BANK)
    with pytest.raises(MachineError, match=r"HBM3: XRT gave 16 bytes at 0x50000000, outside 0x30000000\+0x10000000"):
        pynq.allocate((16,), "u1", target=toy.HBM3)
    assert card.buffers == 0


def test_ports_find_their_banks_by_register(device, tmp_path):
    """Arguments may be numbered in any way and include scalars: a port is the argument at its PORT_BASE register."""
    Overlay(write_overlay(tmp_path, arguments=[(0x10, 9), (0x108, 3), (0x20, 9), (0x100, 0)]), device=device)
    assert {name: memory.allocator.group for name, memory in device.memories.items()} == {"HBM0": 0, "HBM3": 3}


def test_nothing_is_written_to_the_working_folder(toy, tmp_path, monkeypatch):
    """XRT reads the xclbin where it is; PYNQ's own device would leave a copy behind."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    toy.download()
    assert list(folder.iterdir()) == []


def test_kernels_are_opened_as_pynq_asks(toy, device):
    """PYNQ asks for each kernel's number when it makes its driver; a foreign name is refused."""
    assert toy.toy.cu_mask == 1
    with pytest.raises(InputError, match="no kernel 'other' in the overlay; there are toy"):
        device.open_context({"fullpath": "other"})


def test_a_closed_device_gives_the_card_back(toy, device, card):
    """Kernel and card are open while an overlay is loaded, and no longer."""
    assert card.handles == 2
    device.close()
    assert card.handles == 0


# ---- what goes wrong, one line and exit code 3 each


@pytest.mark.parametrize(
    ("function", "code", "message"),
    [
        ("xrtDeviceOpenByBDF", errno.EACCES, rf"card {BDF}: cannot be opened: .*EACCES.*this user may not"),
        ("xrtDeviceOpenByBDF", errno.EPERM, r"EPERM.*rights of /dev/dri"),
        ("xrtDeviceLoadXclbinFile", errno.EBUSY, r"k\.xclbin cannot be loaded: .*EBUSY.*another process has the card"),
        ("xrtDeviceLoadXclbinFile", -errno.EOPNOTSUPP, r"another shell than the card's"),
        ("xrtDeviceLoadXclbinFile", errno.ETIMEDOUT, r"ETIMEDOUT.*is xclmgmt loaded"),
        ("xrtDeviceLoadXclbinFile", 0, r"no error code.*see the lines above and dmesg"),
        ("xrtDeviceGetXclbinUUID", errno.ENODEV, r"no UUID of the loaded xclbin"),
        ("xrtPLKernelOpenExclusive", errno.EBUSY, r"kernel toy: cannot be opened exclusively: .*another process has"),
        ("xrtKernelArgGroupId", errno.EINVAL, r"kernel toy: argument 0 has no memory"),
        ("xrtKernelReadRegister", errno.EIO, r"kernel toy: register 0x40 cannot be read: .*EIO.*xrt-smi reset"),
    ],
)
def test_a_failed_load_is_one_line(device, card, tmp_path, function, code, message):
    """What XRT refuses while it loads is a MachineError of one line with what helps, and leaves nothing open."""
    card.fail(function, code)
    ctypes.set_errno(errno.EROFS)  # of an earlier call: XRT leaves no code for some failures
    with pytest.raises(MachineError, match=message) as caught:
        Overlay(write_overlay(tmp_path), device=device)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3
    assert (card.handles, card.buffers) == (0, 0)
    with pytest.raises(MachineError, match="no overlay is loaded"):
        device.read_registers(0, 4)
    Overlay(write_overlay(tmp_path), device=device)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"platform": "xilinx_u280_xdma_201920_3"}, "built for another shell"),
        ({"magic": b"xclbin1"}, r"k\.xclbin cannot be loaded: .*EINVAL"),
        ({"arguments": [(0x100, 0), (0x20, 3)]}, "kernel toy: no argument at register 0x108; package it as a pointer"),
    ],
)
def test_a_foreign_xclbin_is_refused(device, tmp_path, changes, message):
    """An xclbin of another shell or none at all, as XRT finds it; one that does not say where its ports' memory is."""
    with pytest.raises(MachineError, match=message):
        Overlay(write_overlay(tmp_path, **changes), device=device)


@pytest.mark.parametrize("function", ["xrtBOAlloc", "xrtBOAddress", "xrtBOMap"])
def test_a_failed_allocation_is_one_line(toy, card, function):
    """A bank that is full, or a buffer without address or mapping: MachineError, and the buffer goes back."""
    card.fail(function, errno.ENOMEM)
    with pytest.raises(MachineError, match=r"HBM3: no room for 16 bytes: XRT refused \(ENOMEM|buffer of 16 bytes"):
        pynq.allocate((16,), "u1", target=toy.HBM3)
    assert card.buffers == 0
    with pytest.raises(MachineError, match=r"ENOMEM.*the memory bank is full"):
        pynq.allocate((BANK + 1,), "u1", target=toy.HBM3)


def test_a_failed_copy_is_one_line(toy, card):
    """An error of the DMA names the buffer, the range and the direction."""
    buffer = pynq.allocate((4096,), "u1", target=toy.HBM3)
    for use, way in ((buffer[64:128].flush, "to"), (buffer[64:128].invalidate, "from")):
        card.fail("xrtBOSync", errno.EIO)
        with pytest.raises(
            MachineError, match=rf"0x30000000: 64 bytes at offset 64 cannot be copied {way} the card.*EIO"
        ):
            use()
    buffer.freebuffer()


def test_a_failed_write_is_one_line(toy, card):
    """EIO of a register names kernel and register."""
    card.fail("xrtKernelWriteRegister", errno.EIO)
    with pytest.raises(MachineError, match=r"kernel toy: register 0x10 cannot be written: .*EIO"):
        toy.toy.put(0x10, 1)


def test_a_card_that_left_the_bus_says_so(toy, card):
    """All ones from every register is no value: the next access ends with what to do, a run's wait too."""
    toy.toy.put(0x10, 0xFFFF_FFFF)
    assert toy.toy.get(0x10) == 0xFFFF_FFFF
    card.gone = True
    with pytest.raises(MachineError, match="read all ones, the card has left the bus"):
        toy.toy.wait(5)


def test_a_running_kernel_is_left_alone(toy, card, device):
    """XRT keeps an xclbin that is loaded, so a download stops no run: it is refused until somebody resets the card."""
    card.model.memory.set_stall(HANG, 1, Channel.R)
    pair = [[pynq.allocate((64,), "u1", target=memory) for memory in (toy.HBM0, toy.HBM3)] for _ in range(2)]
    with pytest.raises(MachineError, match="not done within"):
        toy.toy.copy(*pair, 2, timeout_s=0.05)
    with pytest.raises(MachineError, match=r"toy is still in a run.*xrt-smi reset"):
        toy.download()
    assert card.handles == 0
    card.reset()
    toy.download()


# ---- which card, which library


def test_cards_are_found_in_sysfs(tmp_path, monkeypatch):
    """Every U280 that the driver shows, sorted, no other card; PYNQ's probing lists them."""
    other = ("0000:01:00.1", "xilinx_u250_gen3x16_xdma_shell_4_1")
    second = ("0000:05:00.1", PLATFORM)
    sysfs = write_sysfs(tmp_path / "sys", (BDF, PLATFORM), other, second)
    assert cards(sysfs) == [second[0], BDF]
    monkeypatch.setattr(alveo, "SYSFS", sysfs)
    assert [device.name for device in AlveoDevice._probe_()] == ["u280", "u280"]
    assert AlveoDevice(1).lock.path != AlveoDevice(0).lock.path


def test_no_card_is_one_line(card, tmp_path):
    """A machine without a U280, or with fewer than asked for."""
    device = AlveoDevice(1, card.sysfs, str(card.library))
    with pytest.raises(MachineError, match=r"board u280: card 1 of 1; expected one of platform u280 below .*xocl"):
        Overlay(write_overlay(tmp_path), device=device)
    device.close()
    with pytest.raises(MachineError, match=r"card 0000:00:00.0: cannot be opened: .*EINVAL"):
        Card(Xrt(str(card.library)), "0000:00:00.0")


def test_the_library_is_found_below_xilinx_xrt(card, monkeypatch):
    """XILINX_XRT, which XRT's setup.sh sets, says where it is."""
    monkeypatch.setenv("XILINX_XRT", str(card.root))
    assert Xrt().path == str(card.library)


def test_a_missing_or_foreign_library_is_one_line(tmp_path, monkeypatch):
    """No XRT where XILINX_XRT points, none that the loader finds, or a library that is no XRT."""
    monkeypatch.setenv("XILINX_XRT", str(tmp_path))
    with pytest.raises(MachineError, match=rf"{tmp_path}/lib/{LIBRARY}: cannot be loaded .*install XRT"):
        Xrt()
    monkeypatch.delenv("XILINX_XRT")
    with pytest.raises(MachineError, match=rf"^{LIBRARY}: cannot be loaded"):
        Xrt()
    with pytest.raises(MachineError, match="no function xrtDeviceOpenByBDF"):
        Xrt("libc.so.6")


def test_the_card_opens_by_its_tag(tmp_path, monkeypatch, card):
    """`krait board selftest u280` without a card is one line; with one its kernel answers, its memories keep data."""
    monkeypatch.setattr(alveo, "SYSFS", tmp_path / "none")
    path = ALVEO.overlay_file(tmp_path, designs.matvec())
    for overlay in (None, path):
        with pytest.raises(MachineError, match=r"board u280: card 0 of 0; expected one of platform u280") as caught:
            open_board("u280", overlay=overlay)
        assert caught.value.exit_code == 3
    with open_physical(AlveoDevice(sysfs=card.sysfs, xrt=str(card.library)), overlay=path) as opened:
        assert opened.config == load_config("tern_matvec", "sim")
        check_memories([opened.device.get_memory_by_name(name) for name in opened.kernel.memory_names])
