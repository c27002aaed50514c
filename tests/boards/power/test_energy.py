# SPDX-License-Identifier: Apache-2.0
"""Energy of a workload against closed forms: known powers, known sensors, sensors that lie; time is simulated."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from boards.power.energy import PERIOD_S, Timing, lines, measure, watch
from golden.errors import InputError
from harness.bench import energy_record
from harness.bench.energy import DISCARD_S, LEAST, figures, problems, window_s
from harness.bench.energy_record import EnergyRecord, Repetition
from tests.boards.power.fakes import Meter, Stepped, Time
from tests.harness.samples import PROVENANCE

IDLE_S = DISCARD_S + 1.1 * 30
"""How long an idle board is watched where the sensor is fast: the load begins then."""


class Load:
    """0.1 s of the host, then 0.4 s of the kernel, 8 tokens; nothing else happens between two repetitions."""

    workload, work, tokens, inferences, clock_mhz = "tg8", "decode", 8, 1, 199.9

    def __init__(self, time: Time, host_s: float = 0.1, kernel_s: float = 0.4) -> None:
        self._time, self._host_s, self._kernel_s = time, host_s, kernel_s
        self.started = False

    def run(self) -> float:
        self.started = True
        self._time.sleep(self._host_s)
        self._time.sleep(self._kernel_s)
        return self._kernel_s


def timing(time: Time) -> Timing:
    return Timing(time.clock, time.sleep, lambda source, period: Stepped(time, source, period))  # type: ignore[arg-type]


def measured(power: Callable[[float], float], load: Callable[[Time], Load] = Load, **meter: object) -> EnergyRecord:
    time = Time()
    source = Meter(time, power, **meter)  # type: ignore[arg-type]
    return measure("u280", "measured", source, load(time), PROVENANCE, timing=timing(time))


def step(idle: float = 10.0, active: float = 30.0, at: float = IDLE_S) -> Callable[[float], float]:
    return lambda t: idle if t < at + 1e-6 else active


def noisy(t: float) -> float:
    """10 W while idle and 30 W behind it, with a new deviation of up to 2 W each second."""
    return step()(t) + 2 * math.sin(1e4 * math.floor(t + 1e-9))


def test_constant_powers() -> None:
    """Idle 10 W, active 30 W, 0.5 s and 8 tokens a repetition: 30 * 0.5 / 8 J a token, 20 * 0.5 / 8 above idle.

    The papers' rule counts the kernel's 0.4 s only.
    """
    record = measured(step())
    found = figures(record)
    assert problems(record) == ()
    assert found is not None
    assert found.per_token.value == pytest.approx(1.875)
    assert found.per_token_above_idle.value == pytest.approx(1.25)
    assert found.per_inference.value == pytest.approx(15)
    assert found.paper_j_per_token == pytest.approx(1.5)
    assert (found.mean_w, found.idle_w, found.sd_w) == pytest.approx((30, 10, 0), abs=1e-9)
    assert found.per_token.width == pytest.approx(0, abs=1e-9)
    assert found.busy == pytest.approx(0.8)
    assert found.tokens_a_second == pytest.approx(16)


def test_a_repetition_of_several_inferences() -> None:
    """Four in the 15 J of a repetition; J/token goes by tokens, whatever they are part of."""

    def several(time: Time) -> Load:
        load = Load(time)
        load.inferences = 4
        return load

    found = figures(measured(step(), several))
    assert found is not None
    assert (found.per_inference.value, found.per_token.value) == pytest.approx((15 / 4, 1.875))
    assert found.inferences == 4 * found.repetitions


def test_why_nothing_is_known_of_before() -> None:
    """Of a board it was programmed before; who measures something else says so."""
    assert measured(step()).unprogrammed_reason == "not recorded: the board was programmed before"
    time = Time()
    source = Meter(time, step())
    found = measure("host", "measured", source, Load(time), PROVENANCE, "nothing to program", timing=timing(time))
    assert (found.unprogrammed, found.unprogrammed_reason) == (None, "nothing to program")


def test_the_window_is_of_whole_repetitions() -> None:
    """It begins with the first repetition behind the discarded seconds, ends with a repetition, is long enough."""
    record = measured(step())
    found = figures(record)
    assert found is not None
    assert found.begin_s == pytest.approx(DISCARD_S)
    assert 33 <= found.seconds + 1e-9 < 33.5 + 1e-9
    assert found.repetitions == pytest.approx(found.seconds / 0.5)
    assert found.tokens == 8 * found.repetitions
    assert found.joules == pytest.approx(30 * found.seconds)
    assert found.above_idle_j == pytest.approx(20 * found.seconds)


def test_what_is_discarded_does_not_count() -> None:
    """An inrush of 500 W in the first 1.9 s of each phase changes nothing."""
    inrush = figures(measured(lambda t: 500.0 if (t - 1e-6) % IDLE_S < DISCARD_S - 0.1 else step()(t)))
    assert inrush is not None
    assert (inrush.mean_w, inrush.idle_w) == pytest.approx((30, 10))


def test_a_ramp() -> None:
    """A board that warms up, P = 30 + (t - t0) / 10: the integral of the straight line over the window."""
    found = figures(measured(lambda t: step()(t) + max(t - IDLE_S, 0) / 10))
    assert found is not None
    drift = (found.end_s**2 - found.begin_s**2) / 20
    assert found.joules == pytest.approx(30 * found.seconds + drift)


def test_a_step_seen_by_a_slow_sensor() -> None:
    """30 W, then 50 W: a sensor that holds for a second is off by one refresh (and a period) of the step at most."""
    at = IDLE_S + 10.37
    found = figures(measured(lambda t: step()(t) if t < at else 50.0, refresh=1.0, declared=1.0))
    assert found is not None
    exact = 30 * found.seconds + 20 * (found.end_s + IDLE_S - at)
    assert 0 <= exact - found.joules <= 20 * (1 + PERIOD_S)


def test_a_counter_is_exact() -> None:
    """Joules instead of watts: a difference, whatever the power did between two readings."""
    found = figures(measured(lambda t: 10 * t + 20 * max(t - IDLE_S, 0), joules=True))
    assert found is not None
    assert found.per_token.value == pytest.approx(1.875)
    assert found.per_token_above_idle.value == pytest.approx(1.25)


def test_the_interval_holds_the_truth() -> None:
    """Of a noisy sensor the interval has a width and holds what the powers are; idle's noise widens the other."""
    record = measured(noisy, refresh=1.0, declared=1.0)
    found = figures(record)
    assert problems(record) == ()
    assert found is not None
    assert 0 < found.per_token.relative < 0.1
    assert found.per_token.low < 1.875 < found.per_token.high
    assert found.per_token_above_idle.low < 1.25 < found.per_token_above_idle.high
    assert found.per_token_above_idle.width > found.per_token.width
    assert figures(record) == found


