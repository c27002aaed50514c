# SPDX-License-Identifier: Apache-2.0
"""Waivers: failures that are known, each with a reason and a date after which it counts again."""

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from golden.errors import InputError
from golden.spec.strict import load, require
from harness import expiry

DEFAULT = Path(__file__).parent / "waivers.toml"


@dataclass(frozen=True)
class Waiver:
    """A failure that does not count: `test` and `signature` are patterns (* for anything), `expires` the last day."""

    test: str
    signature: str
    reason: str
    expires: str

    def __post_init__(self) -> None:
        """Refuse what waives without a reason or for ever."""
        for key in ("test", "signature", "reason"):
            require(bool(getattr(self, key).strip()), key, getattr(self, key), "some text")
        require(self.signature.strip("*? ") != "", "signature", self.signature, "a pattern of one failure, not of all")
        expiry.require_day(self.expires)

    def covers(self, test: str, signature: str) -> bool:
        """Whether a failure of `test` is the waived one. Brackets in a signature stand for themselves."""
        return fnmatch.fnmatchcase(test, self.test) and expiry.fits(signature, self.signature)


@dataclass(frozen=True)
class _File:
    waiver: tuple[Waiver, ...] = ()


def read(path: Path, tests: Iterable[str], today: date | None = None) -> tuple[Waiver, ...]:
    """Return the waivers of a TOML file.

    Args:
        path: a table `[[waiver]]` for each.
        tests: names of all tests; a waiver that fits none of them waives nothing and is refused.
        today: the day on which waivers are judged; UTC's without it.

    Raises:
        InputError: the file is malformed, or a waiver has expired; names file, waiver, what was found and expected.
    """
    waivers = load(_File, path).waiver
    names = tuple(tests)
    for index, waiver in enumerate(waivers):
        place = f"{path}: waiver[{index}]"
        if not fnmatch.filter(names, waiver.test):
            raise InputError(f"{place}.test: found {waiver.test!r}, expected a pattern that a test's name fits")
        expiry.check(place, waiver.expires, f"mend what it waives ({waiver.reason})", today)
    return waivers


def find(waivers: Iterable[Waiver], test: str, signature: str) -> Waiver | None:
    """Return the first waiver that covers a failure."""
    return next((waiver for waiver in waivers if waiver.covers(test, signature)), None)
