# SPDX-License-Identifier: Apache-2.0
"""Kernel-level transactions: one start of `mamba2_accel`, what it should do and what it did."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property

from torch import Tensor

from golden.fixed.pot import Pot
from golden.mamba2.accel import outcome as golden
from golden.mamba2.accel.arguments import Arguments, Counts, build_of, counts
from golden.mamba2.accel.layout import StateShape
from golden.mamba2.integer.model import IntegerModel, IntegerState
from golden.spec import Mamba2AccelConfig
from golden.spec.gen.mamba2_accel import ErrorCode
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
    BAD_TOKEN = 4
    """A token of the prompt that is not below VOCAB: reported, row 0 in its place."""
    READ_ERROR = 5
    """A port answers reads with SLVERR."""
    WRITE_ERROR = 6
    """A port answers writes with SLVERR."""


@dataclass(frozen=True)
class Stimulus:
    """One start, complete.

    Attributes:
        model: the whole model as it lies in memory; a run may take some of its layers.
        prompt: token ids, one for each row of a raw start.
        rows: residual values [L, D] of a raw start.
        arguments: those that lie in the registers; an illegal start has one that is not in `legal`.
        legal: where everything lies.
        regions: bytes by region (boards/drivers/mamba2_accel.py), uint8 [beats, WIDE].
        states: of the run's layers in front of a continuing start.
    """

    name: str
    cfg: Mamba2AccelConfig
    model: IntegerModel
    prompt: tuple[int, ...]
    arguments: Arguments
    legal: Arguments
    regions: Mapping[str, Tensor]
    rows: Tensor | None = None
    states: tuple[IntegerState, ...] | None = None
    action: Action = Action.RUN
    stalls: Stalls = field(default_factory=Stalls)
    fault: Fault | None = None
    delay: int = 0
    style: str = "random"
    illegal: str = ""

    @property
    def restarted(self) -> bool:
        """Whether a second start is written during the first."""
        return self.action is Action.RESTART

    @property
    def reset(self) -> bool:
        """Whether a reset in flight comes first."""
        return self.action is Action.RESET

    @property
    def label(self) -> str:
        """Action, shape and what the run does."""
        a = self.legal
        shape = f"D {a.d_model} H {a.heads} P {a.headdim} N {a.d_state} G {a.ngroups} V {a.vocab} {self.style}"
        layers = f"layers {a.layer_first}..{a.layer_end - 1} of {a.model_layers}, memory from {a.mem_first}"
        what = f"{a.prompt}+{a.generate} tokens{' raw' * a.raw}{' continued' * a.keep}, tap {a.tap_point}"
        return f"{self.action.name} {self.illegal} {shape}, {layers}, {what}"

    @cached_property
    def counts(self) -> Counts:
        """What follows from the legal arguments."""
        return counts(self.legal, build_of(self.cfg))

    @property
    def state_shape(self) -> StateShape:
        """How a layer's state is cut in memory."""
        return StateShape(self.legal.chunk_heads, self.counts.chunks, self.counts.sb, self.counts.qb)

    @property
    def state_layers(self) -> range:
        """Layers of the run that keep their state in memory."""
        return range(max(self.legal.layer_first, self.legal.mem_first), self.legal.layer_end)

    @property
    def part(self) -> IntegerModel:
        """The model of the run's layers alone; raw rows take the embedding's place."""
        layers = tuple(self.model.layers)[self.legal.layer_first : self.legal.layer_end]
        embedding = self.model.embedding if self.rows is None else self.rows
        cfg = replace(self.model.cfg, n_layer=len(layers))
        return replace(self.model, cfg=cfg, layers=layers, embedding=embedding)

    @property
    def read_tokens(self) -> tuple[int, ...]:
        """Rows of the embedding that the run takes for its prompt: row 0 for an id out of range."""
        if self.rows is not None:
            return tuple(range(len(self.rows)))
        return tuple(token if token < self.legal.vocab else 0 for token in self.prompt)

    @cached_property
    def golden(self) -> golden.Outcome:
        """What the start must give."""
        return golden.outcome(self.part, self.read_tokens, self.legal.generate, self.cfg, self.states)


@dataclass(frozen=True)
class Outcome:
    """What the device did.

    Attributes:
        index, value: int64 [generated, 8] of the records in memory.
        stream: captured beats, int64 [beats, 8].
        states: of the layers with their state in memory, by layer.
        changed: what changed in memory where a start may not write, one line each.
    """

    error: ErrorCode
    error_port: int
    counters: dict[str, int]
    index: Tensor
    value: Tensor
    stream: Tensor
    states: dict[int, Pot]
    changed: tuple[str, ...]
    violations: tuple[str, ...]


class ModelItem(StartItem):
    """A start of `mamba2_accel` in a sequence."""

    stimulus: Stimulus
    outcome: Outcome | None
