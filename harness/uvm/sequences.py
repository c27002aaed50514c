# SPDX-License-Identifier: Apache-2.0
"""Sequences: random starts, starts of a bundle's cases, and the register walk."""

from pathlib import Path
from random import Random

import numpy as np
import torch
from pyuvm import uvm_sequence

from golden import vectors
from golden.errors import CheckError
from golden.spec.configs import TernConfig
from golden.spec.registers import Register
from golden.ternary.packing import tiling, unpack_weights, unpack_x
from harness.uvm import stimuli
from harness.uvm.items import Arguments, KernelItem, Stimulus
from harness.uvm.job import Bias
from harness.uvm.knobs import draw
from harness.uvm.memory import MemoryTransport
from harness.uvm.registers import RegisterModel
from harness.uvm.stalls import StallKind, Stalls


class RandomStarts(uvm_sequence):
    """`items` starts drawn by the knobs of a seed, and of a bias where there is one."""

    def __init__(
        self, cfg: TernConfig, memory: MemoryTransport, seed: int, items: int, bias: Bias | None = None
    ) -> None:
        super().__init__("random_starts")
        self._cfg, self._memory, self._seed, self._items, self._bias = cfg, memory, seed, items, bias

    async def body(self) -> None:
        """Send the items."""
        bases = tuple(self._memory.base(port) for port in range(self._cfg.ports))
        rng = np.random.default_rng(self._seed)
        for index, knobs in zip(range(self._items), draw(self._seed, self._bias), strict=False):
            name = f"start {index}, seed {self._seed}"
            item = KernelItem(stimuli.make(name, knobs, self._cfg, bases, self._memory.size, rng))
            await self.start_item(item)
            await self.finish_item(item)


class BundleStarts(uvm_sequence):
    """`items` cases sampled from a bundle; the results come from the bundle's own tensors. `kinds` of stalls vary."""

    def __init__(
        self,
        cfg: TernConfig,
        memory: MemoryTransport,
        seed: int,
        items: int,
        path: Path,
        kinds: tuple[StallKind, ...] = tuple(StallKind),
    ) -> None:
        super().__init__("bundle_starts")
        self._cfg, self._memory, self._seed, self._items, self._kinds = cfg, memory, seed, items, kinds
        self._bundle = vectors.load(path, cfg)
        self._matrices: dict[str, torch.Tensor] = {}

    async def body(self) -> None:
        """Send the sampled cases and compare each with the bundle, on top of the scoreboard's own comparison."""
        random = Random(self._seed)
        cases = self._bundle.manifest.cases
        for case in random.sample(cases, min(self._items, len(cases))):
            item = KernelItem(self._stimulus(case, random))
            await self.start_item(item)
            await self.finish_item(item)
            self._check(case, item)

    def _stimulus(self, case: vectors.Case, random: Random) -> Stimulus:
        cfg, tensors = self._cfg, self._bundle.tensors
        sizes = tiling(case.rows, case.cols, case.vectors, cfg)
        offsets = stimuli.layout(sizes.x_beats, sizes.w_beats, sizes.y_beats, cfg, skew=random.choice((0, 1, 61)))
        bases = tuple(self._memory.base(port) for port in range(cfg.ports))
        if case.weights not in self._matrices:
            self._matrices[case.weights] = unpack_weights(tensors[case.weights], case.rows, case.cols, cfg)
        return Stimulus(
            name=f"case {case.name} of {self._bundle.name}",
            w=self._matrices[case.weights],
            x=unpack_x(tensors[case.x], case.cols, case.vectors, cfg),
            weights=tensors[case.weights],
            activations=tensors[case.x],
            arguments=Arguments(sizes.row_tiles, sizes.col_blocks, sizes.vectors, *offsets, bases),
            stalls=Stalls(random.choice(self._kinds), p=0.3, seed=random.getrandbits(31)),
        )

    def _check(self, case: vectors.Case, item: KernelItem) -> None:
        from harness.uvm.scoreboard import first_divergence

        expected = self._bundle.tensors[case.y]
        found = item.outcome.y if item.outcome is not None else None
        if found is None:
            raise CheckError(f"tensor {case.y}: nothing was written [{item.get_name()}]")
        if line := first_divergence(item.get_name(), expected, found, self._cfg):
            raise CheckError(line.replace("tensor y", f"tensor {case.y}", 1))


async def walk_registers(registers: RegisterModel, ports: int, seed: int) -> int:
    """Check reset values, storage and both doors of every register; return how many were checked.

    Arrays have one element for each port that a map allows; those of the `ports` that exist work, others read 0.

    Raises:
        CheckError: names the register, the value found and the value expected.
    """
    random = Random(seed)
    checked = 0
    for register in registers.declared.registers:
        for element in range(register.count):
            if element >= ports:
                await _check_absent(registers, register, element)
            else:
                await _check_register(registers, register, element if register.count > 1 else None, random)
            checked += 1
    return checked


async def _check_absent(registers: RegisterModel, register: Register, element: int) -> None:
    if register.rw_mask:
        await registers.write(register.name, register.rw_mask, element)
    if found := await registers.read(register.name, element):
        raise CheckError(
            f"register {register.name}_{element:02d} of a port that does not exist: golden 0, RTL {found:#x}"
        )


async def _check_register(registers: RegisterModel, register: Register, element: int | None, random: Random) -> None:
    stem = register.name if element is None else f"{register.name}_{element:02d}"
    fixed = sum(field.mask for field in register.fields if field.access != "rw" and _is_constant(register.name))
    found = await registers.read(register.name, element)
    if (found ^ register.reset) & (fixed | register.rw_mask):
        raise CheckError(f"register {stem} after reset: golden {register.reset:#x}, RTL {found:#x}")
    if register.rw_mask:
        await _check_storage(registers, register, element, stem, random)


def _is_constant(name: str) -> bool:
    return name in ("MAGIC", "VERSION", "KERNEL_ID", "ERROR")


async def _check_storage(
    registers: RegisterModel, register: Register, element: int | None, stem: str, random: Random
) -> None:
    mask = register.rw_mask
    for value in (mask, random.getrandbits(register.width) & mask, 0x5555_5555_5555_5555 & mask, 0):
        await registers.write(register.name, value, element)
        found = await registers.read(register.name, element) & mask
        if found != value:
            raise CheckError(f"register {stem}: wrote {value:#x}, golden {value:#x}, RTL {found:#x}")
        for half, word in enumerate(_words(stem, register.width)):
            behind = await registers.peek(word) & mask >> 32 * half
            if behind != value >> 32 * half & 0xFFFF_FFFF:
                raise CheckError(f"register {word}: frontdoor wrote {value:#x}, backdoor finds {behind:#x}")
    for half, word in enumerate(_words(stem, register.width)):
        value = random.getrandbits(32) & mask >> 32 * half & 0xFFFF_FFFF
        await registers.poke(word, value)
        found = await registers.read(register.name, element) >> 32 * half & mask >> 32 * half & 0xFFFF_FFFF
        if found != value:
            raise CheckError(f"register {word}: backdoor wrote {value:#x}, frontdoor finds {found:#x}")
        await registers.poke(word, 0)


def _words(stem: str, width: int) -> tuple[str, ...]:
    return (stem,) if width == 32 else (f"{stem}_LO", f"{stem}_HI")
