# SPDX-License-Identifier: Apache-2.0
"""What a benchmark needs of a board. boards/target.py provides it for every board; harness imports none of them."""

from typing import Protocol

import torch

from golden.spec.configs import TernConfig
from harness.bench.record import Counters, Kind


class Target(Protocol):
    """A board with the kernel on it, its identity checked, ready to run cases."""

    @property
    def board(self) -> str:
        """Name as on the command line: sim, sim:u280, u280."""

    @property
    def kind(self) -> Kind:
        """Whether cycles are simulated or measured."""

    @property
    def memory(self) -> str:
        """What is behind the ports: "ideal", "model" (of the board's memory) or "physical"."""

    @property
    def deliverable(self) -> float:
        """Beats per cycle and port that the memory sustains, at most 1."""

    @property
    def board_hash(self) -> str:
        """Hash of the board's declared facts."""

    @property
    def config(self) -> TernConfig:
        """The kernel's configuration."""

    @property
    def cycles(self) -> int:
        """Simulated cycles since the board was opened; 0 on a physical board."""

    def load(self, name: str, weights: torch.Tensor, rows: int, cols: int) -> None:
        """Place packed weights uint8 [beats, WIDE] of a rows x cols matrix, unless the name is there already."""

    def start(self, weights: str, x: torch.Tensor, vectors: int) -> tuple[torch.Tensor, Counters]:
        """Run one start on loaded weights and packed activations uint8 [beats, WIDE]; y int32 [rows, vectors]."""
