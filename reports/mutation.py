# SPDX-License-Identifier: Apache-2.0
"""How many faults in a module its own tests see, and which they do not, by source line."""

from harness.mutate.reasons import NONE, Reasons
from harness.mutate.record import MutantResult, Mutation, UnitResult, score
from reports.document import Cell, Row, Section, Table, columns, row
from reports.figures import Source

NOTE = (
    "A mutant is a change of one bit in a module's netlist. Killed: the module's unit test failed, or where it has "
    "none, that of a top that it stands within. Timed out: the watchdog ended it. Equivalent: proved to change "
    "nothing, and not counted. Score: killed and timed out among the others, of a sample spread over modules and their "
    "source lines. Seconds: of one verdict, when it was made."
)
SURVIVORS_NOTE = (
    "No test failed and nothing is proved: a hole in a test, or a change that shows only in states that are never "
    "reached or in more cycles than are simulated; the latter has its reason in harness/mutate/reasons.toml."
)
_COUNTS = ("killed", "timed_out", "equivalent", "survived")


def section(results: Mutation | None, reasons: Reasons = NONE) -> Section:
    """Return a row for each module and one for each survivor; the section says how to get them where there are none."""
    units = results.units if results else ()
    judged = tuple(unit for unit in units if unit.mutants)
    survivors = (_survivors(judged, reasons),) if _found(judged) else ()
    blocks = (*([_modules(units, results)] if results else ()), *survivors)
    problems = tuple(f"{unit.unit}: not judged: {unit.unjudged}" for unit in units if unit.unjudged)
    return Section("mutation", "Faults that tests see", blocks, "", "No faults were tried", "krait mutate", problems)


def _modules(units: tuple[UnitResult, ...], results: Mutation) -> Table:
    simulated: dict[str, Source] = dict.fromkeys((*_COUNTS, "score"), "simulated")
    heads = columns(
        "module, within, test, mutants, of, killed, timed out, equivalent, survived, score, seconds",
        "mutants, of, killed, timed out, equivalent, survived, score, seconds",
        **simulated,
        seconds="measured",
    )
    share = score(units)
    said = "" if share is None else f" All modules together: {share:.1f} %."
    drawn = f"Judged {results.judged} of a sample of {results.sample} from {results.modules} modules"
    note = f"{NOTE}{said} {drawn}, seed {results.seed}, on {results.sim}."
    return Table("Modules", heads, tuple(map(_module, units)), note)


def _module(unit: UnitResult) -> Row:
    share = score((unit,))
    each = f"{unit.seconds / len(unit.mutants):.1f}" if unit.mutants else "n/a"
    return row(
        Cell(unit.unit, code=True),
        ", ".join(unit.within),
        Cell(unit.test, code=True),
        str(len(unit.mutants)),
        str(unit.known),
        *(str(unit.count(verdict)) for verdict in ("killed", "timed out", "equivalent", "survived")),
        _seen(unit, share),
        each,
    )


def _seen(unit: UnitResult, share: float | None) -> Cell:
    """Return the score, or why there is none: all mutants may be equivalent."""
    if share is None:
        return Cell("not judged", "bad") if unit.unjudged else Cell("n/a")
    return Cell(f"{share:.0f} %", "bad" if unit.survivors else "good")


def _found(units: tuple[UnitResult, ...]) -> bool:
    return any(unit.survivors for unit in units)


def _survivors(units: tuple[UnitResult, ...], reasons: Reasons) -> Table:
    heads = columns("where, parameters, fault, proof, reason, again")
    rows = tuple(_survivor(unit, each, reasons.of(unit.unit, each)) for unit in units for each in unit.survivors)
    return Table("Survivors", heads, rows, SURVIVORS_NOTE)


def _survivor(unit: UnitResult, each: MutantResult, reason: str) -> Row:
    return row(
        Cell(f"{unit.source}:{each.line}", code=True),
        ", ".join(f"{name} {value}" for name, value in each.params.items()),
        Cell(each.what, code=True),
        each.outcome.by,
        reason,
        Cell(f"krait mutate {unit.unit} --mutant {each.number}", code=True),
    )
