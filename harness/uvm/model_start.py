# SPDX-License-Identifier: Apache-2.0
"""A start of an accelerator of whole models: what is done around it, what lies in memory, what the device did."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

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
class ModelStimulus(ABC):
    """One start, complete.

    Attributes:
        model: as it lies in memory, but for what a bad datum changes.
        prompt: token ids.
        arguments: those that lie in the registers; an illegal start has one that is not in `legal`.
        legal: where everything lies.
        regions: bytes by region (`x` lies at `x_off`), uint8 [beats, WIDE].
        hit: region in which an access is answered with an error, and the access: `x_read`, `x_write`.
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
    hit: str = ""

    @property
    @abstractmethod
    def label(self) -> str:
        """Action, shape and what the run does."""

    @property
    @abstractmethod
    def refusal(self) -> Any:
        """Error code that the arguments are refused with, by golden's law; 0 where they are legal."""

    @property
    @abstractmethod
    def bad_data(self) -> Any:
        """Error code of a token or weight that does not exist."""

    @property
    @abstractmethod
    def taps(self) -> int:
        """Beats that the start captures."""

    @property
    @abstractmethod
    def logit_frac(self) -> int:
        """Fraction bits of the logits."""

    @property
    @abstractmethod
    def golden(self) -> Any:
        """What the start must give."""

    @property
    def batch(self) -> int:
        """Texts that go on side by side."""
        return 1

    @property
    def read_tokens(self) -> tuple[int, ...]:
        """Rows of the embedding that the run takes for its prompt: row 0 for an id out of range."""
        return tuple(token if token < self.legal.vocab else 0 for token in self.prompt)

    @property
    def restarted(self) -> bool:
        """Whether a second start is written during the first."""
        return self.action is Action.RESTART

    @property
    def reset(self) -> bool:
        """Whether a reset in flight comes first."""
        return self.action is Action.RESET


@dataclass(frozen=True)
class ModelOutcome:
    """What the device did.

    Attributes:
        index, value: int64 [records, 8] of the records in memory.
        stream: captured beats, int64 [beats, 8].
        kept: what only this kernel leaves in memory.
        changed: what changed in memory where a start may not write, one line each.
    """

    error: Any
    error_port: int
    counters: dict[str, int]
    index: Tensor
    value: Tensor
    stream: Tensor
    kept: Any
    changed: tuple[str, ...]
    violations: tuple[str, ...]


class ModelItem(StartItem):
    """A start of a whole model in a sequence."""

    outcome: ModelOutcome | None
