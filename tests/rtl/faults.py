# SPDX-License-Identifier: Apache-2.0
"""One wrong bit for each unit of mamba2_accel: the tests' own test. Edits of single lines of the Verilog."""

import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.paths import ROOT, VERILOG

PLANTED = "KRAIT_PLANTED"
"""Environment: a folder whose Verilog files take the place of those of the same name (`tests.rtl.dut`)."""


@dataclass(frozen=True)
class Fault:
    """One edit: `before` stands once in `file` and becomes `after`.

    Attributes:
        file: module whose copy is edited.
        before: text that is replaced.
        after: text that takes its place.
        test: module whose unit test must find it; without it `file` itself.
        profile: of the accelerator that must find it.
    """

    file: str
    before: str
    after: str
    test: str = ""
    profile: str = "fastmamba-w8a8"

    @property
    def unit(self) -> str:
        return self.test or self.file

    def plant(self, folder: Path) -> Path:
        """Write the faulty copy into a folder, and return it."""
        original = source(self.file)
        text = original.read_text()
        if text.count(self.before) != 1:
            raise AssertionError(f"{self.file} no longer has {self.before!r} once; plant the fault elsewhere")
        copy = folder / original.name
        copy.write_text(text.replace(self.before, self.after))
        return copy


def source(module: str) -> Path:
    """Return the file of a module."""
    return next(VERILOG.rglob(f"{module}.v"))


def replaced(paths: Iterable[Path]) -> list[Path]:
    """Return sources, those that PLANTED names in the place of the originals."""
    folder = os.environ.get(PLANTED)
    planted = {path.name: path for path in Path(folder).glob("*.v")} if folder else {}
    return [planted.get(path.name, path) for path in paths]


def assert_unit_test_finds(fault: Fault, folder: Path) -> None:
    """Plant a fault in a folder: with it the Icarus cases of its unit's test fail, by a failure of a simulation."""
    fault.plant(folder)
    test = f"tests/rtl/test_{fault.unit}.py"
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "icarus", "-p", "no:cacheprovider", test]
    env = {**os.environ, PLANTED: str(folder)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=900)
    assert done.returncode == 1, done.stdout[-2000:]
    assert "CheckError" in done.stdout, done.stdout[-2000:]
    assert f"FAILED {test}::" in done.stdout, done.stdout[-2000:]


W4A4 = "lightmamba-w4a4"

