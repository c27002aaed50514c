# SPDX-License-Identifier: Apache-2.0
"""Failures of one cause have one signature; failures of two causes have two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.regress.signature import LENGTH, signature

Y = "tensor y: row {}, vector {} (tile {}, lane {}): golden {} (0x{:x}), RTL {} ({:.3f}) [item {} of seed {}]"


@given(st.lists(st.integers(-(2**31), 2**31), min_size=10, max_size=10))
def test_numbers_do_not_count(numbers: list[int]) -> None:
    """Rows, values, seeds, hexadecimal and real numbers are out; the words stay."""
    expected = "tensor y: row *, vector * (tile *, lane *): golden * (*), RTL * (*)"
    assert signature(Y.format(*map(abs, numbers[:5]), abs(numbers[5]), *numbers[6:])) == expected


@given(st.text(max_size=300))
def test_a_signature_is_its_own(text: str) -> None:
    """Taking it again changes nothing but what was cut, and it is never longer than its limit."""
    found = signature(text)
    assert len(found) <= LENGTH
    assert len(text) > LENGTH or signature(signature(found)) == signature(found)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("%Error: /a/b-1/toy_counter.v:25: value", "%Error: toy_counter.v:*: value"),
        ("died of SIGSEGV; last line: 12.00ns whatever", "died of SIGSEGV"),
        ("killed after 600 s of wall-clock time; last line: x", "killed after * s of wall-clock time"),
        ("golden [1, 2, 3], RTL [4, 5]!", "golden [*], RTL [*]!"),
        ("at 0x7f32 8'hff -1.5e-3", "at *"),
        ("x differs (and 3 more failures)", "x differs"),
        ("\x1b[31mred\x1b[0m  text\n", "red text"),
        ("W4A4 of int8, u_lane3", "W4A4 of int8, u_lane3"),
        ("", ""),
    ],
)
def test_examples(reason: str, expected: str) -> None:
    assert signature(reason) == expected


def test_causes_stay_apart() -> None:
    assert signature("tensor y: row 1") != signature("tensor x: row 1")
    assert signature("register CYCLES: golden 1, RTL 2") != signature("register WINDOW: golden 1, RTL 2")
