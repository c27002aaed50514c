# SPDX-License-Identifier: Apache-2.0
"""Bootstrap intervals against closed forms and known distributions; the stopping rule against scripted samples."""

import itertools
import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.errors import InputError
from harness.bench.statistics import (
    Interval,
    Method,
    Rule,
    bootstrap,
    means,
    median_interval,
    median_ratio,
    medians,
    ratios,
    repeat,
)

SAMPLES = st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=30)


def test_median_bootstrap_has_the_exact_distribution() -> None:
    """Of 9 different samples, P(resampled median <= k-th) = P(Bin(9, k/9) >= 5): ends are these order statistics."""
    x = np.arange(1.0, 10.0) ** 2

    def exact(k: int) -> float:
        p = k / 9
        return sum(math.comb(9, i) * p**i * (1 - p) ** (9 - i) for i in range(5, 10))

    for level in (0.5, 0.9, 0.95):
        low = next(k for k in range(1, 10) if exact(k) >= (1 - level) / 2)
        high = next(k for k in range(1, 10) if exact(k) >= (1 + level) / 2)
        found = median_interval(x, level, resamples=50_000)
        assert (found.low, found.value, found.high) == (low**2, 25.0, high**2)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_interval_of_a_mean_is_the_normal_one(method: Method) -> None:
    """Resampled means of n samples deviate by s / sqrt(n): many symmetric ones give 1.96 of it each way."""
    x = np.concatenate([np.arange(200.0), -np.arange(200.0)])
    found = bootstrap(x, means, resamples=20_000, method=method)
    half = 1.959964 * x.std() / math.sqrt(len(x))
    assert found.low == pytest.approx(-half, rel=0.04)
    assert found.high == pytest.approx(half, rel=0.04)


def covered(
    draw: Callable[[np.random.Generator], np.ndarray], truth: float, find: Callable[[np.ndarray], Interval]
) -> float:
    generator = np.random.Generator(np.random.PCG64(7))
    inside = [found.low <= truth <= found.high for found in (find(draw(generator)) for _ in range(400))]
    return sum(inside) / len(inside)


def test_coverage_of_the_median() -> None:
    """The interval of level 0.9 holds the true median in about 90 % of experiments: normal, exponential, uniform."""
    for draw, truth in (
        (lambda g: g.normal(3, 2, 41), 3.0),
        (lambda g: g.exponential(1, 41), math.log(2)),
        (lambda g: g.uniform(0, 1, 41), 0.5),
    ):
        assert covered(draw, truth, lambda x: median_interval(x, 0.9, 400)) == pytest.approx(0.9, abs=0.045)


def test_coverage_of_the_mean_of_skewed_samples() -> None:
    """Few exponential samples: the percentile interval misses the mean too often; BCa comes nearer to its level."""
    percentile, bca = (
        covered(lambda g: g.exponential(1, 15), 1.0, lambda x, m=method: bootstrap(x, means, 0.9, 400, method=m))
        for method in ("percentile", "bca")
    )
    assert percentile < bca <= 0.9 + 0.045


def test_bca_of_a_mean_is_efrons() -> None:
    """Ends are quantiles of resampled means at the shares of Efron and Tibshirani 14.9 and 14.10; of a mean, the
    acceleration is the sum of cubes over six times the sum of squares to 1.5, both of deviations."""
    x = np.random.Generator(np.random.PCG64(2)).exponential(1, 12)
    drawn = np.random.Generator(np.random.PCG64(9)).choice(x, (200_000, 12)).mean(axis=1)
    normal, apart = NormalDist(), x - x.mean()
    z0, a = normal.inv_cdf(float((drawn < x.mean()).mean())), (apart**3).sum() / (6 * (apart**2).sum() ** 1.5)
    assert a > 0.05
    ends = [z0 + (z0 + z) / (1 - a * (z0 + z)) for z in (normal.inv_cdf(0.05), normal.inv_cdf(0.95))]
    found = bootstrap(x, means, 0.9, 200_000, method="bca")
    assert [found.low, found.high] == pytest.approx(np.quantile(drawn, [normal.cdf(z) for z in ends]), rel=4e-3)


def test_a_ratio_is_of_sums() -> None:
    """1 J for 1 token and 9 J for 3 are 10 J for 4, whatever each block's own ratio is."""
    assert ratios(np.array([[[1.0, 1.0], [9.0, 3.0]]])).tolist() == [2.5]


def test_coverage_of_a_ratio() -> None:
    """Energy over tokens of blocks of unequal length, 2 J a token: the ratio of sums, not the mean of ratios."""

    def draw(g: np.random.Generator) -> np.ndarray:
        tokens = g.integers(50, 150, 20)
        return np.stack([2 * tokens + g.normal(0, 10, 20), tokens], axis=1)

    assert covered(draw, 2.0, lambda x: bootstrap(x, ratios, 0.9, 400)) == pytest.approx(0.9, abs=0.06)


def test_a_ratio_of_medians() -> None:
    """Of samples without spread the ratio itself; of others an interval that the sides' own intervals allow."""
    flat = median_ratio([6.0] * 5, [4.0] * 7)
    assert (flat.value, flat.low, flat.high) == (1.5, 1.5, 1.5)
    generator = np.random.Generator(np.random.PCG64(4))
    new, old = generator.exponential(3, 30), generator.exponential(2, 50)
    found, (above, below) = median_ratio(new, old), (median_interval(each) for each in (new, old))
    assert found.value == above.value / below.value
    assert above.low / below.high < found.low < found.value < found.high < above.high / below.low
    assert median_ratio(new, old) == found
    assert median_ratio(new, old, seed=7) != found


