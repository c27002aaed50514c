# SPDX-License-Identifier: Apache-2.0
"""Test plans and tests name each other: nothing that is planned lacks a test, no test of the RTL lacks a testpoint."""

import re

from harness.paths import ROOT
from harness.testplan import join, read, refs

PLANS = read.read_all()


def test_the_join_is_complete() -> None:
    """Regression entries, functions of tests/rtl, proofs, covergroups, and the numbers that plans name.

    A line says what to add where: a test to a testpoint in harness/testplan/plans, or a testpoint.
    """
    assert "\n".join(join.problems(PLANS, refs.known())) == ""


def test_every_kernel_and_stage_is_planned() -> None:
    """The kernels of the regression, what they share, boards and benchmarks; each plan begins with V1."""
    assert {plan.name for plan in PLANS} >= {"common", "boards", "benchmarks", *refs.MODULES}
    assert [plan.name for plan in PLANS if "V1" not in {point.stage for point in plan.testpoints}] == []


def test_no_plan_repeats_a_number_of_the_code() -> None:
    """Goals are names; a number of a plan's own would be one that no benchmark judges."""
    texts = {path.name: path.read_text() for path in (ROOT / "harness" / "testplan" / "plans").glob("*.hjson")}
    assert {name: found for name, text in texts.items() if (found := re.findall(r"goal: *[\d.]+", text))} == {}
