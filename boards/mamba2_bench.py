# SPDX-License-Identifier: Apache-2.0
"""`krait bench --kernel mamba2_accel`: a model on a virtual board, under its memories, every layer against golden."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import torch

from boards.drivers.mamba2_accel import Mamba2Accel
from boards.drivers.model_accel import Best
from boards.facts import Board, load_board
from boards.mamba2_image import plan, write_prompt
from boards.mamba2_models import integer_model, prompt_of
from boards.model_bench import Asked, keep, memories, record_fields, run_start, under_each
from boards.open import pick_config
from boards.sim.open import open_board
from golden.mamba2.accel.outcome import Outcome, outcome
from golden.mamba2.accel.start import Plan, model_parts
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.model import IntegerModel
from golden.schedule import jobs
from golden.spec import Mamba2AccelConfig
from harness.bench.mamba2_record import Mamba2Record, Shape
from harness.bench.mamba2_workloads import QUICK, goals, workload
from harness.bench.mamba2_workloads import model as model_of
from harness.bench.model_compare import compared, divergence
from harness.bench.model_record import MemoryKind
from harness.bench.model_workloads import Workload
from harness.sim.model import SimModel
from harness.sim.timing import MemoryTiming

KERNEL = "mamba2_accel"
RECORDS = "mamba2.jsonl"
"""Name of the file of records, beside those of other kernels."""
QUICK_CONFIGS = ("sim", "sim_w8a8")


def asked(board: str, config: str | None, model: str | None, work: str | None, memory: str | None) -> Asked[Workload]:
    """Return what the command line asks for. InputError for an unknown model, workload or memory."""
    name = model_of(model or QUICK[0])
    kinds = memories(memory)
    return Asked(board, config, name, workload(work or QUICK[1]), kinds)


def run_quick(path: Path) -> bool:
    """Decode with the tiny model in both small configurations under ideal memory; whether all was exact."""
    good = [run(asked("sim", config, None, None, "ideal"), path) for config in QUICK_CONFIGS]
    return all(good)


def run(what: Asked[Workload], path: Path) -> bool:
    """Run a model on a board once for each memory, append the records to `path`; whether all was exact and met."""
    torch.set_num_threads(1)
    return keep(measure(what), path, goals, _more)


@dataclass(frozen=True)
class Subject:
    """A model made ready for a board: what it must give, and how long golden took for that."""

    what: Asked[Workload]
    facts: Board
    config: Mamba2AccelConfig
    model: IntegerModel
    origin: str
    prompt: list[int]
    plan: Plan
    expected: Outcome
    golden_s: float


def measure(what: Asked[Workload]) -> Iterator[Mamba2Record]:
    """Yield a record for each memory; the model is packed and golden computed once.

    Raises:
        InputError: the board has no such configuration, or it does not take the model.
        KernelError: the kernel reports an error.
        MachineError: the board is in use, not done in time, or a tool is missing.
    """
    subject = prepare(what)
    cfg, arguments = subject.config, subject.plan.arguments
    with open_board(what.board, cfg.name, "ideal", KERNEL) as board, board.kernel.arena(subject.plan.arena_bytes):
        board.kernel.write_sections(model_parts(subject.model, subject.plan))
        write_prompt(board.kernel, arguments, subject.prompt)
        simulated = board.device.model
        assert simulated is not None
        for kind, channel in under_each(simulated, subject.facts, cfg, what.memories):
            yield run_subject(board.kernel, simulated, subject, kind, channel)


def prepare(what: Asked[Workload], config: Mamba2AccelConfig | None = None) -> Subject:
    """Make or find the model, lay it out for a configuration (the one asked for), compute what its start must give."""
    facts = load_board(what.board.partition(":")[2] or "sim")
    cfg = config or pick_config(KERNEL, what.config or facts.identifier, facts)
    assert isinstance(cfg, Mamba2AccelConfig)
    model, origin = integer_model(what.model, cfg.profile)
    work = what.workload
    laid = plan(model, cfg, work.prompt, work.generate)
    prompt = prompt_of(what.model, model.cfg.vocab_size, work.prompt)
    before = time.perf_counter()
    expected = outcome(model, prompt, work.generate, cfg)
    return Subject(what, facts, cfg, model, origin, prompt, laid, expected, time.perf_counter() - before)


def run_subject(
    kernel: Mamba2Accel, model: SimModel, subject: Subject, kind: MemoryKind, channel: MemoryTiming
) -> Mamba2Record:
    """Run a subject that lies in the kernel's arena, and return the record."""
    ran = run_start(kernel, model, subject.plan.arguments)
    cfg, shape = subject.config, subject.model.cfg
    return Mamba2Record(
        **record_fields(subject.what, subject.facts, cfg, kind, channel, ran),
        shape=Shape(**{each.name: getattr(shape, each.name) for each in fields(Shape)}),
        origin=subject.origin,
        profile=cfg.profile,
        macs_per_cycle=cfg.rows * cfg.inputs * cfg.t_par,
        on_chip=subject.plan.arguments.mem_first,
        compared=compared(subject.expected),
        divergence=differs(subject.what.workload, cfg, shape, subject.expected, ran.taps, ran.best),
        counters=kernel.counters(),
        golden_s=subject.golden_s,
    )


def differs(
    work: Workload,
    cfg: Mamba2AccelConfig,
    shape: Mamba2Config,
    expected: Outcome,
    taps: torch.Tensor,
    best: Sequence[Best],
) -> str:
    """Return the first result of a start that differs, as a line."""
    order = jobs(work.prompt, work.generate, range(shape.n_layer), cfg.t_cols, cfg.slots)
    return divergence(expected, order, shape.d_model, taps, [(each.index, each.value) for each in best])


def _more(found: Mamba2Record) -> Iterator[str]:
    """Yield what a record holds of Mamba2 alone."""
    if found.work == "decode":
        yield f"state of {found.on_chip} of {found.shape.n_layer} layers on chip"
