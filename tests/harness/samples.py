# SPDX-License-Identifier: Apache-2.0
"""Small results and records for tests of what is made from them."""

from typing import Any

from harness.bench.record import SCHEMA, Counters, Record, Sample
from harness.provenance import Provenance
from harness.regress import results
from harness.regress.results import Regression, Result

PROVENANCE = Provenance(
    "2026-11-21T12:00:00Z", "c0ffee", False, "0.1.0", "3.11.7", "Linux x86_64", "a CPU", 2, {"t": "1"}
)


def result(name: str = "random_0", **changes: Any) -> Result:
    fields = {
        "name": name,
        "test": "RandomTest",
        "config": "sim",
        "transport": "beat",
        "simulator": "verilator",
        "seed": 7,
        "items": 3,
        "status": "PASS",
        "reason": "",
        "seconds": 1.5,
        "sim_ns": 2000.0,
        "log": f"jobs/{name}/sim.log",
        "repeat": f"krait regress {name} --seed 7",
    }
    return Result(**(fields | changes))


def regression(*of: Result, coverage: results.Coverage | None = None) -> Regression:
    return Regression(results.SCHEMA, PROVENANCE, 12.5, of, coverage or {})


def sample(case: str = "layer.0", *, cycles: int = 200, exact: bool = True) -> Sample:
    """Start of a 16 x 80 matrix on 2 vectors: 100 weight beats in a window of 160, 60 stalls."""
    counters = Counters(cycles, 100, 160, 30, 20, 10, 0, rd_beats=(110, 110), wr_beats=(4, 4))
    return Sample(case, 16, 80, 2, exact, counters, 0.25)


def record(*samples: Sample, **changes: Any) -> Record:
    """Two ports of 32 bytes at 200 MHz, memory that delivers 0.8 beats a cycle."""
    fields = {
        "schema": SCHEMA,
        "workload": "tiny",
        "board": "sim",
        "kind": "simulated",
        "memory": "ideal",
        "deliverable": 0.8,
        "board_hash": "00",
        "config": "sim",
        "config_hash": "11",
        "ports": 2,
        "port_bytes": 32,
        "row_lanes": 8,
        "clock_mhz": 200.0,
        "bundle": "tiny-abc",
        "origin": "random-16x80",
        "samples": samples or (sample(), sample("layer.1", cycles=300)),
        "simulated_cycles": 600,
        "wall_s": 0.5,
        "provenance": PROVENANCE,
    }
    return Record(**(fields | changes))
