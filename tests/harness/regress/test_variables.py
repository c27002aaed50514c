# SPDX-License-Identifier: Apache-2.0
"""The variables of cocotb's makefiles select and switch; what they do not know is refused."""

import pytest

from golden.errors import InputError
from harness.regress.variables import Variables, read


def test_nothing_is_asked_for_by_default() -> None:
    """No variables, and empty ones, ask for nothing."""
    none = Variables((), None, None, False, False)
    assert read({}) == none
    assert read(dict.fromkeys(("SIM", "WAVES", "SEED", "TESTCASE", "COV"), "")) == none


def test_all_of_them() -> None:
    """Names with commas or spaces; switches as people write them."""
    asked = read({"SIM": "icarus", "WAVES": "1", "SEED": "5", "TESTCASE": "a, b_* c", "COV": "Yes"})
    assert asked == Variables(("a", "b_*", "c"), "icarus", "5", True, True)
    assert read({"WAVES": "fst", "COV": "0"}) == Variables((), None, None, True, False)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("SIM", "vcs", "verilator or icarus"), ("WAVES", "vcd", "expected 1 or 0"), ("COV", "2", "expected 1 or 0")],
)
def test_another_value_is_refused(name: str, value: str, words: str) -> None:
    with pytest.raises(InputError, match=f"{name}: found '{value}'.*{words}"):
        read({name: value})
