# SPDX-License-Identifier: Apache-2.0
"""VC709 behind a fake of Xilinx' XDMA driver: what goes wrong, and what is said of it; programming; opening."""

import errno
import os
import subprocess
import sys

import numpy as np
import pynq
import pytest
import torch

from boards import selftest
from boards.memory import ChannelMemory
from boards.open import open_board, open_physical
from boards.overlay import MemoryRegion
from boards.sim.device import SimDevice
from boards.sim.memory import simulated
from boards.vc709 import transport, xdma
from boards.vc709.system import Linux
from boards.vc709.transport import ERESTARTSYS, RECHECK_S
from boards.vc709.xdma import XdmaDevice
from golden.errors import CheckError, InputError, MachineError
from golden.ternary.matvec import matvec
from tests.boards import designs
from tests.boards.device_kinds import KINDS
from tests.boards.fake_xdma import FakeXdma, write_bitstream

KIND = next(kind for kind in KINDS if kind.name == "xdma")
SIZE = 10_000


@pytest.fixture
def board(tmp_path):
    found = FakeXdma(tmp_path)
    yield found
    found.destroy()


@pytest.fixture
def device(board):
    found = XdmaDevice(system=board)
    yield found
    found.close()


@pytest.fixture
def path(tmp_path):
    return KIND.overlay_file(tmp_path, designs.toy())


@pytest.fixture
def toy(device, path):
    return pynq.Overlay(str(path), device=device)


@pytest.fixture
def buffer(toy):
    with pynq.allocate((SIZE,), "u1", target=toy.MEM1) as found:
        found[:] = np.random.default_rng(3).integers(0, 256, SIZE, np.uint8)
        yield found


def one_line(caught):
    assert caught.value.exit_code == 3
    text = str(caught.value)
    assert text.startswith("board vc709")
    assert "\n" not in text
    return text


# ---- the link


def plant(name, value):
    return lambda board: setattr(board, name, value)


def time_out(code):
    return lambda board: (setattr(board, "stuck", True), setattr(board, "stuck_code", code))


