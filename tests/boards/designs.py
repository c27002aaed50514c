# SPDX-License-Identifier: Apache-2.0
"""Kernels to put on a device of these tests: a Verilated library, its registers, the memory behind each port."""

from dataclasses import dataclass, replace
from pathlib import Path

from boards.drivers import DRIVERS
from boards.overlay import KernelInstance, MemoryRegion
from golden.spec import load_config
from harness.build import build
from harness.sim.model import kernel_build
from tests.boards.toy_board import KERNEL, REGIONS
from tests.harness.sim.toy import shared


@dataclass(frozen=True)
class Design:
    library: Path
    kernel: KernelInstance
    regions: tuple[MemoryRegion, ...]

    @property
    def ports(self):
        """The region behind each port."""
        by_name = {region.name: region for region in self.regions}
        return [by_name[name] for name in self.kernel.memories]


def toy(**changes):
    return Design(build(shared("sim_toy")), replace(KERNEL, **changes), REGIONS)


def matvec():
    """The smallest configuration of tern_matvec."""
    return kernel("tern_matvec")


def kernel(name):
    """The smallest configuration of a kernel, 64 MiB behind each port."""
    config = load_config(name, "sim")
    regions = tuple(MemoryRegion(f"MEM{port}", (port + 1) << 34, 64 << 20) for port in range(config.ports))
    instance = KernelInstance(
        name=name,
        vlnv=DRIVERS[name].bindto[0],
        base=0x1_0000,
        size=4096,
        config="sim",
        config_hash=f"{config.config_hash:#018x}",
        clock_mhz=config.clock_mhz,
        memories=tuple(region.name for region in regions),
        registers=name,
    )
    return Design(build(kernel_build(name, "sim")), instance, regions)
