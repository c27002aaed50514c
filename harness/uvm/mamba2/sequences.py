# SPDX-License-Identifier: Apache-2.0
"""Sequences: random starts of random models, and a zoo model that decodes held-out text."""

import numpy as np
from pyuvm import uvm_sequence

from golden.spec import Mamba2AccelConfig
from harness.uvm.mamba2 import stimuli
from harness.uvm.mamba2.items import ModelItem
from harness.uvm.mamba2.knobs import draw
from harness.uvm.memory import MemoryTransport


class RandomModels(uvm_sequence):
    """`items` models drawn by the knobs of a seed, each started once, or twice where the second start goes on."""

    def __init__(self, cfg: Mamba2AccelConfig, memory: MemoryTransport, seed: int, items: int, repeat: str) -> None:
        super().__init__("random_models")
        self._cfg, self._memory, self._seed, self._items, self._repeat = cfg, memory, seed, items, repeat

    async def body(self) -> None:
        """Send the items."""
        bases = tuple(self._memory.base(port) for port in range(self._cfg.ports))
        rng = np.random.default_rng(self._seed)
        for index, knobs in zip(range(self._items), draw(self._seed), strict=False):
            name = f"start {index}; {self._repeat}"
            for stimulus in stimuli.make(name, knobs, self._cfg, bases, self._memory.size, rng):
                item = ModelItem(stimulus)
                await self.start_item(item)
                await self.finish_item(item)