def test_blocks_are_of_two_refreshes() -> None:
    """Samples of one reading are one: a sensor of 1 s gives a window of 33 s 16 blocks at most, a fast one 20."""

    def short(time: Time) -> Load:
        return Load(time, 0.02, 0.08)

    slow = figures(measured(noisy, short, refresh=1.0))
    fast = figures(measured(lambda t: step()(t) + math.sin(1e4 * t), short))
    assert slow is not None
    assert fast is not None
    assert 10 <= slow.blocks <= slow.seconds / 2
    assert 17 <= fast.blocks <= 20


def test_a_slow_sensor_gets_a_longer_window() -> None:
    """Declared or not: 30 refreshes as the traces show them, of the idle phase too."""
    assert (window_s(None), window_s(0.5), window_s(2.0)) == (30, 30, 60)

    def wavy(t: float) -> float:
        return 10 + math.sin(1e4 * t)

    record = measured(wavy, refresh=2.0)
    found = figures(record)
    assert problems(record) == ()
    assert found is not None
    assert record.idle is not None
    assert found.refresh_s == pytest.approx(2.0, abs=0.11)
    assert found.seconds >= 60
    assert record.idle.times[-1] >= 60
    lying = measured(wavy, refresh=2.0, declared=0.1)
    assert figures(lying) is not None
    assert problems(lying) == ()


