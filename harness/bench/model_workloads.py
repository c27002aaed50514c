# SPDX-License-Identifier: Apache-2.0
"""What workloads of whole models, and the numbers that they should reach, have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from harness.bench.model_record import ModelRecord, Work
from harness.bench.record import Kind

R = TypeVar("R", bound=ModelRecord)


@dataclass(frozen=True)
class Workload:
    """`prompt` tokens in, `generate` chosen."""

    name: str
    work: Work
    prompt: int
    generate: int


ON_BOARDS = ("pp64", "pp512", "tg128", "tg128@d1024")
"""What is measured on a physical board where no workload is named; llama-bench's names."""


@dataclass(frozen=True)
class ModelGoal(Generic[R]):
    """A number to reach: at least `bound`, or at most when `at_most`.

    `unit` is "%" for a share, else a word; `source` says what kind of figure it is.
    """

    name: str
    figure: Callable[[R], float]
    bound: float
    unit: str
    source: Kind = "simulated"
    at_most: bool = False

    def met(self, record: R) -> bool:
        """Whether the record reaches the goal."""
        value = self.figure(record)
        return value <= self.bound if self.at_most else value >= self.bound


def rate(r: ModelRecord) -> float:
    """Tokens a second."""
    return r.rate


def ports_busy(r: ModelRecord) -> float:
    """Share of what the memory can deliver."""
    return r.ports_busy


PORTS = "beats of the ports, of what the memory model can deliver"
PORTS_BUSY = 0.90
"""What the ports should carry of it in decode."""