def test_coverage_of_a_ratio_of_medians() -> None:
    """The interval of level 0.9 holds the true ratio in about 90 % of experiments, also of unequal sides."""
    found = covered(
        lambda g: np.concatenate([g.exponential(3, 41), g.exponential(2, 61)]),
        1.5,
        lambda x: median_ratio(x[:41], x[41:], 0.9, 400),
    )
    assert found == pytest.approx(0.9, abs=0.045)


def test_nothing_is_a_ratio_of_nothing() -> None:
    """Also where only some of the resampled medians are 0."""
    for base in ([0.0, 0.0, 1.0], [0.0, 1.0, 1.0]):
        with pytest.raises(InputError, match="a median of 0"):
            median_ratio([1.0, 2.0], base)


def test_width_falls_with_the_root_of_the_samples() -> None:
    """Four times the samples: half the width, of mean and median alike, on average over experiments."""
    generator = np.random.Generator(np.random.PCG64(3))
    for statistic in (means, medians):
        width = [
            np.mean([bootstrap(generator.normal(0, 1, n), statistic, resamples=300).width for _ in range(40)])
            for n in (50, 200, 800)
        ]
        assert width[0] / width[1] == pytest.approx(2, rel=0.15)
        assert width[1] / width[2] == pytest.approx(2, rel=0.15)


@settings(deadline=None)
@given(SAMPLES, st.integers(0, 2**32 - 1))
def test_an_interval_lies_among_its_samples(samples: list[float], seed: int) -> None:
    """Least sample <= low <= median <= high <= greatest, and the same seed gives the same interval."""
    found = median_interval(samples, resamples=200, seed=seed)
    assert min(samples) <= found.low <= found.value <= found.high <= max(samples)
    assert found == median_interval(samples, resamples=200, seed=seed)


@settings(deadline=None)
@given(SAMPLES, st.floats(0.01, 100), st.floats(-1e3, 1e3))
def test_units_do_not_matter(samples: list[float], factor: float, offset: float) -> None:
    """Samples in another unit, or from another zero, give the same interval in that unit."""
    before = median_interval(samples, resamples=50)
    after = median_interval([factor * x + offset for x in samples], resamples=50)
    for a, b in ((before.low, after.low), (before.value, after.value), (before.high, after.high)):
        assert b == pytest.approx(factor * a + offset, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_equal_samples_have_no_width(method: Method) -> None:
    for statistic in (means, medians):
        found = bootstrap([4.0] * 9, statistic, method=method)
        assert (found.low, found.value, found.high, found.relative) == (4.0, 4.0, 4.0, 0.0)


def test_relative_width_of_zero_is_infinite() -> None:
    """An interval around 0 is never narrow."""
    assert Interval(0.0, -1.0, 1.0, 0.95).relative == math.inf
    assert Interval(-4.0, -5.0, -3.0, 0.95).relative == 0.5


@pytest.mark.parametrize("samples", [[], [1.0, math.nan], [math.inf], 3.0])
def test_samples_that_are_none_are_refused(samples: object) -> None:
    with pytest.raises(InputError, match="samples: found"):
        median_interval(samples)


def test_bad_levels_are_refused() -> None:
    with pytest.raises(InputError, match="level: found 95"):
        median_interval([1.0], level=95)
    with pytest.raises(InputError, match="resamples: found 0"):
        median_interval([1.0], resamples=0)


def test_repeating_stops_when_the_interval_is_narrow() -> None:
    """Equal samples stop at the least number; the warm-up counts nowhere and is kept apart, in order."""
    values = itertools.chain([90.0, 80.0], itertools.repeat(10.0))
    found = repeat(lambda: next(values), Rule(warm_up=2, least=5))
    assert (found.warm_up, found.samples, found.ended) == ((90.0, 80.0), (10.0,) * 5, "narrow")


def test_repeating_goes_on_until_the_width_is_reached() -> None:
    """It stops at the first number of samples whose interval is narrow enough, not before and not after."""
    values = np.random.Generator(np.random.PCG64(5)).normal(100, 5, 1000).tolist()
    rule = Rule(relative=0.03, warm_up=0, repeats=1000)
    found = repeat(iter(values).__next__, rule)
    assert found.samples == tuple(values[: len(found.samples)])
    assert found.ended == "narrow"
    assert found.interval().relative <= 0.03
    earlier = [median_interval(values[:n]).relative for n in range(rule.least, len(found.samples))]
    assert len(earlier) > 5
    assert min(earlier) > 0.03


def test_repeating_ends_at_a_limit() -> None:
    """Samples that never agree end at so many repeats, or at the first sample after so many seconds of the clock."""
    values = itertools.cycle([1.0, 100.0])
    assert repeat(lambda: next(values), Rule(repeats=12)).ended == "repeats"
    ticks = itertools.count(step=1.0)
    found = repeat(lambda: next(values), Rule(seconds=20.0), clock=lambda: next(ticks))
    assert (found.ended, found.seconds) == ("seconds", 21.0)
    assert len(found.samples) == 20


@pytest.mark.parametrize(
    "changes", [{"relative": 0.0}, {"least": 1}, {"repeats": 4}, {"seconds": 0.0}, {"warm_up": -1}]
)
def test_a_rule_that_cannot_be_kept_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(InputError, match="rule: found"):
        Rule(**changes)  # type: ignore[arg-type]
