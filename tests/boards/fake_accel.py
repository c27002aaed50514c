# SPDX-License-Identifier: Apache-2.0
"""A device that answers as a kernel of whole models does at its registers, a script in the place of the hardware."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from boards.drivers import DRIVERS
from golden.spec import load_config, load_register_map
from golden.spec.gen.mamba2_accel import MAGIC
from golden.striping import unstripe

BASE = 0xA000_0000


def writable(kernel):
    """Offsets of the words that software may write."""
    return {
        at + half
        for register in load_register_map(kernel).registers
        if any(each.access == "rw" for each in register.fields)
        for at in register.offsets
        for half in range(0, register.width // 8, 4)
    }


class FakeBuffer(np.ndarray):
    """Host and device memory in one; `root` is the whole buffer, and flushes are counted there."""

    def __array_finalize__(self, parent):
        self.root = getattr(parent, "root", self)

    @property
    def device_address(self):
        return self.root.address

    def flush(self):
        self.root.flushed += self.nbytes

    def invalidate(self):
        self.root.invalidated += self.nbytes

    def freebuffer(self):
        self.root.freed = True


class FakeMemory:
    """One port's memory."""

    def __init__(self, base):
        self.base, self.buffers = base, []

    def allocate(self, shape, dtype):
        buffer = np.zeros(shape, dtype).view(FakeBuffer)
        buffer.root, buffer.address, buffer.freed = buffer, self.base + 4096, False
        buffer.flushed = buffer.invalidated = 0
        self.buffers.append(buffer)
        return buffer


@dataclass
class FakeDevice:
    """`steps(device)` is called at each start and yields once for each look of software at CTRL until the run ends."""

    config: str = "sim"
    steps: Callable = lambda device: iter(())
    words: dict = field(default_factory=dict)
    starts: int = 0
    kernel: str = "mamba2_accel"

    def __post_init__(self):
        cfg, declared = load_config(self.kernel, self.config), DRIVERS[self.kernel]
        self.at, self._writable = declared.OFFSETS, writable(self.kernel)
        self.cfg, self._run, self._done = cfg, None, False
        self.memories = [FakeMemory(port << 36) for port in range(cfg.ports)]
        self.mem_dict = {f"MEM{port}": port for port in range(cfg.ports)}
        identity = {"MAGIC": MAGIC, "VERSION": declared.MAP_VERSION, "KERNEL_ID": declared.KERNEL_ID}
        for name, value in identity.items():
            self.words[self.at[name]] = value
        self.words[self.at.CONFIG_HASH] = cfg.config_hash & 0xFFFFFFFF
        self.words[self.at.CONFIG_HASH + 4] = cfg.config_hash >> 32
        self.words[self.at.GEOMETRY] = cfg.ports | (cfg.port_bytes.bit_length() - 1) << 8

    def has_capability(self, name):
        return name == "REGISTER_RW"

    def get_memory(self, port):
        return self.memories[port]

    def read_registers(self, address, length):
        first = address - BASE
        return b"".join(self._read(at).to_bytes(4, "little") for at in range(first, first + length, 4))

    def write_registers(self, address, data):
        for at in range(0, len(data), 4):
            self._write(address - BASE + at, int.from_bytes(data[at : at + 4], "little"))

    def _read(self, at):
        return self._control() if at == self.at.CTRL else self.words.get(at, 0)

    def _write(self, at, value):
        if at == self.at.CTRL:
            assert value == 1
            self.starts += 1
            self._run, self._done = self.steps(self), False
            return
        assert at in self._writable, hex(at)
        self.words[at] = value

    def _control(self):
        if self._run is not None and next(self._run, None) is None:
            self._run, self._done = None, True
        done, self._done = self._done, False
        return done << 1

    def word(self, offset):
        """A 64-bit register as software wrote it."""
        return self.words.get(offset, 0) | self.words.get(offset + 4, 0) << 32

    def arena(self):
        """The memory of all ports, uint8 [ports, bytes]."""
        return np.stack([np.asarray(memory.buffers[-1]) for memory in self.memories])

    def load(self, offset, beats):
        """Wide beats uint8 [beats, WIDE] as the kernel would read them."""
        size = beats * self.cfg.port_bytes
        return unstripe(torch.from_numpy(self.arena()[:, offset : offset + size].copy()), self.cfg)

    def store(self, offset, wide):
        """Write wide beats uint8 [beats, WIDE] as the kernel would."""
        beats = np.asarray(wide).reshape(-1, self.cfg.ports, self.cfg.port_bytes).transpose(1, 0, 2)
        for memory, row in zip(self.memories, beats.reshape(self.cfg.ports, -1), strict=True):
            np.asarray(memory.buffers[-1])[offset : offset + row.size] = row


def driver(device):
    """The driver of a fake device, as an overlay would make it."""
    parameters = {"CONFIG": device.config, "CONFIG_HASH": hex(device.cfg.config_hash), "CLOCK_MHZ": "200.0"}
    parameters["MEMORIES"] = " ".join(device.mem_dict)
    description = {"fullpath": device.kernel, "phys_addr": BASE, "addr_range": 4096, "device": device}
    return DRIVERS[device.kernel](description | {"parameters": parameters, "interrupts": {}, "gpio": {}})
