# SPDX-License-Identifier: Apache-2.0
"""The verdict on one mutant: the unit's simulations one after the other, until one fails."""

import hashlib
import json
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from golden.errors import InputError, MachineError
from golden.spec.strict import decode
from harness.atomic import replace_text
from harness.mutate.netlist import SELECTOR
from harness.mutate.simulations import Simulation, Simulator

FORMAT = 1  # of what is kept: raise it when the same inputs give another verdict
LIMIT_S = 60.0
"""What a mutant's simulations may take together, where the netlist without a fault takes less than a fifth of it."""
PATIENCE = 5
"""So many times what the netlist without a fault takes, a mutant may take."""
NONE = 0
"""The mutant that is none."""

Verdict = Literal["killed", "timed out", "equivalent", "survived"]


@dataclass(frozen=True)
class Outcome:
    """A verdict, what led to it, and how long it took in seconds of wall-clock time.

    Attributes:
        verdict: killed by a failing test, ended by the watchdog, proved to be no change, or seen by no test.
        by: the test that failed and why, or what the proof says.
        seconds: of all its simulations and proofs.
        repeat: shell command that repeats the last simulation.
    """

    verdict: Verdict
    by: str
    seconds: float
    repeat: str


@dataclass(frozen=True)
class Bench:
    """What judges the mutants of a netlist: its Verilog with them inside, simulations, the simulator, a folder."""

    source: Path
    simulations: tuple[Simulation, ...]
    sim: Simulator
    folder: Path

    def judge(self, number: int, limit_s: float = LIMIT_S) -> Outcome:
        """Simulate a mutant until a test fails.

        Raises:
            InputError: the netlist does not build.
            MachineError: a tool is missing, or something else killed the simulation.
        """
        started, repeat = time.monotonic(), ""
        for index, simulation in enumerate(self.simulations):
            left = max(limit_s - (time.monotonic() - started), 1.0)
            place = self.folder / str(number) / str(index)
            result = simulation.run(self.source, self.sim, [f"+{SELECTOR}={number}"], place, left)
            repeat = result.repeat
            seconds = time.monotonic() - started
            if result.exit.timed_out:
                return Outcome("timed out", f"{simulation.test}: killed after {left:.0f} s", seconds, repeat)
            if result.exit.code == -signal.SIGKILL and not result.exit.flooded:
                raise MachineError(f"{result.log}: something outside killed the simulation; is memory short?")
            if not result.ok:
                first = result.failed[0]
                return Outcome("killed", f"{first.test}: {first.line}", seconds, repeat)
        return Outcome("survived", "", time.monotonic() - started, repeat)


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
