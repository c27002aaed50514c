# SPDX-License-Identifier: Apache-2.0
"""Workloads of BitNet models as a physical board is measured with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch

from boards.configs import for_activation
from boards.drivers.model_accel import RESIDUAL, Best
from boards.drivers.ternary_accel import TernaryAccel
from boards.facts import load_board
from boards.ternary_bench import differs
from boards.ternary_models import integer_model, prompt_of, requests_of, shape_of, whole_layers
from golden.errors import InputError
from golden.spec import KernelConfig, TernAccelConfig
from golden.ternary.accel.arguments import Arguments
from golden.ternary.accel.outcome import Outcome, outcome
from golden.ternary.accel.roof import layer_macs
from golden.ternary.accel.start import Plan, Run, fits, model_parts, plan, token_beats
from golden.ternary.integer.model import IntegerModel, Requests
from golden.ternary.integer.profile import NAME
from harness.bench.measured import ModelStart
from harness.bench.model_compare import compared
from harness.bench.model_record import ModelCounters
from harness.bench.ternary_workloads import MODELS, QUICK, TernaryWorkload, workload


@dataclass(frozen=True)
class TernaryCase:
    """A workload of a model behind its cache, which no start changes in front of what it writes itself.

    Attributes:
        named: the model's name.
        origin: where it comes from.
        model: the model, or the first of its layers.
        config: what the kernel is built as.
        work: of the start.
        laid: where all of it lies.
        whole_layers: of the whole model.
    """

    named: str
    origin: str
    model: IntegerModel
    config: TernAccelConfig
    work: TernaryWorkload
    laid: Plan
    whole_layers: int

    @property
    def name(self) -> str:
        """The workload's, at a depth as llama-bench writes it."""
        return self.work.name.replace("@", "@d") if self.work.name.startswith("tg") else self.work.name

    @property
    def arena_bytes(self) -> int:
        """Of every port."""
        return self.laid.arena_bytes

    @property
    def arguments(self) -> Arguments:
        """Of the start."""
        return self.laid.arguments

    @property
    def macs(self) -> int:
        """Of the linear layers, of all tokens that pass them in the start."""
        steps = (self.work.generate - 1) * len(self.work.own)
        return layer_macs(self.model.cfg) * (self.work.prompt + steps)

    @cached_property
    def start(self) -> ModelStart:
        """What of the model the start is."""
        ran = self.model.cfg.num_hidden_layers
        return ModelStart(
            kernel=self.config.kernel,
            model=self.named,
            profile=NAME,
            origin=self.origin,
            work=self.work.work,
            prompt=self.work.prompt,
            generated=self.work.generate,
            prefix=self.work.prefix,
            own=self.work.own,
            compared=compared(self.expected),
            part=None if ran == self.whole_layers else (ran, self.whole_layers),
        )

    @cached_property
    def expected(self) -> Outcome:
        """What golden computes for the start."""
        return outcome(self.model, self._tokens, self.work.generate, self.config.t_cols, self._requests)

    def place(self, kernel: TernaryAccel) -> None:
        """Copy the model and the caches to the arena."""
        kernel.write_sections(model_parts(self.model, self.laid))
        kernel.write_caches(self._requests, self.laid)

    def before(self, kernel: TernaryAccel, timeout_s: float) -> None:
        """Do nothing: a start reads the cache in front of what it writes."""

    def write(self, kernel: TernaryAccel) -> None:
        """Copy the start's tokens to the arena."""
        kernel.write_region(self.arguments, "tok", token_beats(self._tokens, self.config))

    def differs(self, taps: torch.Tensor, best: Sequence[Best], counters: ModelCounters) -> str:
        """Return the first result that differs from golden's, or a port that read other beats, as a line."""
        return differs(self.work, self.config, self.model.cfg, self.expected, taps, best, counters.rd_beats)

    def untapped(self) -> Arguments:
        """Arguments of the start without what the check captures."""
        return replace(self.arguments, tap_point=0)

    @cached_property
    def _tokens(self) -> list[int]:
        return prompt_of(self.named, self.model.cfg.vocab_size, self.work.prompt)

    @cached_property
    def _requests(self) -> Requests:
        return requests_of(self.model.cfg, self.work.prefix, self.work.own)


def cases(model: str | None, config: KernelConfig, layers: int | None = None) -> Callable[[str], TernaryCase]:
    """Return what makes a case of a workload's name, for one model in a configuration, or its first `layers`.

    Raises:
        InputError: an unknown model, wrong layers, or a model that the configuration is not built for; of what is
        returned: an unknown workload, or one that does not fit.
    """
    assert isinstance(config, TernAccelConfig)
    named = _named(model)
    shape = shape_of(named)
    fits(shape, config, Run(1, 1))
    whole = whole_layers(named, layers)
    found, origin = integer_model(named, layers or whole)

    def case(name: str) -> TernaryCase:
        work = workload(name)
        laid = plan(found, config, Run(work.prompt, work.generate, work.prefix, work.own, tap_point=RESIDUAL))
        return TernaryCase(named, origin, found, config, work, laid, whole)

    return case


def configuration(board: str, model: str | None) -> str:
    """Return the board's configuration for a model's hidden_act. InputError: an unknown model, or there is none."""
    return for_activation(load_board(board), None, shape_of(_named(model)).hidden_act).name


def _named(model: str | None) -> str:
    """Return a model's name, the tiny one's without it. InputError: an unknown one."""
    named = model or QUICK[0]
    if named not in MODELS:
        raise InputError(f"--model: found {named!r}, expected one of {', '.join(MODELS)}")
    return named
