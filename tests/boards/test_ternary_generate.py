# SPDX-License-Identifier: Apache-2.0
"""Text from ternary_accel: one text, one that goes on, several behind a prefix, each record against golden."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from boards.drivers import KernelError
from boards.drivers.model_accel import Best
from boards.model_generate import Figures
from boards.ternary_generate import Session, plan_texts, shared_of
from golden.errors import CheckError, InputError
from golden.spec import load_config
from golden.spec.gen.ternary_accel import ErrorCode
from golden.ternary import checkpoint
from golden.ternary.accel.cache import Room
from golden.ternary.accel.outcome import outcome
from golden.ternary.accel.start import Plan, Run, plan
from golden.ternary.config import BitNetConfig
from golden.ternary.integer import store
from golden.ternary.integer.generate import greedy
from golden.ternary.integer.model import IntegerModel, Requests, empty_cache
from golden.ternary.integer.profile import load
from golden.ternary.integer.quantize import quantize
from golden.ternary.weights import BitNet
from golden.untokenize import untokenizer
from harness.paths import ROOT
from tests.boards.fake_accel import driver
from tests.boards.fake_ternary import GoldenKernel, careless, golden_device
from tests.conftest import Krait
from tests.golden.ternary.random_models import random_tensors
from tests.harness.samples import ternary_counters

SIM = load_config("ternary_accel", "sim")
SHAPE = BitNetConfig(90, 64, 40, 2, 2, 1, 1e4, 64)
PROMPT = [3, 1, 4, 1, 5]
SHARED = [3, 1, 4]
PROMPTS = [[*SHARED, 1, 5], [*SHARED, 9], [*SHARED, 2, 6, 5, 3]]


def small() -> IntegerModel:
    model = quantize(BitNet(SHAPE, random_tensors(SHAPE, 1)), load())
    return replace(model, layers=tuple(model.layers))


MODEL = small()


@contextmanager
def session(laid: Plan, check: bool = True) -> Iterator[tuple[Session, GoldenKernel]]:
    device, golden = golden_device(MODEL)
    kernel = driver(device)
    with kernel.arena(laid.arena_bytes):
        yield Session(kernel, MODEL, laid, check), golden


def tokens(steps: list[tuple[Best, ...]]) -> list[list[int]]:
    """Of each text its chosen tokens."""
    return [[best.token for best in text] for text in zip(*steps, strict=True)]


def test_a_text_and_how_it_goes_on() -> None:
    """One start reads a prompt and generates; the next goes on from the cache; another prompt starts anew."""
    first = outcome(MODEL, PROMPT, 4, 4, Requests(empty_cache(MODEL), (empty_cache(MODEL),)))
    follow = [first.tokens[0][-1], 7, 8]
    second = outcome(MODEL, follow, 3, 4, first.requests)
    with session(plan(MODEL, SIM, Run(5, 4), Room(0, 30))) as (on, golden):
        assert tuple(best.token for best in on.stream(PROMPT, 4)) == first.tokens[0]
        found = list(on.stream(follow, 3, keep=True))
        assert [list(best.value) for best in found] == second.value[:, 0].tolist()
        assert tuple(best.token for best in found) == second.tokens[0]
        assert on.own == (5 + 3 + 3 + 2,)
        assert [best.token for best in on.stream(PROMPT, 2)] == list(first.tokens[0][:2])
    assert [(run.own[0], run.batch) for run in golden.runs] == [(0, 1), (8, 1), (0, 1)]


@pytest.mark.parametrize("check", [True, False])
def test_texts_behind_a_prefix(check: bool) -> None:
    """Shared tokens are read once, each text gets what `greedy` chooses for it alone; then all go on together."""
    expected = greedy(MODEL, [torch.tensor(each) for each in PROMPTS], 6, shared=3).tolist()
    laid = plan_texts(MODEL, SIM, PROMPTS, 6)
    assert (laid.room, laid.texts) == (Room(3, 3 + 6), 3)
    with session(laid, check) as (on, golden):
        steps = list(on.texts(PROMPTS, 4))
        assert tokens(steps) == [row[:4] for row in expected]
        assert (on.prefix, on.own) == (3, (1 + 4, 0 + 4, 3 + 4))
        more = list(on.texts([[row[3]] for row in expected], 2, keep=True))
        assert tokens(more) == [row[4:] for row in expected]
        read = [(run.batch, run.prompt, run.prefix, run.generate) for run in golden.runs]
        assert read == [(1, 3, 0, 0), (1, 3, 3, 0), (1, 1, 3, 0), (3, 3, 3, 4), (3, 3, 3, 2)]
        assert on.kernel.caches(on.laid, 3, on.own).prefix[0].k.shape[1] == 3


def test_a_long_prompt_is_read_in_parts() -> None:
    """Texts whose own part does not fit the region of tokens are read by several starts, to the same tokens."""
    long = [[*SHARED, *(at % 90 for at in range(7, 30))], [*SHARED, 8]]
    expected = greedy(MODEL, [torch.tensor(each) for each in long], 3, shared=3).tolist()
    with session(plan_texts(MODEL, SIM, long, 3)) as (on, golden):
        assert tokens(list(on.texts(long, 3))) == expected
        assert [(run.prompt, run.own[0]) for run in golden.runs[1:-1]] == [(16, 0), (6, 16)]


def test_texts_that_share_nothing() -> None:
    """Without room for a prefix, or with nothing in common, every text reads its own."""
    expected = greedy(MODEL, [torch.tensor(each) for each in PROMPTS[:2]], 3).tolist()
    with session(plan(MODEL, SIM, Run(2, 3, 0, (6, 6)))) as (on, golden):
        assert tokens(list(on.texts(PROMPTS[:2], 3))) == expected
        assert all(run.prefix == 0 for run in golden.runs)
        assert on.own == (4 + 3, 3 + 3)


def test_what_prompts_share() -> None:
    """All but one token of the shortest at most; one text has nobody to share with."""
    assert shared_of(PROMPTS) == 3
    assert shared_of(PROMPTS, 2) == 2
    assert shared_of([[1, 2], [1, 2]]) == 1
    assert shared_of([[1], [1, 2]]) == 0
    assert shared_of([[1, 2, 3]]) == 0
    assert shared_of([[2, 1], [3, 1]]) == 0


@pytest.mark.parametrize(("number", "where"), [(0, "generated token 0 of text 0"), (4, "generated token 1 of text 1")])
def test_a_wrong_record_is_found_as_it_comes(number: int, where: str) -> None:
    """A logit that differs by one ends the text there, with the step and the text; what came before was given."""
    with session(plan_texts(MODEL, SIM, PROMPTS, 3)) as (on, golden):

        def spoil(at: int, words: torch.Tensor) -> None:
            words[15] -= int(at == number)

        golden.spoil = spoil
        given: list[tuple[Best, ...]] = []
        with pytest.raises(CheckError, match=where):
            given.extend(on.texts(PROMPTS, 3))
        assert len(golden.runs) == 4
        with pytest.raises(InputError, match="are to go on, 0 texts can"):
            next(on.texts([[1], [2], [3]], 1, keep=True))
        golden.spoil = lambda at, words: None
        assert len(list(on.texts(PROMPTS, 3))) == 3


def test_a_text_that_is_not_heard_to_its_end_cannot_go_on() -> None:
    """The board's cache has all of it then, golden's has not."""
    with session(plan(MODEL, SIM, Run(5, 4), Room(0, 30))) as (on, _):
        list(on.stream(PROMPT, 4))
        stream = on.stream(PROMPT, 4)
        next(stream)
        stream.close()
        with pytest.raises(InputError, match="0 texts can"):
            next(on.stream([1], 1, keep=True))


def test_what_is_refused() -> None:
    """Tokens beyond the vocabulary, texts that cannot go on, more of anything than was planned: nothing is started."""
    with session(plan_texts(MODEL, SIM, PROMPTS, 3)) as (on, golden):
        for prompts, generate, what in (
            ([[1], [90]], 1, "found token 90, expected 0 .. 89"),
            ([[1], []], 1, "prompts of 1, 0 tokens, expected one or more, of at least one token"),
            ([], 1, "prompts of no tokens"),
            ([[1]] * 4, 1, "4 texts, the plan has room for 3"),
            (PROMPTS, 9, "BAD_CACHE|region out"),
        ):
            with pytest.raises(InputError, match=what):
                next(on.texts(prompts, generate))
        list(on.texts(PROMPTS, 1))
        for prompts in ([[1], [2]], [[1], [2], [3, 4]]):
            with pytest.raises(InputError, match="3 texts can"):
                next(on.texts(prompts, 1, keep=True))
        assert len(golden.runs) == 4


def test_errors_of_the_kernel_name_the_argument() -> None:
    """A start that the kernel refuses says which argument was wrong; the next start is good."""
    laid = plan(MODEL, SIM, Run(5, 2))
    with session(laid) as (on, _):
        on.laid = careless(laid, feed=42)
        with pytest.raises(KernelError, match=r"BAD_FEED.*feed is 42, expected a multiple of 8") as caught:
            list(on.stream(PROMPT, 2))
        assert (caught.value.exit_code, caught.value.code) == (2, ErrorCode.BAD_FEED)
        on.laid = laid
        assert len(list(on.stream(PROMPT, 2))) == 2


def test_figures_of_several_texts() -> None:
    """600 cycles behind the first token are one step of two texts."""
    lines = list(Figures(ternary_counters(), 200.0, texts=2).lines())
    assert lines[0].startswith("600 cycles a step of 2 texts = 666,667 tok/s, first token after 400 cycles")
    assert lines[1] == "stalls of the cycles: weights 10.0%, acts 5.0%, out 1.0%, cache 2.0% [simulated]"
    alone = next(Figures(ternary_counters(), 200.0).lines())
    assert alone.startswith("200 cycles a token = 1,000,000 tok/s")


# ---- the command

Opened = list[tuple[str, str, str]]


def build(monkeypatch: pytest.MonkeyPatch, model: IntegerModel) -> Opened:
    """Make `ternary_accel` what it is when it can be built, on a device in which golden computes; what is opened."""
    opened: Opened = []

    @contextmanager
    def open_board(board: str, config: str, memory: str, kernel: str, seed: int) -> Iterator[SimpleNamespace]:
        opened.append((board, config, kernel))
        yield SimpleNamespace(kernel=driver(golden_device(model, config)[0]))

    monkeypatch.setattr("boards.sim.open.open_board", open_board)
    return opened


def text_of(model: IntegerModel, prompt: str, count: int) -> str:
    """What golden writes behind a prompt of bytes."""
    fresh = Requests(empty_cache(model), (empty_cache(model),))
    found = outcome(model, list(prompt.encode()), count, 4, fresh).tokens[0]
    take = untokenizer(256, Path())
    return "".join(take(token, at + 1 == count) for at, token in enumerate(found))


def test_the_command_generates(krait: Krait, monkeypatch: pytest.MonkeyPatch) -> None:
    """bitnet-tiny picks kernel and configuration: prompt, the text of golden's tokens, figures; nothing on stderr."""
    torch.set_num_threads(1)
    model = store.resident(quantize(checkpoint.load(ROOT / "golden" / "zoo" / "bitnet-tiny")))
    opened = build(monkeypatch, model)
    code, out, err = krait("generate", "--model", "bitnet-tiny", "--prompt", "The é", "-n", 9)
    assert (code, err) == (0, "")
    assert out.startswith(f"The é{text_of(model, 'The é', 9)}\n")
    assert "bitnet-tiny in ternary-b158 on sim, configuration sim: 9 tokens, each equal to the golden model's" in out
    assert "10 cycles a token = 20,000,000 tok/s, first token after 1,000 cycles" in out
    assert "stalls of the cycles: weights 0.0%, acts 0.0%, out 0.0%, cache 0.0% [simulated]" in out
    assert opened == [("sim", "sim", "ternary_accel")]


