# SPDX-License-Identifier: Apache-2.0
"""What a simulation process is asked to do: written by the runner, read inside the simulator."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from golden.errors import InputError
from golden.spec.strict import decode

VARIABLE = "KRAIT_JOB"
CLOCK_NS = 10
"""Period of the clock of every simulation of a kernel."""

Transport = Literal["beat", "bulk"]


@dataclass(frozen=True)
class Bias:
    """How the drawn knobs of a job differ from those that its seed draws alone; without one nothing differs.

    Attributes:
        weights: number of a knob (`draws.Knob.numbers`) -> a weight for each value, in place of the kernel's own.
        directions: of the first starts, in order: number of a knob -> its value, by `draws.text`. All else is drawn.
    """

    weights: dict[str, tuple[int, ...]] = field(default_factory=dict, hash=False)
    directions: tuple[dict[str, str], ...] = field(default=(), hash=False)


@dataclass(frozen=True)
class Job:
    """One simulation of a `kernel`.

    `items` is the number of starts to draw, or of bundle cases to sample; `out` takes coverage; `repeat` is the command
    that a failure prints; `bias` is what random starts prefer beyond their seed.
    """

    config: str
    transport: Transport
    seed: int
    items: int
    bundle: str
    out: str
    kernel: str = "tern_matvec"
    repeat: str = ""
    bias: Bias | None = None

    def write(self, path: Path) -> None:
        """Write the job beside its results."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def current() -> Job:
    """Return the job of this simulation process. InputError when there is none."""
    path = os.environ.get(VARIABLE)
    if not path:
        raise InputError(f"{VARIABLE} is not set: this test module runs under krait regress only")
    return decode(Job, json.loads(Path(path).read_text()), Path(path))


def covergroup(kernel: str) -> str:
    """Return the name that the covergroup of a kernel's starts has in results."""
    return f"{kernel}.start"


@dataclass(frozen=True)
class Pace:
    """How fast the kernel ran: cycles, and seconds that the process computed, from each start to its interrupt, summed.

    The process computes on one processor and waits for nothing, so on a quiet machine that is the wall time too.
    """

    cycles: float
    seconds: float

    def write(self, folder: Path) -> None:
        """Write the pace beside the job's results."""
        (folder / "pace.json").write_text(json.dumps(asdict(self)) + "\n")

    @staticmethod
    def read(folder: Path) -> "Pace":
        """Return the pace of the job that ran in `folder`. InputError when it left none."""
        path = folder / "pace.json"
        try:
            return decode(Pace, json.loads(path.read_text()), path)
        except (OSError, json.JSONDecodeError) as error:
            raise InputError(f"{path}: no pace of a test ({error}); did it run to its end?") from None
