# SPDX-License-Identifier: Apache-2.0
"""Reads a power source at a rate in a thread, on the monotonic clock, and loses nothing without saying so.

Own code instead of PYNQ's `DataRecorder`, whose thread dies silently with the first sensor that fails, and whose times
are those of a wall clock that may be set.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self

from boards.power.source import PowerSource
from golden.errors import KraitError, MachineError
from harness.bench.power_trace import Column, PowerTrace, Reading

Clock = Callable[[], float]
Wait = Callable[[float], bool]
"""Waits for so many seconds or until it is time to stop; returns whether it is."""

GIVE_UP = 10
"""Readings that fail one after the other until the sampler gives up."""


class Recorder:
    """Takes readings of a source and makes a trace of them. No thread, no waiting.

    Args:
        source: what is read.
        period_s: seconds between two readings.
        clock: monotonic seconds.
    """

    def __init__(self, source: PowerSource, period_s: float, clock: Clock = time.monotonic) -> None:
        self._source, self._period_s, self._clock = source, period_s, clock
        self.began = clock()
        self._rows: list[tuple[float, tuple[Reading, ...]]] = []
        self._failures: Counter[str] = Counter()
        self._in_a_row = 0
        self.ended = ""

    def take(self) -> None:
        """Read once. A reading that fails is counted by its reason; too many in a row end the recording.

        Its time is the middle of the read: a slow source answers about then.
        """
        before = self._clock()
        try:
            readings = self._source.read()
        except (KraitError, OSError, ValueError) as error:
            self._failures[f"{type(error).__name__}: {error}"] += 1
            self._in_a_row += 1
            if self._in_a_row >= GIVE_UP:
                self.ended = f"gave up after {GIVE_UP} readings in a row that failed; the last: {error}"
            return
        self._in_a_row = 0
        middle = (before + self._clock()) / 2 - self.began
        if not self._rows or middle > self._rows[-1][0]:
            self._rows.append((middle, readings))

    def until_due(self) -> float:
        """Return the seconds until the next reading is due. Due times are multiples of the period: no drift adds up."""
        since = self._clock() - self.began
        return self._period_s - since % self._period_s

    def trace(self) -> PowerTrace:
        """Return what was recorded."""
        keys = [(each.rail, unit) for _, row in self._rows for each in row for unit in each.values()]
        columns = tuple(Column(rail, unit) for rail, unit in dict.fromkeys(keys))
        return PowerTrace(
            rails=self._source.rails,
            period_s=self._period_s,
            columns=columns,
            times=tuple(t for t, _ in self._rows),
            values=tuple(_values(row, columns) for _, row in self._rows),
            failures=dict(self._failures),
            ended=self.ended,
        )


def _values(readings: tuple[Reading, ...], columns: tuple[Column, ...]) -> tuple[float | None, ...]:
    given = {(each.rail, unit): value for each in readings for unit, value in each.values().items()}
    return tuple(given.get((column.rail, column.unit)) for column in columns)


class Sampler:
    """A thread around a `Recorder`; a context, in which it runs.

    Args:
        source: what is read; by nobody else meanwhile.
        period_s: seconds between two readings.
        clock: monotonic seconds.
        wait: how to wait between readings; without it until `stop` is called.
    """

    def __init__(
        self, source: PowerSource, period_s: float, clock: Clock = time.monotonic, wait: Wait | None = None
    ) -> None:
        if not period_s > 0:
            raise MachineError(f"sampler: found a period of {period_s} s, expected more than 0")
        self._source, self._period_s, self._clock = source, period_s, clock
        self._stop = threading.Event()
        self._wait = wait if wait is not None else self._stop.wait
        self._recorder: Recorder | None = None
        self._thread: threading.Thread | None = None
        self._bug: BaseException | None = None

    @property
    def began(self) -> float:
        """The clock at time 0 of the trace."""
        return self._running.began

    @property
    def _running(self) -> Recorder:
        if self._recorder is None:
            raise MachineError("sampler: not started")
        return self._recorder

    def start(self) -> None:
        """Take a first reading and go on in a thread. MachineError when it was started before."""
        if self._recorder is not None:
            raise MachineError("sampler: started twice; a trace belongs to one sampler")
        self._recorder = Recorder(self._source, self._period_s, self._clock)
        self._recorder.take()
        self._thread = threading.Thread(target=self._run, args=(self._recorder,), name="krait-power", daemon=True)
        self._thread.start()

    def _run(self, recorder: Recorder) -> None:
        try:
            while not recorder.ended and not self._wait(recorder.until_due()):
                recorder.take()
        except Exception as error:  # a bug, not a sensor: handed to who calls stop()
            self._bug = error

    def stop(self) -> PowerTrace:
        """End the thread, take a last reading, return the trace. An error that is none of a sensor's is raised here."""
        recorder = self._running
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            if not recorder.ended and self._bug is None:
                recorder.take()
        if self._bug is not None:
            raise self._bug
        return recorder.trace()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
