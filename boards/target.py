# SPDX-License-Identifier: Apache-2.0
"""A board as the benchmark sees it (harness.bench.target.Target), over the kernel's PYNQ driver."""

import torch

from boards.drivers.tern_matvec import TernMatvec, Weights
from boards.sim.device import SimDevice
from golden.errors import InputError
from golden.spec.configs import TernConfig
from golden.striping import stripe
from harness.bench.record import Counters, Kind


class VirtualTarget:
    """A virtual board with the kernel on it. Weights stay in its arena until it is closed."""

    kind: Kind = "simulated"

    def __init__(self, device: SimDevice, kernel: TernMatvec, arena_bytes: int) -> None:
        self._device, self._kernel = device, kernel
        self._arena = kernel.arena(arena_bytes)
        self._weights: dict[str, Weights] = {}

    @property
    def board(self) -> str:
        """Name as on the command line."""
        return str(self._device.name)

    @property
    def memory(self) -> str:
        """`ideal`, or `model` of the board's memory."""
        return "ideal" if self._device.ideal else "model"

    @property
    def deliverable(self) -> float:
        """Beats per cycle and port that the memory sustains."""
        return self._device.timing(self.config.port_bytes, self.config.clock_mhz).deliverable

    @property
    def board_hash(self) -> str:
        """Hash of the board's declared facts."""
        return f"{self._device.facts.facts_hash():016x}"

    @property
    def config(self) -> TernConfig:
        """The kernel's configuration."""
        return self._kernel.config

    @property
    def cycles(self) -> int:
        """Simulated cycles since the overlay was loaded."""
        return 0 if self._device.model is None else self._device.model.cycles

    def load(self, name: str, weights: torch.Tensor, rows: int, cols: int) -> None:
        """Place packed weights uint8 [beats, WIDE] in device memory under a name, unless that name is there."""
        if name not in self._weights:
            self._weights[name] = self._kernel.load(stripe(weights, self.config).numpy(), rows, cols)

    def start(self, weights: str, x: torch.Tensor, vectors: int) -> tuple[torch.Tensor, Counters]:
        """Run one start on loaded weights and packed activations uint8 [beats, WIDE]; y int32 [rows, vectors]."""
        if weights not in self._weights:
            raise InputError(f"board {self.board}: no weights {weights!r} were loaded")
        result = self._kernel.run(self._weights[weights], stripe(x, self.config).numpy(), vectors)
        return torch.from_numpy(result.y), result.counters

    def check(self) -> float:
        """Return the measured clock in MHz; MachineError if it is not the declared one."""
        return self._kernel.check_clock()

    def close(self) -> None:
        """Free the arena; a buffer that is still allocated afterwards is an error."""
        self._arena.close()
        self._device.check_leaks()
