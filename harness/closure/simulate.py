# SPDX-License-Identifier: Apache-2.0
"""Runs batches by the regression's own machinery: builds, processes, second runs of failures, results that are kept."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from harness.closure.grade import Ran, bins_of
from harness.closure.plan import Batch
from harness.regress.jobs import Jobs, Options, Watcher
from harness.regress.results import Result
from harness.regress.run import alone, tools
from harness.regress.store import Store
from harness.regress.suites import Entry
from harness.uvm.job import CLOCK_NS


class Simulations:
    """The simulations of a folder; those that an interrupted run of the same sources left are not run again."""

    def __init__(self, folder: Path, options: Options, watch: Watcher) -> None:
        """OSError if the folder cannot be written."""
        self._folder, self._options, self._watch = folder, options, watch
        self._store = Store(folder, (options.of_results, tools()), options.fresh)
        self.kept = 0

    def __call__(self, batch: Batch) -> list[Ran]:
        """Run the simulations of a batch; return their results in its order."""
        entries = tuple(replace(each, again=f"bash {self._folder / each.folder}/repeat.sh") for each in batch.entries)
        jobs = Jobs(self._folder, self._store, self._options, self._watch)
        results = jobs.results(entries)
        self.kept += jobs.kept
        return [self._ran(*each) for each in zip(entries, results, strict=True)]

    def finish(self) -> None:
        """Note that nothing is left to go on with."""
        self._store.finish()

    def _ran(self, entry: Entry, result: Result) -> Ran:
        path = self._folder / entry.folder / "coverage.json"
        known, hit = bins_of(json.loads(path.read_text())) if result.status == "PASS" else ((), frozenset())
        return Ran(entry, result.status, result.reason, round(result.sim_ns / CLOCK_NS), hit, known)


@contextmanager
def simulations(folder: Path, options: Options, watch: Watcher) -> Iterator[Simulations]:
    """Hold a folder against a second run. MachineError if one runs there, or it cannot be made."""
    with alone(folder):
        found = Simulations(folder, options, watch)
        yield found
        found.finish()
