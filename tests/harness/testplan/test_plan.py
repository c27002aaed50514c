# SPDX-License-Identifier: Apache-2.0
"""Testpoints: what belongs together in them."""

from typing import Any

import pytest

from golden.spec.strict import IllegalValueError
from harness.testplan.plan import Point


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"name": ""}, "name"),
        ({"kind": "perf"}, "records"),
        ({"kind": "perf", "records": "ternary", "tests": ("a",)}, "tests"),
        ({"records": "ternary"}, "records"),
        ({"at": {"board": "sim"}}, "records"),
        ({"goal": "decode"}, "goal"),
        ({"kind": "perf", "records": "ternary", "goal": 0.0}, "figure"),
        ({"kind": "perf", "records": "ternary", "goal": "decode", "figure": "rate"}, "figure"),
        ({"kind": "perf", "records": "ternary", "goal": "decode", "unit": "tok/s"}, "unit"),
    ],
)
def test_what_does_not_belong_together(given: dict[str, Any], key: str) -> None:
    """The key is named: tests without records, records only with kind perf, a figure exactly with a number."""
    with pytest.raises(IllegalValueError) as error:
        Point(**({"name": "p", "stage": "V1", "desc": ""} | given))
    assert error.value.key == key


def test_what_does() -> None:
    Point("p", "V1", "", ("registers",))
    Point("p", "V1", "", kind="perf", records="ternary")
    Point("p", "V1", "", kind="perf", records="ternary", goal="decode")
    Point("p", "V1", "", kind="perf", records="ternary", goal=66.0, figure="rate", unit="tok/s")
