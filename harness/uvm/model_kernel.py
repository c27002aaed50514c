# SPDX-License-Identifier: Apache-2.0
"""Kernel agent of accelerators of whole models: memory contents, register writes, everything that was written."""

from abc import abstractmethod
from collections.abc import Iterator
from enum import Enum
from typing import Any, ClassVar

import numpy as np

from harness.uvm.arena import Bytes, Mask, changes, contents, records, stream
from harness.uvm.model_start import ModelOutcome, ModelStimulus
from harness.uvm.starts import StartDriver


def counters(*own: str) -> tuple[str, ...]:
    """Registers that count, those of one kernel alone among them."""
    window = ("CYCLES", "WEIGHT_BEATS", "WINDOW", "STALL_WEIGHTS", "STALL_ACTS", "STALL_OUT")
    return (*window, *own, "FIRST_TOKEN", "TOKENS_DONE", "TOKENS_RUN", "LAYERS_DONE", "TAP_BEATS")


class ModelDriver(StartDriver):
    """Driver of one accelerator: its own says which words and counters there are, and what else a start leaves."""

    WORDS: ClassVar[tuple[str, ...]]
    """Arguments that are a register each."""
    COUNTERS: ClassVar[tuple[str, ...]]
    ERRORS: ClassVar[type[Enum]]

    @abstractmethod
    def packed(self, a: Any) -> Iterator[tuple[str, int]]:
        """Yield the registers with fields, or of other names than their arguments, and their values."""

    @abstractmethod
    def written(self, stimulus: Any, size: int) -> Mask:
        """Return where a start may write."""

    @abstractmethod
    def kept(self, stimulus: Any, after: Bytes) -> Any:
        """Return what only this kernel leaves in memory."""

    def _fill(self, stimulus: ModelStimulus) -> None:
        self._before = contents(stimulus, self._memory.size)
        for port, arena in enumerate(self._before):
            self._memory.write(port, 0, arena)

    async def _program(self, stimulus: ModelStimulus) -> None:
        a = stimulus.arguments
        for name in self.WORDS:
            await self._regs.write(name.upper(), getattr(a, name))
        for port, base in enumerate(a.bases):
            await self._regs.write("PORT_BASE", base, element=port)
        for name, value in self.packed(a):
            await self._regs.write(name, value)

    async def _outcome(self, stimulus: ModelStimulus) -> ModelOutcome:
        code, port = await self._error()
        counters = await self._count(self.COUNTERS)
        after = np.stack([self._memory.read(port, 0, self._memory.size) for port in range(self._cfg.ports)])
        a = stimulus.legal
        index, value = records(after, a.out_off, stimulus.batch * a.generate, self._cfg)
        return ModelOutcome(
            error=self.ERRORS(code),
            error_port=port,
            counters=counters,
            index=index,
            value=value,
            stream=stream(after, a.tap_off, stimulus.taps, self._cfg),
            kept=self.kept(stimulus, after),
            changed=tuple(changes(self._before, after, self.written(stimulus, self._memory.size))),
            violations=tuple(self._memory.violations()),
        )
