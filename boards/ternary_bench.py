# SPDX-License-Identifier: Apache-2.0
"""`krait bench --kernel ternary_accel`: a BitNet on a virtual board, under its memories, every layer against golden."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from boards.configs import for_activation
from boards.drivers.model_accel import RESIDUAL, Best
from boards.drivers.ternary_accel import TernaryAccel
from boards.facts import Board
from boards.model_bench import Asked, Ran, check_room, keep, memories, record_fields, run_start, under_each
from boards.sim.device import facts_of
from boards.sim.open import open_board
from boards.ternary_models import integer_model, prompt_of, requests_of, shape_of, whole_layers
from golden.errors import InputError
from golden.schedule import Job, jobs
from golden.spec import TernAccelConfig
from golden.ternary.accel.arguments import INPUTS
from golden.ternary.accel.cache import Room
from golden.ternary.accel.outcome import HALVES, Outcome, outcome
from golden.ternary.accel.reads import cached_bytes, start_beats
from golden.ternary.accel.start import Plan, Run, fits, model_parts, plan, token_beats
from golden.ternary.config import BitNetConfig
from golden.ternary.integer.model import IntegerModel, Requests
from golden.ternary.integer.profile import NAME
from harness.bench.model_compare import compared, divergence
from harness.bench.ternary_record import TernaryRecord
from harness.bench.ternary_workloads import MODELS, QUICK, TernaryWorkload, goals, workload

KERNEL = "ternary_accel"
RECORDS = "ternary.jsonl"
"""Name of the file of records, beside those of other kernels."""
QUICK_WORK = ("tg16", "pp16", "shared4@64+8")
"""What the tiny model does where nothing is asked."""


@dataclass(frozen=True)
class TernaryAsked(Asked[TernaryWorkload]):
    """What to run, with so many of the model's layers; all where it is None."""

    layers: int | None = None


def asked(
    board: str,
    config: str | None,
    model: str | None,
    work: str | None,
    memory: str | None,
    layers: int | None = None,
) -> TernaryAsked:
    """Return what the command line asks for. InputError for an unknown model, workload or memory, and wrong layers."""
    name = model or QUICK[0]
    if name not in MODELS:
        raise InputError(f"--model: found {name!r}, expected one of {', '.join(MODELS)}")
    whole_layers(name, layers)
    return TernaryAsked(board, config, name, workload(work or QUICK[1]), memories(memory), layers)


def run_quick(path: Path) -> bool:
    """Each kind of workload with the tiny model under ideal memory; whether all was exact."""
    good = [run(asked("sim", None, None, work, "ideal"), path) for work in QUICK_WORK]
    return all(good)


def run(what: TernaryAsked, path: Path) -> bool:
    """Run a model on a board once for each memory, append the records to `path`; whether all was exact and met."""
    torch.set_num_threads(1)
    return keep(measure(what), path, goals, more)


@dataclass(frozen=True)
class Subject:
    """A model and caches made ready for a board: what its start must give, and how long golden took for that."""

    what: TernaryAsked
    facts: Board
    config: TernAccelConfig
    model: IntegerModel
    origin: str
    prompt: list[int]
    before: Requests
    plan: Plan
    expected: Outcome
    golden_s: float


def measure(what: TernaryAsked) -> Iterator[TernaryRecord]:
    """Yield a record for each memory; the model is packed and golden computed once.

    Every start finds caches that were written anew, none that an earlier start has changed.

    Raises:
        InputError: the board has no such configuration, or it does not take the model or the workload.
        KernelError: the kernel reports an error.
        MachineError: the board is in use, not done in time, or a tool is missing.
    """
    subject = prepare(what)
    cfg, laid = subject.config, subject.plan
    with open_board(what.board, cfg.name, "ideal", KERNEL) as board, board.kernel.arena(laid.arena_bytes):
        board.kernel.write_sections(model_parts(subject.model, laid))
        board.kernel.write_region(laid.arguments, "tok", token_beats(subject.prompt, cfg))
        simulated = board.device.model
        assert simulated is not None
        for kind, channel in under_each(simulated, subject.facts, cfg, what.memories):
            board.kernel.write_caches(subject.before, laid)
            ran = run_start(board.kernel, simulated, laid.arguments)
            common = record_fields(what, subject.facts, cfg, kind, channel, ran)
            yield _record(board.kernel, subject, ran, common)


def prepare(what: TernaryAsked) -> Subject:
    """Lay the model out for the board's configuration that takes it, make or find it, compute what must come.

    What does not fit is refused before anything is made.
    """
    facts, whole, work = facts_of(what.board), shape_of(what.model), what.workload
    cfg = for_activation(facts, what.config, whole.hidden_act)
    run = Run(work.prompt, work.generate, work.prefix, work.own, tap_point=RESIDUAL)
    fits(whole, cfg, run)
    model, origin = integer_model(what.model, what.layers or whole.num_hidden_layers)
    laid = plan(model, cfg, run)
    check_room(laid.arena_bytes, facts)
    prompt = prompt_of(what.model, model.cfg.vocab_size, work.prompt)
    requests = requests_of(model.cfg, work.prefix, work.own)
    before = time.perf_counter()
    expected = outcome(model, prompt, work.generate, cfg.t_cols, requests)
    seconds = time.perf_counter() - before
    return Subject(what, facts, cfg, model, origin, prompt, requests, laid, expected, seconds)


