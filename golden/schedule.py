# SPDX-License-Identifier: Apache-2.0
"""The order in which the accelerators of whole models work: the jobs of a start, as the sequencer emits them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import count

from golden.errors import InputError


class Kind(IntEnum):
    """What a job does; the numbers of hw/verilog/mamba2/m2_job.vh."""

    EMBED = 0
    IN = 1
    OUT = 2
    HEAD = 3


@dataclass(frozen=True)
class Job:
    """A step of a start.

    `first` is the run's number of the first of its `tokens` tokens (HEAD: of the last one of each text), `slot` the
    residual buffer that holds them; `fresh` IN jobs begin with zero states; `feedback` asks for the tokens that the
    head chose (EMBED) or says that they will be asked for (HEAD).
    """

    kind: Kind
    first: int
    tokens: int
    slot: int = 0
    layer: int = 0
    fresh: bool = False
    feedback: bool = False


def jobs(
    prompt: int, generate: int, layers: range, t_cols: int, slots: int, carry: bool = False, batch: int = 1
) -> Iterator[Job]:
    """Jobs of a start in order.

    Args:
        prompt: tokens of the prompt, at least 1; those of a `batch`, one each.
        generate: tokens to choose for each text; 0 leaves out the head.
        layers: those that run.
        t_cols: most tokens of a chunk.
        slots: chunks that are worked on in turn, 1 or 2.
        carry: states go on from the start before.
        batch: texts that are decoded together, from 2 on as many as `prompt`, at most t_cols.
    """
    if batch > 1 and (prompt != batch or batch > t_cols):
        raise InputError(
            f"jobs: a batch of {batch} texts with {prompt} tokens in chunks of {t_cols}, expected a token each"
        )
    chunks = [(first, min(t_cols, prompt - first)) for first in range(0, prompt, t_cols)]
    for at in range(0, len(chunks), slots):
        yield from _chunks(chunks[at : at + slots], layers, fresh=at == 0 and not carry)
    for step in count() if generate else ():
        last = prompt + (step - 1) * batch
        slot = (len(chunks) - 1) % slots if step == 0 else 0
        more = step + 1 < generate
        yield Job(Kind.HEAD, last, batch, slot, feedback=more)
        if not more:
            return
        yield Job(Kind.EMBED, last + batch, batch, feedback=True)
        for layer in layers:
            yield Job(Kind.IN, last + batch, batch, layer=layer)
            yield Job(Kind.OUT, last + batch, batch, layer=layer)


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
