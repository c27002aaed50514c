# SPDX-License-Identifier: Apache-2.0
"""Kernel-level transactions: one start of `ternary_accel`, what it should do and what it did."""

from dataclasses import dataclass
from functools import cached_property

from golden.spec import TernAccelConfig
from golden.ternary.accel import outcome as golden
from golden.ternary.accel.arguments import Arguments, Counts, build_of, counts
from golden.ternary.accel.cache import Room
from golden.ternary.accel.start import Plan
from golden.ternary.integer.model import Cache, IntegerModel, Requests
from harness.uvm.model_start import ModelOutcome, ModelStimulus


@dataclass(frozen=True, kw_only=True)
class Stimulus(ModelStimulus):
    """One start, complete.

    Attributes:
        prompt: of several texts a token of each.
        before: the cache that the start finds.
        meant: the model that memory stands for where a weight byte is bad: its five trits are 0.
        cached: where the cached numbers come from, of `knobs.CACHED`.
        hit: region in which an access is answered with an error.
    """

    cfg: TernAccelConfig
    model: IntegerModel
    arguments: Arguments
    legal: Arguments
    before: Requests
    meant: IntegerModel | None = None
    cached: str = "read"
    hit: str = ""

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
    def laid(self) -> Plan:
        """Where the caches lie."""
        a = self.legal
        angles = {"a": self.counts.angle_beats * a.context}
        return Plan(a, angles, Room(a.prefix_room, a.own_room), a.batch, self.model.cfg, self.cfg)

    @property
    def read_tokens(self) -> tuple[int, ...]:
        """Rows of the embedding that the run takes for its prompt: row 0 for an id out of range."""
        return tuple(token if token < self.legal.vocab else 0 for token in self.prompt)

    @cached_property
    def golden(self) -> golden.Outcome:
        """What the start must give."""
        model = self.meant or self.model
        return golden.outcome(model, self.read_tokens, self.legal.generate, self.cfg.t_cols, self.before)


@dataclass(frozen=True)
class Outcome(ModelOutcome):
    """What the device did, with every text's cache behind it; records come step by step, of each step text by text."""

    caches: tuple[Cache, ...]
