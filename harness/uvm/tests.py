# SPDX-License-Identifier: Apache-2.0
"""The tests that `krait regress` runs inside the simulator. The job (job.py) says on what, with which seed."""

from pathlib import Path

import pyuvm

from harness.uvm.coverage import StartCoverage
from harness.uvm.env import MatvecEnv
from harness.uvm.kernel_test import KernelTest
from harness.uvm.sequences import BundleStarts, RandomStarts, walk_registers
from harness.uvm.stalls import StallKind


class MatvecTest(KernelTest):
    """Base of the tests of `tern_matvec`."""

    ENV = MatvecEnv
    COVERED = StartCoverage


@pyuvm.test()
class RandomTest(MatvecTest):
    """Random starts, legal and illegal, equal the golden model bit for bit under random stalls, errors and resets."""

    async def body(self) -> None:
        """Play the drawn starts."""
        await self.play(RandomStarts(self.cfg, self.bench.memory, self.job.seed, self.job.items, self.job.bias))


@pyuvm.test()
class BundleTest(MatvecTest):
    """Cases sampled from a bundle of test vectors give the results that the bundle holds."""

    async def body(self) -> None:
        """Play the sampled cases."""
        path = Path(self.job.bundle)
        await self.play(BundleStarts(self.cfg, self.bench.memory, self.job.seed, self.job.items, path))


@pyuvm.test()
class PaceTest(MatvecTest):
    """Cases of a bundle at full speed, without a stall: what a transport can do (harness/bench/transport_speed.py)."""

    async def body(self) -> None:
        """Play the sampled cases without stalls."""
        path, kinds = Path(self.job.bundle), (StallKind.NONE,)
        await self.play(BundleStarts(self.cfg, self.bench.memory, self.job.seed, self.job.items, path, kinds))


@pyuvm.test()
class RegisterTest(MatvecTest):
    """Every register has its reset value, keeps what it stores, and shows the same through both doors."""

    async def body(self) -> None:
        """Walk the map, then run one start so that the scoreboard has seen the kernel alive."""
        await walk_registers(self.env.registers, self.cfg.ports, self.job.seed)
        await self.play(RandomStarts(self.cfg, self.bench.memory, self.job.seed, 1))
