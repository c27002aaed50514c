# SPDX-License-Identifier: Apache-2.0
"""Every declared proof on the RTL as it is: it comes out as declared, and its mutant is refuted."""

from dataclasses import replace

import pytest

from harness.formal.proofs import Proof, all_proofs, choose
from harness.formal.record import ProofResult
from harness.formal.run import run

PROOFS = all_proofs()


def prove(proof: Proof) -> ProofResult:
    return run((proof,), 1, None, lambda _: None).proofs[0]


@pytest.mark.parametrize(
    "proof", [pytest.param(each, id=each.name, marks=[pytest.mark.nightly] * each.nightly) for each in PROOFS]
)
def test_proof(proof: Proof) -> None:
    """The laws hold for all time, or as many cycles as are declared; the same properties refute the mutant."""
    result = prove(proof)
    assert result.good, f"{result.said}; mutant {result.mutant_said}"


def test_an_induction_that_does_not_close_is_no_proof() -> None:
    """Without sight of the register in which the second beat waits, the queue of two is bounded and not proved."""
    skid = choose(("strm_skid",), PROOFS)[0]
    result = prove(replace(skid, peeks={}))
    assert result.outcome.verdict == "open"
    assert not result.good


def test_a_false_law_is_refuted_with_its_line() -> None:
    """The RTL with the mutant in it is what the law is tried on: the assertion that fails is told by file and line."""
    counter = choose(("perf_counter",), PROOFS)[0]
    result = prove(counter)
    assert result.mutant.failed.startswith("formal_perf_counter.sv:")
    assert 0 < result.mutant.depth <= 8
