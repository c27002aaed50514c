# SPDX-License-Identifier: Apache-2.0
"""What configurations take of their devices: Yosys' estimates, and beside them what Vivado reported."""

from collections.abc import Iterator, Sequence

from harness.synth.budget import in_full
from harness.synth.cells import Resources
from harness.synth.record import SynthRecord
from harness.synth.vivado import Power, Report, Timing, Utilization, by_design
from reports.document import Cell, Column, Row, Section, Table, row

YOSYS = "Yosys (estimated)"
KINDS = {"lut": "LUT", "ff": "FF", "dsp": "DSP", "bram36": "BRAM36", "uram": "URAM"}
NOTE = (
    "Yosys: sums over modules mapped alone, neither placed nor routed; in brackets the share of the device less its "
    "shell; a proxy stands in where Yosys has no family of the device. Vivado: what its reports say at the stage in "
    "brackets, shares of the whole device; krait did not run it. Power is Vivado's estimate with its own confidence. "
    "Empty: not told."
)


def section(records: Sequence[SynthRecord], reports: Sequence[Report]) -> Section:
    """Return a row for each configuration that Yosys mapped and each stage that Vivado reported, by design.

    InputError as `vivado.by_design`.
    """
    title, empty, command = "Resources", "Nothing has been mapped", "krait synth"
    stages = by_design(reports)
    tops = {record.top: record for record in records}
    rows: list[Row] = []
    for top, record in tops.items():
        rows.append(_yosys(record))
        rows += [_vivado(found) for (design, _), found in stages.items() if _same(top, design, tops)]
    rows += [
        _vivado(found) for (design, _), found in stages.items() if not any(_same(top, design, tops) for top in tops)
    ]
    tables = (Table("", _columns(), tuple(rows), NOTE), *_clocks(reports)) if rows else ()
    return Section("resources", title, tables, "", empty, command)


def _same(top: str, design: str, tops: Sequence[str] | dict[str, SynthRecord]) -> bool:
    """Whether a design of Vivado is a configuration's top, or wraps it: of several names in it the longest counts."""
    return top == max((each for each in tops if each in design), key=len, default=None)


def _columns() -> tuple[Column, ...]:
    numbers = (*KINDS.values(), "levels", "setup slack, ns", "hold slack, ns", "power, W")
    return (Column("design"), Column("found by"), Column("device"), *(Column(name, True) for name in numbers))


def _yosys(record: SynthRecord) -> Row:
    found = {each.kind: each for each in record.cells}
    cells = [
        in_full(found[kind].used) + _share(found[kind].used, found[kind].offered) if kind in found else ""
        for kind in KINDS
    ]
    limit = "" if record.most_levels is None else f" (of {record.most_levels})"
    over = record.most_levels is not None and record.levels > record.most_levels
    device = f"{record.board}, proxy" if record.family == "proxy" else record.board
    levels = Cell(f"{record.levels}{limit}", "bad" if over else "")
    return row(record.top, YOSYS, device, *cells, levels, "", "", "", source="estimated")


def _vivado(reports: Sequence[Report]) -> Row:
    header = reports[0].header
    cells = dict.fromkeys(Resources.names(), "")
    setup, hold, power = Cell(""), Cell(""), ""
    for report in reports:
        if isinstance(report, Utilization):
            cells |= {k: in_full(each.used) + _share(each.used, each.available) for k, each in report.cells.items()}
        elif isinstance(report, Timing):
            setup, hold = _slack(report.wns_ns), _slack(report.whs_ns)
        elif isinstance(report, Power):
            power = f"{report.total_w:g} (confidence {report.confidence.lower()})"
    found = f"Vivado ({header.stage})"
    return row(
        header.design,
        found,
        header.device,
        *(cells[kind] for kind in KINDS),
        "",
        setup,
        hold,
        power,
        source="estimated",
    )


def _slack(value: float | None) -> Cell:
    return Cell("n/a") if value is None else Cell(f"{value:.3f}", "good" if value >= 0 else "bad")


def _share(used: float, offered: float | None) -> str:
    return f" ({100 * used / offered:.1f} %)" if offered else ""


def _clocks(reports: Sequence[Report]) -> Iterator[Table]:
    """Yield what Vivado's reports are of, and their clocks."""
    rows = []
    for report in reports:
        header = report.header
        clocks = (f"{c.name} {c.period_ns:g} ns" for c in report.clocks) if isinstance(report, Timing) else ()
        said = (
            header.design,
            header.stage,
            header.command.partition(" ")[0],
            ", ".join(clocks),
            header.tool,
            header.date,
        )
        rows.append(row(*said, Cell(header.file.name, code=True)))
    if rows:
        titles = ("design", "stage", "report", "clocks", "tool", "date", "file")
        yield Table("Vivado's reports", tuple(map(Column, titles)), tuple(rows))
