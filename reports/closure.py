# SPDX-License-Identifier: Apache-2.0
"""Coverage closure: bins over simulated cycles, led starts beside pure random ones, and what is missing."""

from collections.abc import Iterator, Sequence

from harness.closure.record import Closure, Course
from reports.document import Axis, Block, Cell, Chart, Point, Row, Section, Series, Table, columns, row

TARGET = 5.0
"""Times closure's cycles that pure random shall need at least."""
NOTE = (
    "Led: batches of random starts whose weights and knobs follow from the bins that are still empty. Random: the same "
    "starts by their seeds alone. A point is a simulation; cycles are all that it simulates."
)
ENDS = {"goal": "goal", "plateau": "plateau", "cycles": "limit of cycles", "failed": "a simulation failed"}


def section(closures: Sequence[Closure]) -> Section:
    """Return a row and a chart for each kernel; the section says how to get them where there are none."""
    blocks = tuple(_blocks(closures)) if closures else ()
    problems = tuple(_problems(closures))
    empty = "No coverage has been closed"
    return Section("closure", "How coverage was closed", blocks, "", empty, "krait cover --compare", problems)


def _blocks(closures: Sequence[Closure]) -> Iterator[Block]:
    numbers = "bins, of, simulations, starts, cycles, minimal, random's bins, random's cycles, times"
    heads = columns(f"kernel, seed, ended by, {numbers}", f"seed, {numbers}")
    yield Table("", heads, tuple(map(_row, closures)), NOTE)
    for each in closures:
        series = [_series("led", each.closure), *([_series("random", each.random)] if each.random else [])]
        yield Chart(f"Coverage of {each.kernel}", Axis("cycles", log=True), Axis("bins"), tuple(series))
        missing = each.closure.missing
        if missing:
            rows = tuple(row(Cell(m.bin, code=True), m.text.partition(": ")[2]) for m in missing)
            yield Table(f"Missing of {each.kernel}", columns("bin, what is known"), rows)


def _row(each: Closure) -> Row:
    ours, random = each.closure, each.random
    simulations = [one for batch in ours.batches for one in batch]
    return row(
        Cell(each.kernel, code=True),
        str(each.seed),
        Cell(ENDS[ours.verdict], "good" if ours.verdict == "goal" else "bad"),
        str(ours.bins),
        str(each.bins),
        str(len(simulations)),
        str(sum(one.starts for one in simulations)),
        str(ours.cycles),
        str(len(each.minimal)),
        str(random.bins) if random else "n/a",
        str(random.cycles) if random else "n/a",
        _times(each),
        source="simulated",
    )


def _times(each: Closure) -> Cell:
    """Random's cycles over closure's: to the goal, or to the bins that both have."""
    found = each.to_goal
    if found is None:
        return Cell("n/a" if each.speedup is None else f"{each.speedup:.1f} to the bins that both have")
    times, bound = found
    return Cell(f"{'> ' if bound else ''}{times:.1f}", "good" if times >= TARGET else "bad")


def _series(name: str, course: Course) -> Series:
    return Series(name, "simulated", tuple(Point(step.cycles, step.bins) for step in course.curve))


def _problems(closures: Sequence[Closure]) -> Iterator[str]:
    for each in closures:
        if each.closure.verdict == "failed":
            yield f"{each.kernel}: a simulation of the closure failed; krait cover --kernel {each.kernel} tells it"
        times, bound = each.to_goal or (TARGET, False)
        if times < TARGET and not bound:
            yield f"{each.kernel}: random takes {times:.1f} times the cycles of closure, at least {TARGET:g} expected"
