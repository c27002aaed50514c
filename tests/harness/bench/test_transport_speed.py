# SPDX-License-Identifier: Apache-2.0
"""What the speeds of simulations compare: two builds of one design that differ in nothing but what is compared."""

from harness.bench import transport_speed
from harness.testplan.read import read_all


def different(first: object, second: object) -> set[str]:
    """Return the fields of two builds that differ."""
    ours, theirs = (vars(each) for each in (first, second))
    return {name for name in ours if ours[name] != theirs[name]}


def test_visibility_is_all_that_differs() -> None:
    """With every signal visible a build has one option more, that of cocotb's own runner."""
    assert different(transport_speed.build_of("bulk"), transport_speed.all_visible()) == {"flags"}
    assert transport_speed.all_visible().flags == ("--public-flat-rw",)


def test_transports_run_the_same_design() -> None:
    """A beat-level build lacks memory and clock, has the RTL's own checks and the backdoor; parameters, headers,
    options and optimization are those of the bulk build."""
    found = different(transport_speed.build_of("bulk"), transport_speed.build_of("beat"))
    assert found == {"top", "sources", "defines", "cpp", "clock", "public"}


def test_the_plan_asks_for_these_records() -> None:
    """Each of the two numbers is a testpoint, which finds its record by the name that the measurement gives it."""
    asked = {point.at.get("theirs_name") for plan in read_all() for point in plan.testpoints}
    assert {transport_speed.BEAT, transport_speed.ALL} <= asked
