# SPDX-License-Identifier: Apache-2.0
"""`krait bench --kernel mamba2_accel`: a model on a virtual board, under its memories, every layer against golden."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import torch

from boards.drivers.mamba2_accel import Mamba2Accel
from boards.drivers.model_accel import LOOK_S, Best
from boards.facts import Board, load_board
from boards.mamba2_image import plan, write_model, write_prompt
from boards.mamba2_models import integer_model, prompt_of
from boards.sim.open import open_board, pick_config
from golden.errors import InputError
from golden.mamba2.accel.outcome import Outcome, outcome
from golden.mamba2.accel.start import Plan
from golden.mamba2.integer.model import IntegerModel
from golden.schedule import jobs
from golden.spec import Mamba2AccelConfig
from golden.spec.gen import mamba2_accel as regs
from harness import console
from harness.bench import model_record as records
from harness.bench.mamba2_compare import compared, divergence
from harness.bench.mamba2_record import Mamba2Counters, Mamba2Record, Shape
from harness.bench.mamba2_workloads import MODELS, QUICK, Mamba2Goal, Workload, goals, workload
from harness.bench.model_record import MEMORIES, SCHEMA, WORSE, Mark, MemoryKind
from harness.provenance import collect
from harness.regress.run import tools
from harness.sim.model import SimModel
from harness.sim.timing import MemoryTiming, timing

KERNEL = "mamba2_accel"
RECORDS = "mamba2.jsonl"
"""Name of the file of records, beside those of other kernels."""
QUICK_CONFIGS = ("sim", "sim_w8a8")
FULL = 1 - 2**-16
"""Beats a cycle of an ideal channel: just below 1, so that reads and writes share its data bus."""
STEP, STEPS = 128, 256
"""Cycles between two looks for the end of the layers, and looks between two at the wall clock."""
TIMEOUT_S = 6 * 3600.0


@dataclass(frozen=True)
class Asked:
    """What to run: a board's tag, a configuration (the board's without), a model, a workload, memories."""

    board: str
    config: str | None
    model: str
    workload: Workload
    memories: tuple[MemoryKind, ...]


def asked(board: str, config: str | None, model: str | None, work: str | None, memory: str | None) -> Asked:
    """Return what the command line asks for. InputError for an unknown model, workload or memory."""
    name = model or QUICK[0]
    if name not in MODELS:
        raise InputError(f"--model: found {name!r}, expected one of {', '.join(MODELS)}")
    if memory not in (None, "all", *MEMORIES):
        raise InputError(f"--memory: found {memory!r}, expected one of {', '.join(MEMORIES)}, all")
    kinds = MEMORIES if memory in (None, "all") else tuple(each for each in MEMORIES if each == memory)
    return Asked(board, config, MODELS[name], workload(work or QUICK[1]), kinds)


def run_quick(path: Path) -> bool:
    """Decode with the tiny model in both small configurations under ideal memory; whether all was exact."""
    good = [run(asked("sim", config, None, None, "ideal"), path) for config in QUICK_CONFIGS]
    return all(good)


def run(what: Asked, path: Path) -> bool:
    """Run a model on a board once for each memory, append the records to `path`; whether all was exact and met."""
    torch.set_num_threads(1)
    good = True
    for found in measure(what):
        records.append(path, found)
        tell(found)
        good = good and found.exact and all(goal.met(found) for goal in goals(found))
    console.say(f"records: {path}")
    return good


@dataclass(frozen=True)
class Subject:
    """A model made ready for a board: what it must give, and how long golden took for that."""

    what: Asked
    facts: Board
    config: Mamba2AccelConfig
    model: IntegerModel
    origin: str
    prompt: list[int]
    plan: Plan
    expected: Outcome
    golden_s: float


@dataclass(frozen=True)
class Ran:
    """One start: counters at its end and behind the last layer, wall time, what was captured and chosen."""

    counters: Mamba2Counters
    layers: Mark
    run_s: float
    taps: torch.Tensor
    best: tuple[Best, ...]


def measure(what: Asked) -> Iterator[Mamba2Record]:
    """Yield a record for each memory; the model is packed and golden computed once.

    Raises:
        InputError: the board has no such configuration, or it does not take the model.
        KernelError: the kernel reports an error.
        MachineError: the board is in use, not done in time, or a tool is missing.
    """
    subject = prepare(what)
    cfg, arguments = subject.config, subject.plan.arguments
    with open_board(what.board, cfg.name, "ideal", KERNEL) as board, board.kernel.arena(subject.plan.arena_bytes):
        write_model(board.kernel, arguments, subject.model)
        write_prompt(board.kernel, arguments, subject.prompt)
        for kind in what.memories:
            channel = memory_timing(subject.facts, cfg, kind)
            assert board.device.model is not None
            board.device.model.memory.set_timing(channel)
            yield run_start(board.kernel, board.device.model, subject, kind, channel)


def prepare(what: Asked, config: Mamba2AccelConfig | None = None) -> Subject:
    """Make or find the model, lay it out for a configuration (the one asked for), compute what its start must give."""
    facts = load_board(what.board.partition(":")[2] or "sim")
    cfg = config or pick_config(KERNEL, what.config or facts.name, facts)
    assert isinstance(cfg, Mamba2AccelConfig)
    model, origin = integer_model(what.model, cfg.profile)
    work = what.workload
    laid = plan(model, cfg, work.prompt, work.generate)
    prompt = prompt_of(what.model, model.cfg.vocab_size, work.prompt)
    before = time.perf_counter()
    expected = outcome(model, prompt, work.generate, cfg)
    return Subject(what, facts, cfg, model, origin, prompt, laid, expected, time.perf_counter() - before)


def run_start(
    kernel: Mamba2Accel, model: SimModel, subject: Subject, kind: MemoryKind, channel: MemoryTiming
) -> Mamba2Record:
    """Run a subject that lies in the kernel's arena, and return the record."""
    return _record(subject, kind, channel, _start(kernel, model, subject))


