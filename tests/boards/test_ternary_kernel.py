# SPDX-License-Identifier: Apache-2.0
"""ternary_accel, tern_core: whole starts on the virtual board are golden's, in every sum that a tap shows.

The models are compiled without optimization: building one takes longer than all of its runs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from boards.drivers import KernelError
from boards.drivers.ternary_accel import TernaryAccel
from boards.sim.open import Memory, OpenBoard, open_board
from golden.schedule import jobs
from golden.ternary.accel.cache import Room
from golden.ternary.accel.outcome import HALVES, Outcome, outcome
from golden.ternary.accel.reads import start_beats
from golden.ternary.accel.start import Plan, Run, model_parts, plan, token_beats
from golden.ternary.config import BitNetConfig
from golden.ternary.integer import profile
from golden.ternary.integer.block import prefill
from golden.ternary.integer.model import Cache, IntegerModel, Requests, empty_cache
from golden.ternary.integer.quantize import quantize
from golden.ternary.weights import BitNet
from harness.build import VerilatorBuild, build
from harness.sim.mem import Response
from tests.golden.ternary.integer.models import ternary_head
from tests.golden.ternary.random_models import random_tensors

TIMEOUT_S = 300.0
POINTS = (1, 2, 3)


@dataclass(frozen=True)
class Case:
    """A model on a configuration; positions in front of the run, of the prefix and of each text."""

    config: str
    shape: BitNetConfig
    prefix: int
    own: tuple[int, ...]
    memory: Memory = "model"
    trits: bool = False  # a ternary head


GROUPED = BitNetConfig(40, 128, 120, 2, 4, 2, 1e4, 256)
WIDE_HEADS = BitNetConfig(31, 192, 48, 1, 2, 2, 1e4, 256)
SILU = BitNetConfig(50, 128, 96, 2, 2, 1, 1e4, 256, hidden_act="silu", tie_word_embeddings=False)
CASES = [
    Case("sim", GROUPED, 0, (0,)),
    Case("sim", GROUPED, 37, (5,), "ideal"),
    Case("sim", WIDE_HEADS, 33, (3, 0, 30)),
    Case("sim", GROUPED, 0, (2, 31, 0, 8)),
    Case("sim", GROUPED, 0, (4,), "ideal", trits=True),
    Case("sim_silu", SILU, 5, (18,)),
    Case("sim_silu", SILU, 40, (1, 0)),
    Case("sim_silu", SILU, 7, (2, 0, 9), trits=True),
]


def model(shape: BitNetConfig, seed: int = 1) -> IntegerModel:
    """The integer model of a random float one, all in memory."""
    found = quantize(BitNet(shape, random_tensors(shape, seed)), profile.load())
    return replace(found, layers=tuple(found.layers))


def tokens(count: int, seed: int, shape: BitNetConfig) -> list[int]:
    """Random tokens."""
    return torch.randint(shape.vocab_size, (count,), generator=torch.Generator().manual_seed(seed)).tolist()


def requests(m: IntegerModel, prefix: int, own: tuple[int, ...]) -> Requests:
    """Texts that have been read: so many tokens of all, then of each."""

    def read(count: int, seed: int, before: Cache) -> Cache:
        return prefill(torch.tensor(tokens(count, seed, m.cfg)), m, before)[1] if count else before

    shared = read(prefix, 1, empty_cache(m))
    whole = [read(count, 2 + text, shared) for text, count in enumerate(own)]
    return Requests(shared, tuple(tuple(layer.behind(prefix) for layer in each) for each in whole))


def plainly(spec: VerilatorBuild) -> Path:
    """Build without optimization."""
    return build(replace(spec, opt="-O0"))


@contextmanager
def loaded(case: Case, m: IntegerModel, run: Run, room: Room | None = None) -> Iterator[tuple[OpenBoard, Plan]]:
    """A virtual board with a model and room for a run."""
    with open_board("sim", case.config, case.memory, "ternary_accel", make=plainly) as board:
        laid = plan(m, board.kernel.config, run, room)
        with board.kernel.arena(laid.arena_bytes):
            for offset, beats in model_parts(m, laid):
                board.kernel.write_beats(offset, beats)
            yield board, laid


def check(kernel: TernaryAccel, laid: Plan, run: Run, prompt: list[int], before: Requests, want: Outcome) -> None:
    """Start, and compare records, what was captured, and the caches."""
    kernel.write_caches(before, laid)
    a = laid.start(run)
    kernel.write_region(a, "tok", token_beats(prompt, kernel.config))
    found = kernel.run(a, TIMEOUT_S)
    texts = len(run.own)
    index, value = (torch.tensor([getattr(best, name) for best in found]) for name in ("index", "value"))
    assert torch.equal(index.reshape(-1, texts, 8), want.index)
    assert torch.equal(value.reshape(-1, texts, 8), want.value)
    assert torch.equal(kernel.taps(a), want.streams[run.tap_point - 1])
    lengths = [len(own[0]) for own in want.requests.own]
    after = kernel.caches(laid, run.prefix, lengths)
    for got, golden in zip((after.prefix, *after.own), (want.requests.prefix, *want.requests.own), strict=True):
        for layer, (one, other) in enumerate(zip(got, golden, strict=True)):
            assert all(map(torch.equal, tensors(one), tensors(other))), f"cache of layer {layer}"


def tensors(layer: object) -> list[Tensor]:
    """The tensors of a layer's cache."""
    return list(vars(layer).values())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_starts_are_goldens(case: Case) -> None:
    """A prompt of several chunks, or texts side by side, behind what the cache holds; then decoding, at every tap."""
    m, texts = model(case.shape), len(case.own)
    m = ternary_head(m) if case.trits else m
    prompt = tokens(texts if texts > 1 else 6, 99, case.shape)
    before = requests(m, case.prefix, case.own)
    want = outcome(m, prompt, 3, 4, before)
    run = Run(len(prompt), 3, case.prefix, case.own, tap_point=1)
    with loaded(case, m, run) as (board, laid):
        for point in POINTS:
            check(board.kernel, laid, replace(run, tap_point=point), prompt, before, want)
        counters = board.kernel.counters()
    assert counters.tokens_done == 3 * texts
    assert counters.tokens_run == len(prompt) + 2 * texts
    assert counters.stall_cache > 0
    if not case.trits:
        order = jobs(len(prompt), 3, range(HALVES * case.shape.num_hidden_layers), laid.machine.t_cols, 1, batch=texts)
        listed = start_beats(order, case.shape, laid.room, case.prefix, case.own, laid.machine)
        assert counters.rd_beats == listed
        assert (len(set(listed)) > 1) == (case.config == "sim"), "sim leaves ports out, sim_silu has one port"


