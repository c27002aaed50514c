# SPDX-License-Identifier: Apache-2.0
"""toy_gate as a unit, and small results of mutation testing."""

from pathlib import Path

from harness.mutate import record
from harness.mutate.assign import Judge
from harness.mutate.judge import Outcome, Verdict
from harness.mutate.record import MutantResult, Mutation, UnitResult
from harness.mutate.units import Unit
from tests.harness.samples import PROVENANCE

HERE = Path(__file__).parent
TOY = Unit("toy_gate", HERE / "toy_gate.v", Judge("toy_gate", HERE / "judges.py"))
FRAMED = Unit("toy_gate", HERE / "toy_gate.v", Judge("toy_frame", HERE / "framed_judges.py"))


def mutant(number: int, verdict: Verdict, line: int = 42) -> MutantResult:
    by = {"killed": "order: found 1, expected 0", "survived": "", "equivalent": "the same", "timed out": "60 s"}[
        verdict
    ]
    outcome = Outcome(verdict, by, 1.5, "sh repeat.sh")
    return MutantResult(number, {"DATA_W": 9}, "strm_fifo.v", line, "$logic_and.A[0] stuck at 0", outcome)


FIFO = UnitResult(
    "strm_fifo", "tests/rtl/test_strm_fifo.py", "hw/verilog/common/strm_fifo.v", (), 5, 3, 8922,
    (mutant(3, "killed"), mutant(5, "killed"), mutant(8, "survived", 83), mutant(9, "equivalent"),
     mutant(10, "timed out")),
)  # fmt: skip
BAD = UnitResult(
    "strm_skid", "tests/rtl/test_strm_skid.py", "hw/verilog/common/strm_skid.v", (), 1, 0, 0, (), "it fails"
)
FOUND = Mutation(record.SCHEMA, PROVENANCE, 5, 1, 1, "icarus", (FIFO,))
