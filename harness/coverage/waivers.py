# SPDX-License-Identifier: Apache-2.0
"""Waivers: points that need not be hit, each with a reason and a date after which it is at fault itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from golden.errors import InputError
from golden.spec.strict import load, require
from harness import expiry
from harness.coverage.model import Database, Kind, Point
from harness.paths import VERILOG

DEFAULT = Path(__file__).parent / "waivers.toml"


@dataclass(frozen=True)
class Waiver:
    """Points of a kind in `unit`, a pattern of files below hw/verilog or of covergroups, that need not be hit.

    `point` is a pattern of their texts and `source` one of the source line on which they stand, in both of which
    brackets stand for themselves; `line` is its number, 0 for any; `expires` the last day.
    """

    kind: Kind
    unit: str
    reason: str
    expires: str
    point: str = "*"
    line: int = 0
    source: str = "*"

    def __post_init__(self) -> None:
        """Refuse what waives without a reason, for ever, or everything."""
        for key in ("unit", "reason", "point", "source"):
            require(bool(getattr(self, key).strip()), key, getattr(self, key), "some text")
        named = self.line or any(text.strip("*? ") for text in (self.point, self.unit, self.source))
        require(
            bool(named), "unit", self.unit, "a pattern of some units, not of all, or a line, source or point in them"
        )
        require(self.line >= 0, "line", self.line, "a source line from 1 on")
        expiry.require_day(self.expires)

    def covers(self, point: Point) -> bool:
        """Whether a point is among the waived ones."""
        return self.is_of(point) and self.line in (0, point.line) and expiry.fits(point.text, self.point)

    def is_of(self, point: Point) -> bool:
        """Whether it waives points of this kind, in this unit, on such source lines."""
        return (
            point.kind == self.kind
            and fnmatchcase(point.unit, self.unit)
            and (self.source == "*" or expiry.fits(_source(point.unit, point.line), self.source))
        )

    @property
    def stands(self) -> bool:
        """Whether there are such units in hw/verilog, with such source lines; of covergroups nothing is known here."""
        if self.kind == "functional":
            return True
        files = (str(file.relative_to(VERILOG)) for file in VERILOG.rglob("*.v"))
        lines = (text.strip() for file in files if fnmatchcase(file, self.unit) for text in _texts(file))
        return any(expiry.fits(line, self.source) for line in lines)


@dataclass(frozen=True)
class _File:
    waiver: tuple[Waiver, ...] = ()


def read(path: Path, today: date | None = None) -> tuple[Waiver, ...]:
    """Return the waivers of a TOML file, a table `[[waiver]]` each; judged on `today`, UTC's without it.

    Raises:
        InputError: the file is malformed, a waiver has expired, or its unit or source fits nothing in hw/verilog;
            names file, waiver, what was found and expected.
    """
    waivers = load(_File, path).waiver
    for index, waiver in enumerate(waivers):
        place = f"{path}: waiver[{index}]"
        if not waiver.stands:
            raise InputError(
                f"{place}.unit: found {waiver.unit!r}, expected a pattern that a file of hw/verilog fits, with a line "
                f"that fits {waiver.source!r}"
            )
        expiry.check(place, waiver.expires, f"cover what it waives ({waiver.reason})", today)
    return waivers


def check(waivers: Iterable[Waiver], database: Database, path: Path) -> None:
    """Refuse waivers that waive nothing, where the database has points of their kind in their units and source lines.

    Raises:
        InputError: names the file and the waiver.
    """
    for index, waiver in enumerate(waivers):
        judged = [point for point in database.points if waiver.is_of(point)]
        if judged and not any(map(waiver.covers, judged)):
            raise InputError(
                f"{path}: waiver[{index}]: found no {waiver.kind} point {waiver.point!r} in {waiver.unit}"
                f"{f':{waiver.line}' if waiver.line else ''}, expected one; mend or remove it"
            )


def find(waivers: Iterable[Waiver], point: Point) -> Waiver | None:
    """Return the first waiver that covers a point."""
    return next((waiver for waiver in waivers if waiver.covers(point)), None)


def _source(unit: str, line: int) -> str:
    """Return a line of hw/verilog; nothing where there is none."""
    texts = _texts(unit)
    return texts[line - 1].strip() if 0 < line <= len(texts) else ""


@cache
def _texts(unit: str) -> tuple[str, ...]:
    path = VERILOG / unit
    return tuple(path.read_text(encoding="utf-8").splitlines()) if path.is_file() else ()
