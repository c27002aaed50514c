# SPDX-License-Identifier: Apache-2.0
"""The tutorial of harness/newdut/README.md, run as it is written."""

import os
import re
import subprocess
import sys
from pathlib import Path

from harness.newdut import ports
from harness.paths import ROOT, build_dir

README = (ROOT / "harness" / "newdut" / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)


def run(command: str, folder: Path) -> tuple[int, str]:
    """Run a line of the tutorial in a folder, with this environment's krait and pytest."""
    name, *rest = command.split()
    krait = ["-c", "from harness.cli import main; main()"]
    main = krait if name == "krait" else ["-m", "pytest", "-p", "no:cacheprovider"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "KRAIT_BUILD": str(build_dir())}
    done = subprocess.run(
        [sys.executable, *main, *rest], cwd=folder, capture_output=True, text=True, check=False, env=environment
    )
    return done.returncode, done.stdout + done.stderr


def check(command: str, folder: Path, expected: int, said: str) -> None:
    """Run a line, and expect its exit code and what it says."""
    code, shown = run(command, folder)
    assert code == expected, shown
    assert said.strip() in shown, shown


def test_tutorial(tmp_path: Path) -> None:
    """The made folder runs at once and finds that golden is not written; with the law in it, pins and board pass."""
    (verilog,), (golden,), (wrong, took) = (blocks(name) for name in ("verilog", "python", "text"))
    (make, unit), (again,), (board, tested, replay) = (text.splitlines() for text in blocks("sh"))
    (tmp_path / "add_previous.v").write_text(verilog)
    check(make, tmp_path, 0, "s_axis: s_axis_tdata 16, s_axis_tlast 1")
    check(unit, tmp_path, 1, wrong)
    (tmp_path / "dut" / "add_previous_golden.py").write_text(golden)
    check(again, tmp_path, 0, "passed")
    check(board, tmp_path, 0, "add_previous_golden.py among them, are as they were")
    check(tested, tmp_path, 0, "2 passed")
    check(replay, tmp_path, 0, took)


def test_names_are_those_of_the_code() -> None:
    """The table of clocks and resets is what ports.py knows."""
    for name in (*ports.CLOCKS, *ports.RESETS, *ports.RESETS_LOW):
        assert f"`{name}`" in README
