# SPDX-License-Identifier: Apache-2.0
"""Replays a bundle on a board: every start, every result checked bit for bit, one record."""

import time
from collections.abc import Callable

import torch

from golden.errors import CheckError
from golden.vectors import Bundle, Case
from harness.bench.record import SCHEMA, Record, Sample
from harness.bench.target import Target
from harness.provenance import Provenance

Progress = Callable[[int, int], None]
"""Called with starts done and starts in all."""


def replay(
    target: Target, bundle: Bundle, workload: str, provenance: Provenance, progress: Progress = lambda done, total: None
) -> Record:
    """Run every case of a bundle once and return the record; results that differ make the record inexact, not an error.

    Raises:
        MachineError: the board failed. InputError: the bundle does not fit on the board.
    """
    cases = bundle.manifest.cases
    cycles_before, started = target.cycles, time.perf_counter()
    samples = []
    for done, case in enumerate(cases, start=1):
        samples.append(_sample(target, bundle, case))
        progress(done, len(cases))
    cfg = target.config
    return Record(
        schema=SCHEMA,
        workload=workload,
        board=target.board,
        kind=target.kind,
        memory=target.memory,
        deliverable=target.deliverable,
        board_hash=target.board_hash,
        config=cfg.name,
        config_hash=f"{cfg.config_hash:016x}",
        ports=cfg.ports,
        port_bytes=cfg.port_bytes,
        row_lanes=cfg.outs,
        clock_mhz=cfg.clock_mhz,
        bundle=bundle.name,
        origin=bundle.manifest.origin.name,
        samples=tuple(samples),
        simulated_cycles=target.cycles - cycles_before,
        wall_s=time.perf_counter() - started,
        provenance=provenance,
    )


def _sample(target: Target, bundle: Bundle, case: Case) -> Sample:
    target.load(case.weights, bundle.tensors[case.weights], case.rows, case.cols)
    before = time.perf_counter()
    y, counters = target.start(case.weights, bundle.tensors[case.x], case.vectors)
    host_s = time.perf_counter() - before
    exact = torch.equal(y, bundle.tensors[case.y])
    return Sample(case.name, case.rows, case.cols, case.vectors, exact, counters, host_s)


def first_difference(target: Target, bundle: Bundle, case: str) -> str:
    """Run one case again and return the line that tells its first divergence. CheckError if it agrees this time."""
    found = next(each for each in bundle.manifest.cases if each.name == case)
    y, _ = target.start(found.weights, bundle.tensors[found.x], found.vectors)
    expected = bundle.tensors[found.y]
    different = (y != expected).nonzero()
    if not len(different):
        raise CheckError(
            f"case {case} of {bundle.name} differed once and agreed when it was repeated; the board is flaky"
        )
    row, vector = (int(i) for i in different[0])
    return (
        f"tensor {found.y}: row {row}, vector {vector}: golden {int(expected[row, vector])}, "
        f"{target.board} {int(y[row, vector])}; {len(different)} of {y.numel()} elements differ "
        f"[case {case} of {bundle.name}]"
    )
