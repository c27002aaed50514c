# SPDX-License-Identifier: Apache-2.0
"""Which Verilog a kernel is built from; the model itself is tested through the virtual board (tests/boards)."""

import re

import pytest

from golden.errors import InputError
from golden.spec import load_configs
from harness.generate import KERNELS
from harness.paths import VERILOG
from harness.sim.model import FAMILIES, core_sources, kernel_sources


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_kernel_is_built_from_what_it_instantiates(kernel: str) -> None:
    """Its own module, and of its family, of common and the ROMs exactly those that stand in one of the files."""
    files = core_sources(kernel)
    assert files[0].stem == kernel
    assert len(set(files)) == len(files)
    text = "\n".join(path.read_text() for path in files)
    places = (*((folder, "*.v") for folder in (*FAMILIES[kernel], "common")), ("gen", "*_rom_*.v"))
    for path in (path for folder, names in places for path in (VERILOG / folder).glob(names) if path.stem != kernel):
        assert (path in files) == bool(re.search(rf"^\s*{path.stem}\s*(#\s*\(|u_\w+\s*\()", text, re.M)), path.stem


def test_roms_come_with_mamba2_alone() -> None:
    """Norm and function tables belong to the units that hold them."""
    roms = {kernel: {path.stem for path in core_sources(kernel) if "_rom_" in path.stem} for kernel in KERNELS}
    assert roms["tern_matvec"] == set()
    assert roms["mamba2_accel"] >= {"m2_rom_silu", "m2_rom_rms1_x5", "m2_rom_rms2_x1", "fxp_rom_rsqrt"}


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_configuration_has_its_tops(kernel: str) -> None:
    """Generated top, memory and wrapper stand in front of the core."""
    for name in load_configs(kernel):
        names = [path.name for path in kernel_sources(kernel, name)[:3]]
        assert names == [f"sim_{kernel}_{name}.sv", "sim_axi_mem.sv", f"{kernel}_{name}.v"]


def test_unknown_kernel_or_configuration_is_refused() -> None:
    """Both are the input's fault, and the message says what would do."""
    with pytest.raises(
        InputError, match="kernel: found 'other', expected one of tern_matvec, mamba2_accel, ternary_accel"
    ):
        core_sources("other")
    with pytest.raises(InputError, match=r"mamba2_accel_none\.sv does not exist; run `make gen`"):
        kernel_sources("mamba2_accel", "none")
