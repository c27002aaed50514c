# SPDX-License-Identifier: Apache-2.0
"""The order in which `mamba2_accel` works: the jobs of a start, as its sequencer emits them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import count


class Kind(IntEnum):
    """What a job does; the numbers of hw/verilog/mamba2/m2_job.vh."""

    EMBED = 0
    IN = 1
    OUT = 2
    HEAD = 3


@dataclass(frozen=True)
class Job:
    """A step of a start.

    `first` is the run's number of the first of its `tokens` tokens (HEAD: of its one token), `slot` the residual buffer
    that holds them; `fresh` IN jobs begin with zero states; `feedback` asks for the token that the head chose (EMBED)
    or says that it will be asked for (HEAD).
    """

    kind: Kind
    first: int
    tokens: int
    slot: int = 0
    layer: int = 0
    fresh: bool = False
    feedback: bool = False


def jobs(prompt: int, generate: int, layers: range, t_cols: int, slots: int, carry: bool = False) -> Iterator[Job]:
    """Jobs of a start in order.

    Args:
        prompt: tokens of the prompt, at least 1.
        generate: tokens to choose; 0 leaves out the head.
        layers: those that run.
        t_cols: most tokens of a chunk.
        slots: chunks that are worked on in turn, 1 or 2.
        carry: states go on from the start before.
    """
    chunks = [(first, min(t_cols, prompt - first)) for first in range(0, prompt, t_cols)]
    for at in range(0, len(chunks), slots):
        yield from _chunks(chunks[at : at + slots], layers, fresh=at == 0 and not carry)
    for step in count() if generate else ():
        last = prompt - 1 + step
        slot = (len(chunks) - 1) % slots if step == 0 else 0
        more = step + 1 < generate
        yield Job(Kind.HEAD, last, 1, slot, feedback=more)
        if not more:
            return
        yield Job(Kind.EMBED, last + 1, 1, feedback=True)
        for layer in layers:
            yield Job(Kind.IN, last + 1, 1, layer=layer)
            yield Job(Kind.OUT, last + 1, 1, layer=layer)


def _chunks(chunks: list[tuple[int, int]], layers: range, fresh: bool) -> Iterator[Job]:
    """One chunk, or two in turn: while one is in front of its gate the other one is behind it."""
    for slot, (first, tokens) in enumerate(chunks):
        yield Job(Kind.EMBED, first, tokens, slot)
    (first, tokens), *others = chunks
    for layer in layers:
        yield Job(Kind.IN, first, tokens, 0, layer, fresh)
        for second, more in others:
            if layer != layers[0]:
                yield Job(Kind.OUT, second, more, 1, layer - 1)
            yield Job(Kind.IN, second, more, 1, layer)
        yield Job(Kind.OUT, first, tokens, 0, layer)
    for second, more in others:
        yield Job(Kind.OUT, second, more, 1, layers[-1])
