# SPDX-License-Identifier: Apache-2.0
"""A start of a kernel as the load of an energy measurement."""

from typing import Generic, Protocol, TypeVar

from golden.errors import InputError
from harness.bench.model_record import Work

A_contra = TypeVar("A_contra", contravariant=True)


class Cycles(Protocol):
    """Counters of a start."""

    @property
    def cycles(self) -> int:
        """From start to done."""


class Kernel(Protocol[A_contra]):
    """What `boards/drivers` offers of a kernel that runs whole models."""

    def run(self, arguments: A_contra, timeout_s: float, /) -> object:
        """Start, and wait until it is done. MachineError when that takes longer than `timeout_s`."""

    def counters(self) -> Cycles:
        """Return the counters of the last start."""

    def check_clock(self) -> float:
        """Return the measured clock, MHz; MachineError when it is not the declared one."""


class KernelLoad(Generic[A_contra]):
    """The same start again and again: kernel time is its cycles over the measured clock, without the host's part.

    Args:
        workload: its name, such as tg128.
        work: whether its tokens are read or chosen; a start that does both is none of them.
        tokens: of one start.
        kernel: with its model in memory. Its clock is measured here, and it is started once, uncounted.
        arguments: of each start.
        timeout_s: of each start.

    Raises:
        InputError: no tokens. MachineError: the clock is not the declared one, or the start fails.
    """

    inferences = 1

    def __init__(
        self,
        workload: str,
        work: Work,
        tokens: int,
        kernel: Kernel[A_contra],
        arguments: A_contra,
        timeout_s: float = 60.0,
    ) -> None:
        if tokens < 1:
            raise InputError(f"{workload}: found {tokens} tokens, expected at least 1")
        self.workload, self.work, self.tokens = workload, work, tokens
        self._kernel, self._arguments, self._timeout_s = kernel, arguments, timeout_s
        self.clock_mhz: float | None = kernel.check_clock()
        self._hertz = self.clock_mhz * 1e6
        kernel.run(arguments, timeout_s)

    def run(self) -> float:
        """Start once and return the seconds from start to done."""
        self._kernel.run(self._arguments, self._timeout_s)
        return self._kernel.counters().cycles / self._hertz