FAULTS = {
    "time-out": (time_out(errno.ETIMEDOUT), "did not answer in the driver's time.*ETIMEDOUT.*load the overlay again"),
    "time-out of old drivers": (time_out(ERESTARTSYS), "did not answer in the driver's time.*errno 512.*modprobe"),
    "engine error": (time_out(errno.EIO), "DMA engine stopped with an error .*EIO.*check the overlay's memory map"),
    "nothing moved": (plant("most", 0), f"transfer to the card at 0x.*: 0 of {SIZE} bytes; load the overlay again"),
    "link lost": (plant("lost", True), "no answer in the driver's time: the link is lost .*load the overlay again"),
    "module gone": (FakeXdma.pull_out, "ENODEV: the link is lost or the FPGA was configured anew"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_of_transfers_say_what_to_do(board, buffer, name):
    """Each way in which a transfer can fail ends in one line of its own, exit code 3."""
    fault, message = FAULTS[name]
    fault(board)
    with pytest.raises(MachineError, match=message) as caught:
        buffer.flush()
    one_line(caught)


@pytest.mark.parametrize("fault", [plant("lost", True), FakeXdma.pull_out], ids=["link lost", "module gone"])
def test_faults_of_registers_say_what_to_do(board, toy, fault):
    """A read of all ones that the identity register confirms, or a device that is gone, is no register's value."""
    kernel = toy.toy
    fault(board)
    with pytest.raises(MachineError, match="the link is lost or the FPGA was configured anew") as caught:
        kernel.get(0)
    one_line(caught)
    with pytest.raises(MachineError, match="the link is lost or the FPGA was configured anew"):
        kernel.wait(1)


def test_a_register_may_read_all_ones(board, toy, monkeypatch):
    """All ones of one register alone is a value: the identity register tells the difference."""
    read = board.model.read
    monkeypatch.setattr(board.model, "read", lambda at: 0xFFFF_FFFF if at == 0x10 else read(at))
    assert toy.toy.get(0x10) == 0xFFFF_FFFF


def test_a_board_that_came_back_is_used_again(board, device, toy):
    """After a lost link a reload programs the board, and the overlay's driver and memories work as before."""
    board.lost = True
    with pytest.raises(MachineError, match="link is lost"):
        toy.toy.get(0)
    toy.download()
    sources, targets = [[pynq.allocate((64,), "u1", target=each) for each in (toy.MEM0, toy.MEM1)] for _ in range(2)]
    for each in sources:
        each[:] = 8
        each.flush()
    toy.toy.copy(sources, targets, 2)
    targets[0].invalidate()
    assert np.all(targets[0] == 9)


@pytest.mark.parametrize("most", [1, 100, 4096, 5000])
def test_short_transfers_go_on(board, buffer, monkeypatch, most):
    """A driver that moves less than it is asked to is asked for the rest; pieces have the stated size at most."""
    monkeypatch.setattr(transport, "PIECE", 4096)
    board.most = most
    part, data = buffer[100:2000], np.array(buffer[100:2000])
    board.calls.clear()
    part.flush()
    assert board.calls.count("xdma0_h2c_0") == -(-1900 // min(most, 4096))
    part[:] = 0
    part.invalidate()
    assert np.array_equal(part, data)


def test_transfers_go_in_pieces(board, buffer, monkeypatch):
    """No transfer is longer than the driver moves under one time-out."""
    monkeypatch.setattr(transport, "PIECE", 4096)
    sizes = []
    write = board.pwrite
    monkeypatch.setattr(board, "pwrite", lambda fd, data, at: (sizes.append((at, data.size)), write(fd, data, at))[1])
    buffer.flush()
    base = buffer.device_address
    assert sizes == [(base, 4096), (base + 4096, 4096), (base + 8192, SIZE - 8192)]


# ---- interrupts


def test_a_lost_interrupt_is_no_hang(board, toy, monkeypatch):
    """Without interrupts a run ends all the same: the wait is short, and then CTRL is looked at."""
    board.deaf = True
    assert toy.device.wait_interrupt(5) is False
    buffers = [[pynq.allocate((64,), "u1", target=each) for each in (toy.MEM0, toy.MEM1)] for _ in range(2)]
    waits = []
    poll = board.poll
    monkeypatch.setattr(board, "poll", lambda fd, timeout_s: (waits.append(timeout_s), poll(fd, timeout_s))[1])
    toy.toy.copy(*buffers, 2, timeout_s=5)
    assert waits
    assert max(waits) <= RECHECK_S <= 0.1


def test_an_old_event_ends_no_run(board, toy):
    """An event that was latched before the start is no end of the run: the driver asks the kernel."""
    buffers = [[pynq.allocate((3200,), "u1", target=each) for each in (toy.MEM0, toy.MEM1)] for _ in range(2)]
    board._latched = True
    toy.toy.copy(*buffers, 100)
    assert toy.toy.get(0) & 4


# ---- opening


def lose_user(board):
    board.plug_in(board.folder.parent / "design.bit")
    (board.folder / "xdma0_user").unlink()


ABSENT = {
    "module not loaded": (plant("module", False), "xdma0_user does not exist, because the module xdma is not loaded"),
    "no permission": (
        lambda board: (board.plug_in(board.folder.parent / "design.bit"), setattr(board, "permitted", False)),
        "xdma0_user: permission denied; run as root, or .*udev rule",
    ),
    "no tool": (plant("tool", False), r"needs its bitstream \(/dev/xdma0_user does not exist\), and openFPGALoader is"),
    "no cable": (plant("cable", False), r"design.bit failed \(1\): unable to open ftdi device.*check the JTAG cable"),
    "no root": (plant("root", False), "/sys/bus/pci/rescan: Permission denied; programming needs root"),
    "never appears": (plant("late", 60.0), r"the module xdma found no board.*\(waited 10 s after programming\)"),
}


@pytest.mark.parametrize("name", ABSENT)
def test_a_board_that_is_not_there_says_why(board, device, path, name):
    """What keeps a board from being opened is one line, exit code 3, and nothing stays open."""
    fault, message = ABSENT[name]
    fault(board)
    files = len(os.listdir("/proc/self/fd"))
    with pytest.raises(MachineError, match=message) as caught:
        pynq.Overlay(str(path), device=device)
    one_line(caught)
    device.close()
    assert len(os.listdir("/proc/self/fd")) == files


def test_a_design_without_registers_on_pcie_is_told_from_no_board(board, device, path):
    """The driver makes no _user where the bridge has no AXI4-Lite master; the line says that, not "no board"."""
    lose_user(board)
    with pytest.raises(MachineError, match="the design has no AXI4-Lite master on PCIe") as caught:
        device.check_present()
    one_line(caught)


def test_another_program_on_the_board_is_told(board, device, path):
    """A program that does not know krait's lock, and holds the registers' device, is noticed at that device."""
    board.plug_in(path.parent / "design.bit")
    code = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, 6); print(1, flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(board.folder / "xdma0_user")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with pytest.raises(MachineError, match="xdma0_user is in use by another process") as caught:
            pynq.Overlay(str(path), device=device)
        one_line(caught)
        other.stdin.close()
    assert pynq.Overlay(str(path), device=device).toy


# ---- programming


def test_a_board_with_the_design_is_not_programmed(board, device, path):
    """Where the identity registers show the overlay's configuration, nothing is programmed and PCIe is left alone."""
    board.plug_in(path.parent / "design.bit")
    assert pynq.Overlay(str(path), device=device).toy.get(0x40)
    assert board.events == []


def test_another_design_is_replaced(board, device, path, tmp_path):
    """Another kernel's design is replaced, with the board off the bus meanwhile: Linux sees no link break."""
    board.plug_in(write_bitstream(tmp_path / "other.bit", designs.matvec()))
    assert pynq.Overlay(str(path), device=device).toy.get(0x40)
    assert board.events == ["remove", "program", "rescan"]


def test_an_fpga_that_was_configured_behind_linux_is_found_again(board, device, path):
    """Programmed by JTAG without a rescan, every register reads all ones; loading the overlay repairs that."""
    board.plug_in(path.parent / "design.bit")
    board.lost = True
    assert pynq.Overlay(str(path), device=device).toy.get(0x40)
    assert board.events == ["remove", "program", "rescan"]


def test_devices_may_appear_late(board, device, path):
    """After a rescan the devices are waited for."""
    board.late = 2.0
    assert pynq.Overlay(str(path), device=device).toy.get(0x40)


def test_programming_can_be_asked_for_or_refused(board, path):
    """`always` programs a board that has the design, `never` refuses one that has it not."""
    device = XdmaDevice("never", board)
    with pytest.raises(MachineError, match="xdma0_user does not exist; the overlay is not on the board, and program"):
        pynq.Overlay(str(path), device=device)
    device.close()
    board.plug_in(path.parent / "design.bit")
    for program, events in (("never", []), ("always", ["remove", "program", "rescan"])):
        device = XdmaDevice(program, board)
        assert pynq.Overlay(str(path), device=device).toy.get(0x40)
        assert board.events == events
        device.close()


def test_a_failed_tool_leaves_the_board_on_the_bus(board, device, path, tmp_path):
    """The bus is scanned again when the tool failed, so that the design of before is still there."""
    board.plug_in(write_bitstream(tmp_path / "other.bit", designs.matvec()))
    board.cable = False
    with pytest.raises(MachineError, match="check the JTAG cable"):
        pynq.Overlay(str(path), device=device)
    assert board.events == ["remove", "program", "rescan"]
    assert board.exists("/dev/xdma0_user")


def test_two_boards_are_not_guessed_between(board, device, path, tmp_path):
    """With two boards on the bus, which of them hangs on the JTAG cable is not known, and none is removed."""
    board.plug_in(write_bitstream(tmp_path / "other.bit", designs.matvec()))
    board.functions = ("0000:03:00.0", "0000:04:00.0")
    with pytest.raises(MachineError, match=r"2 devices .*0000:03:00.0, 0000:04:00.0.*expected one"):
        pynq.Overlay(str(path), device=device)
    assert board.events == []


def test_a_bitstream_that_is_not_the_overlays_is_told(board, device, tmp_path):
    """What answers after programming must be what the overlay file says."""
    path = KIND.overlay_file(tmp_path, designs.toy(config_hash="0x1"))
    with pytest.raises(MachineError, match="CONFIG_HASH reads 0x123456789abcdef, expected 0x1 after programming"):
        pynq.Overlay(str(path), device=device)


# ---- open_board, selftest


def test_a_board_opens_with_the_newest_overlay_of_a_kernel(board, tmp_path, monkeypatch):
    """Of the overlays that were built for the board the newest that fits is taken; its kernel multiplies exactly."""
    matvec_design, toy_design = designs.matvec(), designs.toy()
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    folder = tmp_path / "build" / "bitstreams" / "vc709"
    for index, (name, design) in enumerate((("old", matvec_design), ("new", matvec_design), ("toy", toy_design))):
        (folder / name).mkdir(parents=True)
        os.utime(KIND.overlay_file(folder / name, design), (index, index))
    draw = torch.Generator().manual_seed(4)
    w = torch.randint(-1, 2, (20, 90), generator=draw, dtype=torch.int8)
    x = torch.randint(-128, 128, (90, 2), generator=draw, dtype=torch.int8)
    with open_physical(XdmaDevice(system=board)) as opened:
        assert opened.device.loaded.library == str(folder / "new" / "design.bit")
        assert torch.equal(torch.from_numpy(opened.kernel.multiply(w, x)), matvec(w, x))
        assert opened.config.name == "sim"
    with pytest.raises(InputError, match=r"no overlay file of mamba2_accel below .*make bitstream BOARD=vc709"):
        open_physical(XdmaDevice(system=board), kernel="mamba2_accel")
    with pytest.raises(InputError, match="found kernels tern_matvec sim, expected u280"):
        open_physical(XdmaDevice(system=board), config="u280", overlay=next((folder / "new").glob("vc709-*.json")))
    (folder / "new" / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"design\.bit: found no manifest\.json beside it, expected the one"):
        open_physical(XdmaDevice(system=board), kernel="tern_matvec")


def test_without_the_board_there_is_one_line(krait, monkeypatch, tmp_path):
    """`krait board selftest vc709` on a machine without it: one line, exit code 3."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path))
    monkeypatch.setattr(xdma, "Linux", lambda: FakeXdma(tmp_path))
    monkeypatch.setattr(FakeXdma, "exists", lambda self, path: False)
    code, out, err = krait("board", "selftest", "vc709")
    assert (code, out) == (3, "")
    assert err == (
        "krait: board vc709: /dev/xdma0_user does not exist, because the module xdma is not loaded; build and load it "
        "(modprobe xdma)\n"
    )


def test_a_board_is_programmed_on_demand(board, path, monkeypatch, krait, tmp_path):
    """`krait board program vc709` programs whatever is on the board, and names it; others are told why not."""
    board.plug_in(write_bitstream(tmp_path / "other.bit", designs.toy()))
    path = KIND.overlay_file(tmp_path, designs.matvec())
    monkeypatch.setattr(xdma, "Linux", lambda: board)
    code, out, err = krait("board", "program", "vc709", "--overlay", path)
    assert (code, err) == (0, "")
    assert out == f"vc709: tern_matvec sim from {tmp_path / 'design.bit'}\n"
    assert board.events == ["remove", "program", "rescan"]
    assert krait("board", "program", "u280").err.startswith("krait: board program: found 'u280', expected vc709")


def test_boards_are_picked_by_their_tags(tmp_path):
    """A board without a device, an unknown one, and an overlay for a virtual one are the input's fault."""
    for tag, overlay, message in (
        ("kv260", None, "board kv260: no device of krait's, expected sim, sim:kv260, vc709, vck190 or u280"),
        ("nosuch", None, "found 'nosuch', expected one of"),
        ("sim", tmp_path / "x.json", r"board sim: found overlay .*x.json, expected none"),
    ):
        with pytest.raises(InputError, match=message):
            open_board(tag, overlay=overlay)


def test_the_selftest_looks_at_clock_and_memories(board, tmp_path, monkeypatch):
    """It names kernel, clock and memories. The fake's clock stands still between accesses and is not measured."""
    path = KIND.overlay_file(tmp_path, designs.matvec())
    monkeypatch.setattr(
        selftest, "open_board", lambda tag, overlay: open_physical(XdmaDevice(system=board), overlay=overlay)
    )
    monkeypatch.setattr("boards.drivers.base.KraitIP.check_clock", lambda self: 200.0)
    line = selftest.selftest("vc709", path)
    assert line.startswith("vc709: tern_matvec sim, identity and clock (200.0 MHz) as declared, 2 memories keep")


def test_two_memories_that_are_one_are_found():
    """Regions behind which the same memory lies keep what is written last, and the selftest sees it."""
    view = np.zeros(4 << 20, np.uint8)
    regions = [MemoryRegion(f"MEM{index}", index << 32, 4 << 20) for index in range(2)]
    device = SimDevice()
    right = [ChannelMemory(device, each, simulated(each, np.zeros(4 << 20, np.uint8))) for each in regions]
    selftest.check_memories(right)
    wrong = [ChannelMemory(device, each, simulated(each, view)) for each in regions]
    with pytest.raises(CheckError, match=r"MEM0: \d+ of 1048576 bytes differ, the first at 0x1000: found 0x"):
        selftest.check_memories(wrong)
    assert not any(memory.live for memory in (*right, *wrong))


def test_a_board_is_probed_by_its_devices(monkeypatch):
    """PYNQ lists the board where its register device exists."""
    for exists in (True, False):
        monkeypatch.setattr(Linux, "exists", lambda self, path, found=exists: found and path == "/dev/xdma0_user")
        assert [type(found) for found in XdmaDevice._probe_()] == [XdmaDevice] * exists


# ---- the real system


def test_linux_moves_bytes_in_place(tmp_path):
    """Reads and writes use the caller's memory and the given offset, and tell how much was moved."""
    system, path = Linux(), tmp_path / "file"
    path.write_bytes(bytes(range(100)))
    fd = system.open(str(path), os.O_RDWR)
    into = np.zeros(50, np.uint8)
    assert system.pread(fd, into[10:20], 5) == 10
    assert into.tolist() == [0] * 10 + list(range(5, 15)) + [0] * 30
    assert system.pread(fd, into, 90) == 10
    assert system.pwrite(fd, np.arange(3, dtype=np.uint8), 97) == 3
    assert path.read_bytes()[96:] == bytes([96, 0, 1, 2])
    assert not os.get_inheritable(fd)
    system.close(fd)
    with pytest.raises(OSError, match="Bad file descriptor") as caught:
        system.pread(fd, into, 0)
    assert caught.value.errno == errno.EBADF


def test_linux_polls_and_locks(tmp_path):
    """A pipe is ready when it holds something and gone when its other end is; a file has one holder."""
    system = Linux()
    read, write = os.pipe()
    assert system.poll(read, 0) is False
    os.write(write, b"abcd")
    assert system.poll(read, 1) is True
    assert system.read(read, 4) == b"abcd"
    os.close(write)
    with pytest.raises(OSError, match="No such device"):
        system.poll(read, 1)
    os.close(read)
    (tmp_path / "node").touch()
    first, second = (system.open(str(tmp_path / "node"), os.O_RDWR) for _ in range(2))
    system.flock(first)
    with pytest.raises(BlockingIOError):
        system.flock(second)
    for fd in (first, second):
        system.close(fd)


def test_linux_runs_programs(tmp_path, monkeypatch):
    """Status and both outputs come back, a program that does not end is stopped; packages come before PATH."""
    system = Linux()
    ran = system.run(["sh", "-c", "echo out; echo err >&2; exit 7"], 10)
    assert (ran.status, sorted(ran.text.split())) == (7, ["err", "out"])
    assert system.run(["sleep", "60"], 0.05).status == 124
    tool = tmp_path / "openfpgaloader" / "bin" / "openFPGALoader"
    tool.parent.mkdir(parents=True)
    assert system.find("openFPGALoader", "no_such_package") == system.find("openFPGALoader", "numpy")
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    (tmp_path / "openfpgaloader" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert system.find("openFPGALoader", "openfpgaloader") == str(tool)
    monkeypatch.setenv("PATH", str(tool.parent))
    assert system.find("openFPGALoader", "no_such_package") == str(tool)


def test_linux_writes_sysfs_files_only_where_they_are(tmp_path):
    """A file that does not exist is not made: in sysfs that is a kernel without the feature."""
    system = Linux()
    (tmp_path / "rescan").write_text("")
    system.write_text(str(tmp_path / "rescan"), "1")
    assert system.read_text(str(tmp_path / "rescan")) == "1"
    with pytest.raises(FileNotFoundError):
        system.write_text(str(tmp_path / "nothing"), "1")
    assert system.listdir(str(tmp_path)) == ["rescan"]
    assert system.exists(str(tmp_path / "rescan"))
