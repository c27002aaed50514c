# SPDX-License-Identifier: Apache-2.0
"""Sequences: random starts of random models, and a zoo model that decodes held-out text."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from pyuvm import uvm_sequence

from golden.spec import Mamba2AccelConfig
from harness.uvm.mamba2 import stimuli
from harness.uvm.mamba2.corners import corners
from harness.uvm.mamba2.items import Action, ModelItem, Stimulus
from harness.uvm.mamba2.knobs import ILLEGAL_NAMES, ZOO, Knobs, draw
from harness.uvm.mamba2.streams import RESIDUAL
from harness.uvm.memory import MemoryTransport

UNSEEN = 4096
"""Token of the held-out text from which on no calibration has seen it."""
TEXT, CHOSEN, MORE = 12, 12, 3
"""Tokens of a prompt, tokens chosen, and both again in a start that goes on."""


def least(knobs: Knobs) -> Knobs:
    """Return knobs of the least model: one layer, one token in, one out, its state in memory, all else as drawn."""
    small = replace(knobs, shape=0, two_groups=False, layers=1, part="whole", vocab=8, prompt="one", generate=1)
    return replace(small, place="memory", kind="tokens", tap=1, tap_all=True, style="synthetic", action=Action.RUN)


class RandomModels(uvm_sequence):
    """`items` models drawn by the knobs of a seed, each started once, or twice where the second start goes on.

    `change` may keep the drawn knobs within bounds.
    """

    def __init__(
        self,
        cfg: Mamba2AccelConfig,
        memory: MemoryTransport,
        seed: int,
        items: int,
        repeat: str,
        change: Callable[[Knobs], Knobs] = lambda knobs: knobs,
    ) -> None:
        super().__init__("random_models")
        self._cfg, self._memory, self._seed, self._items, self._repeat = cfg, memory, seed, items, repeat
        self._change = change

    async def body(self) -> None:
        """Send the items."""
        bases = tuple(self._memory.base(port) for port in range(self._cfg.ports))
        rng = np.random.default_rng(self._seed)
        for index, knobs in zip(range(self._items), draw(self._seed), strict=False):
            name = f"start {index}; {self._repeat}"
            for stimulus in stimuli.make(name, self._change(knobs), self._cfg, bases, self._memory.size, rng):
                item = ModelItem(stimulus)
                await self.start_item(item)
                await self.finish_item(item)


class Corners(uvm_sequence):
    """Every pair of what is done around a start and what stalls, of states' place and kind, of region and port."""

    def __init__(self, cfg: Mamba2AccelConfig, memory: MemoryTransport, seed: int, repeat: str) -> None:
        super().__init__("corners")
        self._cfg, self._memory, self._seed, self._repeat = cfg, memory, seed, repeat

    async def body(self) -> None:
        """Send the items."""
        bases = tuple(self._memory.base(port) for port in range(self._cfg.ports))
        rng = np.random.default_rng(self._seed)
        for index, knobs in enumerate(corners(self._seed, self._cfg.ports)):
            name = f"corner {index}; {self._repeat}"
            for stimulus in stimuli.make(name, knobs, self._cfg, bases, self._memory.size, rng):
                item = ModelItem(stimulus)
                await self.start_item(item)
                await self.finish_item(item)


class Refusals(uvm_sequence):
    """A start, every illegal argument in turn, and a start that goes on from the first as if nothing had been."""

    def __init__(self, cfg: Mamba2AccelConfig, memory: MemoryTransport, seed: int, repeat: str) -> None:
        super().__init__("refusals")
        self._cfg, self._memory, self._seed, self._repeat = cfg, memory, seed, repeat

    async def body(self) -> None:
        """Send the items."""
        bases = tuple(self._memory.base(port) for port in range(self._cfg.ports))
        knobs = replace(least(next(draw(self._seed))), kind="continued", layers=2, place="mixed")
        rng = np.random.default_rng(self._seed)
        first, second = stimuli.make(self._repeat, knobs, self._cfg, bases, self._memory.size, rng)
        for stimulus in (first, *(stimuli.refused(first, name) for name in ILLEGAL_NAMES), second):
            item = ModelItem(stimulus)
            await self.start_item(item)
            await self.finish_item(item)


class Decoding(uvm_sequence):
    """mamba2-tiny reads held-out text and goes on with it, `items` times; each time once more where it stopped.

    Every other text has its states in memory, from a layer of its own on. The residual stream behind each layer is
    compared.
    """

    def __init__(self, cfg: Mamba2AccelConfig, memory: MemoryTransport, seed: int, items: int, repeat: str) -> None:
        super().__init__("decoding")
        self._cfg, self._memory, self._seed, self._items, self._repeat = cfg, memory, seed, items, repeat

    async def body(self) -> None:
        """Send the items."""
        for stimulus in self._starts():
            item = ModelItem(stimulus)
            await self.start_item(item)
            await self.finish_item(item)

    def _starts(self) -> Iterator[Stimulus]:
        from harness import mamba2_tiny

        model = mamba2_tiny.tiny(self._cfg.profile)
        bases = tuple(self._memory.base(port) for port in range(self._cfg.ports))
        rng = np.random.default_rng(self._seed)
        for index in range(self._items):
            first = int(rng.integers(UNSEEN, 2 * UNSEEN))
            a = stimuli.of_model(model, self._cfg, bases, self._memory.size)
            a = replace(a, tap_point=RESIDUAL, tap_all=True, head=True)
            a = replace(a, mem_first=model.cfg.n_layer - int(rng.integers(1, 1 + model.cfg.n_layer)) * (index % 2))
            name, states = f"text at {first}; {self._repeat}", None
            for start, prompt, chosen in ((name, TEXT, CHOSEN), (f"{name}, continued", MORE, MORE)):
                tokens = tuple(int(token) for token in mamba2_tiny.text(first, prompt))
                sized = replace(a, prompt=prompt, generate=chosen)
                made = stimuli.start(start, model, self._cfg, sized, tokens, states=states)
                yield replace(made, style=ZOO)
                first, states = first + prompt, made.golden.states
