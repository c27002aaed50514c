# SPDX-License-Identifier: Apache-2.0
"""What the jobs of a start read, in the order in which they do; a layer is two of a job's layers, attention and MLP."""

from collections.abc import Iterable, Iterator

from golden.schedule import Job, Kind


def positions(jobs: Iterable[Job], prefix: int, own: tuple[int, ...]) -> Iterator[tuple[Job, tuple[int, ...]]]:
    """Each job with the cached positions in front of its chunk: of the prefix, and of each text behind it.

    `own` has those in front of the start. One text grows by the tokens of a chunk, each of several by one.
    """
    grown = 0
    for job in jobs:
        if job.kind is Kind.EMBED:
            own = tuple(n + grown for n in own)
            grown = job.tokens if len(own) == 1 else 1
        yield job, (prefix, *own)
