# SPDX-License-Identifier: Apache-2.0
"""The simulator of a kernel around a foreign design: what stands in its folder, and krait's modules below it."""

from pathlib import Path

from golden.errors import InputError
from harness.build import VerilatorBuild
from harness.newdut.declaration import Declaration
from harness.newdut.ports import modules_of
from harness.paths import VERILOG
from harness.sim.model import BOARD_CPP, MEMORY_RTL
from harness.verilog import with_children

LIBRARY = ("streams", "common")
"""Folders of hw/verilog whose modules the kernel is built from."""


def kernel_files(folder: Path, declared: Declaration, config: str) -> tuple[Path, ...]:
    """Return the Verilog of a kernel in its folder: wrapper, core and what is below it, the design's own files.

    Raises:
        InputError: a file of the design is gone, or has a module of the name of one of krait's.
    """
    made = tuple(folder / f"{declared.kernel}{end}.v" for end in (f"_{config}", "", "_regs"))
    library = [path for name in LIBRARY for path in sorted((VERILOG / name).glob("*.v"))]
    own = tuple((folder / source).resolve() for source in declared.sources)
    below = {path: None for top in made[1:] for path in with_children(top, library) if path not in (*made, *own)}
    for path in own:
        _check_names(path, {each.stem for each in below})
    return (*made, *below, *own)


def _check_names(path: Path, taken: set[str]) -> None:
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected the design, where krait new-dut found it")
    for name in modules_of(path):
        if name in taken:
            raise InputError(f"{path}: found a module {name}, as krait's own in the kernel is called; rename yours")


def includes(folder: Path, declared: Declaration) -> tuple[Path, ...]:
    """Return the folders of headers."""
    own = {(folder / source).resolve().parent for source in declared.sources}
    return (folder, VERILOG / "common", *sorted(own))


def virtual_board(folder: Path, declared: Declaration, config: str) -> VerilatorBuild:
    """Return the build of a kernel's virtual board, unoptimized: such a design is built more often than it runs."""
    top = f"sim_{declared.kernel}_{config}"
    return VerilatorBuild(
        top,
        (folder / f"{top}.sv", *MEMORY_RTL, *kernel_files(folder, declared, config)),
        includes=includes(folder, declared),
        kind="shared",
        cpp=BOARD_CPP,
        opt="-O0",
    )