def memory_timing(facts: Board, cfg: Mamba2AccelConfig, kind: MemoryKind) -> MemoryTiming:
    """Return a board's memory as cycles. Ideal: the declared peak, one data bus for both directions, no latency."""
    memory = facts.memory
    if kind == "ideal":
        peak = memory.peak_gbs_per_channel * 1e3 / (cfg.port_bytes * cfg.clock_mhz)
        return MemoryTiming(rate=min(FULL, peak))
    model = memory.model if kind == "model" else replace(memory.model, efficiency=WORSE * memory.model.efficiency)
    return timing(model, memory.peak_gbs_per_channel, cfg.port_bytes, cfg.clock_mhz)


def _start(kernel: Mamba2Accel, model: SimModel, subject: Subject) -> Ran:
    """Run once. The counters behind the last layer are those of the first look after it, up to STEP cycles late."""
    arguments = subject.plan.arguments
    kernel.poison(arguments.out_off, arguments.generate)
    before, mark = time.perf_counter(), None
    kernel.begin(arguments)
    for _ in kernel.looks(TIMEOUT_S, LOOK_S):
        mark = mark or _wait_for_layers(kernel, model, arguments.prompt)
    seconds = time.perf_counter() - before
    best = tuple(kernel.records(arguments, 0, arguments.generate))
    return Ran(kernel.counters(), mark or _mark(kernel), seconds, kernel.taps(arguments), best)


def _wait_for_layers(kernel: Mamba2Accel, model: SimModel, prompt: int) -> Mark | None:
    """Run on until the prompt has passed the layers, or for so many steps; return the counters there.

    A weight beat shows that the counters are this run's.
    """
    for _ in range(STEPS):
        mark = _mark(kernel)
        if mark.weight_beats and kernel.get(regs.Offset.TOKENS_RUN) >= prompt:
            return mark
        if model.interrupt:
            break
        model.run(STEP)
    return None


def _mark(kernel: Mamba2Accel) -> Mark:
    return Mark(kernel.get64(regs.Offset.CYCLES), kernel.get64(regs.Offset.WEIGHT_BEATS))


