# SPDX-License-Identifier: Apache-2.0
"""What a trace of readings says, against closed forms: energies of known powers, refresh of known sensors."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.errors import InputError
from harness.bench.power_trace import Column, PowerTrace, Reading, Unit


def trace(
    power: Callable[[float], float | None], seconds: float = 10.0, period: float = 0.1, unit: Unit = "W"
) -> PowerTrace:
    times = tuple(k * period for k in range(round(seconds / period) + 1))
    return PowerTrace(("board",), period, (Column("board", unit),), times, tuple((power(t),) for t in times), {})


def test_constant_power() -> None:
    """P watts for T seconds are P * T, whatever the ends, between samples as well."""
    found = trace(lambda t: 12.5)
    for begin, end in ((0, 10), (1, 9), (0.123, 9.877), (4.01, 4.02)):
        assert found.energy(begin, end) == pytest.approx(12.5 * (end - begin))


def test_ramp() -> None:
    """The trapezoids of a straight line are exact: a + b t gives a T + b (t1^2 - t0^2) / 2."""
    found = trace(lambda t: 3 + 2 * t)
    for begin, end in ((0, 10), (0.05, 9.33)):
        assert found.energy(begin, end) == pytest.approx(3 * (end - begin) + (end**2 - begin**2))


def test_what_is_outside_does_not_count() -> None:
    """A spike before or behind the window adds nothing, one inside adds its triangle."""
    found = trace(lambda t: 1000.0 if abs(t - 5) < 0.01 else 0.0)
    assert found.energy(0, 4.85) == found.energy(5.15, 10) == 0
    assert found.energy(0, 10) == pytest.approx(100)


def test_a_step_is_off_by_half_a_period_of_it_at_most() -> None:
    """10 W, from t = 5 on 30 W: what is between the two samples around the step is halved."""
    for offset in (0.0, 0.03, 0.09):
        found = trace(lambda t, at=5 + offset: 10.0 if t < at - 1e-9 else 30.0).energy(0, 10)
        assert abs(found - (100 + 20 * (5 - offset))) <= 20 * 0.1 / 2 + 1e-9


def test_a_held_step_is_off_by_one_refresh_of_it_at_most() -> None:
    """A sensor that refreshes once a second sees the step up to a second late; its integral is off by no more."""
    found = trace(lambda t: 10.0 if math.floor(t + 1e-9) < 5.4 else 30.0).energy(0, 10)
    assert 0 <= 100 + 20 * (10 - 5.4) - found <= 20 * 1.0 + 20 * 0.1 / 2


def test_a_counter_needs_no_integral() -> None:
    """The difference of joules is the energy however rarely it was read, and power is its slope."""
    found = trace(lambda t: 1000 + 7 * t**2, period=2.0, unit="J")
    assert found.energy(0, 10) == pytest.approx(700)
    assert found.energy(2, 4) == pytest.approx(7 * 12)
    assert found.watts.tolist() == pytest.approx([14, 14, 42, 70, 98, 126])


def test_rails_add_up() -> None:
    """The total is the sum of the rails of the total; what stands beside them is not in it."""
    columns = (Column("a", "W"), Column("b", "J"), Column("a core", "W"), Column("a", "V"))
    rows = tuple((5.0, 100.0 + 3 * t, 4.0, 0.8) for t in range(5))
    found = PowerTrace(("a", "b"), 1.0, columns, tuple(map(float, range(5))), rows, {})
    assert found.energy(0, 4) == pytest.approx(5 * 4 + 3 * 4)
    assert found.energy(1, 3, "a") == pytest.approx(10)
    assert found.watts.tolist() == pytest.approx([8.0] * 5)


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 1e3, width=32), min_size=3, max_size=30),
    st.floats(0.01, 0.49),
    st.floats(0.51, 0.99),
    st.floats(0.01, 0.99),
)
def test_energies_of_parts_add_up(watts: list[float], begin: float, end: float, share: float) -> None:
    """From a to b and from b to c is from a to c; of powers that are not negative, none is."""
    n = len(watts) - 1
    found = PowerTrace(
        ("board",), 1.0, (Column("board", "W"),), tuple(map(float, range(n + 1))), tuple((w,) for w in watts), {}
    )
    a, c = begin * n, end * n
    b = a + share * (c - a)
    assert found.energy(a, b) >= 0
    assert found.energy(a, b) + found.energy(b, c) == pytest.approx(found.energy(a, c), rel=1e-9, abs=1e-9)
    assert min(watts) * (c - a) - 1e-6 <= found.energy(a, c) <= max(watts) * (c - a) + 1e-6


@pytest.mark.parametrize("refresh", [0.2, 0.5, 1.0, 2.0])
def test_the_refresh_of_a_sensor_is_seen(refresh: float) -> None:
    """A value that is new once a refresh: the median time between changes is the refresh, to a period."""
    found = trace(lambda t: math.sin(1 + math.floor(t / refresh + 1e-9)), seconds=30)
    assert found.refresh_s == pytest.approx(refresh, abs=0.1)
    assert found.distinct(0, 30) == math.floor(30 / refresh + 1e-9) + 1
    assert found.changes(0, 30) == math.floor(30 / refresh + 1e-9)


def test_a_value_that_repeats_by_chance_does_not_slow_the_sensor() -> None:
    """Two of ten refreshes with the same value: the median stays."""
    found = trace(lambda t: (0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8)[math.floor(t + 1e-9)] * 1.0)
    assert found.refresh_s == pytest.approx(1.0, abs=0.1)


def test_a_fast_sensor_is_as_fast_as_it_is_read_and_a_dead_one_says_nothing() -> None:
    assert trace(math.sin).refresh_s == pytest.approx(0.1)
    assert trace(lambda t: 5.0).refresh_s is None
    assert trace(lambda t: 5.0).distinct(0, 10) == 1


def test_late_readings() -> None:
    """More than two periods after the one before is late; two are not."""
    times = (0.0, 0.1, 0.3, 0.55, 0.65)
    found = PowerTrace(("b",), 0.1, (Column("b", "W"),), times, ((1.0,),) * 5, {"MachineError: x": 3})
    assert (found.late, found.failed) == (1, 3)


def test_what_is_covered() -> None:
    """Only windows between the first and last sample, and only if every rail is in every one of them."""
    whole = trace(lambda t: 1.0)
    assert whole.covers(0, 10)
    assert not whole.covers(0, 10.5)
    assert not whole.covers(-0.1, 5)
    assert not whole.covers(5, 5)
    holed = trace(lambda t: None if 3 < t < 3.15 else 1.0)
    assert holed.measured == ()
    assert not holed.covers(0, 10)
    other = PowerTrace(("gone",), 0.1, (Column("board", "W"),), (0.0, 1.0), ((1.0,), (1.0,)), {})
    assert not other.covers(0, 1)
    assert not PowerTrace(("board",), 0.1, (), (), (), {"MachineError: x": 9}).covers(0, 1)


def test_the_hottest_place() -> None:
    """Of several places the one with the highest mean; nothing where nothing measures temperature."""
    columns = (Column("b", "W"), Column("cool", "C"), Column("hot", "C"))
    found = PowerTrace(("b",), 1.0, columns, (0.0, 1.0), ((1.0, 30.0, 60.0), (1.0, 31.0, 61.0)), {})
    assert found.hottest == ((0.0, 60.0), (1.0, 61.0))
    assert trace(lambda t: 1.0).hottest == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"times": (0.0, 0.0)}, "times: found"),
        ({"times": (0.0,)}, "values: found 2"),
        ({"values": ((1.0,), (1.0, 2.0))}, "values: found 'rows of other lengths'"),
        ({"period_s": 0.0}, "period_s: found 0.0"),
    ],
)
def test_a_trace_that_is_no_table_is_refused(change: dict[str, object], message: str) -> None:
    fields: dict[str, object] = {
        "rails": ("b",),
        "period_s": 1.0,
        "columns": (Column("b", "W"),),
        "times": (0.0, 1.0),
        "values": ((1.0,), (2.0,)),
        "failures": {},
    }
    with pytest.raises(InputError, match=message):
        PowerTrace(**(fields | change))  # type: ignore[arg-type]


def test_readings_by_unit() -> None:
    """What is None was not measured; a zero was."""
    assert Reading("a", watts=0.0, celsius=40.0).values() == {"W": 0.0, "C": 40.0}