FAULTS = {
    # Where the beat's value has several parts, the lowest bit of the last or the lowest part.
    "dot": Fault(
        "m2_dot_sum", "wide << s[g*SHIFT_W+:SHIFT_W];", "wide << (s[g*SHIFT_W+:SHIFT_W] ^ (g == 0));", "m2_dot"
    ),
    "accumulator": Fault("m2_linear", "acc_q <= new_sums;", "acc_q <= new_sums ^ 5'd16;"),
    "feed": Fault("m2_feed", "records[r*22+:22] = part[r*32+:22];", "records[r*22+:22] = part[r*32+:22] ^ 22'h400;"),
    "narrow": Fault("m2_narrow", "= record[15:0];", "= record[15:0] ^ 16'h100;", "m2_collect"),
    "scale": Fault("m2_scale", "p5_y_q <= y;", "p5_y_q <= y ^ 1'b1;"),
    "gather": Fault("m2_gather", "data_q <= {kind, kept};", "data_q <= {kind, kept ^ 1'b1};", "m2_collect"),
    "sum_of_squares": Fault(
        "m2_norm_sum", "p0_x_q <= element[ROOT_W:0];", "p0_x_q <= element[ROOT_W:0] ^ 9'h100;", "m2_norm"
    ),
    "rsqrt": Fault("fxp_rsqrt", "p8_m_q <= rounded[20:5];", "p8_m_q <= rounded[20:5] ^ 16'h40;"),
    "norm_table": Fault(
        "m2_norm_table",
        "p4_right_q <= rights[p3_addr_q[11:9]*5+:5];",
        "p4_right_q <= rights[p3_addr_q[11:9]*5+:5] ^ 5'd1;",
        profile=W4A4,
    ),
    "norm_scale": Fault("m2_norm_scale", "p7_y_q <= rounded;", "p7_y_q <= rounded ^ 1'b1;"),
    "hadamard": Fault("m2_hadamard_step", "data_q <= sum;", "data_q <= sum ^ 5'd16;", "m2_hadamard"),
    "block_shift": Fault("m2_block_quant", "p3_shift_q <= shift;", "p3_shift_q <= shift ^ 1'b1;"),
    "quantizer": Fault("m2_pot_round", "p1_q_q <= rounded;", "p1_q_q <= rounded ^ 1'b1;"),
    "peak": Fault("m2_pot_peak", "p1_over_q <= any;", "p1_over_q <= any ^ 1'b1;"),
    "pack": Fault("m2_act_pack", "= wide[i*BEAT_W+:LANES*BITS];", "= wide[i*BEAT_W+:LANES*BITS] ^ 1'b1;", "m2_act"),
    "convolution": Fault("m2_conv", "y_q <= kept;", "y_q <= kept ^ 1'b1;"),
    "history": Fault("m2_conv_path", "history_q <= next;", "history_q <= next ^ 1'b1;"),
    "silu": Fault("m2_silu", "p7_y_q <= y;", "p7_y_q <= y ^ 1'b1;"),
    "table": Fault(
        "m2_lut_act",
        "p0_offset_q <= wide - ALPHA[OFFSET_W-1:0];",
        "p0_offset_q <= wide - ALPHA[OFFSET_W-1:0] ^ (3'd4 << D);",  # the third bit of the table's index
        profile=W4A4,
    ),
    "lines": Fault("m2_nau", "p4_base_q <= segment[14:0];", "p4_base_q <= segment[14:0] ^ 15'h100;"),
    "bias": Fault("m2_dt_path", "p0_x_q <= sum[IN_W-1:0];", "p0_x_q <= sum[IN_W-1:0] ^ 8'h80;"),
    "product": Fault("m2_mul_shift", "p0_b_q <= b;", "p0_b_q <= b ^ 4'd8;"),
    # Stuck at 0: a 1 in its place would make exp's argument positive, which m2_nau itself refuses.
    "shift": Fault("m2_pot_shift", "p1_y_q <= fine[LOW+:OUT_W];", "p1_y_q <= {fine[LOW+1+:OUT_W-1], 1'b0};"),
    "dt_b": Fault("m2_dt_b", "sat_q <= clamped;", "sat_q <= clamped ^ 4'd8;", "m2_operands"),
    # Bit 16 of the state before it is quantized: the lowest that is kept however large the state is.
    "state": Fault("m2_ssm_tile", "p6_state_q <= saturated;", "p6_state_q <= saturated ^ 32'h10000;"),
    "readout": Fault("m2_readout", "p6_y_q   <= saturated;", "p6_y_q   <= saturated ^ 1'b1;"),
    "gate": Fault("m2_gate", "gate_q <= saturated;", "gate_q <= saturated ^ 1'b1;"),
    "unpack": Fault(
        "m2_state_unpack", "assign m_data  = {shift, q};", "assign m_data  = {shift, q ^ 1'b1};", "m2_state"
    ),
    "parameters": Fault(
        "m2_params",
        "nd_data[i*NORM_W+:NORM_W] = nd[i*STORED_W+:NORM_W];",
        "nd_data[i*NORM_W+:NORM_W] = nd[i*STORED_W+:NORM_W] ^ 1'b1;",
    ),
    # The lowest bit of each group's fourth value.
    "residual": Fault("m2_residual", ": p1_sum_q[VALUE_W-1:0];", ": p1_sum_q[VALUE_W-1:0] ^ (v == 3);"),
    "gate_buffer": Fault("m2_vector_reader", "({p0_end_q, word})", "({p0_end_q, word ^ 16'h4000})", "m2_gate_buf"),
    "row_address": Fault("m2_fetch_rows", "({16'd0, place} << SHIFT)", "({16'd0, place ^ 1'b1} << SHIFT)", "m2_fetch"),
    # The second bit of the index of a beat's fourth logit.
    "topk": Fault("m2_topk", "|{p3_one_q[7:6], p3_one_q[3:2]}", "|{p3_one_q[7:6], p3_one_q[2]}"),
}
