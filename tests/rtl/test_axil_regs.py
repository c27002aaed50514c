# SPDX-License-Identifier: Apache-2.0
"""axil_regs: registers behind AXI4-Lite, by the golden law of reads and writes."""

from random import Random

import pytest

from harness.sim.runner import simulate

SOURCES = ("hw/verilog/common/axil_regs.v",)


def shape(words: int, addr_w: int) -> dict[str, int | str]:
    """Return parameters with a mask of full, empty and ragged words, of which some are missing or without strobes."""
    rng = Random(words)
    masks = [rng.choice((0, 0xFFFFFFFF, rng.getrandbits(32))) for _ in range(words)]
    mask = sum(m << 32 * i for i, m in enumerate(masks))
    exist, strobes = (rng.getrandbits(words) | rng.getrandbits(words) | 3 for _ in range(2))
    own = {"EXIST": f"{words}'h{exist:x}", "STROBES": f"{words}'h{strobes:x}"} if words % 3 else {}
    return {"WORDS": words, "ADDR_W": addr_w, "RW_MASK": f"{32 * words}'h{mask:x}"} | own


@pytest.mark.parametrize(("words", "addr_w"), [(2, 3), (5, 5), (16, 12), (256, 12), (1024, 12)])
def test_verilator(words: int, addr_w: int) -> None:
    """Values, strobes, unmapped words, resets and timing are as the header states, for every shape."""
    simulate("axil_regs", SOURCES, shape(words, addr_w), "tests.rtl.cocotb_axil_regs")


@pytest.mark.icarus
def test_icarus() -> None:
    """The same in a four-state simulator, in small."""
    env = {"KRAIT_AXI_EFFORT": "0.2"}
    simulate("axil_regs", SOURCES, shape(5, 6), "tests.rtl.cocotb_axil_regs", sim="icarus", env=env)
