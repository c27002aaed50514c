# SPDX-License-Identifier: Apache-2.0
"""What the benchmark of the runner makes of its two runs."""

from dataclasses import replace

import pytest

from harness.regress import overhead
from tests.harness.samples import regression, result

JOBS = tuple(result(seconds=seconds, process_s=1.0) for seconds in (1.1, 1.2, 1.6))


def test_by_hand() -> None:
    """Jobs of 0.1, 0.2, 0.6 s beyond their process; a run of 4.5 s with 3 s of processes; others of 2.5 and 2.6 s, of
    which the first has processes of 1.5 s: 4.5 s in 2.5 s are 1.8 at a time, each 1.5 times as long as alone."""
    one = replace(regression(*JOBS), seconds=4.5)
    beside = replace(regression(*(replace(job, process_s=1.5) for job in JOBS)), seconds=2.5)
    found = overhead.overhead(one, beside, replace(one, seconds=2.6))
    assert found.jobs == pytest.approx((0.1, 0.2, 0.6))
    assert found.median == pytest.approx(0.2)
    assert found.run == pytest.approx(0.5)
    assert found.speedup == pytest.approx(1.8)
    assert found.cluster == pytest.approx(1.04)
    assert found.busy == pytest.approx(1.8)
    assert found.stretch == pytest.approx(1.5)


def test_the_job_exists() -> None:
    """The test that is measured is one of the smoke suite."""
    assert overhead.plan([overhead.TEST], 1, 3)
