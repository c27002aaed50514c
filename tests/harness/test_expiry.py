# SPDX-License-Identifier: Apache-2.0
"""What waivers have in common: the last day counts still, what is no day is refused, brackets are brackets."""

from datetime import date

import pytest

from golden.errors import InputError
from golden.spec.strict import IllegalValueError
from harness import expiry

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("expires", ["2026-11-22", "2027-01-01"])
def test_until_its_last_day(expires: str) -> None:
    expiry.check("x.toml: waiver[0]", expires, "mend it", TODAY)


def test_from_the_next_day_on() -> None:
    """The line has place, both days and what to do."""
    with pytest.raises(InputError) as found:
        expiry.check("x.toml: waiver[0]", "2026-11-21", "mend it", TODAY)
    assert str(found.value) == (
        "x.toml: waiver[0].expires: found 2026-11-21, expected 2026-11-22 or later; mend it, or renew it"
    )


@pytest.mark.parametrize("text", ["", "never", "2026-02-30", "20261122", "22.11.2026", "2026-1-1"])
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(IllegalValueError, match="a date such as"):
        expiry.require_day(text)
    expiry.require_day("2026-11-22")


def test_brackets_stand_for_themselves() -> None:
    assert expiry.fits("q[3]", "q[3]")
    assert expiry.fits("q[3]:0->1", "q[*]:*")
    assert not expiry.fits("q3", "q[3]")
