# SPDX-License-Identifier: Apache-2.0
"""Figures of an energy record, and what makes it INVALID. Total and idle-subtracted energy side by side, always.

The window runs from the start of the first repetition behind the discarded seconds to the end of the last one, so it
holds whole repetitions, and what the host does between them. Energy is the integral of the rails' power over it; the
idle-subtracted one is that less mean power of the programmed, clocked, unstarted board times the window's seconds.
"""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from harness.bench.energy_record import EnergyRecord, Repetition
from harness.bench.power_trace import PowerTrace
from harness.bench.statistics import LEVEL, Interval, bootstrap, ratios

FLOOR_S = 30.0
REFRESHES = 30
"""A window is at least so many seconds, and so many refreshes of the sensor."""
DISCARD_S = 2.0
"""At the start of each phase: regulators, fans and averaging sensors settle."""
LEAST = 5
"""Repetitions in a window, or its blocks have no spread to speak of."""
BLOCKS = 20
"""At most, for the interval; each of at least two refreshes and one repetition."""
FAILED = 0.05
"""Share of failed readings from which on a trace is no measurement."""
NA = "n/a"


@dataclass(frozen=True)
class Idle:
    """Mean power of a phase in which nothing runs, behind the discarded seconds, and energies of its blocks."""

    watts: float
    seconds: float
    blocks: tuple[tuple[float, float], ...]
    """Of each block J and s."""


@dataclass(frozen=True)
class Figures:
    """What a measured record says; J, s, W, C. `per_...` are intervals over blocks of the window.

    `paper_j_per_token` is mean power times kernel seconds, as papers report: no idle subtracted, nothing of the host.
    `temperature` is that of the hottest place at the window's first and last sample, and its slope in C a minute.
    """

    begin_s: float
    end_s: float
    repetitions: int
    tokens: int
    inferences: int
    kernel_s: float
    joules: float
    above_idle_j: float
    mean_w: float
    sd_w: float
    idle_w: float
    unprogrammed_w: float | None
    rail_w: tuple[tuple[str, float], ...]
    per_token: Interval
    per_token_above_idle: Interval
    per_inference: Interval
    paper_j_per_token: float
    temperature: tuple[float, float, float] | None
    refresh_s: float | None
    samples: int
    distinct: int
    late: int
    failed: int
    blocks: int

    @property
    def seconds(self) -> float:
        """Length of the window."""
        return self.end_s - self.begin_s

    @property
    def busy(self) -> float:
        """Share of the window in which the kernel ran."""
        return self.kernel_s / self.seconds

    @property
    def tokens_a_second(self) -> float:
        """Over the window, the host's part included."""
        return self.tokens / self.seconds


def window_s(refresh_s: float | None) -> float:
    """Return how long a window has to be at least: 30 s, or 30 refreshes of the sensor if that is longer."""
    return max(FLOOR_S, REFRESHES * (refresh_s or 0.0))


def refresh(record: EnergyRecord) -> float | None:
    """Return the longer of the declared refresh period and those that the traces show; None if nothing says it."""
    traces = [trace.refresh_s for trace in (record.idle, record.active) if trace is not None]
    declared = record.source.refresh_s if record.source is not None else None
    return max((each for each in (*traces, declared) if each is not None), default=None)


def figures(record: EnergyRecord) -> Figures | None:
    """Return what a record says; None where nothing measured, or its traces do not cover a window (`problems`)."""
    repetitions = _counted(record)
    idle = _idle(record.idle, record.discard_s)
    if record.active is None or idle is None or not repetitions or not _covered(record.active, repetitions):
        return None
    trace, begin, end = record.active, repetitions[0].start_s, repetitions[-1].end_s
    seconds, count = end - begin, len(repetitions)
    kernel_s = sum(each.kernel_s for each in repetitions)
    joules = trace.energy(begin, end)
    watts = trace.watts[trace.inside(begin, end)]
    blocks = _blocks(trace, repetitions, 2 * (refresh(record) or trace.period_s))
    each = partial(_interval, blocks, idle, record)
    before = _idle(record.unprogrammed, record.discard_s)
    return Figures(
        begin_s=begin,
        end_s=end,
        repetitions=count,
        tokens=count * record.tokens,
        inferences=count * record.inferences,
        kernel_s=kernel_s,
        joules=joules,
        above_idle_j=joules - idle.watts * seconds,
        mean_w=joules / seconds,
        sd_w=float(watts.std(ddof=1)) if len(watts) > 1 else 0.0,
        idle_w=idle.watts,
        unprogrammed_w=before.watts if before is not None else None,
        rail_w=tuple((rail, trace.energy(begin, end, rail) / seconds) for rail in trace.rails),
        per_token=each(record.tokens, subtract=False),
        per_token_above_idle=each(record.tokens, subtract=True),
        per_inference=each(record.inferences, subtract=False),
        paper_j_per_token=joules / seconds * kernel_s / (count * record.tokens),
        temperature=_temperature(trace, begin, end),
        refresh_s=refresh(record),
        samples=int(trace.inside(begin, end).sum()),
        distinct=trace.distinct(begin, end),
        late=trace.late,
        failed=trace.failed,
        blocks=len(blocks),
    )


def _counted(record: EnergyRecord) -> tuple[Repetition, ...]:
    return tuple(each for each in record.repetitions if each.start_s >= record.discard_s)


def _covered(trace: PowerTrace, repetitions: tuple[Repetition, ...]) -> bool:
    return trace.covers(repetitions[0].start_s, repetitions[-1].end_s)


