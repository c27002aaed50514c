# SPDX-License-Identifier: Apache-2.0
"""Base of the tests of every kernel: environment, reset before and coverage after the body."""

import gc
from pathlib import Path
from typing import Any

import torch
from pyuvm import uvm_test

from golden.spec.configs import load_config
from golden.spec.registers import load_register_map
from harness.uvm import coverage, job
from harness.uvm.axil import log_quietly
from harness.uvm.bench import KernelEnv, start_bench


def _keep_python_out_of_the_way() -> None:
    """Keep torch from spinning threads over small products, and the collector from walking all that was imported."""
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()


class KernelTest(uvm_test):
    """Base: the job says on which configuration, with which seed."""

    ENV: type[KernelEnv]
    COVERED: type[Any]
    """Covergroup of a start."""
    ARENA_BYTES = 1 << 20

    def build_phase(self) -> None:
        """Make the environment that the job asks for."""
        log_quietly()
        _keep_python_out_of_the_way()
        self.job = job.current()
        self.cfg: Any = load_config(self.job.kernel, self.job.config)
        self.bench = start_bench(self.job, self.cfg, load_register_map(self.job.kernel), self.ARENA_BYTES)
        self.env = self.ENV("env", self, self.bench)

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
        hits = coverage.bins(self.COVERED)
        coverage.save(Path(self.job.out) / "coverage.json", job.covergroup(self.job.kernel), hits)

    async def play(self, sequence: Any) -> None:
        """Run a sequence on the kernel's sequencer."""
        await sequence.start(self.env.kernel.sequencer)