# ---- records


def _record(kernel: TernaryAccel, subject: Subject, ran: Ran, common: dict[str, Any]) -> TernaryRecord:
    work, cfg, shape = subject.what.workload, subject.config, subject.model.cfg
    counters = kernel.counters()
    alone = tuple(work.prefix + each for each in work.own)
    return TernaryRecord(
        **common,
        shape=shape,
        origin=subject.origin,
        profile=NAME,
        macs_per_cycle=cfg.outs * INPUTS * cfg.t_par,
        compared=compared(subject.expected),
        divergence=differs(work, cfg, shape, subject.expected, ran.taps, ran.best, counters.rd_beats),
        counters=counters,
        golden_s=subject.golden_s,
        prefix=work.prefix,
        own=work.own,
        whole_layers=shape_of(subject.what.model).num_hidden_layers,
        listed_beats=_listed(shape, cfg, work)[0],
        cache_bytes=cache_bytes(shape, cfg, work),
        cache_bytes_one=cache_bytes(shape, cfg, replace(work, prompt=1, own=work.own[:1])),
        cache_bytes_alone=cache_bytes(shape, cfg, replace(work, prefix=0, own=alone)),
    )


def cache_bytes(shape: BitNetConfig, cfg: TernAccelConfig, work: TernaryWorkload) -> int:
    """Bytes of the cache that the ports read in a start, exponents included."""
    return cached_bytes(_order(shape, cfg, work), shape, _room(work), work.prefix, work.own, cfg)


def _room(work: TernaryWorkload) -> Room:
    """Enough for the workload; how much there is changes no count of reads."""
    return Room(work.prefix, max(work.own) + work.prompt + work.generate)


def _order(shape: BitNetConfig, cfg: TernAccelConfig, work: TernaryWorkload) -> Iterator[Job]:
    """The jobs of a start, a layer of the model being two of them."""
    layers = range(HALVES * shape.num_hidden_layers)
    return jobs(work.prompt, work.generate, layers, cfg.t_cols, 1, batch=len(work.own))


def differs(
    work: TernaryWorkload,
    cfg: TernAccelConfig,
    shape: BitNetConfig,
    expected: Outcome,
    taps: torch.Tensor,
    best: Sequence[Best],
    rd_beats: tuple[int, ...],
) -> str:
    """Return the first result of a start that differs, as a line, else a port that read other beats than golden."""
    pairs = [(each.index, each.value) for each in best]
    order = _order(shape, cfg, work)
    found = divergence(expected, order, shape.hidden_size, taps, pairs, _half)
    return found or _reads(rd_beats, _listed(shape, cfg, work))


def _listed(shape: BitNetConfig, cfg: TernAccelConfig, work: TernaryWorkload) -> tuple[int, ...]:
    """Beats of each port in a start, by golden's order of reads."""
    return start_beats(_order(shape, cfg, work), shape, _room(work), work.prefix, work.own, cfg)


def _reads(ports: tuple[int, ...], listed: tuple[int, ...]) -> str:
    """Return which port read other beats than golden lists for it, as a line."""
    both = enumerate(zip(ports, listed, strict=True))
    wrong = [f"port {port} {beats} instead of {right}" for port, (beats, right) in both if beats != right]
    return f"beats read, found and as golden lists them: {', '.join(wrong)}" if wrong else ""


def _half(layer: int) -> str:
    return f"layer {layer // HALVES}, {'MLP' if layer % HALVES else 'attention'}"


# ---- what is said of them


def more(found: TernaryRecord) -> Iterator[str]:
    """Yield what a record holds of BitNet alone: the cache, the whole model behind a share, the printed figure."""
    if found.work == "decode":
        yield (
            f"caches of {found.prefix} shared and {', '.join(map(str, found.own))} own positions; first token after "
            f"{found.first_s:.6f} s"
        )
    shared = ""
    if found.texts > 1:
        alone = f"{found.cache_bytes_alone / 1e6:,.3f} MB if no text shared them [estimated]"
        shared = f", {found.cache_times_one:.3f} times those of one text; {alone}"
    yield (
        f"port 0 read {found.counters.rd_beats[0]:,} beats of {found.listed_beats:,} that golden lists; keys and "
        f"values {found.cache_bytes / 1e6:,.3f} MB{shared}; attention took {found.counters.cache_beats:,} tiles"
    )
    if not found.whole:
        yield f"all {found.whole_layers} layers: {_whole(found)} [estimated from these]; no goal, no printed figure"
    elif quoted := found.printed:
        unit = "tok/s" if found.work == "decode" else "s to the first token"
        said = f"{quoted.value:g} {unit} ({quoted.paper}; {quoted.how}) [quoted]"
        yield f"printed: {said}; {found.times_printed:.2f} times as fast"


def _whole(found: TernaryRecord) -> str:
    seconds = found.whole_cycles / (found.clock_mhz * 1e6)
    return f"{found.texts / seconds:,.2f} tok/s" if found.work == "decode" else f"first token after {seconds:.4f} s"