def _idle(trace: PowerTrace | None, discard_s: float) -> Idle | None:
    if trace is None or not trace.times or not trace.covers(discard_s, trace.times[-1]):
        return None
    begin, end = discard_s, trace.times[-1]
    edges = np.linspace(begin, end, min(BLOCKS, max(int((end - begin) / (2 * (trace.refresh_s or 1.0))), 1)) + 1)
    blocks = tuple((trace.energy(float(a), float(b)), float(b - a)) for a, b in pairwise(edges))
    return Idle(trace.energy(begin, end) / (end - begin), end - begin, blocks)


def _blocks(trace: PowerTrace, repetitions: tuple[Repetition, ...], least_s: float) -> NDArray[np.float64]:
    """Return J, s and repetitions of each block [blocks, 3]: whole repetitions, from one start to the next block's."""
    seconds = repetitions[-1].end_s - repetitions[0].start_s
    least_s = max(least_s, seconds / BLOCKS)
    cuts, first = [0], repetitions[0].start_s
    for index, each in enumerate(repetitions[1:], start=1):
        if each.start_s - first >= least_s and repetitions[-1].end_s - each.start_s >= least_s:
            cuts.append(index)
            first = each.start_s
    times = [repetitions[index].start_s for index in cuts] + [repetitions[-1].end_s]
    counts = np.diff([*cuts, len(repetitions)])
    pairs = zip(times, times[1:], counts, strict=False)
    return np.array([(trace.energy(a, b), b - a, count) for a, b, count in pairs], dtype=np.float64)


def _interval(blocks: NDArray[np.float64], idle: Idle, record: EnergyRecord, units: int, *, subtract: bool) -> Interval:
    """Return J a unit with its interval; blocks of the window and of idle are drawn independently.

    Idle's mean power is drawn once more for every set of blocks, so that its uncertainty is in the interval as well.
    """
    joules, seconds, count = blocks.T
    if not subtract:
        return bootstrap(np.stack([joules, count * units], axis=1), ratios, seed=record.seed)
    drawn = np.random.Generator(np.random.PCG64([record.seed, 1]))
    pool = np.array(idle.blocks)

    def above(sets: NDArray[np.float64]) -> NDArray[np.float64]:
        watts = np.full(len(sets), idle.watts)
        if len(sets) > 1:
            watts = ratios(pool[drawn.integers(0, len(pool), size=(len(sets), len(pool)))])
        sums = sets.sum(axis=1)
        return np.asarray((sums[:, 0] - watts * sums[:, 1]) / (sums[:, 2] * units), dtype=np.float64)

    return bootstrap(np.stack([joules, seconds, count], axis=1), above, LEVEL, seed=record.seed)


def _temperature(trace: PowerTrace, begin: float, end: float) -> tuple[float, float, float] | None:
    """Return first, last and least-squares slope (C a minute) of the hottest place inside the window."""
    inside = np.array([(t, c) for t, c in trace.hottest if begin <= t <= end])
    if len(inside) < 2:
        return None
    t, c = inside.T
    t = t - t.mean()
    return float(c[0]), float(c[-1]), float((t * c).sum() / (t * t).sum() * 60)


def problems(record: EnergyRecord) -> tuple[str, ...]:
    """Return why a measured record is INVALID, each in a sentence; none for a good one and for one without a source."""
    if record.source is None or record.idle is None or record.active is None:
        return ()
    found = [*_trace_problems("idle", record.idle), *_trace_problems("active", record.active)]
    if record.unprogrammed is not None:
        found += _trace_problems("unprogrammed", record.unprogrammed)
    repetitions = _counted(record)
    if not repetitions:
        return (*found, f"active: no repetition began behind the {record.discard_s:g} s that are discarded")
    if not _covered(record.active, repetitions) or _idle(record.idle, record.discard_s) is None:
        return (*found, "a phase has no whole rails from its beginning to its end: nothing to integrate")
    begin, end = repetitions[0].start_s, repetitions[-1].end_s
    needed = window_s(refresh(record))
    if end - begin < needed:
        found.append(f"active: the window has {end - begin:.1f} s, expected at least {needed:.1f} s")
    if record.idle.times[-1] - record.discard_s < needed:
        found.append(f"idle: {record.idle.times[-1] - record.discard_s:.1f} s, expected at least {needed:.1f} s")
    if len(repetitions) < LEAST:
        found.append(f"active: {len(repetitions)} repetitions in the window, expected at least {LEAST}")
    count = int(record.active.inside(begin, end).sum())
    if count < REFRESHES:
        found.append(f"active: {count} readings in the window, expected at least {REFRESHES}")
    return (*found, *_stuck(record.idle, record.active))


def _trace_problems(phase: str, trace: PowerTrace) -> list[str]:
    tried = trace.failed + len(trace.times)
    found = [f"{phase}: {trace.ended}"] if trace.ended else []
    if trace.failed > FAILED * tried:
        most = max(trace.failures, key=lambda reason: trace.failures[reason])
        found.append(f"{phase}: {trace.failed} of {tried} readings failed, most often: {most}")
    lacking = [rail for rail in trace.rails if rail not in trace.measured]
    return found + ([f"{phase}: no whole readings of {', '.join(lacking)}"] if lacking and trace.times else [])


def _stuck(idle: PowerTrace, active: PowerTrace) -> list[str]:
    """Return a problem if the sensor never said anything new: not while idle, and not when the load began.

    The active trace begins before the load does, so a steady sensor that sees the load has two values at least.
    """
    if any(trace.distinct(trace.times[0], trace.times[-1]) > 1 for trace in (idle, active)):
        return []
    return ["the sensor gave one value, idle and under load: it is stuck, or does not see this board"]
