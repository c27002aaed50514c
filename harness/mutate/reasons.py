# SPDX-License-Identifier: Apache-2.0
"""Written reasons of survivors, and the modules in which none may survive without one: `reasons.toml`."""

from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from golden.errors import InputError
from golden.spec.strict import load, require
from harness import expiry
from harness.mutate.record import MutantResult, UnitResult
from harness.paths import VERILOG

DEFAULT = Path(__file__).parent / "reasons.toml"


@dataclass(frozen=True)
class Reason:
    """Why mutants of a module need not be seen: those on a source line that fits `source`, whose fault fits `fault`.

    Both are patterns in which brackets stand for themselves; `expires` is the last day on which it holds. A survivor
    with a reason counts as one all the same.
    """

    module: str
    source: str
    reason: str
    expires: str
    fault: str = "*"

    def __post_init__(self) -> None:
        """Refuse what excuses without a reason, for ever, or a whole module."""
        for key in ("module", "reason", "fault"):
            require(bool(getattr(self, key).strip()), key, getattr(self, key), "some text")
        require(bool(self.source.strip("*? ")), "source", self.source, "a pattern of a source line, not of all")
        expiry.require_day(self.expires)

    def covers(self, unit: str, mutant: MutantResult) -> bool:
        """Whether a mutant is among those that it speaks of."""
        return (
            unit == self.module
            and expiry.fits(_line(mutant.file, mutant.line), self.source)
            and expiry.fits(mutant.what, self.fault)
        )


@dataclass(frozen=True)
class Reasons:
    """`strict`: patterns of modules in which each survivor needs a reason."""

    strict: tuple[str, ...] = ()
    survivor: tuple[Reason, ...] = ()

    def of(self, unit: str, mutant: MutantResult) -> str:
        """Return the reason of a mutant, empty without one."""
        return next((each.reason for each in self.survivor if each.covers(unit, mutant)), "")

    def lacking(self, units: tuple[UnitResult, ...]) -> tuple[str, ...]:
        """Return the strict modules with a survivor that has no reason."""
        strict = (unit for unit in units if any(fnmatchcase(unit.unit, each) for each in self.strict))
        return tuple(unit.unit for unit in strict if any(not self.of(unit.unit, one) for one in unit.survivors))


NONE = Reasons()
"""What holds where nothing is written down."""


def read(path: Path = DEFAULT, today: date | None = None) -> Reasons:
    """Return what the file says, judged on `today`, UTC's without it.

    Raises:
        InputError: the file is malformed, a reason has expired, speaks of a line that its module does not have, or a
            pattern of modules fits none; names file, entry, what was found and expected.
    """
    reasons = load(Reasons, path)
    for index, pattern in enumerate(reasons.strict):
        if not any(fnmatchcase(file.stem, pattern) for file in VERILOG.rglob("*.v")):
            raise InputError(f"{path}: strict[{index}]: found {pattern!r}, expected a pattern that a module fits")
    for index, each in enumerate(reasons.survivor):
        place = f"{path}: survivor[{index}]"
        if not any(expiry.fits(text.strip(), each.source) for text in _texts(f"{each.module}.v")):
            raise InputError(
                f"{place}.source: found {each.source!r}, expected a pattern that a line of module {each.module} fits"
            )
        expiry.check(place, each.expires, f"see the mutant killed ({each.reason})", today)
    return reasons


def _line(file: str, number: int) -> str:
    """Return a line of a module's file; nothing where there is none."""
    texts = _texts(file)
    return texts[number - 1].strip() if 0 < number <= len(texts) else ""


@cache
def _texts(file: str) -> tuple[str, ...]:
    return tuple(line for path in VERILOG.rglob(file) for line in path.read_text(encoding="utf-8").splitlines())
