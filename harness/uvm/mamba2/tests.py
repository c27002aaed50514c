# SPDX-License-Identifier: Apache-2.0
"""The tests of `mamba2_accel` that `krait regress` runs inside the simulator. The job (job.py) says on what."""

from pathlib import Path

import pyuvm

from harness.uvm.kernel_test import KernelTest
from harness.uvm.mamba2 import sequences
from harness.uvm.mamba2.coverage import ModelCoverage
from harness.uvm.mamba2.env import ModelEnv
from harness.uvm.mamba2.sequences import Decoding, RandomModels
from harness.uvm.sequences import walk_registers


class ModelTest(KernelTest):
    """Base of the tests of `mamba2_accel`."""

    ENV = ModelEnv
    COVERED = ModelCoverage

    @property
    def repeat(self) -> str:
        """The command that runs the job again."""
        return f"krait regress {Path(self.job.out).name} --seed {self.job.seed}"

    async def play_random(self, items: int) -> None:
        """Play drawn models."""
        await self.play(RandomModels(self.cfg, self.bench.memory, self.job.seed, items, self.repeat))


@pyuvm.test()
class RandomTest(ModelTest):
    """Random models and starts, legal and illegal, equal golden bit for bit under random stalls, errors and resets."""

    async def body(self) -> None:
        """Play the drawn starts."""
        await self.play_random(self.job.items)


@pyuvm.test()
class CornerTest(ModelTest):
    """What random starts meet by luck: actions, errors, parts of models and ends of texts, each under every stall."""

    async def body(self) -> None:
        """Play all of them."""
        await self.play(sequences.Corners(self.cfg, self.bench.memory, self.job.seed, self.repeat))


@pyuvm.test()
class RefusalTest(ModelTest):
    """Every illegal argument is refused with its code, moves nothing, and disturbs nothing that is kept."""

    async def body(self) -> None:
        """Play all of them between two starts."""
        await self.play(sequences.Refusals(self.cfg, self.bench.memory, self.job.seed, self.repeat))


@pyuvm.test()
class LeastTest(ModelTest):
    """The least model, at pin level: for simulators in which every cycle is dear, and every unknown value is seen."""

    async def body(self) -> None:
        """Play it under drawn stalls."""
        await self.play(
            RandomModels(self.cfg, self.bench.memory, self.job.seed, self.job.items, self.repeat, sequences.least)
        )


@pyuvm.test()
class RegisterTest(ModelTest):
    """Every register has its reset value, keeps what it stores, and shows the same through both doors."""

    async def body(self) -> None:
        """Walk the map, then run one model so that the scoreboard has seen the kernel alive."""
        await walk_registers(self.env.registers, self.cfg.ports, self.job.seed)
        await self.play_random(1)


@pyuvm.test()
class DecodingTest(ModelTest):
    """mamba2-tiny decodes held-out text: tokens, best logits and the stream behind every layer are golden's."""

    async def body(self) -> None:
        """Play the texts."""
        await self.play(Decoding(self.cfg, self.bench.memory, self.job.seed, self.job.items, self.repeat))
