# SPDX-License-Identifier: Apache-2.0
"""`krait layers`: the layers of a whole model verified side by side."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from golden.errors import CheckError, MachineError
from harness import console
from harness.paths import build_dir

if TYPE_CHECKING:
    from boards.layers import PartWork
    from harness.regress.task import Outcome


def layers(
    board: Annotated[str, typer.Option(help="sim, sim:u280, sim:vck190, sim:vc709.")] = "sim",
    config: Annotated[
        str | None, typer.Option(help="Configuration of mamba2_accel; without it the board's own.")
    ] = None,
    model: Annotated[str, typer.Option(help="mamba2-tiny, 130m, 2.7b.")] = "mamba2-tiny",
    tokens: Annotated[int, typer.Option(min=1, help="Tokens that golden reads, and each part.")] = 4,
    parts: Annotated[int, typer.Option(min=1, help="Parts of about as many layers each.")] = 2,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Parts at a time.")] = os.cpu_count() or 1,
    executor: Annotated[str, typer.Option(help="Where parts run: local, or dask://HOST:PORT.")] = "local",
    out: Annotated[Path | None, typer.Option(help="Folder for what is written; without it build/layers.")] = None,
) -> None:
    """Verify a Mamba2 model's layers on virtual boards, each part from what golden has in front of it.

    Every value behind every layer is compared, and the logits behind the last. Exit code 1 if
    one differs, 3 if a part could not be judged.
    """
    from boards import layers as verification
    from harness.bench.mamba2_workloads import model as model_of
    from harness.regress import executor as executors

    executors.check(executor)
    asked = verification.Asked(board, config, model_of(model), tokens, parts)
    works = verification.prepare(asked, (out or build_dir() / "layers").resolve())
    outcomes = verification.verify(works, executor, jobs, _show)
    bad = [work.name for work, each in zip(works, outcomes, strict=True) if each.verdict in ("FAIL", "KILLED")]
    if bad:
        raise CheckError(f"layers: {', '.join(bad)}: see above")
    lost = [work.name for work, each in zip(works, outcomes, strict=True) if each.verdict != "PASS"]
    if lost:
        raise MachineError(f"layers: {', '.join(lost)}: could not be judged, see above")
    console.say(f"{works[0].part.layers} layers of {asked.model} over {tokens} tokens: every value equal to golden's")


def _show(work: "PartWork", outcome: "Outcome") -> None:
    from boards.layers import found_of

    said = outcome.reason
    if outcome.verdict == "PASS":
        found = found_of(work)
        said = f"{found.compared} values, {found.cycles} cycles [simulated]"
    console.say(f"{outcome.seconds:6.1f} s  {outcome.verdict:8} {work.name}: {said}")
