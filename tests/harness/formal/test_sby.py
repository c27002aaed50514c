# SPDX-License-Identifier: Apache-2.0
"""A run of SymbiYosys: its script, and what its log means. The logs are excerpts of real ones."""

from dataclasses import replace

import pytest

from golden.errors import InputError, MachineError
from harness.formal import sby
from harness.formal.proofs import all_proofs, choose

FIFO = choose(("strm_fifo",), all_proofs())[0]
PROVE = sby.of_proof(FIFO)
BMC = sby.of_mutant(FIFO)


def test_script() -> None:
    """Mode and depth, headers left to include, peeks tied after the memory has become registers."""
    lines = PROVE.script.splitlines()
    assert lines[:4] == ["[options]", "mode prove", "depth 3", f"timeout {sby.LIMIT_S}"]
    assert "read_verilog -formal mem_lutram.v mem_sdp.v strm_fifo.v" in lines
    assert "files" in PROVE.script
    assert "checks.vh sources/checks.vh" in lines
    words = ",".join(rf"\u_dut.g_lutram.u_mem.mem[{word}]" for word in (3, 2, 1, 0))
    assert lines.index("memory_map") < lines.index(rf"connect -set \peek_mem {words}")
    assert r"connect -set \peek_wr \u_dut.wr_ptr_q" in lines
    assert BMC.script.splitlines()[1:3] == ["mode bmc", "depth 10"]


def test_headers_keep_their_folder() -> None:
    """A header is where the source that includes it looks for it."""
    run = sby.of_proof(choose(("m2_seq",), all_proofs())[0])
    assert "mamba2/m2_job.vh sources/mamba2/m2_job.vh" in run.script.splitlines()
    assert "KR_M2_KIND_HEAD" in run.sources["mamba2/m2_job.vh"]


FAILED = """\
SBY 10:00:01 [sby] engine_0: ##   0:00:00  Checking assertions in step 1..
SBY 10:00:01 [sby] engine_0: ##   0:00:00  Checking assertions in step 2..
SBY 10:00:01 [sby] engine_0: ##   0:00:00  BMC failed!
SBY 10:00:01 [sby] engine_0: ##   0:00:00  Assert failed in formal_strm_fifo: formal_strm_fifo.sv:108.7-109.20
SBY 10:00:01 [sby] DONE (FAIL, rc=2)
"""


@pytest.mark.parametrize(
    ("run", "log", "verdict"),
    [
        (PROVE, "SBY 10:00:01 [sby] DONE (PASS, rc=0)\n", "proved"),
        (BMC, "SBY 10:00:01 [sby] DONE (PASS, rc=0)\n", "bounded"),
        (PROVE, "SBY 10:00:01 [sby] DONE (UNKNOWN, rc=4)\n", "open"),
        (PROVE, FAILED, "refuted"),
        (BMC, FAILED, "refuted"),
    ],
)
def test_verdicts(run: sby.Run, log: str, verdict: str) -> None:
    """Induction proves for all time, a bounded run does not; what is not closed is no proof."""
    outcome = sby.judge(run, log, 1.5)
    assert (outcome.verdict, outcome.seconds) == (verdict, 1.5)
    assert (outcome.depth, outcome.failed) == ((2, "formal_strm_fifo.sv:108") if log == FAILED else (run.depth, ""))


def test_a_timeout_is_the_machines() -> None:
    with pytest.raises(MachineError, match="strm_fifo: no answer from the solver"):
        sby.judge(PROVE, "SBY 10:00:01 [sby] DONE (TIMEOUT, rc=8)\n", 1.0)


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("SBY [sby] base: ERROR: syntax error\nSBY [sby] DONE (ERROR, rc=16)\n", "base: ERROR: syntax error"),
        ("Assumptions are unsatisfiable!\nSBY [sby] DONE (ERROR, rc=16)\n", "Assumptions are unsatisfiable"),
        ("Traceback (most recent call last):\n  deep\n", "Traceback"),
        ("", "said nothing"),
    ],
)
def test_what_is_no_verdict_is_refused(log: str, said: str) -> None:
    """Never taken for a proof; the line that says why is quoted."""
    with pytest.raises(InputError, match=said):
        sby.judge(PROVE, log, 1.0)


def test_a_bounded_run_that_passes_is_never_called_proved() -> None:
    run = sby.of_proof(replace(FIFO, mode="bmc"))
    assert sby.judge(run, "SBY [sby] DONE (PASS, rc=0)\n", 1.0).verdict == "bounded"
