# SPDX-License-Identifier: Apache-2.0
"""Which simulations a call selects, and with which seeds. Each entry is one process: a test class, a build, a seed."""

import fnmatch
from collections.abc import Sequence
from dataclasses import replace

from golden.errors import InputError
from harness.regress.results import Regression
from harness.regress.suites import SUITES, Entry
from harness.sim.runner import derive_seed

AGAIN = ("FAIL", "FLAKY", "KILLED", "BLOCKED", "INVALID")
"""What --rerun-failed runs again."""


def plan(names: Sequence[str], seed: int | None, seeds: int | None = None) -> tuple[Entry, ...]:
    """Return the entries that `names` select: suites, entries, or patterns such as random_*.

    Every entry has its own seeds, derived from its name and `seed` (KRAIT_SEED, or 1, without it), unless the selection
    is a single entry: then `seed` is its first seed, as a repeat command prints it. There are `seeds` of them, or as
    many as the suite has.

    Raises:
        InputError: a name selects nothing.
    """
    chosen: dict[str, tuple[Entry, int]] = {}
    for name in names:
        suite = SUITES.get(name)
        for entry in _named(name):
            before = chosen.get(entry.name, (entry, 1))[1]
            chosen[entry.name] = entry, max(before, suite.seeds if suite else 1)
    alone = len(chosen) == 1
    return tuple(
        replace(entry, seed=seed if seed is not None and alone and not index else _seed(entry, seed, index))
        for entry, count in chosen.values()
        for index in range(seeds or count)
    )


def again(before: Regression, names: Sequence[str], failed: bool) -> tuple[Entry, ...]:
    """Return the entries of a regression with its seeds, or of them those that `names` select, or that failed.

    Raises:
        InputError: a name selects nothing, a test of the regression no longer exists, or nothing is left to run.
    """
    known = entries()
    wanted = {entry.name for name in names for entry in _named(name)} if names else {r.name for r in before.results}
    found = [r for r in before.results if r.name in wanted and (r.status in AGAIN or not failed)]
    missing = next((r.name for r in found if r.name not in known), None)
    if missing is not None:
        raise InputError(f"regress: the last run has a test {missing!r}, which no longer exists; name the tests to run")
    if not found:
        expected = "one that did not pass" if failed else "one that is named"
        raise InputError(f"regress: found no such test in the last run, expected {expected}; name the tests to run")
    return tuple(replace(known[r.name], seed=r.seed) for r in found)


def entries() -> dict[str, Entry]:
    """Return every entry by name."""
    return {entry.name: entry for suite in SUITES.values() for entry in suite.entries}


def _named(name: str) -> tuple[Entry, ...]:
    """Return the entries of a suite, or those that a name or pattern fits. InputError when there are none."""
    known = entries()
    if name in SUITES:
        return SUITES[name].entries
    found = tuple(known[each] for each in known if fnmatch.fnmatch(each, name))
    if not found:
        raise InputError(f"regress: found {name!r}, expected one of {', '.join((*SUITES, *known))} or a pattern")
    return found


def _seed(entry: Entry, seed: int | None, index: int) -> int:
    """Return an entry's seed number `index`; the first is the same however many there are, or the entry's own."""
    if entry.seed and not index:
        return entry.seed
    salt = "" if seed is None else f"{seed}/"
    return derive_seed(f"{salt}regress/{entry.name}{f'/{index}' if index else ''}")
