# SPDX-License-Identifier: Apache-2.0
"""Measures the energy of a workload on a board in three phases: idle unprogrammed, idle programmed, and active loop.

What is measured and what follows from it: harness/bench/energy_record.py, harness/bench/energy.py.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from boards.power.sampler import Clock, Sampler
from boards.power.source import PowerSource, facts_of
from golden.errors import InputError
from harness.bench.energy import DISCARD_S, LEAST, NA, Figures, figures, problems, window_s
from harness.bench.energy_record import SCHEMA, EnergyRecord, Repetition, unmeasured
from harness.bench.model_record import Work
from harness.bench.power_trace import PowerTrace
from harness.bench.record import Kind
from harness.bench.statistics import SEED, Interval
from harness.provenance import Provenance

PERIOD_S = 0.1
MARGIN = 1.1
"""Of a window over its least length: the loop's sensor may turn out a little slower than while idle."""
NOT_RECORDED = "not recorded: the board was programmed before"


class Load(Protocol):
    """What runs in the active loop; prefill and decode are two loads, never one."""

    @property
    def workload(self) -> str:
        """Its name, such as tg128."""

    @property
    def work(self) -> Work:
        """Whether its tokens are read or chosen."""

    @property
    def tokens(self) -> int:
        """Tokens of one repetition."""

    @property
    def inferences(self) -> int:
        """How often the work is done in one repetition."""

    @property
    def clock_mhz(self) -> float | None:
        """The kernel's clock as read back from the board; None where that is not possible."""

    def run(self) -> float:
        """Run once, from start to done, and return the seconds in which the kernel ran."""


