# SPDX-License-Identifier: Apache-2.0
"""A VC709 behind Xilinx' XDMA driver, as a `System`: the manners of the driver, and a Verilated kernel behind them.

What the driver does is from its source (github.com/Xilinx/dma_ip_drivers at 8721136): `_user` moves one word a call
whatever the count and refuses unaligned offsets with EPROTO; transfers need host and card address equal modulo the
engine's alignment (EINVAL); a transfer that does not end gives ETIMEDOUT, or less than was asked for when a part of it
is done; an engine that stops gives EIO; an event is latched until it is read. Devices are real files of a folder, so
that file descriptors and locks are the system's own.

A "bitstream" is a JSON file of these tests: the model's library, where its registers and each port's memory lie.
"""

import errno
import fcntl
import json
import os
import time
from pathlib import Path

from boards.vc709.program import IDS, PCI
from boards.vc709.system import Ran
from boards.vc709.transport import MODULE, Nodes
from harness.sim.model import SimModel

ALIGNMENT = 64
"""Of host and card address to each other: bytes of the engine's data path."""
CHUNK = 4096
FUNCTION = "0000:03:00.0"
TOOL = "/opt/openfpgaloader/bin/openFPGALoader"


def write_bitstream(path, design):
    """Write the file that configures the fake's FPGA."""
    regions = [(region.base, region.size) for region in design.ports]
    kernel = design.kernel
    path.write_text(json.dumps([str(design.library), kernel.base, kernel.size, regions]))
    return path


