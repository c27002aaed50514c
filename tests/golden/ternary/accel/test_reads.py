# SPDX-License-Identifier: Apache-2.0
"""What the jobs of a start read."""

from itertools import pairwise

import pytest

from golden.schedule import Kind, jobs
from golden.ternary.accel.reads import positions


@pytest.mark.parametrize(("t_cols", "prompt", "own"), [(4, 11, (5,)), (16, 1, (0,)), (4, 3, (7, 0, 9))])
def test_positions_are_those_in_front_of_a_chunk(t_cols: int, prompt: int, own: tuple[int, ...]) -> None:
    """A text's first token of a chunk has as many positions before it as were there, and tokens of the run."""
    batch = len(own)
    order = list(jobs(prompt, 3, range(4), t_cols, 1, batch=batch))
    told = list(positions(order, 20, own))
    assert [job for job, _ in told] == order
    for job, (prefix, *texts) in told:
        assert prefix == 20
        if job.kind is not Kind.HEAD:
            assert texts == [n + job.first // batch for n in own]
    heads = [(before, after) for before, after in pairwise(told) if after[0].kind is Kind.HEAD]
    assert len(heads) == 3
    assert all(before[1] == after[1] for before, after in heads)
