# SPDX-License-Identifier: Apache-2.0
"""Kernel-level transactions: one start of `ternary_accel`, what it should do and what it did."""

from dataclasses import dataclass
from functools import cached_property

from golden.spec import TernAccelConfig
from golden.spec.gen.ternary_accel import ErrorCode
from golden.ternary.accel import outcome as golden
from golden.ternary.accel.arguments import Arguments, Counts, argument_error, build_of, counts, tap_beats
from golden.ternary.accel.cache import Room
from golden.ternary.accel.start import Plan
from golden.ternary.integer.model import IntegerModel, Requests
from harness.uvm.model_start import ModelStimulus


@dataclass(frozen=True, kw_only=True)
class Stimulus(ModelStimulus):
    """One start, complete.

    Attributes:
        prompt: of several texts a token of each.
        before: the cache that the start finds.
        meant: the model that memory stands for where a weight byte is bad: its five trits are 0.
        cached: where the cached numbers come from, of `knobs.CACHED`.
    """

    cfg: TernAccelConfig
    model: IntegerModel
    arguments: Arguments
    legal: Arguments
    before: Requests
    meant: IntegerModel | None = None
    cached: str = "read"

    @property
    def label(self) -> str:
        """Action, shape and what the run does."""
        a, c = self.legal, self.counts
        shape = f"D {a.d_model} H {a.heads} J {a.kv_heads} P {8 * c.p8} F {a.feed} V {a.vocab} L {a.model_layers}"
        cache = f"prefix {a.prefix} of {a.prefix_room}, texts {a.texts} of {a.own_room} {self.cached}"
        what = f"{a.prompt}+{a.generate} tokens, tap {a.tap_point}"
        return f"{self.action.name} {self.illegal}{self.hit} {shape} {self.style}, {cache}, {what}"

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
        """A byte that is none of five trits, or a token."""
        return ErrorCode.BAD_TOKEN if self.meant is None else ErrorCode.BAD_WEIGHT

    @property
    def taps(self) -> int:
        """Beats that the start captures."""
        return tap_beats(self.legal, self.counts)

    @property
    def logit_frac(self) -> int:
        """Fraction bits of the logits."""
        return self.legal.logit_frac

    @property
    def batch(self) -> int:
        """Texts of the start."""
        return self.legal.batch

    @property
    def laid(self) -> Plan:
        """Where the caches lie."""
        a = self.legal
        angles = {"a": self.counts.angle_beats * a.context}
        return Plan(a, angles, Room(a.prefix_room, a.own_room), a.batch, self.model.cfg, self.cfg)

    @cached_property
    def golden(self) -> golden.Outcome:
        """What the start must give."""
        model = self.meant or self.model
        return golden.outcome(model, self.read_tokens, self.legal.generate, self.cfg.t_cols, self.before)
