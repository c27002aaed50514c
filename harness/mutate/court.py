# SPDX-License-Identifier: Apache-2.0
"""The verdict on mutants of a netlist: simulations, then a proof, then simulations of other builds of the module.

What is known is not judged again.
"""

import functools
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from golden.errors import CheckError
from harness.mutate import judge, netlist
from harness.mutate.equivalence import Answer, compare
from harness.mutate.judge import Bench, Outcome, Sound, Store
from harness.mutate.netlist import Mutant, Netlist
from harness.mutate.simulations import Simulation, Simulator, around, cocotb_files
from harness.mutate.twins import twin
from harness.mutate.units import Unit, fingerprint

PROOFS: dict[Answer, str] = {
    "equal": "the same outputs and next state in every state (SAT)",
    "different": "another output or next state in some state, which may be one that is never reached (SAT)",
    "unknown": "the SAT solver gave no answer in time",
}
"""What a proof says, for people."""


@dataclass(frozen=True)
class Group:
    """Mutants of one netlist, and the simulations with its parameters."""

    netlist: Netlist
    simulations: tuple[Simulation, ...]
    mutants: tuple[Mutant, ...] = ()

    @property
    def unit(self) -> Unit:
        """Return the unit whose netlist it is."""
        return self.netlist.unit


class Court:
    """Judges the mutants of a group, or knows them.

    Args:
        group: the mutants, all in one build.
        others: the module's other builds, asked for when a mutant survives.
        sim: the simulator.
        tools: versions of what verdicts depend on.
        place: the module's folder.
    """

    def __init__(
        self, group: Group, others: Callable[[], Iterable[Group]], sim: Simulator, tools: Sequence[str], place: Path
    ) -> None:
        self._group, self._sim, self._tools, self._place = group, sim, tools, place
        self._store = Store(place / "outcomes")
        self._others, self._sound = others, Sound()

    def __call__(self, mutant: Mutant) -> Outcome:
        """Return the verdict on a mutant. CheckError: a test fails without it, or Yosys fails."""
        outcome = self._simulated(mutant, self._group.mutants)
        if outcome.verdict != "survived":
            return outcome
        answer = compare(self._group.netlist, mutant, self._place / "proofs")
        if answer == "equal":
            return replace(outcome, verdict="equivalent", by=PROOFS[answer])
        return self._elsewhere(mutant) or replace(outcome, by=PROOFS[answer])

    def _simulated(self, mutant: Mutant, mutants: Sequence[Mutant]) -> Outcome:
        """Return what simulations say, now or earlier; a netlist with `mutants` is only made when it is needed."""
        key = self._key(mutant)
        outcome = self._store.load(key)
        if outcome is None:
            outcome = self._bench(mutants).judge(mutant.number)
            self._store.save(key, outcome)
        return outcome

    def _elsewhere(self, mutant: Mutant) -> Outcome | None:
        """Return how the same fault is seen in another build, if in any; a build that cannot judge is passed by."""
        for court in self._further:
            with suppress(CheckError):
                found = twin(mutant, self._group.netlist, court._group.netlist, self._place)
                outcome = court.alone(found) if found else None
                if outcome and outcome.verdict != "survived":
                    params = ", ".join(f"{name} {value}" for name, value in court._group.netlist.params.items())
                    return replace(outcome, by=f"{outcome.by} (built with {params})")
        return None

    def alone(self, mutant: Mutant) -> Outcome:
        """Return what simulations say of a mutant that is in a build of its own."""
        return self._simulated(mutant, [mutant])

    @functools.cached_property
    def _key(self) -> Callable[[Mutant], str]:
        group = self._group
        tests = fingerprint(cocotb_files(group.simulations))
        tools = [*self._tools, *around(group.simulations, group.unit)]
        return lambda mutant: judge.key(group.netlist.text, mutant.arguments, group.simulations, tests, tools)

    def _bench(self, mutants: Sequence[Mutant]) -> Bench:
        group = self._group
        frame = any(each.top != group.unit.name for each in group.simulations)
        source = netlist.write(group.netlist, mutants, self._place, frame)
        return Bench(source, group.simulations, self._sim, source.parent.with_suffix(".runs"), self._sound)

    @functools.cached_property
    def _further(self) -> tuple["Court", ...]:
        return tuple(Court(each, tuple, self._sim, self._tools, self._place) for each in self._others())
