# SPDX-License-Identifier: Apache-2.0
"""Reads what Vivado reports of a design as text: report_utilization, report_timing_summary and report_power.

Written after reports that others have published, of Vivado 2017 to 2025; Vivado itself was never run here. Names of
rows of Versal devices ("Registers", "DSP Slices") are from memory.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from golden.errors import InputError

ENDINGS = (".rpt", ".txt")
"""Of files that a folder is searched for."""
NAMES: Mapping[str, tuple[str, ...]] = {
    "lut": ("CLB LUTs", "Slice LUTs"),
    "ff": ("CLB Registers", "Slice Registers", "Registers"),
    "dsp": ("DSPs", "DSP Slices"),
    "bram36": ("Block RAM Tile",),
    "uram": ("URAM",),
}
"""Rows of report_utilization by the names of `cells.Resources`; Vivado marks some with an asterisk."""
OPTIONAL = ("uram",)
"""7-series devices have none, and no row for it."""


@dataclass(frozen=True)
class Header:
    """What a report says of itself; older timing reports have no state."""

    file: Path
    tool: str
    date: str
    command: str
    design: str
    device: str
    state: str

    @property
    def stage(self) -> str:
        """How far the design was: synthesized, placed, routed, or what Vivado calls it."""
        return self.state.lower().removeprefix("fully ") or "stage not stated"


@dataclass(frozen=True)
class Cells:
    """One kind of cell: how many are used, and how many the device has."""

    used: float
    available: float | None


@dataclass(frozen=True)
class Utilization:
    """report_utilization: cells by the names of `cells.Resources`; kinds that the device lacks are left out."""

    header: Header
    cells: dict[str, Cells]


@dataclass(frozen=True)
class Clock:
    """A constrained clock and its period, ns."""

    name: str
    period_ns: float


@dataclass(frozen=True)
class Timing:
    """report_timing_summary: worst setup and hold slack, ns; None where nothing is constrained ("NA")."""

    header: Header
    wns_ns: float | None
    whs_ns: float | None
    failing: int | None
    clocks: tuple[Clock, ...]

    @property
    def met(self) -> bool:
        """Whether setup and hold are constrained and met."""
        return all(slack is not None and slack >= 0 for slack in (self.wns_ns, self.whs_ns))


@dataclass(frozen=True)
class Power:
    """report_power: Vivado's estimate, W, its junction temperature, C, and how far it trusts it."""

    header: Header
    total_w: float
    dynamic_w: float
    static_w: float
    junction_c: float
    confidence: str


Report = Utilization | Timing | Power


def read(places: Iterable[Path]) -> tuple[Report, ...]:
    """Read report files, and those of Vivado's that folders hold.

    Of a folder other files are left out, reports by hierarchy too. InputError names a file that is none of the three,
    the field that a report lacks, or a place that holds none.
    """
    found: list[Report] = []
    for place in places:
        files = _inside(place) if place.is_dir() else [(place, _text(place))]
        read_here = [_report(path, text) for path, text in files]
        if not read_here:
            raise InputError(
                f"{place}: found no report, expected report_utilization, report_timing_summary or report_power as text"
            )
        found += read_here
    return tuple(found)


def _inside(folder: Path) -> list[tuple[Path, str]]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix in ENDINGS and path.is_file())
    texts = [(path, path.read_text(encoding="utf-8", errors="replace")) for path in paths]
    return [(path, text) for path, text in texts if _kind(_fields(text).get("Command", ""))]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); expected a text report of Vivado") from None


def _kind(command: str) -> str:
    """Which of the three reports a command makes; "" of others."""
    name = command.partition(" ")[0]
    known = name in ("report_utilization", "report_timing_summary", "report_power")
    return name if known and "-hierarchical" not in command else ""


def _report(path: Path, text: str) -> Report:
    header = _header(path, text)
    kind = _kind(header.command)
    if kind == "report_utilization":
        return _utilization(header, text)
    if kind == "report_timing_summary":
        return _timing(header, text)
    if kind == "report_power":
        return _power(header, text)
    expected = "report_utilization (not by hierarchy), report_timing_summary or report_power"
    raise InputError(f"{path}: Command: found {header.command!r}, expected {expected}")


def _fields(text: str) -> dict[str, str]:
    """Lines "| Key : value" on top of a report."""
    return {key: value.strip() for key, value in re.findall(r"^\| ?([A-Z][\w ]*?) *: (.*)$", text, re.M)}


