# SPDX-License-Identifier: Apache-2.0
"""`krait board bitstream`: from RTL to a bitstream, or only the checks of the scripts that need no Vivado."""

from typing import Annotated

import typer

from golden.errors import CheckError
from harness import console


def bitstream(
    name: Annotated[str, typer.Argument(help="vc709, vck190 or u280.")],
    kernel: Annotated[
        str | None,
        typer.Option(help="tern_matvec, mamba2_accel or ternary_accel; without it VCK190's golden design."),
    ] = None,
    config: Annotated[str | None, typer.Option(help="Its configuration; without it the board's first.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Runs of Vivado at a time.")] = 4,
    check: Annotated[
        bool, typer.Option("--check", help="Build nothing: check the scripts against RTL, registers and board.")
    ] = False,
) -> None:
    """Build a bitstream with Vivado or Vitis, its manifest and its overlay file; hours.

    What is fresh is not built again. Exit code 3 without the tool in its version, 1 if --check finds something.
    """
    from boards import bitstream as builder
    from boards.bitstream_settings import pick
    from boards.tcl_check.check import check as examine

    if not check:
        console.say(str(builder.make(name, kernel, config, jobs, console.say)))
        return
    problems = examine(pick(name, kernel, config))
    if problems:
        raise CheckError(f"{len(problems)} problems: {'; '.join(problems)}")
    console.say("scripts, RTL, registers and board agree; values of vendor IP can only be checked by Vivado")
