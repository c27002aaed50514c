# SPDX-License-Identifier: Apache-2.0
"""Kernel-level transactions: one start of `tern_matvec`, what it should do and what it did."""

from dataclasses import dataclass, field
from enum import Enum

import torch

from golden.spec.gen.tern_matvec import ErrorCode
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
    BAD_WEIGHT = 4
    """A weight byte that is no code: reported, read as zero."""
    READ_ERROR = 5
    """A port answers reads with SLVERR."""
    WRITE_ERROR = 6
    """A port answers writes with SLVERR."""


@dataclass(frozen=True)
class Arguments:
    """The kernel's argument registers, in hardware units (tiles, blocks, vectors; offsets in bytes)."""

    row_tiles: int
    col_blocks: int
    vectors: int
    x_off: int
    w_off: int
    y_off: int
    port_base: tuple[int, ...]


@dataclass(frozen=True)
class Stimulus:
    """One start, complete: matrices as golden tensors, and as the bytes that go to memory.

    w: int8 [M, K], x: int8 [K, V]; weights, activations: uint8 [beats, WIDE] as the device reads them (in a
    BAD_WEIGHT start `weights` holds illegal bytes, and `w` zeros in their place).
    """

    name: str
    w: torch.Tensor
    x: torch.Tensor
    weights: torch.Tensor
    activations: torch.Tensor
    arguments: Arguments
    action: Action = Action.RUN
    stalls: Stalls = field(default_factory=Stalls)
    fault: Fault | None = None
    delay: int = 0
    w_profile: str = "random"
    x_profile: str = "random"

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
        """Action and shape."""
        return f"{self.action.name} {self.rows} x {self.cols} x {self.vectors}"

    @property
    def rows(self) -> int:
        """M."""
        return self.w.shape[0]

    @property
    def cols(self) -> int:
        """K."""
        return self.w.shape[1]

    @property
    def vectors(self) -> int:
        """V."""
        return self.x.shape[1]


@dataclass(frozen=True)
class Outcome:
    """What the device did: y int32 [M, V] (None when the start was refused), error code and port, counters by name."""

    y: torch.Tensor | None
    error: ErrorCode
    error_port: int
    counters: dict[str, int]
    guards_intact: bool
    violations: tuple[str, ...]


class KernelItem(StartItem):
    """A start of `tern_matvec` in a sequence."""

    stimulus: Stimulus
    outcome: Outcome | None