class Sampling(Protocol):
    """What samples a source: `Sampler`, or one that a test moves by hand."""

    @property
    def began(self) -> float:
        """The clock at time 0 of the trace."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> PowerTrace:
        """End and return the trace."""


@dataclass(frozen=True)
class Timing:
    """How time is told, passed and sampled; a test brings its own."""

    clock: Clock = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    sampler: Callable[[PowerSource, float], Sampling] = Sampler
    period_s: float = PERIOD_S


def watch(source: PowerSource, seconds: float, timing: Timing = Timing()) -> PowerTrace:
    """Sample a source for so many seconds in which nothing is started. Raises nothing for sensors that fail."""
    sampling = timing.sampler(source, timing.period_s)
    sampling.start()
    try:
        timing.sleep(seconds)
    finally:
        trace = sampling.stop()
    return trace


def idle_seconds(source: PowerSource) -> float:
    """Return how long to watch an idle board: the discarded seconds and a window."""
    return _watched(source.refresh_s)


def _watched(refresh_s: float | None) -> float:
    return DISCARD_S + MARGIN * window_s(refresh_s)


def measure(
    board: str,
    kind: Kind,
    source: PowerSource | None,
    load: Load,
    provenance: Provenance,
    unprogrammed: PowerTrace | str = NOT_RECORDED,
    seed: int = SEED,
    timing: Timing = Timing(),
) -> EnergyRecord:
    """Watch the programmed board idle, then run the load until the window is long enough, and return the raw record.

    Args:
        board: its name as on the command line.
        kind: measured, or simulated of a virtual board.
        source: its sensors; None where there are none. A virtual board has none, ever.
        load: what to repeat; it has run once already, so that nothing is done for the first time here.
        provenance: of the record.
        unprogrammed: what `watch` gave before the board was programmed, or why there is none.
        seed: of the bootstrap intervals.
        timing: how time is told, passed and sampled.

    Raises:
        InputError: sensors are given for a virtual board. Whatever the load raises passes through.
    """
    if kind == "simulated" and source is not None:
        raise InputError(f"{board}: found power source {source.name}, expected none: the board is simulated")
    if source is None:
        reason = f"no sensor of {board} can be read here"
        return unmeasured(load.workload, load.work, board, kind, load.tokens, provenance, reason)
    idle = watch(source, idle_seconds(source), timing)
    slow = max(source.refresh_s or 0.0, idle.refresh_s or 0.0)
    if window_s(slow) > window_s(source.refresh_s):  # slower than declared: once more, for long enough
        idle = watch(source, _watched(slow), timing)
    active, repetitions = _loop(source, load, DISCARD_S, MARGIN * window_s(slow), timing)
    return EnergyRecord(
        schema=SCHEMA,
        workload=load.workload,
        work=load.work,
        board=board,
        kind=kind,
        reason="",
        source=facts_of(source),
        tokens=load.tokens,
        inferences=load.inferences,
        discard_s=DISCARD_S,
        clock_mhz=load.clock_mhz,
        unprogrammed=None if isinstance(unprogrammed, str) else unprogrammed,
        unprogrammed_reason=unprogrammed if isinstance(unprogrammed, str) else "",
        idle=idle,
        active=active,
        repetitions=repetitions,
        seed=seed,
        provenance=provenance,
    )


def _loop(
    source: PowerSource, load: Load, discard_s: float, window: float, timing: Timing
) -> tuple[PowerTrace, tuple[Repetition, ...]]:
    """Repeat the load until whole repetitions behind the discarded seconds fill the window; sampled all the while."""
    sampling = timing.sampler(source, timing.period_s)
    sampling.start()
    repetitions: list[Repetition] = []
    try:
        while not _filled(repetitions, discard_s, window):
            start = timing.clock() - sampling.began
            kernel_s = load.run()
            repetitions.append(Repetition(start, timing.clock() - sampling.began, kernel_s))
    finally:
        trace = sampling.stop()
    return trace, tuple(repetitions)


def _filled(repetitions: list[Repetition], discard_s: float, window: float) -> bool:
    counted = [each for each in repetitions if each.start_s >= discard_s]
    return len(counted) >= LEAST and counted[-1].end_s - counted[0].start_s >= window


def lines(record: EnergyRecord) -> list[str]:
    """Return what a record says, for people; a figure that nothing measured is n/a with its reason, never zero."""
    if record.source is None:
        return [f"energy: {NA} ({record.reason})"]
    found, wrong = figures(record), problems(record)
    verdict = [f"energy: INVALID: {each}" for each in wrong]
    return verdict + ([] if found is None else _figures(record, found))


def _figures(record: EnergyRecord, f: Figures) -> list[str]:
    assert record.source is not None
    before = NA if f.unprogrammed_w is None else f"{f.unprogrammed_w:.2f} W"
    note = f" ({record.unprogrammed_reason})" if f.unprogrammed_w is None else ""
    heat = "n/a (no sensor)"
    if f.temperature is not None:
        heat = f"{f.temperature[0]:.1f} -> {f.temperature[1]:.1f} C, {f.temperature[2]:+.2f} C a minute"
    refresh = NA if f.refresh_s is None else f"{f.refresh_s:.3g} s"
    clock = f"{NA} (not read back)" if record.clock_mhz is None else f"{record.clock_mhz:.1f} MHz"
    rails = ", ".join(f"{rail} {watts:.2f} W" for rail, watts in f.rail_w)
    return [
        f"energy of {record.workload} ({record.work}), {record.board}, {record.source.name} ({record.source.scope})",
        f"  total          {_show(f.per_token)} J/token, {_show(f.per_inference)} J/inference; {f.joules:.2f} J",
        f"  above idle     {_show(f.per_token_above_idle)} J/token; {f.above_idle_j:.2f} J",
        f"  papers' rule   {f.paper_j_per_token:.6g} J/token: mean power x kernel time, no idle subtracted",
        f"  power          {f.mean_w:.2f} W mean, {f.sd_w:.2f} W deviation; idle {f.idle_w:.2f} W; "
        f"unprogrammed {before}{note}",
        f"  rails          {rails}",
        f"  window         {f.seconds:.1f} s, {f.repetitions} repetitions in {f.blocks} blocks; "
        f"kernel busy {f.busy:.1%}, clock {clock}",
        f"  samples        {f.samples}, {f.distinct} distinct, {f.failed} failed, {f.late} late; refresh {refresh}",
        f"  temperature    {heat}",
    ]


def _show(interval: Interval) -> str:
    return f"{interval.value:.6g} [{interval.low:.6g}, {interval.high:.6g}]"
