# SPDX-License-Identifier: Apache-2.0
"""What waivers have in common: a last day, after which they are at fault themselves, and patterns."""

from datetime import UTC, date, datetime
from fnmatch import fnmatchcase

from golden.errors import InputError
from golden.spec.strict import require


def require_day(expires: str) -> None:
    """Refuse what is no date in ISO's form, by IllegalValueError."""
    require(_is_date(expires), "expires", expires, "a date such as 2027-06-30")


def check(place: str, expires: str, remedy: str, today: date | None = None) -> None:
    """Refuse a waiver whose last day is before `today`, UTC's without it. InputError with its place and the remedy."""
    today = today or datetime.now(UTC).date()
    if date.fromisoformat(expires) < today:
        raise InputError(f"{place}.expires: found {expires}, expected {today} or later; {remedy}, or renew it")


def fits(text: str, pattern: str) -> bool:
    """Whether a text fits a pattern with * and ? in which brackets stand for themselves."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