def test_a_sensor_that_is_slower_under_load() -> None:
    """Refreshes of 1 s while idle and of 1.05 s in the loop: the window's margin holds 30 of these as well."""

    time = Time()
    load = Load(time)

    def slower(t: float) -> float:
        return step()(t) + math.sin(1e4 * math.floor(t / (1.05 if load.started else 1.0) + 1e-9))

    often = replace(timing(time), period_s=0.05)
    record = measure("u280", "measured", Meter(time, slower), load, PROVENANCE, timing=often)
    found = figures(record)
    assert found is not None
    assert found.refresh_s == pytest.approx(1.05, abs=0.01)
    assert problems(record) == ()


def test_long_repetitions_are_repeated() -> None:
    """A repetition of 20 s: as many as give the interval something to be of, whole ones behind the discarded."""
    record = measured(step(), lambda time: Load(time, 0.0, 20.0))
    found = figures(record)
    assert found is not None
    assert problems(record) == ()
    assert (found.repetitions, len(record.repetitions)) == (LEAST, LEAST + 1)


def test_a_stuck_sensor_is_invalid() -> None:
    """The same value, idle and under load, is no measurement; a steady one that sees the load is."""
    record = measured(lambda t: 12.0)
    (found,) = problems(record)
    assert found == "the sensor gave one value, idle and under load: it is stuck, or does not see this board"
    assert lines(record)[0].startswith("energy: INVALID: the sensor gave one value")
    assert problems(measured(lambda t: 12.0, joules=True))[-1].startswith("the sensor gave one value")


def test_a_dying_sensor_is_invalid() -> None:
    """What it said before is kept; there is no figure, and the reason is said."""
    record = measured(step(), fails=lambda t: t > IDLE_S + 12)
    assert figures(record) is None
    found = problems(record)
    assert "active: gave up after 10 readings in a row" in found[0]
    assert lines(record) == [f"energy: INVALID: {each}" for each in found]


def test_a_sensor_that_fails_often_is_invalid() -> None:
    """Every tenth reading: the figures are there, INVALID above them; every fortieth is only counted."""
    often = measured(step(), fails=lambda t: round(t * 10) % 10 == 5)
    assert any("readings failed, most often: MachineError: meter: no answer" in each for each in problems(often))
    seldom = measured(step(), fails=lambda t: round(t * 10) % 40 == 5)
    found = figures(seldom)
    assert problems(seldom) == ()
    assert found is not None
    assert found.failed > 5
    assert found.per_token.value == pytest.approx(1.875)


def test_a_window_that_is_too_short_is_invalid() -> None:
    """Records can be cut by hand, and loads be interrupted: what is missing is said."""
    record = measured(step())
    short = replace(record, repetitions=record.repetitions[:20])
    assert "active: the window has 8.0 s, expected at least 30.0 s" in problems(short)
    one = replace(record, repetitions=(Repetition(2.0, 32.0, 29.0),))
    assert f"active: 1 repetitions in the window, expected at least {LEAST}" in problems(one)
    early = replace(record, repetitions=(Repetition(0.0, 33.0, 30.0),))
    assert problems(early) == ("active: no repetition began behind the 2 s that are discarded",)
    assert figures(early) is None
    late = replace(record, repetitions=(*record.repetitions, Repetition(40.0, 90.0, 1.0)))
    assert "nothing to integrate" in problems(late)[-1]


def test_few_readings_are_invalid() -> None:
    """A window of 30 s that was read every 2 s has no 30 readings."""
    time = Time()
    source = Meter(time, step())
    slow = replace(timing(time), period_s=2.0)
    record = measure("u280", "measured", source, Load(time), PROVENANCE, timing=slow)
    assert any("readings in the window, expected at least 30" in each for each in problems(record))


def test_temperature() -> None:
    """First, last and slope: 1 C a minute is 1 C a minute."""
    found = figures(measured(step(), celsius=lambda t: 40 + t / 60))
    assert found is not None
    assert found.temperature is not None
    first, last, slope = found.temperature
    assert slope == pytest.approx(1.0)
    assert last - first == pytest.approx(found.seconds / 60, abs=0.01)
    without = figures(measured(step()))
    assert without is not None
    assert without.temperature is None


def test_three_phases() -> None:
    """Idle before programming stands beside idle programmed; which of them is subtracted does not change with it."""
    time = Time()
    source = Meter(time, lambda t: 7.0 if t < IDLE_S + 1e-6 else step(at=2 * IDLE_S)(t))
    before = watch(source, IDLE_S, timing(time))
    record = measure("u280", "measured", source, Load(time), PROVENANCE, before, timing=timing(time))
    found = figures(record)
    assert found is not None
    assert (found.unprogrammed_w, found.idle_w, found.mean_w) == pytest.approx((7, 10, 30))
    assert found.per_token_above_idle.value == pytest.approx(1.25)


