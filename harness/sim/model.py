# SPDX-License-Identifier: Apache-2.0
"""A Verilated simulation top as a shared library in this process: registers, clock, memory. No PYNQ here."""

import ctypes
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from golden.errors import InputError, MachineError
from harness.build import VerilatorBuild
from harness.paths import ROOT, VERILOG
from harness.sim.mem import SimMemory, bind
from harness.verilog import with_children

CPP = ROOT / "harness" / "sim" / "cpp"
RTL = ROOT / "harness" / "sim" / "rtl"
GEN = ROOT / "harness" / "sim" / "gen"

MEMORY_CPP = (CPP / "axi_mem.cpp", CPP / "axi_mem_api.cpp")
"""C++ of every build that contains `sim_axi_mem`, cocotb builds included."""
MEMORY_RTL = (RTL / "sim_axi_mem.sv",)
BOARD_CPP = (*MEMORY_CPP, CPP / "sim_board.cpp")

FAMILIES = {"tern_matvec": ("ternary",), "mamba2_accel": ("mamba2",), "ternary_accel": ("ternary", "mamba2")}
"""Folders below hw/verilog of each kernel's modules, its own one first."""

WORD = 4
"""Bytes of a register."""
MAP_WORDS = 1024
"""Registers that one call reads at most: a kernel's whole map (MAP_BYTES)."""
REGISTER_LIMIT = 10_000
"""Cycles after which an AXI4-Lite access counts as unanswered."""
DEAD = -2
"""What a register access and a wait return when the model ended itself (cpp/sim_board.cpp)."""

_SIGNATURES: dict[str, tuple[object, tuple[object, ...]]] = {
    "krait_board_create": (None, (ctypes.c_int, ctypes.c_int)),
    "krait_board_destroy": (None, ()),
    "krait_board_reset": (None, (ctypes.c_uint,)),
    "krait_board_write": (
        ctypes.c_int,
        (ctypes.c_uint32, ctypes.c_char_p, ctypes.c_uint, ctypes.c_uint, ctypes.POINTER(ctypes.c_uint)),
    ),
    "krait_board_read": (
        ctypes.c_int,
        (ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint, ctypes.POINTER(ctypes.c_uint)),
    ),
    "krait_board_run": (ctypes.c_uint64, (ctypes.c_uint64, ctypes.c_int)),
    "krait_board_wait": (ctypes.c_int, (ctypes.c_uint64,)),
    "krait_board_cycles": (ctypes.c_uint64, ()),
    "krait_board_interrupt": (ctypes.c_int, ()),
    "krait_board_dead": (ctypes.c_int, ()),
}


def kernel_sources(kernel: str, config: str) -> tuple[Path, ...]:
    """Return the Verilog of a kernel's simulation top: generated top and wrapper, memory, core, its common modules.

    Raises:
        InputError: the generated files are missing.
    """
    top, wrapper = GEN / f"sim_{kernel}_{config}.sv", VERILOG / "gen" / f"{kernel}_{config}.v"
    for path in (top, wrapper):
        if not path.is_file():
            raise InputError(f"{path.relative_to(ROOT)} does not exist; run `make gen`")
    return (top, *MEMORY_RTL, wrapper, *core_sources(kernel))


def core_sources(kernel: str) -> tuple[Path, ...]:
    """Return the Verilog of a kernel's core: its module, and those of its family, of common/ and ROMs below it.

    Raises:
        InputError: the kernel is unknown.
    """
    if kernel not in FAMILIES:
        raise InputError(f"kernel: found {kernel!r}, expected one of {', '.join(FAMILIES)}")
    core = VERILOG / FAMILIES[kernel][0] / f"{kernel}.v"
    places = (*((folder, "*.v") for folder in (*FAMILIES[kernel], "common")), ("gen", "*_rom_*.v"))
    library = [path for folder, names in places for path in sorted((VERILOG / folder).glob(names)) if path != core]
    below = set(with_children(core, library))
    return (core, *(path for path in library if path in below))


def kernel_build(kernel: str, config: str, opt: str = "-O2") -> VerilatorBuild:
    """Return the build of a kernel's virtual board."""
    includes = (VERILOG, VERILOG / "gen", VERILOG / "common", *(VERILOG / folder for folder in FAMILIES[kernel]))
    return VerilatorBuild(
        f"sim_{kernel}_{config}",
        kernel_sources(kernel, config),
        includes=includes,
        kind="shared",
        cpp=BOARD_CPP,
        opt=opt,
    )


_loads = itertools.count()


