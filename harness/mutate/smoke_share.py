# SPDX-License-Identifier: Apache-2.0
"""What the smoke suite sees of the faults in a kernel that its regression sees: `python -m harness.mutate.smoke_share`.

Here simulations of the kernel judge, not unit tests: those of the smoke suite with one seed, then those of the nightly
suite with several. Mutants of all hand-written modules of the kernel are in one build of each transport and simulator.
Configurations beside the named one have other parameters and hold no mutant, so they do not run.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import typer

from golden.errors import CheckError, MachineError
from harness import console
from harness.mutate import netlist
from harness.mutate.equivalence import compare
from harness.mutate.frames import shapes
from harness.mutate.judge import LIMIT_S, NONE, PATIENCE, Sound
from harness.mutate.netlist import MOST, SELECTOR, Mutant, Netlist
from harness.mutate.sample import sample, shares, shuffled
from harness.mutate.simulations import Simulation
from harness.mutate.units import Unit, all_units
from harness.paths import build_dir
from harness.regress.plan import plan
from harness.regress.suites import NIGHTLY_SEEDS, Entry
from harness.regress.task import Task
from harness.sim.process import Limits
from harness.sources import BACKDOOR, cocotb_build

GOAL = 95.0
"""Percent of the kills of the regression that the smoke suite is to keep."""
Seen = Literal["smoke", "night", "equivalent", "nobody"]


@dataclass(frozen=True)
class Fault:
    """A mutant in the netlist of one of a kernel's modules."""

    unit: Unit
    netlist: Netlist
    mutant: Mutant


def entries(suite: str, kernel: str, config: str, seeds: int | None = None) -> tuple[Entry, ...]:
    """Return the simulations of a suite that have a kernel's configuration, with their seeds."""
    return tuple(each for each in plan([suite], None, seeds) if (each.kernel, each.config) == (kernel, config))


def draw(kernel: str, config: str, count: int, seed: int, folder: Path) -> tuple[Fault, ...]:
    """Return `count` faults, evenly over the kernel's hand-written modules and their source lines.

    Modules whose registers tests look into are left out: in a netlist these have other names.
    Raises CheckError where the kernel does not build, or Yosys fails.
    """
    spec = cocotb_build(kernel, config, "beat", "icarus")
    known = Simulation.of(spec, kernel, "", "", 1, {})
    looked_into = {each.partition(".")[0] for each in BACKDOOR}
    units = [each for each in all_units() if each.source in spec.sources and each.name not in looked_into]
    faults: list[Fault] = []
    for unit, many in shares(shuffled(units, seed, kernel), count).items():
        place = folder / unit.name
        shape = shuffled(sorted(shapes(unit, known, place)), seed, unit.name)[0] if many else ()
        found = netlist.elaborate(unit, dict(shape), 1 + MOST * units.index(unit), place) if many else None
        faults += [Fault(unit, found, mutant) for mutant in sample([found], many, seed)] if found else []
    return tuple(sorted(faults, key=lambda fault: fault.mutant.number))


class Court:
    """Judges faults of one kernel by simulations of its regression; each runs once without a fault."""

    def __init__(self, faults: Sequence[Fault], bundle: Path, folder: Path) -> None:
        self._folder, self._bundle, self._sound = folder, bundle, Sound()
        self._sources = dict(_written(faults, folder))

    def sees(self, entry: Entry, number: int) -> bool:
        """Whether a simulation fails with a mutant. CheckError: it fails without. MachineError: it could not run."""
        sound = self._sound.seconds(entry, lambda: self._without(entry))
        return not self._run(entry, number, max(LIMIT_S, PATIENCE * sound))[1]

    def _without(self, entry: Entry) -> float:
        seconds, good = self._run(entry, NONE, PATIENCE * LIMIT_S)
        if not good:
            raise CheckError(f"smoke_share: {entry.name} --seed {entry.seed} fails on netlists without a fault")
        return seconds

    def _run(self, entry: Entry, number: int, seconds: float) -> tuple[float, bool]:
        place = self._folder / "runs" / str(number) / f"{entry.name}-{entry.seed}"
        job = entry.job(str(place), str(self._bundle) if entry.test == "BundleTest" else "")
        spec = cocotb_build(entry.kernel, entry.config, entry.transport, entry.simulator)
        faulty = replace(spec, sources=tuple(self._sources.get(path, path) for path in spec.sources))
        limits = Limits(seconds, log_bytes=4 << 20, file_bytes=1 << 30)
        selected = (f"+{SELECTOR}={number}",)
        task = Task(entry.name, entry.seed, faulty, entry.module, entry.test, job, place, limits, arguments=selected)
        found = task.execute()
        if found.verdict in ("BLOCKED", "INVALID"):
            raise MachineError(f"smoke_share: {entry.name} --seed {entry.seed} could not run: {found.reason}")
        return found.process_s, found.verdict == "PASS"


