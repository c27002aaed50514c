# SPDX-License-Identifier: Apache-2.0
"""What `krait bench --kernel mamba2_accel` runs, and the numbers that it should reach."""

import re

from golden.errors import InputError
from harness.bench.mamba2_record import Mamba2Record
from harness.bench.model_workloads import PORTS, PORTS_BUSY, ModelGoal, Workload, ports_busy, rate

MODELS = {"tiny": "mamba2-tiny", "130m": "mamba2-130m", "2.7b": "mamba2-2.7b"}
"""Names on the command line; the tiny model is trained, the others are generated in their published shapes."""
QUICK = ("tiny", "tg16")
"""Model and workload of a board of which nothing else is asked."""

Mamba2Goal = ModelGoal[Mamba2Record]


def model(name: str) -> str:
    """Return a model's whole name, of that or of the one on the command line. InputError: an unknown one."""
    found = MODELS.get(name, name)
    if found not in MODELS.values():
        raise InputError(f"--model: found {name!r}, expected one of {', '.join(MODELS)}")
    return found


def workload(name: str) -> Workload:
    """Return the workload of a name. tgN: a token, then N decode steps. ppN: N tokens and the first choice.

    InputError where it is none.
    """
    found = re.fullmatch(r"(tg|pp)([1-9][0-9]{0,3})", name)
    if not found:
        raise InputError(f"--workload: found {name!r}, expected tgN (N decode steps) or ppN (a prompt of N tokens)")
    count = int(found[2])
    return Workload(name, "decode", 1, count + 1) if found[1] == "tg" else Workload(name, "prefill", count, 1)


_PORTS = Mamba2Goal(PORTS, ports_busy, PORTS_BUSY, "%")
_USEFUL = Mamba2Goal("useful multiplications over the layers", lambda r: r.useful, 0.90, "%")
_DECODE = {"sim:u280": 285.0, "sim:vck190": 15.8, "sim:vc709": 8.0}
_SECONDS = {("sim:vc709", "mamba2-130m"): 20.0, ("sim:u280", "mamba2-2.7b"): 120.0}


def goals(r: Mamba2Record) -> tuple[Mamba2Goal, ...]:
    """Return the numbers that a record's start should reach."""
    return goals_at(r.board, r.model, Workload(r.workload, r.work, r.prompt, r.generated), r.memory)


def goals_at(board: str, model: str, work: Workload, memory: str) -> tuple[Mamba2Goal, ...]:
    """Return the numbers that a model's work should reach on a board, with its whole name, under a memory."""
    found = []
    decode = work.work == "decode"
    if decode and model == "mamba2-2.7b" and board in _DECODE:
        if memory == "ideal":
            found.append(Mamba2Goal("decode", rate, _DECODE[board], "tok/s"))
        if memory == "model":
            found.append(_PORTS)
    if decode and memory == "ideal" and (board, model) in _SECONDS:
        bound = _SECONDS[board, model]
        found.append(Mamba2Goal("wall time of a simulated token", _seconds, bound, "s", "measured", at_most=True))
    if (board, model, work.name, memory) == ("sim:vc709", "mamba2-130m", "pp256", "ideal"):
        found += [_USEFUL, Mamba2Goal("prefill", rate, 3000.0, "tok/s")]
    return tuple(found)


def _seconds(r: Mamba2Record) -> float:
    return r.seconds_a_token
