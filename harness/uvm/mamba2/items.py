# SPDX-License-Identifier: Apache-2.0
"""Kernel-level transactions: one start of `mamba2_accel`, what it should do and what it did."""

from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor

from golden.mamba2.accel import outcome as golden
from golden.mamba2.accel.arguments import Arguments, Counts, argument_error, build_of, counts, tap_beats
from golden.mamba2.accel.layout import StateShape
from golden.mamba2.integer.model import IntegerModel, IntegerState
from golden.spec import Mamba2AccelConfig
from golden.spec.gen.mamba2_accel import ErrorCode
from harness.uvm.model_start import ModelStimulus


@dataclass(frozen=True)
class Stimulus(ModelStimulus):
    """One start, complete.

    Attributes:
        prompt: token ids, one for each row of a raw start.
        rows: residual values [L, D] of a raw start.
        states: of the run's layers in front of a continuing start.
    """

    cfg: Mamba2AccelConfig
    model: IntegerModel
    arguments: Arguments
    legal: Arguments
    rows: Tensor | None = None
    states: tuple[IntegerState, ...] | None = None

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
    def refusal(self) -> ErrorCode:
        """Error code of the arguments."""
        return argument_error(self.arguments, build_of(self.cfg))

    @property
    def bad_data(self) -> ErrorCode:
        """A token alone can be bad: a weight has no code that is none."""
        return ErrorCode.BAD_TOKEN

    @property
    def taps(self) -> int:
        """Beats that the start captures."""
        return tap_beats(self.legal, self.counts)

    @property
    def logit_frac(self) -> int:
        """Fraction bits of the logits."""
        return self.model.profile.proj_frac

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
        return super().read_tokens

    @cached_property
    def golden(self) -> golden.Outcome:
        """What the start must give."""
        return golden.outcome(self.part, self.read_tokens, self.legal.generate, self.cfg, self.states)
