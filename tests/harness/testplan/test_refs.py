# SPDX-License-Identifier: Apache-2.0
"""References of testpoints: which tests each form means, and what of the repository has to be planned."""

import pytest

from harness.testplan import refs
from tests.harness.testplan.small import KNOWN


@pytest.mark.parametrize(
    ("ref", "meant"),
    [
        ("registers", ("registers",)),
        ("random_*", ("random_0", "random_1")),
        ("tests/rtl/test_a.py", ("tests/rtl/test_a.py::test_one", "tests/rtl/test_a.py::test_two")),
        ("tests/rtl/test_a.py::test_two", ("tests/rtl/test_a.py::test_two",)),
        ("tests/*/test_*.py::test_one", ("tests/rtl/test_a.py::test_one", "tests/rtl/test_b.py::test_one")),
        ("formal:a", ("formal:a",)),
        ("formal:*", ("formal:a", "formal:a_wide")),
        ("random", ()),
        ("a", ()),
        ("tests/rtl/test_a.py::test_three", ()),
        ("tests/rtl/test_z.py", ()),
    ],
)
def test_meant(ref: str, meant: tuple[str, ...]) -> None:
    """A name means itself only; a proof needs its prefix, a function its file."""
    assert KNOWN.meant(ref) == meant


def test_what_has_to_be_planned() -> None:
    """Entries, proofs and functions below tests/rtl; no test of golden's Python."""
    planned = set(KNOWN.tests())
    assert planned == {*KNOWN.entries, *KNOWN.proofs, *KNOWN.meant("tests/rtl/*.py")}
    assert "tests/golden/test_c.py::test_sum" not in planned


def test_functions_as_pytest_finds_them() -> None:
    """Functions and methods whose names begin with test; helpers, fixtures and nested functions are none."""
    source = "def test_a(): ...\ndef helper():\n    def test_x(): ...\n"
    source += "class TestB:\n    def test_c(self): ...\n    def d(self): ...\n"
    assert list(refs.functions(source)) == ["test_a", "TestB::test_c"]


def test_the_repository() -> None:
    """Every kind is found; among them what is known to exist."""
    known = refs.known()
    assert "mamba2_corners" in known.entries
    assert "test_contract" in known.functions["tests/rtl/test_strm_fifo.py"]
    assert "formal:strm_fifo" in known.proofs
    assert "ternary_accel.start" in known.covergroups
    assert known.meant("mutate:strm_f*") == ("mutate:strm_fifo", "mutate:strm_fork")
    assert not any(test.startswith("mutate:") for test in known.tests())
