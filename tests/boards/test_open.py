# SPDX-License-Identifier: Apache-2.0
"""What a virtual board's overlay says of either kernel; opening one is tested with each kernel's driver."""

from pathlib import Path

import pytest

from boards.drivers import DRIVERS
from boards.facts import load_board
from boards.open import pick_config
from boards.overlay import PynqMetadata, read
from boards.sim.open import open_board, write_overlay
from golden.errors import InputError
from golden.spec import KernelConfig, load_configs, load_register_map
from harness.build import VerilatorBuild
from harness.generate import KERNELS

CONFIGS = [config for kernel in KERNELS for config in load_configs(kernel).values()]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: f"{config.kernel}_{config.name}")
def test_an_overlay_names_the_kernels_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: KernelConfig):
    """VLNV, identity, one memory a port and the registers are those of the kernel, and PYNQ would bind its driver."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path))
    library = tmp_path / "model.so"
    library.write_bytes(b"not a model")
    facts = load_board(config.board)
    overlay = read(write_overlay(f"sim:{config.board}", facts, config, library))
    entry = PynqMetadata(overlay).ip_dict[config.kernel]
    assert DRIVERS[config.kernel].bindto == [entry["type"]]
    assert entry["type"].split(":")[2] == config.kernel
    assert entry["parameters"]["CONFIG"] == config.name
    assert int(entry["parameters"]["CONFIG_HASH"], 16) == config.config_hash
    assert len(entry["parameters"]["MEMORIES"].split()) == config.ports
    names = {register.name for register in load_register_map(config.kernel).registers if register.width == 32}
    assert {name for name in names if name in entry["registers"]} >= {"CTRL", "MAGIC"}


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_has_a_driver(kernel: str):
    """The driver knows the kernel's identity as its register map declares it."""
    driver, declared = DRIVERS[kernel], load_register_map(kernel)
    assert kernel == driver.KERNEL
    assert declared.kernel_id == driver.KERNEL_ID
    assert declared.version == driver.MAP_VERSION


@pytest.mark.parametrize("tag", ["sim", "sim:u280", "sim:vc709", "sim:vck190"])
def test_either_kernel_is_built_for_its_board(own_locks, tag: str):
    """open_board asks for the build of the kernel in the configuration named like the board."""
    asked: list[VerilatorBuild] = []

    def make(build: VerilatorBuild) -> Path:
        asked.append(build)
        raise InputError("enough")

    with pytest.raises(InputError, match="enough"):
        open_board(tag, kernel="mamba2_accel", make=make)
    assert asked[0].top == f"sim_mamba2_accel_{tag.removeprefix('sim:')}"


def test_a_board_without_a_configuration_of_the_kernel_is_refused():
    """tern_matvec has no build for VC709; the message lists what would do."""
    with pytest.raises(InputError, match="found configuration 'vc709', expected one of none"):
        pick_config("tern_matvec", "vc709", load_board("vc709"))
    with pytest.raises(InputError, match="found configuration 'u280', expected one of sim, sim_w8a8"):
        pick_config("mamba2_accel", "u280", load_board("sim"))


def test_a_bitstream_may_lie_beside_its_overlay_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A relative path in an overlay file begins at its folder, wherever it is read from."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path))
    library = tmp_path / "overlays" / "model.so"
    library.parent.mkdir()
    library.write_bytes(b"not a model")
    path = write_overlay("sim", load_board("sim"), load_configs("tern_matvec")["sim"], library)
    path.write_text(path.read_text().replace(str(library), "model.so"))
    assert '"library": "model.so"' in path.read_text()
    assert read(path).library == str(library)
