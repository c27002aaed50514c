# SPDX-License-Identifier: Apache-2.0
"""Small results and records for tests of what is made from them."""

from typing import Any

from harness.bench import mamba2_record as mamba2
from harness.bench.mamba2_record import Mamba2Counters, Mamba2Record, Mark, Shape
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


def mamba2_counters(**changes: Any) -> Mamba2Counters:
    """1,000 cycles, the first token after 400 of them; four tokens chosen."""
    fields = {
        "cycles": 1000,
        "weight_beats": 600,
        "window": 900,
        "stall_weights": 100,
        "stall_acts": 50,
        "stall_out": 10,
        "ssm_beats": 300,
        "stall_state": 20,
        "first_token": 400,
        "tokens_done": 4,
        "tokens_run": 4,
        "layers_done": 4,
        "tap_beats": 128,
        "rd_beats": (350, 350),
        "wr_beats": (10, 10),
    }
    return Mamba2Counters(**(fields | changes))


def mamba2_record(**changes: Any) -> Mamba2Record:
    """Three decode steps of a small model on two ports of 32 bytes at 200 MHz that deliver 0.8 beats a cycle."""
    fields = {
        "schema": mamba2.SCHEMA,
        "workload": "tg3",
        "work": "decode",
        "model": "mamba2-tiny",
        "shape": Shape(128, 4, 256, 64, 32, 2, 1, 4),
        "origin": "zoo, quantized",
        "profile": "lightmamba-w4a4",
        "board": "sim",
        "kind": "simulated",
        "memory": "model",
        "timing": "0.8 beats a cycle",
        "deliverable": 0.8,
        "board_hash": "00",
        "config": "sim",
        "config_hash": "11",
        "ports": 2,
        "port_bytes": 32,
        "macs_per_cycle": 256,
        "clock_mhz": 200.0,
        "on_chip": 4,
        "prompt": 1,
        "generated": 4,
        "compared": 99,
        "divergence": "",
        "counters": mamba2_counters(),
        "layers": Mark(390, 380),
        "run_s": 0.5,
        "golden_s": 0.25,
        "provenance": PROVENANCE,
    }
    return Mamba2Record(**(fields | changes))