@pytest.mark.parametrize("check", ["--check", "--no-check"])
def test_an_integer_model_of_the_other_activation(
    check: str, krait: Krait, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A model with SiLU picks the board's configuration for it, without a word about it."""
    shape = replace(SHAPE, vocab_size=256, intermediate_size=48, hidden_act="silu")
    model = quantize(BitNet(shape, random_tensors(shape, 2)), load())
    store.write(tmp_path / "silu", model, "a test")
    opened = build(monkeypatch, store.resident(model))
    code, out, err = krait("generate", "--model", tmp_path / "silu", "--prompt", "Hi", "-n", 3, check)
    assert (code, err) == (0, "")
    assert out.startswith(f"Hi{text_of(store.resident(model), 'Hi', 3)}\n")
    assert ("not compared" in out) == (check == "--no-check")
    assert opened == [("sim", "sim_silu", "ternary_accel")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--profile", "lightmamba-w4a4"], ["'lightmamba-w4a4'", "expected ternary-b158"]),
        (["--config", "u280"], ["'u280'", "board sim has sim, sim_silu"]),
        (["--config", "sim_silu"], ["--config: sim_silu does not take hidden_act relu2", "sim_silu for silu"]),
        (["-n", 1 << 24], ["a context of 16777216 positions, expected at most 1024"]),
        (["--board", "sim:nosuch"], ["'nosuch'"]),
    ],
)
def test_a_wrong_argument_is_refused(
    arguments: list[object], words: list[str], krait: Krait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line with what was found and what is expected, exit code 2, no output."""
    build(monkeypatch, MODEL)
    code, out, err = krait("generate", "--model", "bitnet-tiny", "--prompt", "a", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    for word in words:
        assert word in err
