# SPDX-License-Identifier: Apache-2.0
"""Starts of the ternary accelerator: their jobs as golden has them, and as words of m2_job.vh."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from golden.schedule import Job, Kind, jobs
from tests.rtl import m2_block_data


@dataclass(frozen=True)
class Start:
    """A start: a prompt of one text, or a token of each of several; positions that were cached before."""

    t_cols: int
    prompt: int
    generate: int
    prefix: int
    own: tuple[int, ...]
    layers: int = 2

    @property
    def batch(self) -> int:
        return len(self.own)

    def jobs(self) -> list[Job]:
        """In order; attention and MLP are layers of their own."""
        return list(jobs(self.prompt, self.generate, range(2 * self.layers), self.t_cols, 1, batch=self.batch))


def words(order: Iterable[Job]) -> Iterator[int]:
    """What the sequencer sends: of a HEAD job the token's place in the chunk, of several texts' the last one's."""
    first = 0
    for job in order:
        if job.kind is Kind.EMBED:
            first = job.first
        tokens = job.first - first + job.tokens if job.kind is Kind.HEAD else job.tokens
        yield m2_block_data.Job(int(job.kind), tokens, layer=job.layer, feedback=job.feedback).word


def lengths_word(lengths: Iterable[int]) -> int:
    """Positions as a vector of 14 bits each, the first lowest."""
    return sum(n << 14 * k for k, n in enumerate(lengths))
