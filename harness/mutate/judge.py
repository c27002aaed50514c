# SPDX-License-Identifier: Apache-2.0
"""The verdict on one mutant: simulations one after the other, each without a fault first, until one fails."""

import functools
import hashlib
import json
import signal
import threading
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, get_args

from golden.errors import CheckError, InputError, MachineError
from golden.spec.strict import decode
from harness.atomic import replace_text
from harness.mutate.netlist import SELECTOR
from harness.mutate.simulations import Simulation, Simulator
from harness.sim.results import CocotbResult

FORMAT = 3  # of what is kept: raise it when the same inputs give another verdict
LIMIT_S = 60.0
"""What a mutant's simulations may take together, where those without the fault take less than a fifth of it."""
PATIENCE = 5
"""So many times what they take without the fault, a mutant's simulations may take; without it, so many limits."""
NONE = 0
"""The mutant that is none."""

Verdict = Literal["killed", "timed out", "equivalent", "survived"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True)
class Outcome:
    """A verdict, what led to it, and how long it took in seconds of wall-clock time.

    Attributes:
        verdict: killed by a failing test, ended by the watchdog, proved to be no change, or seen by no test.
        by: the test that failed and why, or what the proof says.
        seconds: of all its simulations, without those that have no fault, and without proofs.
        repeat: shell command that repeats the last simulation.
    """

    verdict: Verdict
    by: str
    seconds: float
    repeat: str


class Sound:
    """How long simulations of a netlist take without a fault, in seconds: each is run once, whoever asks."""

    def __init__(self) -> None:
        self._seconds: dict[Hashable, float] = {}
        self._lock = threading.Lock()

    def seconds(self, simulation: Hashable, run: Callable[[], float]) -> float:
        """Return what a simulation takes; `run` tells it when nobody has asked before."""
        with self._lock:
            if simulation not in self._seconds:
                self._seconds[simulation] = run()
            return self._seconds[simulation]


@dataclass(frozen=True)
class Bench:
    """What judges mutants of a netlist: its Verilog with them inside, simulations, the simulator, a folder.

    Benches of one netlist, with other mutants inside, may share what simulations without a fault take.
    """

    source: Path
    simulations: tuple[Simulation, ...]
    sim: Simulator
    folder: Path
    sound: Sound = field(default_factory=Sound, repr=False)

    def judge(self, number: int) -> Outcome:
        """Simulate a mutant until a test fails that passes without it.

        Raises:
            CheckError: a test fails without any mutant.
            InputError: the netlist does not build.
            MachineError: a tool is missing, or something else killed the simulation.
        """
        spent, sound, repeat = 0.0, 0.0, ""
        for index, simulation in enumerate(self.simulations):
            sound += self.sound.seconds(index, functools.partial(self._without, index))
            left = max(max(LIMIT_S, PATIENCE * sound) - spent, 1.0)
            result = self._run(index, number, left)
            spent, repeat = spent + result.exit.seconds, result.repeat
            if result.exit.timed_out:
                return Outcome("timed out", f"{simulation.test}: killed after {left:.0f} s", spent, repeat)
            if not result.ok:
                first = result.failed[0]
                return Outcome("killed", f"{first.test}: {first.line}", spent, repeat)
        return Outcome("survived", "", spent, repeat)

    def _without(self, index: int) -> float:
        result = self._run(index, NONE, PATIENCE * LIMIT_S)
        if not result.ok:
            first = result.failed[0]
            raise CheckError(
                f"{self.simulations[index].test}: fails on the netlist without a fault: {first.test}: {first.line}; "
                f"repeat: {result.repeat}"
            )
        return result.exit.seconds

    def _run(self, index: int, number: int, seconds: float) -> CocotbResult:
        place = self.folder / str(number) / str(index)
        result = self.simulations[index].run(self.source, self.sim, [f"+{SELECTOR}={number}"], place, seconds)
        if result.exit.code == -signal.SIGKILL and not result.exit.timed_out and not result.exit.flooded:
            raise MachineError(f"{result.log}: something outside killed the simulation; is memory short?")
        return result


@dataclass(frozen=True)
class Store:
    """Outcomes on disk, each under the hash of what it depends on."""

    folder: Path

    def load(self, key: str) -> Outcome | None:
        """Return what is known; nothing of a file that is none of ours."""
        path = self.folder / f"{key}.json"
        with suppress(OSError, ValueError, InputError):
            return decode(Outcome, json.loads(path.read_text()), path)
        return None

    def save(self, key: str, outcome: Outcome) -> None:
        """Keep an outcome. OSError if it cannot."""
        self.folder.mkdir(parents=True, exist_ok=True)
        replace_text(self.folder / f"{key}.json", json.dumps(asdict(outcome), indent=1) + "\n")


def key(cells: str, arguments: str, simulations: Sequence[Simulation], tests: str, tools: Sequence[str]) -> str:
    """Return the hash of what a verdict depends on: netlist, fault, simulations, tests, tools, children."""
    told = (FORMAT, cells, arguments, [(each.identity, each.seed) for each in simulations], tests, tuple(tools))
    return hashlib.sha256(repr(told).encode()).hexdigest()[:20]
