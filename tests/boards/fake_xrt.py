# SPDX-License-Identifier: Apache-2.0
"""A U280 that is none: fake_xrt.c as libxrt_coreutil.so over a Verilated model, and a folder in the place of /sys.

An "xclbin" is the header of one, and behind it as JSON what the card is configured to: the model's library, the kernel,
the memory bank behind each port.
"""

import ctypes
import hashlib
import json
import os
import shutil
import struct
import subprocess
from functools import cache
from pathlib import Path

from golden.spec.gen import tern_matvec as regs
from harness.paths import build_dir
from harness.sim.model import SimModel
from harness.toolchain import find_compiler

SOURCE = Path(__file__).with_suffix(".c")
BDF = "0000:3b:00.1"
PLATFORM = "xilinx_u280_gen3x16_xdma_base_1"
READ_CYCLES = 200
"""By which the model's clock moves on before a register is read: time passes between two looks at a card."""
HEADER = 452
"""Bytes of struct axlf before the sections."""

_CONFIGURE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p)
_READ = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint32, ctypes.POINTER(ctypes.c_uint32))
_WRITE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint32, ctypes.c_uint32)


def write_xclbin(path, design, arguments=None, platform=PLATFORM, magic=b"xclbin2"):
    """Write an xclbin for a design; return its path.

    A region's bank is its place among the design's. `arguments` are the kernel's, as (register offset, bank); its
    PORT_BASE registers in order without it.
    """
    banks = [design.regions.index(region) for region in design.ports]
    body = {
        "library": str(design.library),
        "kernel": design.kernel.vlnv.split(":")[2],
        "arguments": arguments or [(regs.PORT_BASE[port], bank) for port, bank in enumerate(banks)],
        "banks": [(bank, region.base, region.size) for bank, region in zip(banks, design.ports, strict=True)],
    }
    text = json.dumps(body).encode()
    header = bytearray(HEADER)
    struct.pack_into("8s", header, 0, magic)  # offsets of struct axlf in XRT's xclbin.h
    struct.pack_into("64s16s", header, 352, platform.encode(), hashlib.sha256(text).digest())
    path.write_bytes(header + text)
    return path


def write_sysfs(folder, *names):
    """Make the folder look like /sys on a machine with cards of (PCI address, platform); return it."""
    for bdf, platform in names:
        rom = folder / "bus" / "pci" / "drivers" / "xocl" / bdf / "rom.u.7340032"
        rom.mkdir(parents=True)
        (rom / "VBNV").write_text(f"{platform}\n")
    return folder


class FakeCard:
    """One card, with the XRT installation and the machine's /sys in a folder.

    Attributes: `model` of what the card is configured to; `gone` from the bus, which tests set.
    """

    def __init__(self, folder):
        self.root = folder / "xrt"
        self.sysfs = write_sysfs(folder / "sys", (BDF, PLATFORM))
        self.library = self.root / "lib" / "libxrt_coreutil.so"
        self.library.parent.mkdir(parents=True)
        shutil.copyfile(_compiled(), self.library)
        self.lib = ctypes.CDLL(str(self.library))
        self.model, self.gone = None, False
        self._callbacks = _CONFIGURE(self._configure), _READ(self._read), _WRITE(self._write)
        self.lib.fake_card(BDF.encode(), PLATFORM.encode(), *self._callbacks)

    def move_bank(self, port, bank, base, size):
        """Put the bank that XRT knows under a number at a device address, behind a port of the model."""
        view = self.model.memory.attach(port, base, size)
        pointer = ctypes.c_void_p(view.ctypes.data)
        self.lib.fake_bank(bank, ctypes.c_uint64(base), ctypes.c_size_t(size), pointer)

    def fail(self, function, code, skip=0):
        """Let a call of a function fail with a code, 0 for none, after `skip` good ones."""
        self.lib.fake_fail(function.encode(), code, skip)

    def reset(self):
        """As `xrt-smi reset` does: what is on the card is lost."""
        self.lib.fake_reset()

    @property
    def buffers(self):
        """Buffers that XRT has handed out and not got back."""
        return self.lib.fake_live()

    @property
    def handles(self):
        """Open devices and kernels."""
        return self.lib.fake_open()

    def destroy(self):
        if self.model is not None:
            self.model.close()

    def _configure(self, path):
        try:
            body = json.loads(Path(os.fsdecode(path)).read_bytes()[HEADER:])
            self.destroy()
            self.model = SimModel(Path(body["library"]))
            self.model.reset()
            self.lib.fake_kernel(body["kernel"].encode(), 4096)
            for offset, bank in body["arguments"]:
                self.lib.fake_argument(offset, bank)
            for port, (bank, base, size) in enumerate(body["banks"]):
                self.move_bank(port, bank, base, size)
        except Exception:
            return -1
        return 0

    def _read(self, offset, data):
        try:
            self.model.run(READ_CYCLES, stop_on_interrupt=False)
            data[0] = 0xFFFF_FFFF if self.gone else self.model.read(offset)
        except Exception:
            return -1
        return 0

    def _write(self, offset, value):
        try:
            self.model.write(offset, value)
        except Exception:
            return -1
        return 0


@cache
def _compiled():
    """Compile the library once a process."""
    path = build_dir() / "fake-xrt" / "libxrt_coreutil.so"
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [find_compiler().path, "-x", "c", "-std=c11", "-D_DEFAULT_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror"]
    temporary = path.with_name(f".{os.getpid()}.so")
    subprocess.run([*command, "-shared", "-fPIC", "-o", temporary, SOURCE], check=True)
    temporary.rename(path)
    return path
