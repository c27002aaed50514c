# SPDX-License-Identifier: Apache-2.0
"""The accelerator's check is tested: a wrong bit in a copy of a block makes it fail, with the place and both values."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from golden.errors import CheckError
from harness.paths import VERILOG
from harness.sim.model import core_sources
from harness.sim.runner import simulate
from tests.rtl.m2_accel_starts import smallest

pytestmark = pytest.mark.icarus


@dataclass(frozen=True)
class Fault:
    """One edit: `before` stands once in `file` and becomes `after`."""

    file: str
    before: str
    after: str


FAULTS = {
    # A shift of the first row's first group.
    "matmul": Fault(
        "m2_dot", "wide << shifts[g*SHIFT_W+:SHIFT_W]", "wide << (shifts[g*SHIFT_W+:SHIFT_W] ^ (r + g == 0))"
    ),
    # The lowest bit of a channel's oldest token in the convolution's history.
    "front": Fault("m2_conv_path", "history_q <= next;", "history_q <= next ^ 1'b1;"),
    # Bit 16 of the state before it is quantized: the lowest that is kept however large the state is.
    "ssm": Fault("m2_ssm_tile", "p6_state_q <= saturated;", "p6_state_q <= saturated ^ 32'h10000;"),
    # The lowest bit of the first activation of each beat.
    "act": Fault(
        "m2_act_pack",
        "= wide[i*BEAT_W+:LANES*BITS];",
        "= wide[i*BEAT_W+:LANES*BITS] ^ {{LANES * BITS - 1{1'b0}}, 1'b1};",
    ),
    # The lowest bit of each group's fourth value.
    "residual": Fault("m2_residual", ": p1_sum_q[VALUE_W-1:0];", ": p1_sum_q[VALUE_W-1:0] ^ (v == 3);"),
    # The second bit of the index of a beat's fourth logit.
    "topk": Fault("m2_topk", "|{p3_one_q[7:6], p3_one_q[3:2]}", "|{p3_one_q[7:6], p3_one_q[2]}"),
}
QUICK = ("matmul", "topk")
CASES = [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in FAULTS]


def planted(fault: Fault, folder: Path) -> list[Path]:
    """Return the kernel's sources with a faulty copy in the place of one."""
    original = VERILOG / "mamba2" / f"{fault.file}.v"
    text = original.read_text()
    assert text.count(fault.before) == 1, f"{fault.file} no longer has {fault.before!r} once; plant the fault elsewhere"
    copy = folder / original.name
    copy.write_text(text.replace(fault.before, fault.after))
    return [copy if path == original else path for path in core_sources("mamba2_accel")]


def run(sources: list[Path]) -> None:
    """Run one start of the smallest build."""
    cfg, test = smallest(slots=1), "tests.rtl.cocotb_mamba2_accel"
    simulate("mamba2_accel", sources, cfg.parameters, test, testcase="one_start", sim="icarus", timeout_s=600)


@pytest.mark.parametrize("name", CASES)
def test_planted_fault_is_found(name: str, tmp_path: Path) -> None:
    """Law: the first difference is named with its stream or result, its place, the RTL's value and golden's."""
    with pytest.raises(CheckError, match=r"at \[\d+, \d+\] RTL -?\d+, golden -?\d+; \d+ of \d+ differ"):
        run(planted(FAULTS[name], tmp_path))


def test_without_a_fault_nothing_is_found() -> None:
    """Law: the same start on the sources as they are passes."""
    run(list(core_sources("mamba2_accel")))
