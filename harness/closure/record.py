# SPDX-License-Identifier: Apache-2.0
"""What a closure found, as closure.json for the report: its batches, its curve beside pure random, what is missing."""

import math
from dataclasses import dataclass
from pathlib import Path

from harness import json_record
from harness.closure.grade import Ran, Step, curve, cycles_to, minimal
from harness.closure.kernels import Kernel
from harness.closure.loop import History, Verdict
from harness.provenance import Provenance
from harness.uvm.steer import Bin, Setting

SCHEMA = 1
FILE = "closure.json"


@dataclass(frozen=True)
class Simulation:
    """One simulation: what it is, its starts and how many of them were directed, simulated cycles, bins, new ones."""

    name: str
    test: str
    config: str
    seed: int
    starts: int
    directed: int
    status: str
    cycles: int
    bins: int
    new: int
    weights: dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Missing:
    """A bin without a hit: batches that tried for it, and what leads to it; None where no knob does."""

    bin: str
    tried: int
    setting: dict[str, tuple[str, ...]] | None

    @property
    def text(self) -> str:
        """What is known of it, in a line."""
        if self.setting is None:
            return f"{self.bin}: no knob steers it"
        knobs = ", ".join(f"{name} {_brief(values)}" for name, values in self.setting.items())
        return f"{self.bin}: tried in {self.tried} batches with {knobs or 'any start'}"


@dataclass(frozen=True)
class Course:
    """Simulations in order, batch by batch, and why they ended."""

    verdict: Verdict
    batches: tuple[tuple[Simulation, ...], ...]
    curve: tuple[Step, ...]
    missing: tuple[Missing, ...]

    @property
    def cycles(self) -> int:
        """Simulated cycles of all."""
        return self.curve[-1].cycles

    @property
    def bins(self) -> int:
        """Bins with a hit."""
        return self.curve[-1].bins


@dataclass(frozen=True)
class Closure:
    """A whole run; `random` is the same test without a lead where it was asked for. `minimal` names simulations."""

    schema: int
    provenance: Provenance
    kernel: str
    seed: int
    goal: float
    bins: int
    closure: Course
    minimal: tuple[str, ...]
    random: Course | None = None

    @property
    def speedup(self) -> float | None:
        """Random's cycles over closure's, both to the most bins that both reached; None without random."""
        if self.random is None:
            return None
        both = min(self.closure.bins, self.random.bins)
        ours, theirs = cycles_to(self.closure.curve, both), cycles_to(self.random.curve, both)
        return theirs / ours if ours and theirs else None

    @property
    def to_goal(self) -> tuple[float, bool] | None:
        """Random's cycles over closure's to the goal, and whether that is only a bound as random never got there."""
        if self.random is None or self.closure.verdict != "goal":
            return None
        needed = math.ceil(self.bins * self.goal / 100)
        ours = cycles_to(self.closure.curve, needed) or self.closure.cycles
        theirs = cycles_to(self.random.curve, needed)
        return (theirs or self.random.cycles) / ours, theirs is None


def course(kernel: Kernel, found: History) -> Course:
    """Return the record of a history."""
    state = found.state
    missing = tuple(Missing(str(each), state.tried.get(each, 0), _plain(kernel.setting(each))) for each in state.empty)
    batches, covered = list[tuple[Simulation, ...]](), frozenset[Bin]()
    for batch in found.batches:
        rows = []
        for each in batch:
            rows.append(_simulation(each, len(each.hit - covered)))
            covered |= each.hit
        batches.append(tuple(rows))
    return Course(found.verdict, tuple(batches), curve(found.ran), missing)


def _simulation(ran: Ran, new: int) -> Simulation:
    entry, bias = ran.entry, ran.entry.bias
    return Simulation(
        name=entry.name,
        test=entry.test,
        config=entry.config,
        seed=entry.seed,
        starts=entry.items,
        directed=len(bias.directions) if bias else 0,
        status=ran.status,
        cycles=ran.cycles,
        bins=len(ran.hit),
        new=new,
        weights=dict(bias.weights) if bias else {},
    )


def _plain(setting: Setting | None) -> dict[str, tuple[str, ...]] | None:
    return None if setting is None else dict(setting)


def _brief(values: tuple[str, ...], most: int = 4) -> str:
    more = f" or {len(values) - most} more" if len(values) > most else ""
    return " or ".join(values[:most]) + more


def made(
    provenance: Provenance, kernel: Kernel, seed: int, goal: float, closed: History, random: History | None
) -> Closure:
    """Return the record of a run."""
    return Closure(
        schema=SCHEMA,
        provenance=provenance,
        kernel=kernel.name,
        seed=seed,
        goal=goal,
        bins=len(closed.state.bins),
        closure=course(kernel, closed),
        minimal=tuple(each.entry.name for each in minimal(closed.ran)),
        random=course(kernel, random) if random else None,
    )


def save(folder: Path, closure: Closure) -> Path:
    """Write closure.json, whole or not at all. MachineError if it cannot."""
    return json_record.write(folder / FILE, closure, "choose another --out")


def read(path: Path) -> Closure | None:
    """Read closure.json; None where there is none. InputError names the file and what is wrong with it."""
    return json_record.read_if_any(Closure, path, SCHEMA, "krait cover")


def read_all(folder: Path) -> tuple[Closure, ...]:
    """Read the records of all kernels below a folder, by their names."""
    found = (read(path) for path in sorted(folder.glob(f"*/{FILE}")))
    return tuple(each for each in found if each is not None)
