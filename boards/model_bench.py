# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks of whole models share: memories as cycles, one start and what it leaves, what is said of it."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch

from boards.drivers.model_accel import LOOK_S, Best
from boards.facts import Board
from golden.errors import InputError
from golden.spec import KernelConfig
from harness import console
from harness.bench import model_record as records
from harness.bench.model_record import MEMORIES, SCHEMA, WORSE, Mark, MemoryKind, ModelRecord
from harness.bench.model_workloads import ModelGoal, Workload
from harness.provenance import collect
from harness.regress.run import tools
from harness.sim.model import SimModel
from harness.sim.timing import MemoryTiming, timing

FULL = 1 - 2**-16
"""Beats a cycle of an ideal channel: just below 1, so that reads and writes share its data bus."""
STEP, STEPS = 128, 256
"""Cycles between two looks for the end of the layers, and looks between two at the wall clock."""
TIMEOUT_S = 6 * 3600.0

W = TypeVar("W", bound=Workload)
R = TypeVar("R", bound=ModelRecord)


@dataclass(frozen=True)
class Asked(Generic[W]):
    """What to run: a board's tag, a configuration (the board's own without), a model, a workload, memories."""

    board: str
    config: str | None
    model: str
    workload: W
    memories: tuple[MemoryKind, ...]


@dataclass(frozen=True)
class Ran:
    """One start: counters behind the last layer, wall time, what was captured and chosen; the rest has the kernel."""

    layers: Mark
    run_s: float
    taps: torch.Tensor
    best: tuple[Best, ...]


def memories(memory: str | None) -> tuple[MemoryKind, ...]:
    """Return the memories of a word of the command line. InputError for an unknown one."""
    if memory not in (None, "all", *MEMORIES):
        raise InputError(f"--memory: found {memory!r}, expected one of {', '.join(MEMORIES)}, all")
    return MEMORIES if memory in (None, "all") else tuple(each for each in MEMORIES if each == memory)


def memory_timing(facts: Board, cfg: KernelConfig, kind: MemoryKind) -> MemoryTiming:
    """Return a board's memory as cycles. Ideal: the declared peak, one data bus for both directions, no latency."""
    memory = facts.memory
    if kind == "ideal":
        peak = memory.peak_gbs_per_channel * 1e3 / (cfg.port_bytes * cfg.clock_mhz)
        return MemoryTiming(rate=min(FULL, peak))
    model = memory.model if kind == "model" else replace(memory.model, efficiency=WORSE * memory.model.efficiency)
    return timing(model, memory.peak_gbs_per_channel, cfg.port_bytes, cfg.clock_mhz)


def check_room(arena_bytes: int, facts: Board) -> None:
    """Raise InputError where an arena is larger than a memory channel of the board."""
    room = facts.memory.channel_bytes
    if arena_bytes > room:
        raise InputError(f"--model and --workload take {arena_bytes} bytes a port, board {facts.name} has {room}")


def under_each(
    model: SimModel, facts: Board, cfg: KernelConfig, kinds: Iterable[MemoryKind]
) -> Iterator[tuple[MemoryKind, MemoryTiming]]:
    """Yield each memory once it is the model's."""
    for kind in kinds:
        channel = memory_timing(facts, cfg, kind)
        model.memory.set_timing(channel)
        yield kind, channel


# ---- one start


def run_start(kernel: Any, model: SimModel, arguments: Any) -> Ran:
    """Run once, with everything in the arena of a `ModelAccel`.

    The counters behind the last layer are those of the first look after it, up to STEP cycles late.
    """
    count = kernel.records_of(arguments)
    kernel.poison(arguments.out_off, count)
    before, mark = time.perf_counter(), None
    kernel.begin(arguments)
    for _ in kernel.looks(TIMEOUT_S, 0.0):
        if mark := _wait_for_layers(kernel, model, arguments.prompt):
            _wait_for_end(kernel)
            break
    seconds = time.perf_counter() - before
    best = tuple(kernel.records(arguments, 0, count))
    return Ran(mark or _mark(kernel), seconds, kernel.taps(arguments), best)


def _wait_for_layers(kernel: Any, model: SimModel, prompt: int) -> Mark | None:
    """Run on until the prompt has passed the layers, or for so many steps; return the counters there.

    A weight beat shows that the counters are this run's.
    """
    for _ in range(STEPS):
        mark = _mark(kernel)
        if mark.weight_beats and kernel.get(kernel.at("TOKENS_RUN")) >= prompt:
            return mark
        if model.interrupt:
            break
        model.run(STEP)
    return None


