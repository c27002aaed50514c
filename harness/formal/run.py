# SPDX-License-Identifier: Apache-2.0
"""Runs proofs and their mutants, several at a time; what was run before on the same sources is not run again."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from harness.formal import record, sby
from harness.formal.proofs import Proof
from harness.formal.record import Formal, ProofResult
from harness.formal.tools import find_prover
from harness.provenance import collect

Watcher = Callable[[ProofResult], None]


def run(proofs: Sequence[Proof], jobs: int, depth: int | None, watch: Watcher) -> Formal:
    """Run proofs `jobs` at a time, to their own depths or to `depth`; `watch` is told of each as it ends, in order.

    Raises:
        InputError: SymbiYosys refuses a source, or a mutant's text is not in its file.
        MachineError: a tool is missing or does not start.
    """
    prover = find_prover()
    with ThreadPoolExecutor(max(jobs, 1)) as pool:
        runs = [(proof, sby.of_proof(proof, depth), sby.of_mutant(proof)) for proof in proofs]
        ends = [
            (proof, pool.submit(sby.prove, own, prover), pool.submit(sby.prove, mutant, prover))
            for proof, own, mutant in runs
        ]
        results = []
        try:
            for proof, own, mutant in ends:
                results.append(record.of_outcomes(proof, own.result()[0], mutant.result()[0]))
                watch(results[-1])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return Formal(record.SCHEMA, collect(prover.versions), tuple(results))