def _written(faults: Sequence[Fault], folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yield each module's file with the one that takes its place."""
    for found in dict.fromkeys(fault.netlist.folder for fault in faults):
        group = [fault for fault in faults if fault.netlist.folder == found]
        unit = group[0].unit
        mutants = [fault.mutant for fault in group]
        yield unit.source, netlist.write(group[0].netlist, mutants, folder / unit.name, frame=True)


def judge(court: Court, fault: Fault, smoke: Sequence[Entry], night: Sequence[Entry], folder: Path) -> Seen:
    """Return who sees a fault first; what smoke does not see may be no change at all."""
    number = fault.mutant.number
    if any(court.sees(entry, number) for entry in smoke):
        return "smoke"
    if compare(fault.netlist, fault.mutant, folder / fault.unit.name / "proofs") == "equal":
        return "equivalent"
    return "night" if any(court.sees(entry, number) for entry in night) else "nobody"


def share(seen: Sequence[Seen]) -> float | None:
    """Return the percent of the regression's kills that smoke has; None without any."""
    smoke, night = seen.count("smoke"), seen.count("night")
    return 100 * smoke / (smoke + night) if smoke + night else None


@cache
def _bundle(kernel: str) -> Path:
    from harness import bundles

    return bundles.make_model("bitnet-tiny", "sim") if kernel == "tern_matvec" else Path()


def main(
    kernel: Annotated[str, typer.Option(help="tern_matvec, mamba2_accel or ternary_accel.")] = "tern_matvec",
    config: Annotated[str, typer.Option(help="Configuration whose simulations judge.")] = "sim",
    count: Annotated[int, typer.Option("--sample", min=1, help="Faults, evenly over the kernel's modules.")] = 40,
    seed: Annotated[int, typer.Option(min=0, help="Of the sample.")] = 7,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds of the nightly suite.")] = NIGHTLY_SEEDS,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Simulations at a time.")] = 2,
) -> None:
    """Judge a sample of faults and print who sees each; exit code 1 where smoke keeps too few of the kills."""
    folder = build_dir() / "smoke-share" / f"{kernel}-{config}"
    faults = draw(kernel, config, count, seed, folder)
    smoke = entries("smoke", kernel, config)
    night = tuple(each for each in entries("nightly", kernel, config, seeds) if each not in smoke)
    court = Court(faults, _bundle(kernel), folder)

    def one(fault: Fault) -> Seen:
        found = judge(court, fault, smoke, night, folder)
        mutant = fault.mutant
        console.say(f"{found:10}  {fault.unit.name} {mutant.number:<6} {mutant.file}:{mutant.line}  {mutant.what}")
        return found

    with ThreadPoolExecutor(jobs) as pool:
        seen = list(pool.map(one, faults))
    kept = share(seen)
    counts = ", ".join(f"{seen.count(each)} {each}" for each in ("smoke", "night", "equivalent", "nobody"))
    console.say(f"{kernel} {config}, {len(faults)} faults: first seen by: {counts} [simulated]")
    if kept is None or kept < GOAL:
        raise CheckError(f"smoke_share: smoke keeps {kept or 0:.1f} % of the kills, expected {GOAL:g} % or more")
    console.say(f"smoke keeps {kept:.1f} % of the kills of {len(smoke) + len(night)} simulations, goal {GOAL:g} %: met")


if __name__ == "__main__":
    typer.run(main)
