# SPDX-License-Identifier: Apache-2.0
"""Speed of simulations in the pyuvm environment: the same test, seed and starts, run two ways in turn.

The time is what the simulator's process computes from each start to its interrupt, the same code of the environment on
both sides; packing, predicting and comparing, which no way changes, are outside. A process that waits for the processor
does not compute, so what else the machine does counts little.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

from golden.errors import MachineError
from harness import bundles
from harness.bench.speed import SCHEMA, SpeedRecord
from harness.build import VerilatorBuild
from harness.provenance import Provenance
from harness.regress.suites import MODULES
from harness.sim.runner import run_cocotb
from harness.sources import cocotb_build
from harness.uvm.job import VARIABLE, Job, Pace, Transport

GOAL = 10.0
GOAL_VISIBILITY = 1.2
ROUNDS = 5
SHAPE = (1536, 2000)
"""Large enough that data, not register accesses, fill the time."""
STARTS = 12
"""A third of a second of the faster way, so that no single pause of the machine is a share of a sample."""
KERNEL, CONFIG = "tern_matvec", "sim"
BULK, BEAT = "bulk transport", "beat-level transport"
PORTS, ALL = "only ports visible", "every signal visible"
"""What the records call the ways; the test plan asks for them by these names."""

Way = tuple[str, Transport, VerilatorBuild]
"""A name for people, and how the starts are simulated."""


def transports(provenance: Provenance, rounds: int = ROUNDS) -> SpeedRecord:
    """Return the speed of the bulk transport against that of the beat-level one, each as `krait regress` runs it.

    Raises:
        CheckError: a run failed. MachineError: a tool is missing.
    """
    ours: Way = (BULK, "bulk", build_of("bulk"))
    return _measure(ours, (BEAT, "beat", build_of("beat")), GOAL, provenance, rounds)


def visibility(provenance: Provenance, rounds: int = ROUNDS) -> SpeedRecord:
    """Return the speed of the bulk transport against the same with every signal visible, as cocotb's runner builds.

    Raises:
        CheckError: a run failed. MachineError: a tool is missing.
    """
    ours: Way = (PORTS, "bulk", build_of("bulk"))
    return _measure(ours, (ALL, "bulk", all_visible()), GOAL_VISIBILITY, provenance, rounds)


def build_of(transport: Transport) -> VerilatorBuild:
    """Return what a transport's simulations run on."""
    spec = cocotb_build(KERNEL, CONFIG, transport, "verilator")
    if not isinstance(spec, VerilatorBuild):
        raise MachineError(f"speed of {KERNEL}: found a build for another simulator, expected Verilator")
    return spec


def all_visible() -> VerilatorBuild:
    """Return the bulk transport's build with the option of cocotb's own runner and makefiles (cocotb_tools)."""
    return replace(build_of("bulk"), flags=("--public-flat-rw",))


def _measure(ours: Way, theirs: Way, goal: float, provenance: Provenance, rounds: int) -> SpeedRecord:
    bundle = bundles.make_random(*SHAPE, STARTS, CONFIG)
    samples = [(_rate(ours, bundle), _rate(theirs, bundle)) for _ in range(rounds)]
    return SpeedRecord(
        schema=SCHEMA,
        name=f"pyuvm environment ({CONFIG}), {SHAPE[0]} x {SHAPE[1]}: simulated cycles per second of computing",
        ours_name=ours[0],
        theirs_name=theirs[0],
        ours=tuple(rate for rate, _ in samples),
        theirs=tuple(rate for _, rate in samples),
        goal=goal,
        provenance=provenance,
    )


def _rate(way: Way, bundle: Path) -> float:
    _, transport, spec = way
    with tempfile.TemporaryDirectory(prefix="krait-transport-") as folder:
        place = Path(folder)
        job = Job(CONFIG, transport, seed=1, items=STARTS, bundle=str(bundle), out=folder)
        job.write(place / "job.json")
        environment = {VARIABLE: str(place / "job.json")}
        result = run_cocotb(spec, MODULES[KERNEL], "PaceTest", 1, environment, place)
        result.check()
        pace = Pace.read(place)
        return pace.cycles / pace.seconds
