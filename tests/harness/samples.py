# SPDX-License-Identifier: Apache-2.0
"""Small results and records for tests of what is made from them."""

from dataclasses import replace
from typing import Any

from golden.ternary.config import BitNetConfig
from harness.bench import measured, model_record
from harness.bench.driver_overhead import OverheadRecord
from harness.bench.mamba2_record import Mamba2Counters, Mamba2Record, Shape
from harness.bench.measured import Asked, CaseRecord, ModelStart, Preflight, Times
from harness.bench.model_record import Mark
from harness.bench.record import SCHEMA, Counters, Record, Sample
from harness.bench.statistics import Rule
from harness.bench.ternary_record import TernaryCounters, TernaryRecord
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
        "signature": "",
        "note": "",
        "seconds": 1.5,
        "process_s": 1.25,
        "sim_ns": 2000.0,
        "log": f"jobs/{name}/7/sim.log",
        "waves": "",
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


MODEL_COUNTERS = {
    "cycles": 1000,
    "weight_beats": 600,
    "window": 900,
    "stall_weights": 100,
    "stall_acts": 50,
    "stall_out": 10,
    "first_token": 400,
    "tokens_done": 4,
    "tokens_run": 4,
    "layers_done": 4,
    "tap_beats": 128,
    "rd_beats": (350, 350),
    "wr_beats": (10, 10),
}
MODEL_RECORD = {
    "schema": model_record.SCHEMA,
    "workload": "tg3",
    "work": "decode",
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
    "prompt": 1,
    "generated": 4,
    "compared": 99,
    "divergence": "",
    "layers": Mark(390, 380),
    "run_s": 0.5,
    "golden_s": 0.25,
    "provenance": PROVENANCE,
}


def mamba2_counters(**changes: Any) -> Mamba2Counters:
    """1,000 cycles, the first token after 400 of them; four tokens chosen."""
    fields: dict[str, Any] = MODEL_COUNTERS | {"ssm_beats": 300, "stall_state": 20}
    return Mamba2Counters(**(fields | changes))


def ternary_counters(**changes: Any) -> TernaryCounters:
    """The same of a BitNet."""
    fields: dict[str, Any] = MODEL_COUNTERS | {"cache_beats": 300, "stall_cache": 20}
    return TernaryCounters(**(fields | changes))


def mamba2_record(**changes: Any) -> Mamba2Record:
    """Three decode steps of a small model on two ports of 32 bytes at 200 MHz that deliver 0.8 beats a cycle."""
    fields: dict[str, Any] = MODEL_RECORD | {
        "model": "mamba2-tiny",
        "shape": Shape(128, 4, 256, 64, 32, 2, 1, 4),
        "origin": "zoo, quantized",
        "profile": "lightmamba-w4a4",
        "on_chip": 4,
        "counters": mamba2_counters(),
    }
    return Mamba2Record(**(fields | changes))


def ternary_record(**changes: Any) -> TernaryRecord:
    """The same of two texts of a BitNet behind a prefix of ten positions."""
    fields: dict[str, Any] = MODEL_RECORD | {
        "model": "bitnet-tiny",
        "shape": BitNetConfig(256, 128, 352, 4, 4, 2, 1e4, 1024),
        "origin": "zoo, quantized",
        "profile": "ternary-b158",
        "prompt": 2,
        "prefix": 10,
        "own": (3, 5),
        "whole_layers": 4,
        "listed_beats": 70,
        "cache_bytes": 3000,
        "cache_bytes_one": 2800,
        "cache_bytes_alone": 5000,
        "counters": ternary_counters(),
    }
    return TernaryRecord(**(fields | changes))


def overhead(**changes: Any) -> OverheadRecord:
    """A call of 90 to 120 us of the host beyond 60 of the simulation, which is entered 12 times."""
    found = OverheadRecord(1, "sim (sim), product", 200, 12.0, (120.0, 90.0, 100.0), (60.0,) * 3, 200.0, PROVENANCE)
    return replace(found, **changes)


def model_case(**changes: Any) -> CaseRecord:
    """tg4@d9 of bitnet-tiny on a VC709 at 199.5 MHz, twice: five tokens chosen, the first after 7,980 cycles, then
    3,990 a step; 300 us of the host from start to done, 30 us of copies."""
    start = ModelStart(
        "ternary_accel", "bitnet-tiny", "ternary-b158", "zoo, quantized", "decode", 1, 5, 0, (8,), 99,
        ternary=ternary_counters(),
    )  # fmt: skip
    rule = Rule()
    asked = Asked(start.title, "vc709", "measured", "sim", "1" * 16, "ab" * 32, f"{start.title}, {start.origin}", rule)
    times = tuple(Times(7980 + 4 * 3990, 1e-5, 3e-4, 2e-5, 7980) for _ in range(3))
    fields = {
        "schema": measured.SCHEMA,
        "run": asked.run,
        "asked": asked,
        "case": "tg4@d9",
        "macs": 4_000_000,
        "verdict": "exact",
        "detail": "",
        "preflight": Preflight("ab" * 32, "1" * 16, 7, 200.0, 199.5, 1 << 20),
        "counters": None,
        "warm_up": times[:1],
        "samples": times[1:],
        "ended": "narrow",
        "provenance": PROVENANCE,
        "start": start,
    }
    return CaseRecord(**(fields | changes))