class SimModel:
    """One model. Its clock moves only in `run`, `reset` and register accesses.

    Args:
        library: the .so of a `VerilatorBuild(kind="shared", cpp=BOARD_CPP)`.
        seed: of the random values that registers without reset start with.

    Raises:
        MachineError: the library cannot be loaded.
    """

    def __init__(self, library: Path, seed: int = 1) -> None:
        self.path = library
        self._lib: Any = _load(library)
        bind(self._lib, _SIGNATURES)
        self._lib.krait_board_create(2, seed % (1 << 31) or 1)
        self._lib.krait_board_reset(1)
        self.memory = SimMemory(self._lib)
        self._words = bytearray(MAP_WORDS * WORD)
        self._words_at = (ctypes.c_char * len(self._words)).from_buffer(self._words)
        self._done = ctypes.c_uint()
        self._done_at = ctypes.byref(self._done)
        self._ended = ""
        self._open = True

    def reset(self, cycles: int = 16) -> None:
        """Reset the kernel and the memory's ports; the memory keeps its contents and settings."""
        self._check_usable()
        self._lib.krait_board_reset(cycles)
        self._check_dead()

    def write(self, address: int, data: int) -> None:
        """Write a 32-bit register; errors as for `write_words`."""
        self.write_words(address, data.to_bytes(WORD, "little"))

    def read(self, address: int) -> int:
        """Read a 32-bit register; errors as for `write_words`."""
        return int.from_bytes(self.read_words(address, 1), "little")

    def write_words(self, address: int, data: bytes) -> None:
        """Write registers that lie side by side, little-endian: one access a word in ascending order, in one call.

        Raises:
            MachineError: no answer, an error response, or the model ended itself; words before it are written.
        """
        self._check_usable()
        response = self._lib.krait_board_write(address, data, len(data) // WORD, REGISTER_LIMIT, self._done_at)
        if response:
            raise self._refused(response, "write", address)

    def read_words(self, address: int, count: int) -> bytes:
        """Read registers that lie side by side; order and errors as for `write_words`.

        Raises:
            InputError: more than `MAP_WORDS`.
        """
        self._check_usable()
        if count > MAP_WORDS:
            raise InputError(f"registers at {address:#x}: {count} in one read, expected at most {MAP_WORDS}")
        response = self._lib.krait_board_read(address, self._words_at, count, REGISTER_LIMIT, self._done_at)
        if response:
            raise self._refused(response, "read", address)
        return bytes(self._words[: count * WORD])

    def run(self, cycles: int, stop_on_interrupt: bool = True) -> int:
        """Advance the clock by at most `cycles`, or until the interrupt is high; return the cycles advanced."""
        self._check_usable()
        done = int(self._lib.krait_board_run(cycles, int(stop_on_interrupt)))
        self._check_dead()
        return done

    def wait(self, cycles: int) -> bool:
        """Advance the clock by at most `cycles`, or until the interrupt is high; return whether it is.

        Raises:
            MachineError: the model ended itself.
        """
        self._check_usable()
        found = self._lib.krait_board_wait(cycles)
        if found == DEAD:
            raise self._end()
        return bool(found)

    @property
    def cycles(self) -> int:
        """Return all clock cycles since the model was created."""
        self._check_usable()
        return int(self._lib.krait_board_cycles())

    @property
    def interrupt(self) -> bool:
        """Return the level of the interrupt output."""
        self._check_usable()
        return bool(self._lib.krait_board_interrupt())

    @contextmanager
    def timed(self) -> Iterator["Timed"]:
        """Tell what is spent in the library while the context is open."""
        library, self._lib = self._lib, Timed(self._lib)
        try:
            yield self._lib
        finally:
            self._lib = library

    def close(self) -> None:
        """Destroy the model and give its memory's pages back; views of the memory stay valid and read zero."""
        if self._open:
            self._open, self._ended = False, "the virtual board is closed"
            self.memory.clear()
            self._lib.krait_board_destroy()

    def _refused(self, response: int, what: str, first: int) -> MachineError:
        """Return the error that says what became of the register access behind those that are done."""
        if response == DEAD:
            return self._end()
        address = first + self._done.value * WORD
        if response < 0:
            return MachineError(f"register {what} at {address:#x}: no answer within {REGISTER_LIMIT} cycles")
        return MachineError(f"register {what} at {address:#x}: response {response}, expected OKAY")

    def _check_usable(self) -> None:
        """Raise MachineError once the board is closed or its model has ended itself."""
        if self._ended:
            raise MachineError(self._ended)

    def _check_dead(self) -> None:
        """Raise MachineError when the model has ended itself in the call just made, and from then on."""
        if self._lib.krait_board_dead():
            raise self._end()

    def _end(self) -> MachineError:
        """Note that the model has ended itself, and return the error that says so."""
        why = self.memory.violation or "see the $fatal printed above"
        self._ended = f"the model of {self.path.stem} ended itself: {why}"
        return MachineError(self._ended)


class Timed:
    """A library whose functions add up the seconds and the calls that are spent in them."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self.seconds, self.calls = 0.0, 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return a function of the library, and keep it."""
        function = getattr(self._library, name)

        def timed(*arguments: Any) -> Any:
            before = time.perf_counter()
            found = function(*arguments)
            self.seconds += time.perf_counter() - before
            self.calls += 1
            return found

        setattr(self, name, timed)
        return timed


def _load(library: Path) -> ctypes.CDLL:
    """Load a private copy of the library: the loader gives one handle a path, and a model is one handle."""
    try:
        folder = tempfile.mkdtemp(prefix=".load-", dir=library.parent)
    except OSError as error:
        raise MachineError(f"{library.parent}: cannot be written ({error.strerror})") from error
    try:
        copy = Path(folder) / f"{next(_loads)}-{library.name}"
        shutil.copyfile(library, copy)
        return ctypes.CDLL(str(copy), mode=os.RTLD_LOCAL | os.RTLD_NOW)
    except OSError as error:
        raise MachineError(f"{library}: cannot be loaded ({error}); remove build/sim-cache and try again") from error
    finally:
        shutil.rmtree(folder)
