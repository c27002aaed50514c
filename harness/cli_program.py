# SPDX-License-Identifier: Apache-2.0
"""`krait board program`: a bitstream into a board by JTAG."""

from pathlib import Path
from typing import Annotated

import typer

from harness import console


def program(
    name: Annotated[str, typer.Argument(help="vc709; other boards are configured as they are opened.")] = "vc709",
    overlay: Annotated[
        Path | None, typer.Option(help="Overlay file; without it the newest that was built for the board.")
    ] = None,
) -> None:
    """Configure a board by JTAG and find it on PCIe again, whatever is on it now. Needs openFPGALoader, and root."""
    from boards.open import program_board

    console.say(program_board(name, overlay))
