# SPDX-License-Identifier: Apache-2.0
"""The tests that `krait regress` runs inside the simulator. The job (job.py) says on what, with which seed."""

import gc
from pathlib import Path
from typing import Any, Final

import pyuvm
import torch
from pyuvm import uvm_test

from golden.spec.configs import load_config
from golden.spec.registers import load_register_map
from harness.uvm import coverage, job
from harness.uvm.axil import log_quietly
from harness.uvm.env import MatvecEnv, start_bench
from harness.uvm.sequences import BundleStarts, RandomStarts, walk_registers
from harness.uvm.stalls import StallKind

KERNEL: Final = "tern_matvec"


def _keep_python_out_of_the_way() -> None:
    """Keep torch from spinning threads over small products, and the collector from walking all that was imported."""
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()


class MatvecTest(uvm_test):
    """Base: environment, reset before and coverage after the body."""

    def build_phase(self) -> None:
        """Make the environment that the job asks for."""
        log_quietly()
        _keep_python_out_of_the_way()
        self.job = job.current()
        self.cfg = load_config(KERNEL, self.job.config)
        self.bench = start_bench(self.job, self.cfg, load_register_map(KERNEL))
        self.env = MatvecEnv("env", self, self.bench)

    async def run_phase(self) -> None:
        """Run the body between objections."""
        self.raise_objection()
        await self.bench.reset()
        await self.body()
        self.drop_objection()

    async def body(self) -> None:
        """Play nothing; a test that does not override this fails, because its scoreboard compared nothing."""

    def report_phase(self) -> None:
        """Save functional coverage, and how fast the kernel ran."""
        self.env.kernel.driver.pace.write(Path(self.job.out))
        coverage.save(Path(self.job.out) / "coverage.json", f"{KERNEL}.start", coverage.bins())

    async def play(self, sequence: Any) -> None:
        """Run a sequence on the kernel's sequencer."""
        await sequence.start(self.env.kernel.sequencer)


@pyuvm.test()
class RandomTest(MatvecTest):
    """Random starts, legal and illegal, equal the golden model bit for bit under random stalls, errors and resets."""

    async def body(self) -> None:
        """Play the drawn starts."""
        await self.play(RandomStarts(self.cfg, self.bench.memory, self.job.seed, self.job.items))


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