def test_errors_end_a_run_and_the_next_one_works() -> None:
    """A memory error, a token and a weight that do not exist, arguments that are illegal: told; then golden's again."""
    case = CASES[0]
    m = model(case.shape)
    prompt, before = tokens(5, 7, case.shape), requests(m, 0, (0,))
    run = Run(5, 2, tap_point=1)
    want = outcome(m, prompt, 2, 4, before)
    with loaded(case, m, run) as (board, laid):
        kernel, a = board.kernel, laid.start(run)
        kernel.write_region(a, "tok", token_beats([1, 2, case.shape.vocab_size, 3, 4], kernel.config))
        with pytest.raises(KernelError, match="BAD_TOKEN"):
            kernel.run(a, TIMEOUT_S)
        check(kernel, laid, run, prompt, before, want)
        with pytest.raises(KernelError, match="BAD_BATCH"):
            kernel.run(replace(a, batch=5), TIMEOUT_S)
        with pytest.raises(KernelError, match="BAD_CACHE"):
            kernel.run(replace(a, own=(1000, 0, 0, 0)), TIMEOUT_S)
        with pytest.raises(KernelError, match="BAD_KV_HEADS"):
            kernel.run(replace(a, kv_heads=3), TIMEOUT_S)
        check(kernel, laid, run, prompt, before, want)
        memory = board.device.model.memory
        memory.inject(False, Response.SLVERR, nth=40, port=0)
        with pytest.raises(KernelError, match="AXI_READ"):
            kernel.run(a, TIMEOUT_S)
        memory.clear_injections()
        check(kernel, laid, run, prompt, before, want)
        sections = list(model_parts(m, laid))
        weights = [
            (offset, beats) for offset, beats in sections if laid.arguments.w_off <= offset < laid.arguments.e_off
        ]
        offset, beats = max(weights, key=lambda each: len(each[1]))
        bad = beats.clone()
        bad[0, 3] = 243
        kernel.write_beats(offset, bad)
        with pytest.raises(KernelError, match="BAD_WEIGHT"):
            kernel.run(a, TIMEOUT_S)
        kernel.write_beats(offset, beats)
        check(kernel, laid, run, prompt, before, want)
