# SPDX-License-Identifier: Apache-2.0
"""Rules of the repository: licence lines, one tested module a file, no large or generated files by accident."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from harness.paths import ROOT, VERILOG

SPDX = "SPDX-License-Identifier: Apache-2.0"
SOURCES = (".py", ".v", ".sv", ".vh", ".cpp", ".h", ".toml", ".sh", ".tcl", ".j2", ".css", ".yml", ".yaml")
WITHOUT = ("pyproject.toml",)  # its own key states the licence
LIMIT = 5 * 1024 * 1024


@cache
def tracked() -> tuple[str, ...]:
    """Return the paths that git knows, those not yet committed included and deleted ones left out."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return tuple(sorted({path for path in done.stdout.splitlines() if (ROOT / path).is_file()}))


def lacks_licence(text: str) -> bool:
    """Return whether a source does not state the licence in its first two lines (a script's first is its shebang)."""
    return not any(SPDX in line for line in text.splitlines()[:2])


def test_every_source_states_its_licence() -> None:
    """The SPDX line stands on top of every source file; an empty file holds nothing to license."""
    sources = [path for path in tracked() if path.endswith(SOURCES) and path not in WITHOUT]
    assert len(sources) > 100
    assert [path for path in sources if lacks_licence((ROOT / path).read_text(errors="replace"))] == []
    assert lacks_licence("import os\n\n# " + SPDX)


def declared(text: str) -> list[str]:
    """Return the modules that Verilog text declares, comments left out."""
    return re.findall(r"^\s*module\s+(\w+)", re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S), re.M)


def test_one_module_a_file_of_its_name() -> None:
    """Below hw/verilog and harness/sim a file declares exactly the module that it is named after."""
    files = [*VERILOG.rglob("*.v"), *(ROOT / "harness" / "sim").rglob("*.sv")]
    assert files
    wrong = {str(path.relative_to(ROOT)): declared(path.read_text()) for path in files}
    assert {path: found for path, found in wrong.items() if found != [Path(path).stem]} == {}
    assert declared("// module a\nmodule b;\nendmodule\n/*\nmodule c;*/ module d;") == ["b", "d"]


HAND_WRITTEN = sorted(path for path in VERILOG.rglob("*.v") if VERILOG / "gen" not in path.parents)


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=lambda path: path.stem)
def test_every_module_has_a_test(path: Path) -> None:
    """Either tests/rtl/test_<module>.py, or the test that the header names, which exists."""
    own = ROOT / "tests" / "rtl" / f"test_{path.stem}.py"
    stated = re.search(r"^// Test +: (\S+?);?(\s|$)", path.read_text(), re.M)
    assert stated or own.is_file(), f"{path.name} has neither {own.relative_to(ROOT)} nor a Test: line"
    assert stated is None or (ROOT / stated[1]).is_file(), f"{path.name}: {stated[0].strip()} is no file"


def test_nothing_large_is_committed() -> None:
    """No file above 5 MB: trained models are tiny, and results belong below build/."""
    assert [path for path in tracked() if (ROOT / path).stat().st_size > LIMIT] == []


def test_nothing_that_is_made_is_committed() -> None:
    """Build output, environments, caches and waveforms are ignored."""
    made = re.compile(r"^(build|\.venv)/|(^|/)(__pycache__|sim_build|.*\.egg-info)/|\.(pyc|vcd|fst|so|o|jou|log)$")
    assert [path for path in tracked() if made.search(path)] == []
