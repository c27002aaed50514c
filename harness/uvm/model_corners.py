# SPDX-License-Identifier: Apache-2.0
"""Corners of accelerators of whole models: what is done around a start under every stall, errors on every port."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, product
from random import Random
from typing import Any, TypeVar

from harness.uvm.model_start import Action
from harness.uvm.stalls import StallKind

T = TypeVar("T")
ENDS = ("chunk", "chunk_and_1", "three_chunks_and_2", "chunk_less_1")
"""A prompt for every number of tokens in a text's last chunk of four."""


def endless(deck: list[T], random: Random) -> Iterator[T]:
    """Yield the deck, shuffled, again and again."""
    random.shuffle(deck)
    return cycle(deck)


def disturbed(drawn: Iterator[T], bounds: Iterator[dict[str, Any]], fixed: dict[str, Any]) -> Iterator[T]:
    """Every stall with a restart, a reset, an illegal argument and bad data; `bounds` where all is compared."""
    for action, stalls in product((Action.RESTART, Action.RESET, Action.ILLEGAL, Action.BAD_DATA), StallKind):
        changes = next(bounds) if action in (Action.RESTART, Action.RESET) else {}
        yield replace(next(drawn), **fixed, **changes, action=action, stalls=stalls)  # type: ignore[type-var]  # knobs


def faults(drawn: Iterator[T], ports: int, reads: int, writes: int, fixed: dict[str, Any]) -> Iterator[T]:
    """An error response on every port in every region that is read or written, under every stall."""
    for action, regions in ((Action.READ_ERROR, reads), (Action.WRITE_ERROR, writes)):
        for (region, port), stalls in zip(product(range(regions), range(ports)), cycle(StallKind), strict=False):
            changes = {"action": action, "stalls": stalls, "region": region, "port": port}
            yield replace(next(drawn), **changes, **fixed)  # type: ignore[type-var]  # same
