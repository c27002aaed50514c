# SPDX-License-Identifier: Apache-2.0
"""What repeated measurements say: median and ratio with bootstrap intervals, and when to stop repeating.

Own code, because scipy.stats.bootstrap would be scipy's only use here. Efron and Tibshirani, An Introduction to the
Bootstrap (1993): percentile interval (chapter 13), bias-corrected and accelerated interval (14.3). Every interval is a
function of samples and seed; raw samples stay with whoever made them.
"""

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""Of a stack of sample sets [B, n, ...], one number each: [B]."""
Method = Literal["percentile", "bca"]
Stop = Literal["narrow", "repeats", "seconds"]

LEVEL = 0.95
RESAMPLES = 2000
SEED = 1
_AT_A_TIME = 1 << 22
"""Elements of resamples that are held at once."""
_NORMAL = statistics.NormalDist()


@dataclass(frozen=True)
class Interval:
    """An estimate and the interval that holds the true value in a share `level` of experiments."""

    value: float
    low: float
    high: float
    level: float

    @property
    def width(self) -> float:
        """From low to high, in the unit of the value."""
        return self.high - self.low

    @property
    def relative(self) -> float:
        """Width over the value's magnitude; infinite for a value of 0 with a width."""
        return 0.0 if not self.width else self.width / abs(self.value) if self.value else math.inf


def medians(sets: Floats) -> Floats:
    """Return the median of each sample set of sets [B, n]."""
    return np.asarray(np.median(sets, axis=1), dtype=np.float64)


def means(sets: Floats) -> Floats:
    """Return the mean of each sample set of sets [B, n]."""
    return np.asarray(sets.mean(axis=1), dtype=np.float64)


def ratios(sets: Floats) -> Floats:
    """Return sum of numerators over sum of denominators of each sample set of sets [B, n, 2]."""
    sums = sets.sum(axis=1)
    return np.asarray(sums[:, 0] / sums[:, 1], dtype=np.float64)


def median_interval(
    samples: Any, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = SEED, method: Method = "percentile"
) -> Interval:
    """Return the median of samples [n] with its bootstrap interval.

    The percentile interval is the default: the jackknife, on which the other's acceleration rests, is inconsistent for
    medians (Efron and Tibshirani, 11.6). Raises InputError for no samples or one that is not finite.
    """
    return bootstrap(samples, medians, level, resamples, seed, method)