def test_a_simulation_has_no_energy() -> None:
    """No source, no figure, and always the same reason; sensors of a virtual board are refused, in records too."""
    time = Time()
    record = measure("sim:u280", "simulated", None, Load(time), PROVENANCE, timing=timing(time))
    assert lines(record) == ["energy: n/a (simulated)"]
    assert (figures(record), problems(record), time.now) == (None, (), 0.0)
    with pytest.raises(InputError, match="sim:u280: found power source meter, expected none: the board is simulated"):
        measure("sim:u280", "simulated", Meter(time, step()), Load(time), PROVENANCE, timing=timing(time))
    real = measured(step())
    with pytest.raises(InputError, match="kind: found 'measured', expected measured or simulated, as sim:u280 is"):
        replace(real, board="sim:u280")
    with pytest.raises(InputError, match="source: found 'one of a virtual board'"):
        replace(real, board="sim", kind="simulated")


def test_a_board_without_sensors_says_so() -> None:
    time = Time()
    record = measure("vc709", "measured", None, Load(time), PROVENANCE, timing=timing(time))
    assert lines(record) == ["energy: n/a (no sensor of vc709 can be read here)"]
    assert figures(record) is None


def test_what_people_read() -> None:
    """Total and idle-subtracted energy side by side, the papers' rule, rails, samples; n/a where nothing measures."""
    text = "\n".join(lines(measured(step(), declared=1.0)))
    assert "energy of tg8 (decode), u280, meter (board)" in text
    assert "total          1.875 [1.875, 1.875] J/token, 15 [15, 15] J/inference" in text
    assert "above idle     1.25 [1.25, 1.25] J/token" in text
    assert "papers' rule   1.5 J/token" in text
    assert "unprogrammed n/a (not recorded: the board was programmed before)" in text
    assert "rails          board 30.00 W" in text
    assert "kernel busy 80.0%, clock 199.9 MHz" in text
    assert "0 failed, 0 late; refresh 1 s" in text
    assert "temperature    n/a (no sensor)" in text


# ---- records


def test_records_come_back(tmp_path: Path) -> None:
    """What was appended is read again, raw samples included, and gives the same figures."""
    path = tmp_path / "energy.jsonl"
    records = (
        measured(noisy, refresh=1.0, declared=1.0, celsius=lambda t: 40.0),
        measured(step(), fails=lambda t: t > IDLE_S + 12),
        measure("sim", "simulated", None, Load(Time()), PROVENANCE),
    )
    for record in records:
        energy_record.append(path, record)
    found = energy_record.read(path)
    assert found == records
    assert figures(found[0]) == figures(records[0])
    assert energy_record.read(tmp_path / "none.jsonl") == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 99}, "schema: found 99, expected 1; bench again"),
        ({"surprise": 1}, "surprise: found 1, expected no such key"),
        ({"tokens": 0}, "tokens: found 0"),
        ({"reason": "because"}, "reason: found 'because', expected a source with its traces"),
        ({"idle": None}, "reason: found ''"),
        ({"repetitions": []}, "repetitions: found 'none'"),
        ({"work": "both"}, "work: found 'both', expected one of 'decode', 'prefill'"),
        ({"unprogrammed_reason": ""}, "unprogrammed_reason: found ''"),
    ],
)
def test_a_malformed_record_is_refused(change: dict[str, object], message: str, tmp_path: Path) -> None:
    """The error names file, line and key."""
    path = tmp_path / "energy.jsonl"
    energy_record.append(path, measured(step()))
    path.write_text(json.dumps(json.loads(path.read_text()) | change) + "\n")
    with pytest.raises(InputError) as caught:
        energy_record.read(path)
    assert "energy.jsonl:1: " in str(caught.value)
    assert message in str(caught.value)


def test_a_line_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "energy.jsonl").write_text("{\n")
    with pytest.raises(InputError, match=r"energy\.jsonl:1: not JSON"):
        energy_record.read(tmp_path / "energy.jsonl")
