# SPDX-License-Identifier: Apache-2.0
"""Speed of the bulk transport against the beat-level one: the same test, seed and starts in the pyuvm environment."""

import tempfile
from pathlib import Path

from harness import bundles
from harness.bench.speed import SCHEMA, SpeedRecord
from harness.provenance import Provenance
from harness.regress.suites import MODULES
from harness.sim.runner import run_cocotb
from harness.sources import cocotb_build
from harness.uvm.job import VARIABLE, Job, Pace, Transport

GOAL = 10.0
ROUNDS = 3
SHAPE = (1536, 2000)
"""Large enough that data, not register accesses, fill the time."""
STARTS = 6
KERNEL, CONFIG = "tern_matvec", "sim"


def measure(provenance: Provenance, rounds: int = ROUNDS) -> SpeedRecord:
    """Return simulated cycles per second of wall time of both transports, from alternating runs.

    The time is that from each start to its interrupt; packing, predicting and comparing are outside.

    Raises:
        CheckError: a run failed. MachineError: a tool is missing.
    """
    bundle = bundles.make_random(*SHAPE, STARTS, CONFIG)
    samples = [(_rate("bulk", bundle), _rate("beat", bundle)) for _ in range(rounds)]
    return SpeedRecord(
        schema=SCHEMA,
        name=f"pyuvm environment ({CONFIG}), {SHAPE[0]} x {SHAPE[1]}: simulated cycles per second",
        ours_name="bulk transport",
        theirs_name="beat-level transport",
        ours=tuple(bulk for bulk, _ in samples),
        theirs=tuple(beat for _, beat in samples),
        goal=GOAL,
        provenance=provenance,
    )


def _rate(transport: Transport, bundle: Path) -> float:
    with tempfile.TemporaryDirectory(prefix="krait-transport-") as folder:
        place = Path(folder)
        job = Job(CONFIG, transport, seed=1, items=STARTS, bundle=str(bundle), out=folder)
        job.write(place / "job.json")
        spec = cocotb_build(KERNEL, CONFIG, transport, "verilator")
        environment = {VARIABLE: str(place / "job.json")}
        result = run_cocotb(spec, MODULES[KERNEL], "PaceTest", 1, environment, place)
        result.check()
        pace = Pace.read(place)
        return pace.cycles / pace.seconds
