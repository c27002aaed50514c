# SPDX-License-Identifier: Apache-2.0
"""What was proved of RTL modules, how far, and whether each proof refutes its mutant."""

from harness.formal.record import Formal, ProofResult
from reports.document import Cell, Row, Section, Table, Tone, columns, row

NOTE = (
    "Proved: by induction, for every input at all times after a reset. Bounded: for every input in the cycles that are "
    "told, counted from a reset. Both are of the unit with the parameters that are told. A mutant is a fault in "
    "the RTL that the same properties have to refute. Seconds: Yosys and z3, when the proof was last run."
)
TONES: dict[str, Tone] = {"proved": "good", "bounded": "good", "refuted": "bad", "open": "bad"}


def section(results: Formal | None) -> Section:
    """Return a row for each proof; the section says how to get them where there are none."""
    found = results.proofs if results else ()
    heads = columns(
        "proof, unit, parameters, laws, found, cycles, seconds, mutant", "cycles, seconds", seconds="measured"
    )
    blocks = (Table("", heads, tuple(map(_row, found)), NOTE),) if found else ()
    problems = tuple(f"{each.name}: {each.said}; mutant {each.mutant_said}" for each in found if not each.good)
    return Section("formal", "What was proved", blocks, "", "Nothing has been proved", "krait formal", problems)


def _row(result: ProofResult) -> Row:
    outcome, mutant = result.outcome, result.mutant
    return row(
        Cell(result.name, code=True),
        Cell(result.unit, code=True),
        ", ".join(f"{name} {value}" for name, value in result.params.items()),
        result.laws,
        Cell(outcome.verdict if not outcome.failed else f"refuted: {outcome.failed}", TONES[outcome.verdict]),
        str(outcome.depth),
        f"{outcome.seconds + mutant.seconds:.1f}",
        Cell(result.mutant_said, "good" if mutant.verdict == "refuted" else "bad"),
    )
