# SPDX-License-Identifier: Apache-2.0
"""What `krait bench --kernel ternary_accel` runs, and the numbers that it should reach."""

import re
from dataclasses import dataclass

from golden.errors import InputError
from harness.bench.model_workloads import PORTS, PORTS_BUSY, ModelGoal, Workload, ports_busy, rate
from harness.bench.ternary_record import TernaryRecord

MODELS = ("bitnet-tiny", "bitnet-0.73b", "bitnet-2b-4t")
"""The tiny model is trained, the others are generated in their published shapes."""
QUICK = ("bitnet-tiny", "tg16")
"""Model and workload of a board of which nothing else is asked."""
CONTEXT = 1024
"""Positions of a prefix of which nothing else is said, and those behind which decode has numbers to reach."""
STEPS = 1
"""Decode steps of texts that share a prefix."""

TernaryGoal = ModelGoal[TernaryRecord]


@dataclass(frozen=True)
class TernaryWorkload(Workload):
    """A workload behind a cache: `prefix` positions that all texts share, `own` ones of each."""

    prefix: int = 0
    own: tuple[int, ...] = (0,)


def workload(name: str) -> TernaryWorkload:
    """Return the workload of a name. InputError where it is none.

    - tgN@C: N decode steps of a text, behind C positions at the first of them, the one in front of it included. tgN is
      tgN@1; tgN@dC, as llama-bench names it, is the same.
    - ppN: a prompt of N tokens without a cache, until the first choice.
    - sharedB@C+S: B texts with S positions each behind a prefix of C ones; a token each, then a decode step. sharedB is
      sharedB@1024, sharedB@C is sharedB@C+0.
    """
    count = r"([1-9][0-9]{0,3})"
    if found := re.fullmatch(rf"tg{count}(?:@d?{count})?", name):
        return TernaryWorkload(name.replace("d", ""), "decode", 1, int(found[1]) + 1, own=(int(found[2] or 1) - 1,))
    if found := re.fullmatch(rf"pp{count}", name):
        return TernaryWorkload(name, "prefill", int(found[1]), 1)
    if found := re.fullmatch(rf"shared([2-4])(?:@{count}(?:\+{count})?)?", name):
        texts, prefix, own = int(found[1]), int(found[2] or CONTEXT), int(found[3] or 0)
        return TernaryWorkload(name, "decode", texts, STEPS + 1, prefix, (own,) * texts)
    raise InputError(
        f"--workload: found {name!r}, expected tgN@C (N decode steps behind C positions), ppN (a prompt of N tokens) "
        "or sharedB@C+S (2 .. 4 texts of S positions behind a prefix of C)"
    )


_PORTS = TernaryGoal(PORTS, ports_busy, PORTS_BUSY, "%")
_ROOF = TernaryGoal("decode, of the roof", lambda r: r.share, 0.90, "%")
_SHARED = TernaryGoal("keys and values read, of one text's", lambda r: r.cache_times_one, 1.10, "%", at_most=True)
_SUFFIX = 32
"""Positions of a text behind the shared prefix, up to which all texts should read little more than one."""
_FIRST = {"pp64": 0.15, "pp128": 0.30}


def goals(r: TernaryRecord) -> tuple[TernaryGoal, ...]:
    """Return the numbers that a record's start should reach; those of a whole model, so a share of one has none."""
    work = TernaryWorkload(r.workload, r.work, r.prompt, r.generated, r.prefix, r.own)
    return goals_at(r.board, r.model, work, r.memory) if r.whole else ()


def goals_at(board: str, model: str, work: TernaryWorkload, memory: str) -> tuple[TernaryGoal, ...]:
    """Return the numbers that a whole model's work should reach on a board under a memory."""
    if model == QUICK[0]:
        return ()
    found = []
    texts = len(work.own)
    behind = work.work == "decode" and work.name.endswith(f"@{CONTEXT}") and texts == 1
    if texts > 1 and work.prefix >= CONTEXT and max(work.own) < _SUFFIX:
        found.append(_SHARED)
    compared = (board, model) == ("sim:kv260", "bitnet-0.73b")
    if behind and memory == "ideal":
        found.append(TernaryGoal("decode", rate, 66.0, "tok/s") if compared else _ROOF)
    if behind and memory == "model":
        found.append(_PORTS)
    if compared and work.name in _FIRST and memory == "ideal":
        found.append(TernaryGoal("time to first token", _first, _FIRST[work.name], "s", at_most=True))
    return tuple(found)


def _first(r: TernaryRecord) -> float:
    return r.first_s
