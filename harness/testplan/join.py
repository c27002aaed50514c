# SPDX-License-Identifier: Apache-2.0
"""Whether plans and tests name each other: a testpoint without a test, and a test without a testpoint, are errors."""

from collections import Counter
from collections.abc import Iterator, Sequence

from golden.errors import InputError
from harness.testplan import figures
from harness.testplan.plan import Plan, Point
from harness.testplan.refs import Known


def problems(plans: Sequence[Plan], known: Known) -> tuple[str, ...]:
    """Return a line for everything that is not joined; none when the join is complete."""
    return (*_of_points(plans, known), *_of_tests(plans, known), *_of_covergroups(plans, known))


def _of_points(plans: Sequence[Plan], known: Known) -> Iterator[str]:
    for plan in plans:
        for point in plan.testpoints:
            where = f"{plan.name}: {point.name}"
            if point.kind == "perf":
                yield from (f"{where}: {each}" for each in _of_figure(point))
            elif not point.tests:
                yield f"{where}: no test; give it one, or take it out"
            for ref in point.tests:
                if not known.meant(ref):
                    yield f"{where}: tests: found nothing called {ref}; expected an entry, a test or a proof"


def _of_figure(point: Point) -> Iterator[str]:
    try:
        figures.target(point)
    except InputError as error:
        yield str(error)


def _of_tests(plans: Sequence[Plan], known: Known) -> Iterator[str]:
    refs = {ref for plan in plans for point in plan.testpoints for ref in point.tests}
    named = {test for ref in refs for test in known.meant(ref)}
    for test in known.tests():
        if test not in named:
            yield f"{test}: no testpoint names it; add one to a plan"


def _of_covergroups(plans: Sequence[Plan], known: Known) -> Iterator[str]:
    planned = Counter(group.name for plan in plans for group in plan.covergroups)
    for name in sorted(planned.keys() - set(known.covergroups)):
        yield f"covergroup {name}: no kernel has one of that name"
    for name in known.covergroups:
        if planned[name] != 1:
            yield f"covergroup {name}: found it in {planned[name]} plans, expected it in one"
