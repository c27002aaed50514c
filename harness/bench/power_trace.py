# SPDX-License-Identifier: Apache-2.0
"""Readings of power sensors over time, and what a trace of them says: energy between two times, means, the sensor's own
refresh period. Seconds on one monotonic clock, W, V, A, degrees Celsius, J."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from golden.spec.strict import require

Floats = NDArray[np.float64]
Unit = Literal["W", "V", "A", "C", "J"]
LATE = 2
"""Periods without a reading from which on the next one is late."""


@dataclass(frozen=True)
class Reading:
    """What a source says of one rail (or place) at one time; None for what it does not measure.

    `joules` is a counter that never goes back; only its differences mean something. A rail has watts or joules.
    """

    rail: str
    watts: float | None = None
    volts: float | None = None
    amps: float | None = None
    celsius: float | None = None
    joules: float | None = None

    def values(self) -> dict[Unit, float]:
        """Return what was measured, by its unit."""
        given = {_UNITS[field.name]: getattr(self, field.name) for field in fields(self) if field.name in _UNITS}
        return {unit: value for unit, value in given.items() if value is not None}


_UNITS: dict[str, Unit] = {"watts": "W", "volts": "V", "amps": "A", "celsius": "C", "joules": "J"}


@dataclass(frozen=True)
class Column:
    """One quantity of one rail."""

    rail: str
    unit: Unit


@dataclass(frozen=True)
class PowerTrace:
    """Raw samples: `values` has a row for each of `times`, in the order of `columns`; None where nothing was measured.

    `rails` are those whose watts (or joules) add up to the total. `failures` counts readings that failed by their
    reason; `ended` says why the sampler gave up, empty where it was stopped.
    """

    rails: tuple[str, ...]
    period_s: float
    columns: tuple[Column, ...]
    times: tuple[float, ...]
    values: tuple[tuple[float | None, ...], ...]
    failures: dict[str, int]
    ended: str = ""

    def __post_init__(self) -> None:
        """Check that the table is one; InputError names the key."""
        require(self.period_s > 0, "period_s", self.period_s, "more than 0")
        same = len(self.times) == len(self.values)
        require(same, "values", len(self.values), f"{len(self.times)} rows, one for each time")
        wide = all(len(row) == len(self.columns) for row in self.values)
        require(wide, "values", "rows of other lengths", f"{len(self.columns)} values in each row, one for each column")
        rising = all(a < b for a, b in zip(self.times, self.times[1:], strict=False))
        require(rising, "times", "one that is not after the one before", "rising times")

    # ---- columns

    @cached_property
    def _t(self) -> Floats:
        return np.asarray(self.times, dtype=np.float64)

    def series(self, rail: str, unit: Unit) -> Floats:
        """Return one column [samples], NaN where nothing was measured; all NaN for a column that there is not."""
        known = self._series.get(Column(rail, unit))
        return np.full(len(self.times), np.nan) if known is None else known

    @cached_property
    def _series(self) -> dict[Column, Floats]:
        table = np.array(self.values, dtype=np.float64).reshape(len(self.times), len(self.columns))  # None: NaN
        return dict(zip(self.columns, table.T, strict=True))

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """Rails of the total that every sample has; the others have no energy."""
        return tuple(rail for rail in self.rails if np.isfinite(self._power_or_energy(rail)).all() and self.times)

    def _power_or_energy(self, rail: str) -> Floats:
        return self.series(rail, "J" if Column(rail, "J") in self.columns else "W")

    @cached_property
    def watts(self) -> Floats:
        """Total over `rails` [samples]; of counters the mean since the sample before, and the first as the second."""
        return np.asarray(sum((self.rail_watts(rail) for rail in self.rails), start=np.zeros(len(self.times))))

    def rail_watts(self, rail: str) -> Floats:
        """Return a rail's power [samples]."""
        if Column(rail, "J") not in self.columns or len(self.times) < 2:
            return self.series(rail, "W")
        slopes = np.diff(self.series(rail, "J")) / np.diff(self._t)
        return np.concatenate([slopes[:1], slopes])

    # ---- energy

    def covers(self, begin: float, end: float) -> bool:
        """Return whether there are samples at or before `begin` and at or after `end`, with every rail in each."""
        whole = len(self.times) > 1 and self.measured == self.rails and bool(self.rails)
        return whole and self.times[0] <= begin < end <= self.times[-1]

    def energy(self, begin: float, end: float, rail: str | None = None) -> float:
        """Return the energy of a rail, or of all, between two times that the trace covers, J.

        A counter's difference; else the integral by trapezoids over the samples between, and over values interpolated
        at both ends.
        """
        return sum(self._rail_energy(each, begin, end) for each in (self.rails if rail is None else (rail,)))

    def _rail_energy(self, rail: str, begin: float, end: float) -> float:
        values = self._power_or_energy(rail)
        first, last = np.interp([begin, end], self._t, values)
        if Column(rail, "J") in self.columns:
            return float(last - first)
        inside = (self._t > begin) & (self._t < end)
        t = np.concatenate([[begin], self._t[inside], [end]])
        p = np.concatenate([[first], values[inside], [last]])
        return float(((p[1:] + p[:-1]) * np.diff(t)).sum() / 2)

    # ---- quality of the samples

    def inside(self, begin: float, end: float) -> "NDArray[np.bool_]":
        """Return which samples lie between two times, both included [samples]."""
        return np.asarray((self._t >= begin) & (self._t <= end))

    @cached_property
    def gaps(self) -> Floats:
        """Seconds between samples [samples - 1]."""
        return np.diff(self._t)

    @cached_property
    def late(self) -> int:
        """Readings that came more than two periods after the one before."""
        return int((self.gaps > LATE * self.period_s).sum())

    @property
    def failed(self) -> int:
        """Readings that failed, of whatever reason."""
        return sum(self.failures.values())

    def changes(self, begin: float, end: float) -> int:
        """Return how often any rail of the total said something new between two times."""
        rows = self._raw[self.inside(begin, end)]
        return int((rows[1:] != rows[:-1]).any(axis=1).sum())

    def distinct(self, begin: float, end: float) -> int:
        """Return how many different answers the rails of the total gave between two times."""
        return len({tuple(row) for row in self._raw[self.inside(begin, end)].tolist()})

    @cached_property
    def _raw(self) -> Floats:
        """What the rails of the total were read as [samples, rails]."""
        return np.stack([self._power_or_energy(rail) for rail in self.rails], axis=1)

    @cached_property
    def refresh_s(self) -> float | None:
        """The sensor's own refresh period as estimated: the median time between two changes; None below three changes.

        Never below the period of sampling: a sensor that says something new each time is at least that fast. A value
        that repeats by chance makes one gap longer and leaves the median.
        """
        new = np.flatnonzero((self._raw[1:] != self._raw[:-1]).any(axis=1)) + 1
        return float(np.median(np.diff(self._t[new]))) if len(new) >= 3 else None

    @cached_property
    def hottest(self) -> tuple[tuple[float, float], ...]:
        """Time and temperature of the place that was hottest on average, C; empty where nothing measures it."""
        places = [self.series(column.rail, "C") for column in self.columns if column.unit == "C"]
        places = [place for place in places if np.isfinite(place).any()]
        if not places:
            return ()
        place = max(places, key=lambda values: float(np.nanmean(values)))
        return tuple((float(t), float(c)) for t, c in zip(self._t, place, strict=True) if np.isfinite(c))
