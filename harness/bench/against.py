# SPDX-License-Identifier: Apache-2.0
"""Judges a run against an earlier one: faster, slower, the same, or not known, by intervals and never by a bare ratio.

Simulated cycles are exact, so one more is slower. Measured samples are resampled on both sides: slower is a figure
whose whole interval of the ratio lies above the noise, the same one whose interval lies near one; between these the
samples do not tell. As criterion.rs does, a change of up to NOISE counts as none, however sure it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from golden.errors import InputError
from harness.bench.history import Entry, History, read_file
from harness.bench.statistics import Interval, Rule, median_ratio
from harness.bench.trend import Figure, figures
from harness.provenance import commits

Verdict = Literal["faster", "slower", "same", "unknown"]

LEVEL = 0.998
"""Of an interval: a run has dozens of figures, and at 95 % one of forty would be called slower for nothing."""
RESAMPLES = 4000
NOISE = 0.01
"""Share by which a measured figure may differ and be called neither faster nor slower."""
NEAR = 0.05
"""An interval within this share of one says `same`; a wider one says nothing."""
LEAST = Rule().least
"""Samples on each side, below which an interval means nothing."""
MAIN = "main"


@dataclass(frozen=True)
class Judgement:
    """A verdict, the ratio found / base with its interval where there is one, and why nothing is known."""

    verdict: Verdict
    ratio: Interval | None = None
    reason: str = ""


@dataclass(frozen=True)
class Row:
    """A figure of a run and its counterpart; None: there is none."""

    found: Figure
    base: Figure | None
    judgement: Judgement

    @property
    def fails(self) -> bool:
        """Whether the run fails for it."""
        return self.found.judged and self.judgement.verdict == "slower"


@dataclass(frozen=True)
class Base:
    """What a run is held against: its name for people, and figures by their keys."""

    name: str
    figures: Mapping[tuple[str, str, str], Figure]


def judge(found: Figure, base: Figure) -> Judgement:
    """Return how a figure is, held against an earlier one of the same key."""
    reason = _apart(found, base)
    if reason:
        return Judgement("unknown", reason=reason)
    if found.exact and base.exact:
        new, old = found.samples[0], base.samples[0]
        if not old:
            return Judgement("unknown", reason="the counterpart is 0")
        ratio = Interval(new / old, new / old, new / old, 1.0)
        return Judgement("slower" if new > old else "faster" if new < old else "same", ratio)
    few = min(len(each.samples) if each.known is None else LEAST for each in (found, base))
    if few < LEAST:
        return Judgement("unknown", reason=f"{few} samples, expected {LEAST} at least on each side")
    ratio = _ratio(found, base)
    return Judgement(_verdict(ratio), ratio, "" if _verdict(ratio) != "unknown" else "the interval is too wide to tell")


def _apart(found: Figure, base: Figure) -> str:
    """Return why two figures cannot be compared; "" where they can."""
    if found.note or base.note:
        return found.note or f"of the counterpart: {base.note}"
    if found.source != base.source:
        return f"{found.source}, the counterpart {base.source}"
    if found.work != base.work:
        return f"other work: {found.work}; before: {base.work}"
    return f"another machine: {found.host}; before: {base.host}" if found.host != base.host else ""


def _ratio(found: Figure, base: Figure) -> Interval:
    """Return found over base; where only intervals are known, the widest that they allow."""
    if found.known is None or base.known is None:
        return median_ratio(found.samples, base.samples, LEVEL, RESAMPLES)
    new, old = found.known, base.known
    return Interval(new.value / old.value, new.low / old.high, new.high / old.low, min(new.level, old.level))


def _verdict(ratio: Interval) -> Verdict:
    if ratio.low > 1 + NOISE:
        return "slower"
    if ratio.high < 1 - NOISE:
        return "faster"
    return "same" if ratio.low > 1 - NEAR and ratio.high < 1 + NEAR else "unknown"


# ---- what a run is held against


def newest(entries: Iterable[Entry]) -> dict[tuple[str, str, str], Figure]:
    """Return the figures of the newest entry of each key, whatever the order of the entries."""
    inorder = sorted(entries, key=lambda e: (e.made.time_utc, e.id))
    return {figure.key: figure for entry in inorder for figure in figures(entry)}


def base(asked: str, history: History, run: Sequence[Entry] = ()) -> Base:
    """Return what `asked` stands for: a file of records or a history, `main`, or a revision.

    Of `main` each figure is that of the newest commit that has it, of any other revision of this commit alone. Records
    with local changes are no revision's, and those of the `run` itself are left out.

    Raises InputError: there is no such file or revision, or the file is malformed.
    """
    own = {entry.id for entry in run}
    if Path(asked).is_file():
        return Base(asked, newest(e for e in read_file(Path(asked)) if e.id not in own))
    entries = [e for e in history.entries() if e.id not in own and not e.made.dirty]
    order = _revisions(asked, {entry.made.revision for entry in entries})
    kept: dict[tuple[str, str, str], Figure] = {}
    for revision in order:
        kept = newest(entry for entry in entries if entry.made.revision == revision) | kept
    return Base(asked, kept)


def _revisions(asked: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the commits that may hold a counterpart, the nearest first."""
    known = set(known)
    if asked == MAIN:
        found = commits(MAIN, ancestors=True) or commits(f"origin/{MAIN}", ancestors=True)
    else:
        found = commits(asked) or tuple(each for each in known if len(asked) >= 4 and each.startswith(asked))
    if not found:
        raise InputError(
            f"--against: found {asked!r}, expected main, a revision or a file: no file and no commit has this name"
        )
    return tuple(each for each in found if each in known)


def compare(run: Iterable[Entry], against: Base) -> tuple[Row, ...]:
    """Return a row for each figure of a run, the slower ones first."""
    rows = []
    for figure in newest(run).values():
        counterpart = against.figures.get(figure.key)
        missing = Judgement("unknown", reason=f"no counterpart in {against.name}")
        rows.append(Row(figure, counterpart, missing if counterpart is None else judge(figure, counterpart)))
    order: tuple[Verdict, ...] = ("slower", "unknown", "faster", "same")
    return tuple(sorted(rows, key=lambda row: (order.index(row.judgement.verdict), row.found.key)))


def left_out(run: Iterable[Entry], against: Base) -> tuple[tuple[str, str, str], ...]:
    """Return the keys of the base that the run has no figure of."""
    return tuple(sorted(against.figures.keys() - newest(run).keys()))