def _divergence(subject: Subject, ran: Ran) -> str:
    """Return the first result that differs, as a line."""
    work, cfg, shape = subject.what.workload, subject.config, subject.model.cfg
    order = jobs(work.prompt, work.generate, range(shape.n_layer), cfg.t_cols, cfg.slots)
    best = [(each.index, each.value) for each in ran.best]
    return divergence(subject.expected, order, shape.d_model, ran.taps, best)


def _record(subject: Subject, kind: MemoryKind, channel: MemoryTiming, ran: Ran) -> Mamba2Record:
    what, facts, cfg, shape = subject.what, subject.facts, subject.config, subject.model.cfg
    return Mamba2Record(
        schema=SCHEMA,
        workload=what.workload.name,
        work=what.workload.work,
        model=what.model,
        shape=Shape(**{each.name: getattr(shape, each.name) for each in fields(Shape)}),
        origin=subject.origin,
        profile=cfg.profile,
        board=what.board,
        kind="simulated",
        memory=kind,
        timing=_words(channel),
        deliverable=channel.deliverable,
        board_hash=f"{facts.facts_hash():016x}",
        config=cfg.name,
        config_hash=f"{cfg.config_hash:016x}",
        ports=cfg.ports,
        port_bytes=cfg.port_bytes,
        macs_per_cycle=cfg.rows * cfg.inputs * cfg.t_par,
        clock_mhz=cfg.clock_mhz,
        on_chip=subject.plan.arguments.mem_first,
        prompt=what.workload.prompt,
        generated=what.workload.generate,
        compared=compared(subject.expected),
        divergence=_divergence(subject, ran),
        counters=ran.counters,
        layers=ran.layers,
        run_s=ran.run_s,
        golden_s=subject.golden_s,
        provenance=collect(tools()),
    )


def _words(channel: MemoryTiming) -> str:
    """Return a memory's assumptions in cycles, for people."""
    parts = [f"{channel.rate:.5f} beats a cycle, latency {channel.latency}"]
    if channel.page.cycles:
        parts.append(f"{channel.page.cycles} of {channel.page.period} cycles between bursts")
    parts.append(f"turnaround {channel.turnaround}")
    return ", ".join(parts)


def tell(found: Mamba2Record) -> None:
    """Say what a record holds, and which goals it meets."""
    lead = f"{found.model} {found.profile} {found.workload}, {found.board}, {found.memory} memory"
    verdict = "exact" if found.exact else "DIFFERS"
    console.say(f"{lead}: {verdict} ({found.compared} values), {found.counters.cycles} cycles [{found.kind}]")
    if not found.exact:
        console.say(f"  {found.divergence}")
    if found.work == "decode":
        console.say(
            f"  {found.step_cycles:,.0f} cycles a step, {found.rate:,.2f} tok/s at {found.clock_mhz:g} MHz; roof "
            f"{found.step_megabytes:,.2f} MB at {found.delivered_gbs:,.2f} GB/s = {found.roof:,.2f} tok/s, "
            f"{found.share:.1%} reached; state of {found.on_chip} of {found.shape.n_layer} layers on chip"
        )
    else:
        console.say(
            f"  {found.layers.cycles:,} cycles over the layers, {found.rate:,.1f} tok/s; useful "
            f"{found.useful:.1%} of {found.macs_per_cycle} MAC/cycle; head {found.after_layers:,} cycles"
        )
    console.say(f"  ports {found.ports_busy:.1%} of what the memory delivers; {_stalls(found)}")
    console.say(f"  simulation {found.cycles_per_second:,.0f} cycles/s, golden {found.golden_s:.1f} s [measured]")
    for goal in goals(found):
        console.say(f"  {_verdict(goal, found)}")


def _stalls(found: Mamba2Record) -> str:
    return "stalls of the cycles: " + ", ".join(f"{name} {share:.1%}" for name, share in found.counters.stalls())


def _verdict(goal: Mamba2Goal, found: Mamba2Record) -> str:
    value, sign = goal.figure(found), "<=" if goal.at_most else ">="
    shown, bound = (f"{100 * x:.1f} %" if goal.unit == "%" else f"{x:.2f} {goal.unit}" for x in (value, goal.bound))
    return f"{'met   ' if goal.met(found) else 'MISSED'} {goal.name}: {shown} ({sign} {bound}) [{goal.source}]"
