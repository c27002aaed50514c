# SPDX-License-Identifier: Apache-2.0
"""Simulated time, and a sensor whose power is a function of it: what sampler and measurement see is known exactly."""

import math
from collections.abc import Callable, Iterator

from boards.model_energy import Metering
from boards.power.energy import Timing
from boards.power.sampler import Recorder
from golden.errors import MachineError
from harness.bench.energy_record import Scope
from harness.bench.power_trace import PowerTrace, Reading

Power = Callable[[float], float]


class Time:
    """A clock that moves when somebody sleeps; whoever samples is called at its due times on the way."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sampling: list[Stepped] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        end = self.now + seconds
        while self.sampling and (due := min(each.due for each in self.sampling)) <= end:
            self.now = due
            next(each for each in self.sampling if each.due == due).step()
        self.now = end


class Stepped:
    """`Sampler` without a thread: moved by `Time`, recording through the same `Recorder`."""

    def __init__(self, time: Time, source: "Meter", period_s: float) -> None:
        self._time, self._source, self._period_s = time, source, period_s
        self._taken = 0

    @property
    def due(self) -> float:
        return self.began + self._taken * self._period_s

    @property
    def began(self) -> float:
        return self._recorder.began

    def start(self) -> None:
        self._recorder = Recorder(self._source, self._period_s, self._time.clock)
        self._recorder.take()
        self._taken = 1
        self._time.sampling.append(self)

    def step(self) -> None:
        self._recorder.take()
        if self._recorder.ended:
            self._time.sampling.remove(self)
        self._taken += 1

    def stop(self) -> PowerTrace:
        if self in self._time.sampling:
            self._time.sampling.remove(self)
            self._recorder.take()
        return self._recorder.trace()


class Meter:
    """A sensor that holds its value for `refresh` seconds, W of `power` at the time of the refresh.

    `fails` says at which times a reading fails, `joules` that it counts instead, `celsius` adds a temperature.
    """

    scope: Scope = "board"

    def __init__(
        self,
        time: Time,
        power: Power,
        refresh: float = 0.0,
        declared: float | None = None,
        fails: Callable[[float], bool] = lambda t: False,
        joules: bool = False,
        celsius: Power | None = None,
    ) -> None:
        self.name, self.rails, self.refresh_s = "meter", ("board",), declared
        self._time, self._power, self._refresh, self._fails = time, power, refresh, fails
        self._joules, self._celsius = joules, celsius

    def read(self) -> tuple[Reading, ...]:
        now = self._time.now
        if self._fails(now):
            raise MachineError("meter: no answer")
        held = math.floor(now / self._refresh + 1e-9) * self._refresh if self._refresh else now
        heat = self._celsius(held) if self._celsius else None
        if self._joules:
            return (Reading("board", joules=self._power(held), celsius=heat),)
        return (Reading("board", watts=self._power(held), celsius=heat),)


def script(*answers: object) -> Callable[[], tuple[Reading, ...]]:
    """Return a `read` that gives one answer after the other: watts, or an exception that is raised."""
    left: Iterator[object] = iter(answers)

    def read() -> tuple[Reading, ...]:
        answer = next(left)
        if isinstance(answer, BaseException):
            raise answer
        return (Reading("board", watts=float(str(answer))),)

    return read


class Lab:
    """A meter that reads 10 W while nothing is started and 30 W in the loop. A start takes 4 s, and so does what comes
    behind it; nothing of a simulation's own time passes here."""

    def __init__(self) -> None:
        self._time, self._watts = Time(), 10.0
        self.source = Meter(self._time, lambda t: self._watts)

    def metering(self) -> Metering:
        return Metering(self.source, timing=Timing(self._clock, self._sleep, self._sampler, 0.5))  # type: ignore[arg-type]

    def _sampler(self, source: Meter, period_s: float) -> Stepped:
        return Stepped(self._time, source, period_s)

    def _sleep(self, seconds: float) -> None:
        self._watts = 10.0
        self._time.sleep(seconds)

    def _clock(self) -> float:
        self._watts = 30.0
        self._time.sleep(4.0)
        return self._time.now
