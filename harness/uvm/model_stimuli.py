# SPDX-License-Identifier: Apache-2.0
"""What becomes of a plain start of an accelerator of whole models: stalls, and what goes wrong with it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from numpy.random import Generator

from harness.uvm.model_start import Action, ModelStimulus
from harness.uvm.stalls import Access, Fault, Stalls

GUARD = 8
"""Beats between regions."""
BAD_TOKENS = (0, 1, 1 << 24, 1 << 31, (1 << 32) - 1)
"""Token ids that are too large: the first two are added to the vocabulary's size."""

S = TypeVar("S", bound=ModelStimulus)
Ways = Mapping[Action, Callable[[S, Any, Generator], S]]
"""How a start is spoilt by its knobs for an action, where there is more to it than the action."""


def stalled(s: S, knobs: Any, rng: Generator) -> S:
    """The start with the stalls and the delay of a reset that are drawn for it."""
    stalls = Stalls(knobs.stalls, p=knobs.stall_percent / 100, seed=int(rng.integers(1 << 31)))
    return replace(s, stalls=stalls, style=knobs.style, delay=int(rng.integers(1, 3000)))


def spoilt(s: S, knobs: Any, rng: Generator, ways: Ways[S]) -> S:
    """The start with the action of its knobs."""
    s = replace(s, action=knobs.action)
    return ways[knobs.action](s, knobs, rng) if knobs.action in ways else s


def bad_prompt(s: ModelStimulus, rng: Generator) -> tuple[int, ...]:
    """The start's prompt with a token that does not exist."""
    pick, where = int(rng.integers(len(BAD_TOKENS))), int(rng.integers(len(s.prompt)))
    bad = BAD_TOKENS[pick] + s.legal.vocab * (pick < 2)
    return (*s.prompt[:where], bad, *s.prompt[where + 1 :])


def faulty(s: S, knobs: Any, access: Access, region: str, beat: int) -> S:
    """The start with an error on a port where a region is accessed."""
    at = getattr(s.legal, f"{region}_off") + beat * s.cfg.port_bytes
    return replace(s, fault=Fault(knobs.port % s.cfg.ports, access, at, at + 1), hit=f"{region}_{access.value}")


def refused(s: S, name: str, illegal: Mapping[str, Callable[[Any, Any], Any]], build: Any) -> S:
    """The start with an illegal argument, or the next one that golden refuses: not every build refuses each."""
    names = list(illegal)
    at = names.index(name)
    for each in (*names[at:], *names[:at]):
        spoilt = replace(s, action=Action.ILLEGAL, arguments=illegal[each](s.legal, build), illegal=each)
        if spoilt.refusal:
            return spoilt
    raise AssertionError("no illegal argument is refused")
