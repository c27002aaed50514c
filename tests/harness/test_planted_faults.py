# SPDX-License-Identifier: Apache-2.0
"""The regression itself is tested: a small fault in a copy of the tree makes it fail, with a divergence that names the
tensor, the row and both values."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.paths import ROOT, build_dir
from harness.regress.results import read

DIVERGENCE = re.compile(r"tensor y: row \d+, vector \d+ \(tile \d+, lane \d+\): golden -?\d+ .*, RTL -?\d+ ")


@dataclass(frozen=True)
class Fault:
    """One edit: `before` stands once in `file` and becomes `after`."""

    file: str
    before: str
    after: str


FAULTS = {
    "table_entry": Fault("hw/verilog/ternary/tern_table.v", "x2 + low4, x2 + low3, ", "x2 + low4, x2 + low4, "),
    "packed_trit": Fault(
        "golden/ternary/packing.py",
        "torch.tensor([3**i for i in range(TRITS)]",
        "torch.tensor([3**i for i in (0, 1, 2, 4, 3)]",
    ),
    "register_offset": Fault(
        "hw/verilog/gen/kr_tern_matvec_regs.vh",
        "`define KR_TERN_MATVEC_X_OFF_LO_WORD 8\n",
        "`define KR_TERN_MATVEC_X_OFF_LO_WORD 10\n",
    ),
}


def copy_tree(target: Path) -> None:
    """Copy what git would: tracked files and those it does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)


def plant(tree: Path, fault: Fault) -> None:
    path = tree / fault.file
    text = path.read_text()
    assert text.count(fault.before) == 1, f"{fault.file} no longer has {fault.before!r} once; plant the fault elsewhere"
    path.write_text(text.replace(fault.before, fault.after))


def regress(tree: Path, out: Path, name: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Run one test of the tree at hand, with the caches of the build folder."""
    command = [sys.executable, "-c", "from harness.cli import main; main()"]
    arguments = ["regress", name, "--seed", "3", "--jobs", "1", "--out", str(out), *more]
    environment = {**os.environ, "KRAIT_BUILD": str(build_dir()), "PYTHONPATH": str(tree)}
    return subprocess.run(
        [*command, *arguments], cwd=tree, env=environment, capture_output=True, text=True, timeout=900, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_is_found(name: str, tmp_path: Path) -> None:
    """One wrong table entry, packed trit or register offset: exit code 1, and the first divergence in full."""
    tree = tmp_path / "tree"
    copy_tree(tree)
    plant(tree, FAULTS[name])
    done = regress(tree, tmp_path / "out", "random_bulk_0", "--no-waves")
    assert done.returncode == 1, done.stdout + done.stderr
    assert DIVERGENCE.search(done.stdout), done.stdout
    assert "repeat: krait regress random_bulk_0 --seed 3" in done.stdout


@pytest.mark.icarus
def test_a_planted_fault_leaves_waves(tmp_path: Path) -> None:
    """The second run fails alike, and its waves begin shortly before the divergence: exit code 1, FAIL, a file."""
    tree, out = tmp_path / "tree", tmp_path / "out"
    copy_tree(tree)
    plant(tree, FAULTS["table_entry"])
    done = regress(tree, out, "random_icarus")
    assert done.returncode == 1, done.stdout + done.stderr
    found = read(out / "results.json").results[0]
    assert found.status == "FAIL", found
    assert found.note.startswith("second run with the same seed: the same; waves: ")
    assert (out / found.waves).stat().st_size > 1000
