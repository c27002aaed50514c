# SPDX-License-Identifier: Apache-2.0
"""One model beside itself: krait's records, PyTorch on this machine, what papers print; each figure with its source."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from golden.errors import InputError
from golden.spec.citations import TAGS, Figure, Paper, Quantity, Run, runs
from harness.bench.baseline_record import BaselineRecord
from harness.bench.baseline_run import rates, threads_of, words
from harness.bench.baseline_workloads import workload
from harness.bench.energy import figures, problems
from harness.bench.energy_record import EnergyRecord
from harness.bench.model_record import ModelRecord
from harness.bench.ternary_record import TernaryRecord
from reports import consistency
from reports.consistency import Finding
from reports.document import Cell, Column, Row, Section, Table, row
from reports.figures import Source, last

NOTE = (
    "Tokens a second of one text, sorted by model, work and rate. krait's are cycles at the declared clock, the head "
    "in; PyTorch's the median of samples with its 95 % interval, the head in; papers' are as printed, by the way that "
    "they say. A prompt's rate is its tokens over the time to the first choice. Shapes are the same, precision is not. "
    "Empty: not printed."
)
ORDER = ("decode", "prefill")
NUMBERS = ("tok/s", "first token, s", "W", "tok/J")


@dataclass(frozen=True)
class Line:
    """A row before it is text: `rate` and `first_s` sort it; `notes` become footnotes."""

    model: str
    work: str
    workload: str
    system: str
    device: str
    precision: str
    head: str
    rate: float | None
    shown: tuple[str, ...]
    how: str
    source: Source | None
    tokens: int
    first_s: float | None
    tone: bool = True
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, int, float, str]:
        """Model, decode before prefill, the fastest first; what has no rate is placed by its first token, or last."""
        implied = self.tokens / self.first_s if self.first_s and self.tokens else 0.0
        return (self.model, ORDER.index(self.work), -(self.rate or implied), self.system)


def section(
    starts: Sequence[ModelRecord], baselines: tuple[BaselineRecord, ...], energies: Sequence[EnergyRecord] = ()
) -> Section:
    """Return krait's newest starts and newest baselines with all citations; nothing where neither has run.

    `energies` are those of the whole run: a baseline's is the one of the same `run`.
    """
    shown = newest(baselines)
    blocks: tuple[Table, ...] = ()
    if starts or shown:
        findings = _findings()
        failed = consistency.failures(findings)
        of_run = {each.run: each for each in energies}
        pytorch = (_pytorch(each, _power(each, of_run)) for each in shown)
        lines = sorted((*_krait(starts), *pytorch, *_papers(failed)), key=lambda line: line.key)
        notes = list(dict.fromkeys(note for line in lines for note in line.notes))
        blocks = (_table(lines, notes), _footnotes(notes), _laws(findings))
        blocks += (_made(shown),) if shown else ()
    wrong = tuple(
        f"{r.model} {r.workload} {r.dtype} on {r.device_name}: {words(r.agreement, r.judged)}"
        for r in shown
        if r.agreement and not r.good
    )
    return Section("baselines", "Baselines", blocks, "", "Nothing has run", "krait bench --baseline all", wrong)


def newest(records: tuple[BaselineRecord, ...]) -> tuple[BaselineRecord, ...]:
    """Keep the last record of each model, workload, device, type and number of threads."""
    return last(records, lambda r: (r.model, r.workload, r.device, r.dtype, r.threads))


@lru_cache
def _findings() -> tuple[Finding, ...]:
    return consistency.check()


# ---- rows of each kind


def _krait(starts: Sequence[ModelRecord]) -> Iterator[Line]:
    """Yield starts of whole models with one text, under the names of workloads that all share."""
    for r in starts:
        if r.texts > 1 or (isinstance(r, TernaryRecord) and not r.whole):
            continue
        prefill = r.work == "prefill"
        rate = r.prompt / r.first_s if prefill and r.first_s else r.rate
        yield Line(
            model=r.model,
            work=r.work,
            workload=_plain(r.workload),
            system="krait",
            device=f"{r.board} {r.config}, {r.memory} memory, {r.clock_mhz:g} MHz",
            precision=r.profile,
            head="in",
            rate=rate,
            shown=(f"{rate:,.2f}", f"{r.first_s:.4f}" if prefill else "", "n/a", "n/a"),
            how="exact" if r.exact else "differs from golden",
            source=r.kind,
            tokens=r.prompt,
            first_s=r.first_s,
            tone=r.exact,
        )


def _plain(name: str) -> str:
    try:
        return workload(name).name
    except InputError:
        return name


def _pytorch(r: BaselineRecord, power: tuple[str, str]) -> Line:
    first = r.seconds if r.work == "prefill" else None
    if r.rate is None or r.agreement is None:
        shown, how = ("n/a",) * 4, r.reason
    else:
        low, high = rates(r)
        shown = (
            f"{r.rate:,.2f} ({low:,.2f} .. {high:,.2f})",
            f"{first:.4f}" if first else "",
            *power,
        )
        how = f"{r.way}{threads_of(r)}, {len(r.samples)} samples; {words(r.agreement, r.judged)}; {r.origin}"
    return Line(
        model=r.model,
        work=r.work,
        workload=r.workload,
        system="PyTorch",
        device=r.device_name or r.device.upper(),
        precision=r.dtype,
        head="in",
        rate=r.rate,
        shown=shown,
        how=how,
        source="measured" if r.kind == "measured" else None,
        tokens=r.prompt,
        first_s=first,
        tone=r.good,
    )


def _power(r: BaselineRecord, energies: Mapping[str, EnergyRecord]) -> tuple[str, str]:
    """Return mean power and tokens a joule of a baseline, n/a where nothing measured them or the measurement is bad."""
    energy = energies.get(r.run)
    found = None if energy is None or problems(energy) else figures(energy)
    return ("n/a", "n/a") if found is None else (f"{found.mean_w:.3g}", f"{1 / found.per_token.value:.4g}")


def _papers(failed: dict[tuple[str, str], tuple[str, ...]]) -> Iterator[Line]:
    """Yield every citation, with its notes and the laws that it breaks."""
    for paper, run in runs():
        rate, first = run.figure("rate"), run.figure("first_token")
        length = f"{run.prompt} tokens" if run.prompt else f"behind {run.context}" if run.context else ""
        yield Line(
            model=run.model,
            work=run.work,
            workload=", ".join(each for each in (run.work, length) if each),
            system=f"{paper.name} ({run.name})",
            device=run.board + (f", {run.clock_mhz:g} MHz" if run.clock_mhz else ""),
            precision=run.precision,
            head=run.head,
            rate=rate.value if rate else None,
            shown=tuple(_printed(run, each) for each in ("rate", "first_token", "power", "efficiency")),
            how=f"{run.said}; {_said(run)}; {paper.where}, {paper.version}",
            source="estimated" if rate and rate.tag == "H" else "quoted",
            tokens=run.prompt,
            first_s=first.value if first else None,
            notes=_notes(paper, run, failed),
        )


def _printed(run: Run, quantity: Quantity) -> str:
    figure = run.figure(quantity)
    return "" if figure is None else f"{figure.value:g}" + (f" ({figure.limit})" if figure.limit else "")


def _said(run: Run) -> str:
    """What the source calls its figures and where each was read, and what it prints as times over another device."""
    told = [f"{f} over {f.over}" for f in run.figures if f.over]
    return "; ".join((", ".join(dict.fromkeys(map(_kind, run.figures))), *told))


def _kind(figure: Figure) -> str:
    return f"{figure.how} [{figure.tag}: {TAGS[figure.tag]}]"


def _notes(paper: Paper, run: Run, failed: dict[tuple[str, str], tuple[str, ...]]) -> tuple[str, ...]:
    """Notes of a run, what contradicts it, and what contradicts the resources on its board."""
    wrong = (*failed.get((paper.title, run.name), ()), *failed.get((paper.title, f"resources on {run.board}"), ()))
    return tuple(f"{paper.name}: {note}" for note in (*paper.notes_of(run), *wrong))


# ---- tables


def _table(lines: Iterable[Line], notes: Sequence[str]) -> Table:
    heads = ("model", "workload", "system", "device", "precision", "LM head", *NUMBERS, "how", "notes")
    rows = tuple(
        row(
            line.model,
            line.workload,
            line.system,
            line.device,
            line.precision,
            line.head,
            *line.shown,
            Cell(line.how, "" if line.tone else "bad"),
            ", ".join(str(1 + notes.index(note)) for note in line.notes),
            source=line.source,
        )
        for line in lines
    )
    return Table("One model, krait and others", tuple(Column(each, each in NUMBERS) for each in heads), rows, NOTE)


def _footnotes(notes: Sequence[str]) -> Table:
    rows = tuple(row(str(1 + at), note) for at, note in enumerate(notes))
    return Table("Footnotes", (Column("note", True), Column("what has to be said")), rows)


def _laws(findings: Sequence[Finding]) -> Table:
    rows = tuple(
        row(each.law, each.paper, each.run, each.text, Cell("holds", "good") if each.good else Cell("broken", "warn"))
        for each in sorted(findings, key=lambda each: (each.good, each.law, each.paper, each.run))
    )
    note = "A figure that breaks a law stays as it is printed; the footnote says so."
    heads = ("law", "source", "run", "figures", "verdict")
    return Table("Laws between printed figures", tuple(map(Column, heads)), rows, note)


def _made(records: Sequence[BaselineRecord]) -> Table:
    heads = ("baseline", "time", "revision", "library", "PyTorch", "machine")
    return Table("What made the baselines", tuple(map(Column, heads)), tuple(map(_making, records)))


def _making(r: BaselineRecord) -> Row:
    made = r.provenance
    return row(
        f"{r.model} {r.workload} {r.dtype}, {r.device}",
        made.time_utc,
        Cell(made.revision + (" + local changes" if made.dirty else ""), code=True),
        r.library,
        made.tools["torch"],
        f"{made.machine}, {made.cores} cores, {made.cpu}",
    )