def _header(path: Path, text: str) -> Header:
    found = _fields(text)

    def field(name: str) -> str:
        if not found.get(name):
            raise InputError(f"{path}: {name}: found none, expected '| {name} : ...' on top, as Vivado writes it")
        return found[name]

    return Header(
        file=path,
        tool=field("Tool Version"),
        date=field("Date"),
        command=field("Command"),
        design=field("Design"),
        device=field("Device"),
        state=found.get("Design State", ""),
    )


# ---- report_utilization


def _utilization(header: Header, text: str) -> Utilization:
    rows: dict[str, Cells] = {}
    for row in _site_rows(header, text):
        rows.setdefault(row[0], Cells(row[1], row[2]))
    cells: dict[str, Cells] = {}
    for kind, names in NAMES.items():
        found = [rows[name] for name in names if name in rows]
        if not found and kind not in OPTIONAL:
            raise InputError(f"{header.file}: {' or '.join(names)}: found no row, expected one in report_utilization")
        cells |= {kind: found[0]} if found else {}
    return Utilization(header, cells)


def _site_rows(header: Header, text: str) -> Iterator[tuple[str, float, float | None]]:
    """Rows of tables that begin with "Site Type": name, used, available."""
    columns: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if "Site Type" in cells:
            columns = cells
        elif columns and len(cells) == len(columns):
            row = dict(zip(columns, cells, strict=True))
            name = row["Site Type"].rstrip("*")
            if any(name in names for names in NAMES.values()):
                available = row.get("Available", "")
                used = _number(header, name, row.get("Used", ""))
                yield name, used, _number(header, f"{name}, Available", available) if available else None


# ---- report_timing_summary


def _timing(header: Header, text: str) -> Timing:
    lines = text.splitlines()
    heads = [i for i, line in enumerate(lines) if line.split()[:1] == ["WNS(ns)"]]
    if not heads:
        raise InputError(f"{header.file}: WNS(ns): found none, expected the table of Design Timing Summary")
    names = re.split(r" {2,}", lines[heads[0]].strip())
    values = lines[heads[0] + 2].split() if heads[0] + 2 < len(lines) else []
    if len(values) != len(names):
        raise InputError(
            f"{header.file}: Design Timing Summary: found {len(values)} values, expected {len(names)}, one a column"
        )
    row = dict(zip(names, values, strict=True))

    def slack(name: str) -> float | None:
        if name not in row:
            raise InputError(f"{header.file}: {name}: found none, expected a column of Design Timing Summary")
        return None if row[name] == "NA" else _number(header, name, row[name])

    failing = slack("TNS Failing Endpoints")
    clocks = re.findall(r"^ *(\S+) +\{[\d. ]+\} +([\d.]+) +[\d.]+ *$", text, re.M)
    return Timing(
        header,
        slack("WNS(ns)"),
        slack("WHS(ns)"),
        None if failing is None else int(failing),
        tuple(Clock(name, float(period)) for name, period in dict(clocks).items()),
    )


# ---- report_power


def _power(header: Header, text: str) -> Power:
    rows = dict(re.findall(r"^\| ([A-Z][\w ()/-]*?) *\| *(\S+) *\|$", text, re.M))

    def field(name: str) -> str:
        if name not in rows:
            raise InputError(f"{header.file}: {name}: found none, expected a row of the Summary of report_power")
        return str(rows[name])

    watts = ("Total On-Chip Power (W)", "Dynamic (W)", "Device Static (W)", "Junction Temperature (C)")
    total, dynamic, static, junction = (_number(header, name, field(name)) for name in watts)
    return Power(header, total, dynamic, static, junction, field("Confidence Level"))


def _number(header: Header, name: str, text: str) -> float:
    try:
        return float(text.removeprefix("<").replace(",", ""))
    except ValueError:
        raise InputError(f"{header.file}: {name}: found {text!r}, expected a number") from None


def by_design(reports: Sequence[Report]) -> dict[tuple[str, str], list[Report]]:
    """Return the reports of each design at each stage, in the order of first appearance.

    InputError where two of the same kind are of the same design and stage: which one counts is not known.
    """
    found: dict[tuple[str, str], list[Report]] = {}
    for report in reports:
        group = found.setdefault((report.header.design, report.header.stage), [])
        twice = [other.header.file for other in group if isinstance(other, type(report))]
        if twice:
            raise InputError(
                f"{report.header.file}: {report.header.design}, {report.header.stage}: found a second "
                f"{_kind(report.header.command)} beside {twice[0]}, expected one; give the newer alone"
            )
        group.append(report)
    return found