def median_ratio(found: Any, base: Any, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """Return the median of samples [n] over that of others [m], with the percentile interval of both resampled apart.

    Raises InputError for no samples, one that is not finite, or a base whose median is 0.
    """
    sides = [_checked(found), _checked(base)]
    above, below = (_draw(side, medians, resamples, seed + i) for i, side in enumerate(sides))
    over, under = (float(np.median(side)) for side in sides)
    if not under or not below.all():
        raise InputError("samples: found a median of 0, of which nothing is a ratio")
    low, high = np.quantile(above / below, ((1 - level) / 2, (1 + level) / 2))
    return Interval(over / under, float(low), float(high), level)


def bootstrap(
    samples: Any,
    statistic: Statistic,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    method: Method = "percentile",
) -> Interval:
    """Return `statistic` of samples [n, ...] with its bootstrap interval, the same for the same seed.

    One sample has an interval of no width, which says nothing; who asks for intervals takes several.

    Raises:
        InputError: no samples, one that is not finite, a level outside 0 .. 1, no resamples.
    """
    array = _checked(samples)
    if not 0 < level < 1:
        raise InputError(f"level: found {level}, expected a share between 0 and 1")
    if resamples < 1:
        raise InputError(f"resamples: found {resamples}, expected at least 1")
    drawn = np.sort(_draw(array, statistic, resamples, seed))
    value = float(statistic(array[None])[0])
    tails = (1 - level) / 2, (1 + level) / 2
    if method == "bca":
        tails = _corrected(tails, array, statistic, drawn, value)
    low, high = np.quantile(drawn, tails)
    return Interval(value, float(low), float(high), level)


def _checked(samples: Any) -> Floats:
    array = np.asarray(samples, dtype=np.float64)
    if not array.ndim or not len(array):
        raise InputError("samples: found none, expected at least one")
    if not np.isfinite(array).all():
        raise InputError("samples: found one that is not finite; a reading failed and was kept as a number")
    return array


def _draw(array: Floats, statistic: Statistic, resamples: int, seed: int) -> Floats:
    """Return the statistic of `resamples` sets drawn with replacement, a few at a time."""
    generator = np.random.Generator(np.random.PCG64(seed))
    step = max(_AT_A_TIME // array.size, 1)
    parts = []
    for first in range(0, resamples, step):
        picks = generator.integers(0, len(array), size=(min(step, resamples - first), len(array)))
        parts.append(statistic(array[picks]))
    return np.concatenate(parts)


def _corrected(
    tails: tuple[float, float], array: Floats, statistic: Statistic, drawn: Floats, value: float
) -> tuple[float, float]:
    """Return the shares of the BCa interval: bias z0 from the draws, acceleration from the jackknife.

    Ties count half. Where all draws lie on one side of the value, or it never changes, nothing can be corrected.
    """
    below = float(np.mean(drawn < value) + np.mean(drawn == value) / 2)
    if len(array) < 3 or not 0 < below < 1:
        return tails
    bias = _NORMAL.inv_cdf(below)
    keep = ~np.eye(len(array), dtype=bool)
    left_out = statistic(np.stack([array[row] for row in keep]))
    apart = left_out.mean() - left_out
    spread = float((apart**2).sum())
    acceleration = float((apart**3).sum()) / (6 * spread**1.5) if spread else 0.0

    def share(tail: float) -> float:
        z = bias + _NORMAL.inv_cdf(tail)
        return _NORMAL.cdf(bias + z / (1 - acceleration * z))

    return share(tails[0]), share(tails[1])


@dataclass(frozen=True)
class Rule:
    """Repeat until the median's interval is no wider than `relative` of it, or a limit is reached.

    `warm_up` repetitions come first and count nowhere; no verdict before `least` samples. The interval is looked at
    after every sample, which makes it slightly too narrow when it ends a run (optional stopping): `least` keeps that
    small, and the raw samples let a reader check.
    """

    relative: float = 0.02
    warm_up: int = 1
    least: int = 5
    repeats: int = 100
    seconds: float = 60.0

    def __post_init__(self) -> None:
        """Check ranges; InputError names the key."""
        if not (self.relative > 0 and self.warm_up >= 0 and 2 <= self.least <= self.repeats and self.seconds > 0):
            raise InputError(f"rule: found {self}, expected relative and seconds above 0, 2 <= least <= repeats")


@dataclass(frozen=True)
class Repeated:
    """Raw samples in order, those of the warm-up apart; why it ended, and after how many seconds without warm-up."""

    samples: tuple[float, ...]
    warm_up: tuple[float, ...]
    ended: Stop
    seconds: float

    def interval(self, level: float = LEVEL, seed: int = SEED) -> Interval:
        """Return the median with its interval."""
        return median_interval(self.samples, level, seed=seed)


def repeat(
    sample: Callable[[], float], rule: Rule, seed: int = SEED, clock: Callable[[], float] = time.monotonic
) -> Repeated:
    """Call `sample` until `rule` says stop; what it raises passes through."""
    warm_up = tuple(sample() for _ in range(rule.warm_up))
    began = clock()
    samples: list[float] = []
    while True:
        samples.append(sample())
        ended = _verdict(samples, rule, clock() - began, seed)
        if ended:
            return Repeated(tuple(samples), warm_up, ended, clock() - began)


def _verdict(samples: list[float], rule: Rule, seconds: float, seed: int) -> Stop | None:
    """Return why to stop now; None to go on. A narrow interval wins over a limit reached with it."""
    if len(samples) >= rule.least and median_interval(samples, seed=seed).relative <= rule.relative:
        return "narrow"
    if len(samples) >= rule.repeats:
        return "repeats"
    return "seconds" if seconds >= rule.seconds else None
