# SPDX-License-Identifier: Apache-2.0
"""Workloads of Mamba2 models as a physical board is measured with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch

from boards.drivers.mamba2_accel import Mamba2Accel
from boards.drivers.model_accel import RESIDUAL, Best
from boards.mamba2_bench import differs
from boards.mamba2_image import write_prompt
from boards.mamba2_models import integer_model, prompt_of
from golden.errors import InputError
from golden.mamba2.accel.arguments import Arguments
from golden.mamba2.accel.outcome import Outcome, outcome
from golden.mamba2.accel.roof import layer_macs
from golden.mamba2.accel.start import Plan, Run, model_parts, plan
from golden.mamba2.integer.block import forward
from golden.mamba2.integer.model import IntegerModel
from golden.spec import KernelConfig, Mamba2AccelConfig
from harness.bench.baseline_workloads import workload
from harness.bench.mamba2_workloads import model as model_of
from harness.bench.measured import ModelStart
from harness.bench.model_compare import compared
from harness.bench.model_record import ModelCounters
from harness.bench.model_workloads import Workload

QUICK = "mamba2-tiny"


@dataclass(frozen=True)
class Mamba2Case:
    """A workload of a model. What stands `behind` a decode start is read in front of each, so that states are the same.

    Attributes:
        named: the model's name.
        origin: where it comes from.
        model: the model.
        config: what the kernel is built as.
        work: of the start that is timed.
        behind: tokens that are read in front of it.
        laid: where all of it lies.
    """

    named: str
    origin: str
    model: IntegerModel
    config: Mamba2AccelConfig
    work: Workload
    behind: int
    laid: Plan

    @property
    def name(self) -> str:
        """The workload's."""
        return self.work.name

    @property
    def arena_bytes(self) -> int:
        """Of every port."""
        return self.laid.arena_bytes

    @property
    def macs(self) -> int:
        """Of the linear layers, of all tokens that pass them in the start."""
        return layer_macs(self.model.cfg) * (self.work.prompt + self.work.generate - 1)

    @cached_property
    def start(self) -> ModelStart:
        """What of the model the start is."""
        return ModelStart(
            kernel=self.config.kernel,
            model=self.named,
            profile=self.config.profile,
            origin=self.origin,
            work=self.work.work,
            prompt=self.work.prompt,
            generated=self.work.generate,
            prefix=0,
            own=(self.behind,),
            compared=compared(self.expected),
        )

    @cached_property
    def arguments(self) -> Arguments:
        """Of the start."""
        run = Run(self.work.prompt, self.work.generate, keep=self.behind > 0, tap_point=RESIDUAL)
        return self.laid.start(run)

    @cached_property
    def expected(self) -> Outcome:
        """What golden computes for the start."""
        front = self._tokens[: self.behind]
        states = forward(torch.tensor([front]), self.model)[1] if front else None
        return outcome(self.model, self._tokens[self.behind :], self.work.generate, self.config, states)

    def place(self, kernel: Mamba2Accel) -> None:
        """Copy the model to the arena."""
        kernel.write_sections(model_parts(self.model, self.laid))

    def before(self, kernel: Mamba2Accel, timeout_s: float) -> None:
        """Read what stands in front of the start."""
        if self.behind:
            fill = self.laid.start(Run(self.behind, 0))
            write_prompt(kernel, fill, self._tokens[: self.behind])
            kernel.begin(fill)
            kernel.wait(timeout_s)

    def write(self, kernel: Mamba2Accel) -> None:
        """Copy the start's tokens to the arena."""
        write_prompt(kernel, self.arguments, self._tokens[self.behind :])

    def differs(self, taps: torch.Tensor, best: Sequence[Best], counters: ModelCounters) -> str:
        """Return the first result that differs from golden's, as a line."""
        return differs(self.work, self.config, self.model.cfg, self.expected, taps, best)

    def untapped(self) -> Arguments:
        """Arguments of the start without what the check captures."""
        return replace(self.arguments, tap_point=0)

    @cached_property
    def _tokens(self) -> list[int]:
        return prompt_of(self.named, self.model.cfg.vocab_size, self.behind + self.work.prompt)


def cases(model: str | None, config: KernelConfig, layers: int | None = None) -> Callable[[str], Mamba2Case]:
    """Return what makes a case of a workload's name, for one model, made or found, in a configuration's profile.

    ppN: a prompt of N tokens. tgN@dC: N decode steps behind C tokens, of which the start itself reads the last.

    Raises:
        InputError: an unknown model, or a share of its `layers`; of what is returned: an unknown workload, or one that
        does not fit.
    """
    assert isinstance(config, Mamba2AccelConfig)
    if layers is not None:
        raise InputError(f"--layers: found {layers}, expected none: models of {config.kernel} run whole")
    named = model_of(model or QUICK)
    found, origin = integer_model(named, config.profile)

    def case(name: str) -> Mamba2Case:
        asked = workload(name)
        behind = asked.prompt - 1 if asked.work == "decode" else 0
        work = replace(asked, prompt=asked.prompt - behind)
        laid = plan(found, config, Run(max(behind, work.prompt), work.generate, tap_point=RESIDUAL))
        return Mamba2Case(named, origin, found, config, work, behind, laid)

    return case


def configuration(board: str, model: str | None) -> None:
    """Return None: a configuration takes any model that fits, in its profile. InputError: an unknown model."""
    model_of(model or QUICK)
