# SPDX-License-Identifier: Apache-2.0
"""`krait new-dut`: a folder that verifies somebody else's stream module."""

from pathlib import Path
from typing import Annotated

import typer

from harness import console
from harness.paths import build_dir


def new_dut(
    files: Annotated[list[Path], typer.Argument(help="The Verilog file of the module, then those that it needs.")],
    top: Annotated[str | None, typer.Option(help="The module, where the first file has several.")] = None,
    out: Annotated[Path | None, typer.Option(help="The folder; without it one named after the module, here.")] = None,
) -> None:
    """Make a folder that builds and verifies a Verilog module with ready/valid streams at once.

    Golden model (to be filled in), environment, coverage and tests; `pytest FOLDER` runs it. Streams are ports
    *_valid, *_ready, *_data, or those of AXI-Stream.
    """
    from harness.newdut import ports, render

    found = ports.read(files, top, build_dir() / "new-dut")
    folder = out or Path(f"{found.module}_dut")
    made = render.write(folder, found, files)
    for stream in found.streams:
        fields = ", ".join(f"{field.name} {field.width}" for field in stream.fields) or "no data"
        console.say(f"{stream.direction:6} {stream.name}: {fields}")
    for pin in found.others:
        console.say(f"{pin.direction:6} {pin.name}: in no stream{', held at 0' if pin.direction == 'input' else ''}")
    console.say(f"{len(made)} files in {folder}; write golden in {made[0]}, then: pytest {folder}")
