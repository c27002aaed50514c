# SPDX-License-Identifier: Apache-2.0
"""A sample over many units: which of them gives how many mutants, and what becomes of all."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from harness.mutate.collect import Recordings
from harness.mutate.record import MutantResult, UnitResult
from harness.mutate.run import Options, Watcher, run
from harness.mutate.sample import shares, shuffled
from harness.mutate.units import Unit

Keep = Callable[[tuple[UnitResult, ...]], None]


class Campaign:
    """Units in the order of the sample, so that what is done at any time is an even part of it."""

    def __init__(self, units: Sequence[Unit], options: Options, watch: Watcher, keep: Keep) -> None:
        """Tell `watch` of each mutant once, and hand `keep` the results so far whenever a unit is done."""
        self._units = shuffled(units, options.seed, "modules")
        self._options, self._watch, self._keep = options, watch, keep
        self._recordings = Recordings(options.folder / "recorded", self._units, options.sim)
        self._results: dict[str, UnitResult] = {}
        self._empty: set[str] = set()
        self._told: set[tuple[str, int]] = set()
        self._lock = threading.Lock()

    def run(self, count: int) -> tuple[UnitResult, ...]:
        """Judge `count` mutants of all units together; return the units by name.

        What a unit lacks, because it is wires alone or small, others give instead. What a unit whose tests fail without
        a fault was to give stays open. MachineError: a tool is missing or does not start.
        """
        asked = shares(self._units, count)
        while asked:
            self._judge(asked)
            asked = self._instead(count)
        return self._done()

    def _done(self) -> tuple[UnitResult, ...]:
        return tuple(self._results[name] for name in sorted(self._results))

    def _instead(self, count: int) -> dict[Unit, int]:
        """Return how many mutants units that have more give, for what others lack of `count`."""
        for name, each in self._results.items():
            if len(each.mutants) < each.asked:
                self._empty.add(name)
            self._results[name] = each if each.unjudged else replace(each, asked=len(each.mutants))
        lacking = count - sum(each.asked for each in self._results.values())
        able = [unit for unit in self._units if unit.name not in self._empty]
        given = {unit.name: len(self._results[unit.name].mutants) for unit in able if unit.name in self._results}
        more = shares(able, lacking) if able else {}
        return {unit: given.get(unit.name, 0) + extra for unit, extra in more.items() if extra}

    def _judge(self, asked: dict[Unit, int]) -> None:
        """Judge so many mutants of each unit, units at a time; of a single one mutants at a time."""
        wanted = {unit: count for unit, count in asked.items() if count}
        side = self._options.jobs if len(wanted) > 1 else 1
        options = replace(self._options, jobs=1) if len(wanted) > 1 else self._options

        def judge(unit: Unit) -> None:
            result = run(unit, wanted[unit], options, self._recordings, self._tell)
            with self._lock:
                self._results[unit.name] = replace(result, asked=wanted[unit])
                self._keep(self._done())

        with ThreadPoolExecutor(side) as pool:
            try:
                for done in [pool.submit(judge, unit) for unit in wanted]:
                    done.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _tell(self, unit: Unit, found: MutantResult) -> None:
        with self._lock:
            if (unit.name, found.number) in self._told:
                return
            self._told.add((unit.name, found.number))
        self._watch(unit, found)
