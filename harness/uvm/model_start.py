# SPDX-License-Identifier: Apache-2.0
"""A start of an accelerator of whole models: what is done around it, what lies in memory, what the device did."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, TypeVar

from torch import Tensor

from harness.uvm.stalls import Fault, Stalls
from harness.uvm.starts import StartItem


class Action(Enum):
    """What is done around a start."""

    RUN = 0
    """Start, wait, check."""
    RESTART = 1
    """Write a second start while the first runs: two runs back to back."""
    RESET = 2
    """Reset in flight, then start again from nothing."""
    ILLEGAL = 3
    """An argument out of range: an error code, no memory traffic."""
    BAD_DATA = 4
    """A token of the prompt, or a weight, that does not exist: reported, another one in its place."""
    READ_ERROR = 5
    """A port answers reads with SLVERR."""
    WRITE_ERROR = 6
    """A port answers writes with SLVERR."""


WHOLE = (Action.RUN, Action.RESTART, Action.RESET)
"""Actions behind which all results are compared."""


@dataclass(frozen=True)
class ModelStimulus:
    """One start, complete.

    Attributes:
        model: as it lies in memory, but for what a bad datum changes.
        prompt: token ids.
        arguments: those that lie in the registers; an illegal start has one that is not in `legal`.
        legal: where everything lies.
        regions: bytes by region (`x` lies at `x_off`), uint8 [beats, WIDE].
    """

    name: str
    cfg: Any
    model: Any
    prompt: tuple[int, ...]
    arguments: Any
    legal: Any
    regions: Mapping[str, Tensor]
    action: Action = Action.RUN
    stalls: Stalls = field(default_factory=Stalls)
    fault: Fault | None = None
    delay: int = 0
    style: str = "random"
    illegal: str = ""

    @property
    def label(self) -> str:
        """Action, shape and what the run does."""
        raise NotImplementedError

    @property
    def restarted(self) -> bool:
        """Whether a second start is written during the first."""
        return self.action is Action.RESTART

    @property
    def reset(self) -> bool:
        """Whether a reset in flight comes first."""
        return self.action is Action.RESET


S = TypeVar("S", bound=ModelStimulus)


@dataclass(frozen=True)
class ModelOutcome:
    """What the device did.

    Attributes:
        index, value: int64 [records, 8] of the records in memory.
        stream: captured beats, int64 [beats, 8].
        changed: what changed in memory where a start may not write, one line each.
    """

    error: Any
    error_port: int
    counters: dict[str, int]
    index: Tensor
    value: Tensor
    stream: Tensor
    changed: tuple[str, ...]
    violations: tuple[str, ...]


class ModelItem(StartItem):
    """A start of a whole model in a sequence."""

    outcome: ModelOutcome | None


def refused(
    s: S, name: str, illegal: Mapping[str, Callable[[Any, Any], Any]], error: Callable[[Any, Any], int], build: Any
) -> S:
    """The start with an illegal argument, or the next one whose `error` is not 0: not every build refuses each."""
    names = list(illegal)
    at = names.index(name)
    for each in (*names[at:], *names[:at]):
        spoilt = illegal[each](s.legal, build)
        if error(spoilt, build):
            return replace(s, action=Action.ILLEGAL, arguments=spoilt, illegal=each)
    raise AssertionError("no illegal argument is refused")