def _wait_for_end(kernel: Any) -> None:
    for _ in kernel.looks(TIMEOUT_S, LOOK_S):
        pass


def _mark(kernel: Any) -> Mark:
    return Mark(kernel.get64(kernel.at("CYCLES")), kernel.get64(kernel.at("WEIGHT_BEATS")))


# ---- records


def record_fields(
    what: Asked[W], facts: Board, cfg: KernelConfig, kind: MemoryKind, channel: MemoryTiming, ran: Ran
) -> dict[str, Any]:
    """Return what a record has of the run whatever the kernel is, its counters aside, by the names of `ModelRecord`."""
    return {
        "schema": SCHEMA,
        "workload": what.workload.name,
        "work": what.workload.work,
        "model": what.model,
        "board": what.board,
        "kind": "simulated",
        "memory": kind,
        "timing": words(channel),
        "deliverable": channel.deliverable,
        "board_hash": f"{facts.facts_hash():016x}",
        "config": cfg.name,
        "config_hash": f"{cfg.config_hash:016x}",
        "ports": cfg.ports,
        "port_bytes": cfg.port_bytes,
        "clock_mhz": cfg.clock_mhz,
        "prompt": what.workload.prompt,
        "generated": what.workload.generate,
        "layers": ran.layers,
        "run_s": ran.run_s,
        "provenance": collect(tools()),
    }


def words(channel: MemoryTiming) -> str:
    """Return a memory's assumptions in cycles, for people."""
    parts = [f"{channel.rate:.5f} beats a cycle, latency {channel.latency}"]
    if channel.page.cycles:
        parts.append(f"{channel.page.cycles} of {channel.page.period} cycles between bursts")
    parts.append(f"turnaround {channel.turnaround}")
    return ", ".join(parts)


def keep(
    found: Iterable[R],
    path: Path,
    goals: Callable[[R], Sequence[ModelGoal[R]]],
    more: Callable[[R], Iterable[str]],
) -> bool:
    """Append records to `path` and say what they hold, as they come; whether all was exact and every goal met."""
    good = True
    for each in found:
        records.append(path, each)
        numbers = goals(each)
        for line in lines(each, numbers, more(each)):
            console.say(line)
        good = good and each.exact and all(goal.met(each) for goal in numbers)
    console.say(f"records: {path}")
    return good


def lines(found: R, goals: Iterable[ModelGoal[R]], more: Iterable[str]) -> Iterator[str]:
    """Yield what a record holds, `more` that only its kernel has, and which goals it meets."""
    verdict = "exact" if found.exact else "DIFFERS"
    lead = f"{found.title}, {found.board}, {found.memory} memory"
    yield f"{lead}: {verdict} ({found.compared} values), {found.counters.cycles} cycles [{found.kind}]"
    if not found.exact:
        yield f"  {found.divergence}"
    yield f"  {_decode(found) if found.work == 'decode' else _prefill(found)}"
    for line in more:
        yield f"  {line}"
    stalls = ", ".join(f"{name} {share:.1%}" for name, share in found.counters.stalls())
    yield f"  ports {found.ports_busy:.1%} of what the memory delivers; stalls of the cycles: {stalls}"
    yield f"  simulation {found.cycles_per_second:,.0f} cycles/s, golden {found.golden_s:.1f} s [measured]"
    for goal in goals:
        yield f"  {_verdict(goal, found)}"


def _decode(found: ModelRecord) -> str:
    step = f"a step of {found.texts} texts" if found.texts > 1 else "a step"
    return (
        f"{found.step_cycles:,.0f} cycles {step}, {found.rate:,.2f} tok/s at {found.clock_mhz:g} MHz; roof "
        f"{found.step_megabytes:,.2f} MB at {found.delivered_gbs:,.2f} GB/s = {found.roof:,.2f} tok/s, "
        f"{found.share:.1%} reached"
    )


def _prefill(found: ModelRecord) -> str:
    return (
        f"{found.layers.cycles:,} cycles over the layers, {found.rate:,.1f} tok/s; useful {found.useful:.1%} of "
        f"{found.macs_per_cycle} MAC/cycle; head {found.after_layers:,} cycles; first token after "
        f"{found.first_s:.4f} s at {found.clock_mhz:g} MHz"
    )


def _verdict(goal: ModelGoal[R], found: R) -> str:
    value, sign = goal.figure(found), "<=" if goal.at_most else ">="
    shown, bound = (f"{100 * x:.1f} %" if goal.unit == "%" else f"{x:.2f} {goal.unit}" for x in (value, goal.bound))
    return f"{'met   ' if goal.met(found) else 'MISSED'} {goal.name}: {shown} ({sign} {bound}) [{goal.source}]"
