# SPDX-License-Identifier: Apache-2.0
"""`krait synth`: what a configuration takes of its device, by Yosys."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from golden.errors import CheckError
from harness import console
from harness.paths import build_dir

if TYPE_CHECKING:
    from boards.facts import Board
    from harness.synth.budget import Budget
    from harness.synth.mapping import Summary


def synth(
    kernel: Annotated[str, typer.Option(help="Kernel: tern_matvec, mamba2_accel or ternary_accel.")] = "mamba2_accel",
    config: Annotated[str, typer.Option(help="Configuration, as in golden/spec/configs.")] = "sim",
    modules: Annotated[bool, typer.Option("--modules", help="List every module, not only the sums.")] = False,
    path: Annotated[bool, typer.Option("--path", help="Show the nets of the longest path.")] = False,
) -> None:
    """Estimate LUT, FF, DSP, BRAM and URAM and the longest path of a configuration (estimated by Yosys, not placed).

    Modules are mapped one by one and added up; finished ones stay in build/synth, and what
    was found as <kernel>_<config>.json for the report. Exit code 1 if the configuration
    exceeds 80 % of its device or its board's limit of logic levels.
    """
    from boards.facts import load_board
    from golden.spec import load_config
    from harness.sim.model import kernel_sources
    from harness.synth.elaborate import elaborate
    from harness.synth.mapping import summarize

    chosen = load_config(kernel, config)
    board = load_board(chosen.board)
    files = [file for file in kernel_sources(kernel, config) if file.suffix == ".v"]
    folder = build_dir() / "synth"
    design = elaborate(files, f"{kernel}_{config}", folder / f"{kernel}_{config}")
    with console.progress(f"synth {kernel} {config}") as bar:
        summary = summarize(design, board.synthesis.family if board.synthesis else "xcup", folder / "modules", bar)
    _save(folder, (kernel, config, f"{chosen.config_hash:016x}"), summary, board)
    _show(f"{kernel} {config}", summary, board, modules, path)


def _budget(board: "Board") -> "Budget | None":
    from harness.synth.budget import Budget

    rules, device = board.synthesis, board.resources
    return Budget(device, rules.shell_share, rules.levels) if rules and device else None


def _save(folder: Path, name: tuple[str, str, str], summary: "Summary", board: "Board") -> None:
    from harness import provenance
    from harness.synth import record
    from harness.toolchain import find_yosys

    rules = board.synthesis
    family: record.Family = "none" if rules is None else "proxy" if rules.proxy else "own"
    made = provenance.collect({"yosys": find_yosys().version})
    record.save(folder, record.of_summary(name, board.name, family, summary, _budget(board), made))


def _show(name: str, summary: "Summary", board: "Board", modules: bool, path: bool) -> None:
    from harness.synth.budget import failures, in_full, lines

    rules, budget = board.synthesis, _budget(board)
    if modules:
        for module, count in sorted(summary.modules, key=lambda entry: -entry[0].resources.lut * entry[1]):
            used = module.resources
            console.say(
                f"{module.source:28} x{count:<6} lut {used.lut:<7g} ff {used.ff:<7g} dsp {used.dsp:<5g} "
                f"bram36 {used.bram36:<6g} uram {used.uram:<4g} levels {module.longest.levels}"
            )
    label = " (proxy: Yosys has no family of this device)" if rules and rules.proxy else ""
    console.say(f"{name}, estimated by Yosys{label}")
    for line in lines(summary, budget):
        share = "" if line.share is None else f"  {line.share:6.1%} of {line.offered}"
        console.say(f"  {line.kind:8} {in_full(line.used):>10}{share}")
    slowest = summary.slowest
    limit = f", at most {budget.levels}" if budget else ""
    console.say(f"  levels   {slowest.longest.levels:>10}  in {slowest.source}{limit}")
    if path:
        console.say("\n".join(f"    {net}" for net in slowest.longest.nets))
    problems = failures(name, summary, budget) if budget else []
    if problems:
        raise CheckError("; ".join(problems))
