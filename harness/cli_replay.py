# SPDX-License-Identifier: Apache-2.0
"""`krait replay`: a foreign design's test vectors on a virtual board."""

from pathlib import Path
from typing import Annotated

import typer

from golden.errors import InputError
from harness import console
from harness.paths import build_dir


def replay(
    folder: Annotated[Path, typer.Argument(help="The design's folder, in which krait new-dut --board made a kernel.")],
    board: Annotated[str, typer.Option(help="sim, sim:u280, sim:vck190, sim:vc709, sim:kv260.")] = "sim",
    stalls: Annotated[
        float, typer.Option(min=0, max=0.95, help="Share of the cycles in which memory stalls beside its model.")
    ] = 0.0,
    seed: Annotated[int | None, typer.Option(help="Of vectors and stalls; without it KRAIT_SEED, or 1.")] = None,
    pin: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE of an input that is part of no stream; without it 0.")
    ] = None,
) -> None:
    """Replay a foreign design's test vectors on a virtual board: every beat against golden, and the cycles.

    Exit code 1 if a beat differs, is missing or is too many; the line names case, port and beat.
    """
    from boards import dut_bench
    from harness.sim.runner import run_seed

    seed = run_seed(seed)
    pins = dict(_pin(text) for text in pin or ())
    design = dut_bench.load(folder)
    bundle = design.write(build_dir() / "bundles", seed)
    with dut_bench.open_dut(design.driver, board, stalls, seed) as opened:
        for line in dut_bench.replay(opened, bundle, pins):
            console.say(line)


def _pin(text: str) -> tuple[str, int]:
    name, _, value = text.partition("=")
    try:
        return name, int(value, 0)
    except ValueError:
        raise InputError(f"--pin: found {text!r}, expected NAME=VALUE such as step=0x10") from None
