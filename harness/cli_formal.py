# SPDX-License-Identifier: Apache-2.0
"""`krait formal`: proofs of RTL modules by SymbiYosys, each with a mutant that it has to refute."""

from typing import TYPE_CHECKING, Annotated

import typer

from golden.errors import CheckError
from harness import console
from harness.paths import build_dir

if TYPE_CHECKING:
    from harness.formal.record import ProofResult


def formal(
    names: Annotated[list[str] | None, typer.Argument(help="Proofs, units or patterns (strm_*); all without.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Solvers at a time.")] = 2,
    depth: Annotated[int | None, typer.Option(min=1, help="Cycles, in place of each proof's own.")] = None,
) -> None:
    """Prove laws of RTL modules: by induction for all time, or for a stated number of cycles from a reset.

    Each proof has a mutant that it has to refute. Outcomes stay in build/formal, what did not
    change is not run again; results.json there is for the report. Exit code 1 if a law is
    refuted, an induction does not close or a mutant survives.
    """
    from harness.formal import proofs, record
    from harness.formal.run import run

    results = run(proofs.choose(names or (), proofs.all_proofs()), jobs, depth, _show)
    path = record.save(build_dir() / "formal", results)
    bad = [each.name for each in results.proofs if not each.good]
    proved = sum(each.outcome.verdict == "proved" for each in results.proofs)
    console.say(f"{len(results.proofs)} proofs, {proved} by induction, {len(bad)} failed; results: {path}")
    if bad:
        raise CheckError(
            f"formal: {', '.join(bad)}: not as declared, see above; logs and waveforms in {path.parent}/runs"
        )


def _show(result: "ProofResult") -> None:
    """Print a result's line: verdict, time of both runs, and the mutant."""
    status = "PASS" if result.good else "FAIL"
    seconds = result.outcome.seconds + result.mutant.seconds
    console.say(f"{status}  {result.name:24} {result.said:40} {seconds:6.1f} s  mutant {result.mutant_said}")
