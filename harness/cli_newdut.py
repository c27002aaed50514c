# SPDX-License-Identifier: Apache-2.0
"""`krait new-dut`: a folder that verifies somebody else's stream module, at its pins and on virtual boards."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness import console
from harness.paths import build_dir

if TYPE_CHECKING:
    from harness.newdut.ports import Interface


def new_dut(
    files: Annotated[list[Path], typer.Argument(help="The Verilog file of the module, then those that it needs.")],
    top: Annotated[str | None, typer.Option(help="The module, where the first file has several.")] = None,
    out: Annotated[Path | None, typer.Option(help="The folder; without it one named after the module, here.")] = None,
    board: Annotated[
        list[str] | None,
        typer.Option(
            help="Also a kernel with which it runs on sim or sim:<board>, with driver, test vectors and test; in a "
            "folder that is there already too. Several may be given."
        ),
    ] = None,
) -> None:
    """Make a folder that builds and verifies a Verilog module with ready/valid streams at once.

    Golden model (to be filled in), environment, coverage and tests; `pytest FOLDER` runs it. Streams are ports
    *_valid, *_ready, *_data, or those of AXI-Stream.
    """
    from harness.newdut import ports, render

    found = ports.read(files, top, build_dir() / "new-dut")
    folder = out or Path(f"{found.module}_dut")
    golden = folder / f"{found.module}_golden.py"
    kept = bool(board) and golden.is_file()
    write_kernel = _kernel(found, files, folder, board) if board else tuple
    made = () if kept else render.write(folder, found, files)
    made += write_kernel()
    for stream in found.streams:
        fields = ", ".join(f"{field.name} {field.width}" for field in stream.fields) or "no data"
        console.say(f"{stream.direction:6} {stream.name}: {fields}")
    for pin in found.others:
        console.say(f"{pin.direction:6} {pin.name}: in no stream{', held at 0' if pin.direction == 'input' else ''}")
    said = f"the unit's own, {golden.name} among them, are as they were" if kept else f"write golden in {golden}"
    console.say(f"{len(made)} files in {folder}; {said}, then: pytest {folder}")


def _kernel(found: "Interface", files: list[Path], folder: Path, tags: list[str]) -> Callable[[], tuple[Path, ...]]:
    """Return what writes a module's kernel with a configuration for each board; what does not fit is refused first."""
    from boards.facts import load_board
    from harness.newdut import declaration, kernel

    facts = [load_board(tag.removeprefix("sim:")) for tag in tags]
    fitting = {
        each.identifier: declaration.fit(found, each.name, each.clock_mhz, each.memory.channels) for each in facts
    }
    return partial(kernel.write, folder, kernel.declare(found, files, folder, fitting))
