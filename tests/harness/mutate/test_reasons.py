# SPDX-License-Identifier: Apache-2.0
"""Reasons of survivors: which mutants they speak of, which modules need one, what is no reason."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from golden.errors import InputError
from harness.mutate import reasons
from harness.mutate.reasons import Reason, Reasons
from tests.harness.mutate.toys import FIFO, mutant

SOURCE = "else valid_q <= push *"
REASON = Reason("strm_fifo", SOURCE, "too rare", "2027-06-30")
SURVIVOR = FIFO.survivors[0]


def test_what_a_reason_covers() -> None:
    """Module, source line and fault have to fit; brackets in a fault stand for themselves."""
    assert REASON.covers("strm_fifo", SURVIVOR)
    assert replace(REASON, fault="$logic_and.A[0] *").covers("strm_fifo", SURVIVOR)
    assert not replace(REASON, fault="$logic_and.A[1] *").covers("strm_fifo", SURVIVOR)
    assert not REASON.covers("strm_skid", SURVIVOR)
    assert not REASON.covers("strm_fifo", mutant(8, "survived", 1))
    assert not REASON.covers("strm_fifo", mutant(8, "survived", 100_000))


def test_who_lacks_one() -> None:
    """Strict modules with a survivor that no reason covers; others, and those without survivors, never."""
    seen = replace(FIFO, mutants=FIFO.mutants[:2])
    assert Reasons(("strm_*",)).lacking((FIFO,)) == ("strm_fifo",)
    assert Reasons(("strm_*",), (REASON,)).lacking((FIFO,)) == ()
    assert Reasons(("fxp_*",)).lacking((FIFO,)) == ()
    assert Reasons(("strm_*",)).lacking((seen,)) == ()
    two = replace(FIFO, mutants=(SURVIVOR, mutant(9, "survived", 1)))
    assert Reasons(("strm_*",), (REASON,)).lacking((two,)) == ("strm_fifo",)


def test_those_that_are_kept() -> None:
    """The file is well-formed, and no reason of it has run out."""
    found = reasons.read()
    assert "strm_*" in found.strict
    assert all(each.reason for each in found.survivor)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('strict = ["strm_*", "nothing_*"]', "strict[1]: found 'nothing_*', expected a pattern that a module fits"),
        ("KEYS source = '*'", "source: found '*', expected a pattern of a source line, not of all"),
        ("KEYS source = 'no such line'", "survivor[0].source: found 'no such line', expected a pattern that a line of"),
        (
            "KEYS source = 'else *'\nexpires = '2026-01-01'",
            "survivor[0].expires: found 2026-01-01, expected 2026-11-22",
        ),
        ("KEYS source = 'else *'\nexpires = 'soon'", "expires: found 'soon', expected a date"),
        ("KEYS source = 'else *'\nreason = ' '", "reason: found ' ', expected some text"),
        ("KEYS source = 'else *'\nunit = 1", "unit"),
    ],
)
def test_what_is_no_reason(text: str, words: str, tmp_path: Path) -> None:
    """One line with file, entry, what was found and what expected."""
    path = tmp_path / "reasons.toml"
    keys = "[[survivor]]\nmodule = 'strm_fifo'\n"
    for key, value in (("reason", "too rare"), ("expires", "2027-06-30")):
        keys += "" if f"{key} =" in text else f"{key} = '{value}'\n"
    path.write_text(text.replace("KEYS ", keys))
    with pytest.raises(InputError) as error:
        reasons.read(path, date(2026, 11, 22))
    assert words in str(error.value)
    assert str(path) in str(error.value)
