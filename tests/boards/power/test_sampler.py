# SPDX-License-Identifier: Apache-2.0
"""The sampler: due times, failing and late readings, the thread and its end. Time is simulated; nothing waits."""

import threading

import pytest

from boards.power.sampler import GIVE_UP, Recorder, Sampler
from golden.errors import MachineError
from harness.bench.power_trace import Column
from tests.boards.power.fakes import Meter, Stepped, Time, script


def sampled(meter: Meter, time: Time, seconds: float, period: float = 0.1):
    sampling = Stepped(time, meter, period)
    sampling.start()
    time.sleep(seconds)
    return sampling.stop()


def test_readings_are_due_at_multiples_of_the_period() -> None:
    """What a reading takes moves none of the following: no drift adds up."""
    time = Time()
    recorder = Recorder(Meter(time, lambda t: 1.0), 0.5, time.clock)
    for elapsed, left in ((0.0, 0.5), (0.2, 0.3), (0.49, 0.01), (0.75, 0.25), (12.1, 0.4)):
        time.now = elapsed
        assert recorder.until_due() == pytest.approx(left)


def test_a_trace_has_what_was_read() -> None:
    """Times since the start, a column for each quantity, a row for each reading."""
    time = Time()
    time.now = 100.0
    found = sampled(Meter(time, lambda t: t, celsius=lambda t: 40.0), time, 1.0)
    assert found.columns == (Column("board", "W"), Column("board", "C"))
    assert found.times == pytest.approx([k / 10 for k in range(11)])
    assert [row[0] for row in found.values] == pytest.approx([100 + k / 10 for k in range(11)])
    assert (found.failures, found.ended) == ({}, "")


def test_failures_are_counted_by_their_reason() -> None:
    """A reading that fails leaves a gap and its reason; the next one is taken as if nothing had happened."""
    time = Time()
    found = sampled(Meter(time, lambda t: 5.0, fails=lambda t: 0.35 < t < 0.65), time, 1.0)
    assert found.failures == {"MachineError: meter: no answer": 3}
    assert len(found.times) == 11 - 3
    assert (found.late, found.ended) == (1, "")


def test_a_dying_sensor_ends_the_recording() -> None:
    """So many failures in a row are given up on, with the reason; what was read before is kept."""
    time = Time()
    found = sampled(Meter(time, lambda t: 5.0, fails=lambda t: t > 2.05), time, 60.0)
    assert len(found.times) == 21
    assert found.failed == GIVE_UP
    assert found.ended == f"gave up after {GIVE_UP} readings in a row that failed; the last: meter: no answer"


def test_failures_that_are_not_in_a_row_do_not_end_it() -> None:
    time = Time()
    found = sampled(Meter(time, lambda t: 5.0, fails=lambda t: round(t * 10) % 2 == 1), time, 10.0)
    assert (found.failed, found.ended) == (50, "")


class Ticks:
    """`wait` of a sampler: moves the clock at once, says stop after so many times."""

    def __init__(self, time: Time, times: int) -> None:
        self._time, self._left = time, times

    def __call__(self, seconds: float) -> bool:
        self._time.now += seconds
        self._left -= 1
        return self._left < 0


def test_the_thread_samples() -> None:
    """At the start, at each due time and at the stop."""
    time = Time()
    sampler = Sampler(Meter(time, lambda t: t), 0.25, time.clock, Ticks(time, 8))
    sampler.start()
    found = sampler.stop()
    assert found.times == pytest.approx([k / 4 for k in range(10)])
    assert sampler.began == 0.0


def test_a_slow_source_skips_and_is_late() -> None:
    """A read that takes 0.35 s of a period of 0.1 s: its time is its middle, what was due meanwhile is left out."""
    time = Time()

    class Slow(Meter):
        def read(self):
            time.now += 0.35
            return super().read()

    sampler = Sampler(Slow(time, lambda t: 1.0), 0.1, time.clock, Ticks(time, 5))
    sampler.start()
    found = sampler.stop()
    assert found.times[0] == pytest.approx(0.175)
    assert found.gaps.tolist()[:5] == pytest.approx([0.4] * 5, abs=0.051)
    assert found.late == len(found.times) - 1


def test_a_bug_in_a_source_is_not_a_failing_sensor() -> None:
    """An error that no sensor raises comes out of stop(), with its own type."""
    time = Time()
    meter = Meter(time, lambda t: 1.0)
    meter.read = script(1.0, TypeError("a bug"))  # type: ignore[method-assign]
    sampler = Sampler(meter, 0.1, time.clock, Ticks(time, 5))
    sampler.start()
    with pytest.raises(TypeError, match="a bug"):
        sampler.stop()


def test_stopping_leaves_no_thread() -> None:
    """Neither stop() nor leaving the context does, also when the body raises; real waits end at once."""
    time = Time()
    before = threading.active_count()
    sampler = Sampler(Meter(time, lambda t: 1.0), 3600.0)
    sampler.start()
    assert threading.active_count() == before + 1
    sampler.stop()
    assert threading.active_count() == before
    with pytest.raises(KeyError), Sampler(Meter(time, lambda t: 1.0), 3600.0):
        raise KeyError
    assert threading.active_count() == before


def test_a_sampler_runs_once() -> None:
    time = Time()
    sampler = Sampler(Meter(time, lambda t: 1.0), 3600.0)
    with pytest.raises(MachineError, match="sampler: not started"):
        sampler.stop()
    with sampler, pytest.raises(MachineError, match="sampler: started twice"):
        sampler.start()
    with pytest.raises(MachineError, match="found a period of 0"):
        Sampler(Meter(time, lambda t: 1.0), 0)
