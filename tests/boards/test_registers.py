# SPDX-License-Identifier: Apache-2.0
"""Registers in runs: a kernel sees the words that software names, in that order, however the device takes them."""

from itertools import pairwise

import numpy as np
import pynq
import pytest
import torch

from boards.device import KraitDevice, WordDevice
from boards.drivers.registers import WORD, registers_of, runs
from boards.facts import load_board
from boards.sim.open import open_board
from golden.errors import InputError
from golden.spec.gen import tern_matvec as regs
from tests.harness.sim.toy import BEATS, PORT_BASE, Toy

BASE = 0xA000_0000
WRITTEN = [0x10, 0x14, 0x18, 0x20, 0x24, 0x28, 0x2C, 0x30, 0x34]
"""Arguments of tern_matvec, word by word: the two of a 64-bit one low first."""


class Mapped:
    """A device that maps its registers, as PYNQ's own do; it notes each word that is moved."""

    def __init__(self, words):
        self.words, self.moved = words, []

    def has_capability(self, name):
        return name == "MEMORY_MAPPED"

    def mmap(self, base, length):
        return self

    def __getitem__(self, index):
        self.moved.append(("read", WORD * index))
        return self.words[index]

    def __setitem__(self, index, value):
        self.moved.append(("write", WORD * index))
        self.words[index] = value


class Words(WordDevice):
    """A device that takes one word an access; it notes each."""

    _probe_priority_ = 9999

    @staticmethod
    def _probe_():
        return []

    def __init__(self, words):
        super().__init__("words", load_board("u280"))
        self.words, self.moved = words, []

    def load(self, overlay):
        pass

    def unload(self):
        pass

    def _register_range(self, address, length):
        return None, address - BASE

    def read_word(self, kernel, offset):
        self.moved.append(("read", offset))
        return int(self.words[offset // WORD])

    def write_word(self, kernel, offset, value):
        self.moved.append(("write", offset))
        self.words[offset // WORD] = value


@pytest.mark.parametrize("seed", range(20))
def test_runs_say_what_the_list_said(seed):
    """Runs, written out, are the list: nothing is left out, added or moved; what lies side by side is one run."""
    rng = np.random.default_rng(seed)
    size = int(rng.choice([4, 8]))
    offsets = tuple(size * int(at) for at in rng.integers(0, 6, rng.integers(0, 12)))
    found = runs(offsets, size)
    assert tuple(first + size * at for first, count in found for at in range(count)) == offsets
    joints = sum(after == before + size for before, after in pairwise(offsets))
    assert len(found) == len(offsets) - joints


@pytest.mark.parametrize("kind", [Mapped, Words])
def test_words_are_moved_one_by_one_where_a_bus_takes_no_more(kind):
    """A device of single words sees a run as its words, ascending, each once; values arrive as they were written."""
    device = kind(np.zeros(64, np.uint32))
    registers = registers_of(pynq.MMIO(BASE, 256, device=device))
    registers.write(0x20, (1 << 40 | 7).to_bytes(8, "little") + (9).to_bytes(4, "little"))
    assert [int(word) for word in device.words[8:12]] == [7, 256, 9, 0]
    assert registers.read(0x1C, 4) == b"".join(n.to_bytes(4, "little") for n in (0, 7, 256, 9))
    words = [("write", at) for at in (0x20, 0x24, 0x28)] + [("read", at) for at in (0x1C, 0x20, 0x24, 0x28)]
    assert device.moved == words


def test_a_run_costs_the_kernel_what_its_words_cost():
    """In the model a run of registers is as many bus accesses as it has words: same values, cycle for cycle."""
    model, apart = Toy(), Toy()
    words = b"".join(value.to_bytes(4, "little") for value in (5, 6, 7))
    model.write_words(BEATS, words)
    for at in range(3):
        apart.write(BEATS + WORD * at, 5 + at)
    assert model.cycles == apart.cycles
    found = model.read_words(PORT_BASE, 4)
    assert found == b"".join(apart.read(PORT_BASE + WORD * at).to_bytes(4, "little") for at in range(4))
    assert int.from_bytes(found[4:8], "little") == 16
    assert model.cycles == apart.cycles
    with pytest.raises(InputError, match="1025 in one read"):
        model.read_words(0, 1025)


def test_a_start_writes_its_arguments_in_order(monkeypatch):
    """On the virtual board: arguments ascending, the start last; counters word by word, low before high, each once."""
    moved = []
    with open_board("sim", "sim", "ideal") as board, board.kernel.arena():
        device, kernel = board.device, board.kernel
        read, write = device.read_words, device.write_words

        def note_read(of, offset, count):
            moved.extend(("read", offset + WORD * at) for at in range(count))
            return read(of, offset, count)

        def note_write(of, offset, data):
            moved.extend(("write", offset + at) for at in range(0, len(data), WORD))
            write(of, offset, data)

        case = kernel.prepare_vectors(kernel.load_matrix(torch.ones(8, 20, dtype=torch.int8)), torch.ones(20, 1).char())
        monkeypatch.setattr(device, "read_words", note_read)
        monkeypatch.setattr(device, "write_words", note_write)
        assert isinstance(device, KraitDevice)
        kernel.begin(case)
        assert moved == [("write", at) for at in (*WRITTEN, regs.Offset.CTRL)]
        kernel.wait()
        moved.clear()
        kernel.counters()
    ports = range(kernel.config.ports)
    longs = (*(regs.RD_BEATS[p] for p in ports), *(regs.WR_BEATS[p] for p in ports), *kernel.COUNTERS)
    assert moved == [("read", at + half) for at in longs for half in (0, WORD)]