class FakeXdma:
    """The board, the driver and the PCIe bus.

    Attributes that tests set: `module` loaded, `permitted` to open devices, `root` for sysfs, `tool` installed, `cable`
    plugged; `lost` link, `deaf` to interrupts, `stuck` memory (transfers end with `stuck_code`), `most` bytes that a
    transfer moves, `late` seconds until the devices appear, `functions` of boards on the bus. `events` tells what was
    done to the board, `calls` which devices were called.
    """

    def __init__(self, folder):
        self.folder = folder / "dev"
        self.folder.mkdir()
        self.module = self.permitted = self.root = self.tool = self.cable = True
        self.lost = self.stuck = self.deaf = False
        self.stuck_code, self.most, self.late = errno.ETIMEDOUT, 1 << 40, 0.0
        self.model, self.events, self.calls, self.functions = None, [], [], (FUNCTION,)
        self._base = self._size = 0
        self._regions, self._files = [], {}
        self._on_bus, self._appear, self._slept = False, None, 0.0
        self._latched = self._level = False

    # ---- what happens to a board

    def plug_in(self, bitstream):
        """Configure the FPGA and find it on the bus, as after a start of the machine."""
        self._configure(bitstream)
        self._enumerate()

    def pull_out(self):
        """Take the devices away, as when the module is unloaded."""
        self._on_bus = False
        for path in self.folder.iterdir():
            path.unlink()
        self._files = {fd: (name, True) for fd, (name, _) in self._files.items()}

    def destroy(self):
        if self.model is not None:
            self.model.close()

    # ---- System: files

    def exists(self, path):
        self._arrive()
        return self.module if path == MODULE else path.startswith("/dev/") and self._real(path).exists()

    def listdir(self, path):
        assert path == f"{PCI}/devices"
        return ["0000:00:00.0", *(self.functions if self._on_bus else ())]

    def read_text(self, path):
        folder, _, key = path.rpartition("/")
        vendor, device = IDS if folder.rpartition("/")[2] in self.functions else ("0x8086", "0x1237")
        return {"vendor": vendor, "device": device}[key] + "\n"

    def write_text(self, path, text):
        if not self.root:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        assert text == "1"
        if path == f"{PCI}/rescan":
            self.events.append("rescan")
            self._enumerate()
        else:
            assert path == f"{PCI}/devices/{FUNCTION}/remove"
            self.events.append("remove")
            self.pull_out()

    def open(self, path, flags):
        self._arrive()
        if not self._real(path).exists():
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        if not self.permitted:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        fd = os.open(self._real(path), flags | os.O_CLOEXEC)
        self._files[fd] = (self._real(path).name, False)
        return fd

    def close(self, fd):
        del self._files[fd]
        os.close(fd)

    def flock(self, fd):
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    # ---- System: the driver

    def pread(self, fd, into, offset):
        name = self._name(fd)
        if name.endswith("_user"):
            into[:4] = list(self._register(offset).to_bytes(4, "little"))
            return 4
        assert name.endswith("_c2h_0")
        size, at = self._dma(into, offset)
        into[:size] = at
        return size

    def pwrite(self, fd, data, offset):
        name = self._name(fd)
        if name.endswith("_user"):
            self._register(offset, int.from_bytes(bytes(data[:4]), "little"))
            return 4
        assert name.endswith("_h2c_0")
        size, at = self._dma(data, offset)
        at[:] = data[:size]
        return size

    def read(self, fd, size):
        assert self._name(fd).endswith("_events_0")
        if size != 4:
            raise OSError(errno.EPROTO, "Protocol error")
        assert self._latched, "the driver would block here"
        self._latched = False
        return (1).to_bytes(4, "little")

    def poll(self, fd, timeout_s):
        assert self._name(fd).endswith("_events_0")
        deadline = time.monotonic() + timeout_s
        while not self._latched and time.monotonic() < deadline:
            if self.lost or self.model is None:
                break
            self.model.run(CHUNK, stop_on_interrupt=not self._level)
            self._sense()
        return self._latched

    # ---- System: programs and time

    def find(self, program, package):
        assert (program, package) == ("openFPGALoader", "openfpgaloader")
        return TOOL if self.tool else None

    def run(self, command, timeout_s):
        self.events.append("program")
        assert command[:3] == [TOOL, "-b", "vc709"]
        if not self.cable:
            return Ran(1, "empty\nunable to open ftdi device: -3 (device not found)\n")
        self.lost = self._on_bus
        self._configure(Path(command[3]))
        return Ran(0, "Load SRAM: [==================================================] 100.00%\nDone\n")

    def now(self):
        return time.monotonic() + self._slept

    def sleep(self, seconds):
        self._slept += seconds

    # ---- inside

    def _real(self, path):
        return self.folder / Path(path).name

    def _name(self, fd):
        if fd not in self._files:
            raise OSError(errno.EBADF, "Bad file descriptor")
        name, gone = self._files[fd]
        if gone:
            raise OSError(errno.ENODEV, "No such device")
        self.calls.append(name)
        return name

    def _configure(self, bitstream):
        library, self._base, self._size, self._regions = json.loads(bitstream.read_text())
        self.destroy()
        self.model = SimModel(Path(library))
        self.model.reset()
        for port, (base, size) in enumerate(self._regions):
            self.model.memory.attach(port, base, size)
        self._latched = self._level = False

    def _enumerate(self):
        if self.model is not None and self.module:
            self.lost, self._on_bus, self._appear = False, True, self.now() + self.late
            self._arrive()

    def _arrive(self):
        if self._on_bus and self._appear is not None and self.now() >= self._appear:
            self._appear = None
            for path, _ in Nodes().all:
                self._real(path).touch()

    def _register(self, offset, value=None):
        if offset % 4:
            raise OSError(errno.EPROTO, "Protocol error")
        if self.lost or not self._base <= offset < self._base + self._size:
            return 0xFFFF_FFFF
        try:
            if value is None:
                return self.model.read(offset - self._base)
            self.model.write(offset - self._base, value)
            return 0
        finally:
            self._sense()

    def _sense(self):
        """Latch an event when the kernel's interrupt rises, as a message is sent."""
        level = self.model.interrupt
        self._latched |= level and not self._level and not self.deaf
        self._level = level

    def _dma(self, host, address):
        """Return how many bytes a transfer moves, and the memory that they lie in."""
        if (host.ctypes.data ^ address) % ALIGNMENT:
            raise OSError(errno.EINVAL, "Invalid argument")
        if self.lost or self.stuck:
            raise OSError(self.stuck_code, "time-out")
        size = min(host.size, self.most)
        for port, (base, room) in enumerate(self._regions):
            if base <= address and address + host.size <= base + room:
                return size, self.model.memory.at(port, address, size)
        raise OSError(errno.EIO, "Input/output error")
