# SPDX-License-Identifier: Apache-2.0
"""What odd_join.v does, and its kernel in a folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from boards.facts import load_board
from harness.newdut import declaration, kernel, ports
from harness.newdut.declaration import Declaration
from harness.paths import build_dir

VERILOG = Path(__file__).parent / "odd_join.v"
STEP = 0x70000


def expected(inputs: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """Return the sums with their marks, and the length of every packet, modulo 16."""
    sums, lengths, length = [], [], 0
    for beat in inputs["a"]:
        last, length = beat >> 12, length + 1
        sums.append((beat & 0xFFF) + STEP + (len(lengths) & 0xFF) & 0xFFFFF | last << 20)
        if last:
            lengths.append(length & 15)
            length = 0
    return {"m": sums, "ends": lengths}


def declare(folder: Path, *boards: str) -> Declaration:
    """Return the kernel's declaration, with a configuration for each board."""
    dut = ports.read([VERILOG], None, build_dir() / "new-dut")
    facts = [load_board(board) for board in boards]
    fitting = {each.identifier: declaration.fit(dut, each.name, each.clock_mhz, each.memory.channels) for each in facts}
    return kernel.declare(dut, [VERILOG], folder, fitting)
