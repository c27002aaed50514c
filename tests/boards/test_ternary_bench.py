# SPDX-License-Identifier: Apache-2.0
"""The benchmark of `ternary_accel` on a device in which golden computes: what it starts, compares, records, refuses."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from boards.configs import for_activation
from boards.facts import load_board
from boards.model_bench import check_room
from boards.ternary_bench import RECORDS, TernaryAsked, asked, cache_bytes, more, prepare, run_quick
from boards.ternary_models import integer_model, requests_of, shape_of
from golden.errors import InputError
from golden.ternary import published as shapes
from golden.ternary.accel.start import Run, fits, lay_out
from golden.ternary.config import BitNetConfig
from harness.bench.model_record import MEMORIES, Mark
from harness.bench.ternary_record import TernaryRecord, read
from harness.bench.ternary_workloads import workload
from tests.boards.fake_accel import driver
from tests.boards.fake_ternary import GoldenKernel, golden_device
from tests.conftest import Krait
from tests.harness.samples import ternary_record

SMALL = BitNetConfig(90, 64, 48, 3, 2, 1, 1e4, 128, hidden_act="silu")
"""Stands in the place of 0.73B."""


@dataclass
class FakeModel:
    """What the benchmark asks of a simulator; its kernel goes on by itself."""

    interrupt: bool = False

    def __post_init__(self) -> None:
        self.timings: list[object] = []
        self.memory = SimpleNamespace(set_timing=self.timings.append)

    def run(self, cycles: int) -> None:
        """Run nothing."""


@dataclass
class Opened:
    """A board that was opened: its configuration, its simulator and its kernel."""

    config: str
    model: FakeModel
    kernel: GoldenKernel


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Opened]:
    """Boards that the benchmark opens, in which golden computes; a small shape is called 0.73B, build/ is empty."""
    found: list[Opened] = []

    @contextmanager
    def open_board(board: str, config: str, memory: str, kernel: str) -> Iterator[SimpleNamespace]:
        assert (memory, kernel) == ("ideal", "ternary_accel")
        name, layers = ("bitnet-0.73b", 2) if config == "sim_silu" else ("bitnet-tiny", 1)
        device, golden = golden_device(integer_model(name, layers)[0], config)
        found.append(Opened(config, FakeModel(), golden))
        yield SimpleNamespace(kernel=driver(device), device=SimpleNamespace(model=found[-1].model))

    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    monkeypatch.setitem(shapes._SHAPES, "bitnet-0.73b", SMALL)
    monkeypatch.setattr("boards.ternary_bench.open_board", open_board)
    return found


def bench(krait: Krait, out: Path, *options: object) -> tuple[int, str, tuple[TernaryRecord, ...]]:
    """Exit code, output and records of a benchmark of `ternary_accel`."""
    code, text, err = krait("bench", "--kernel", "ternary_accel", "--out", out, *options)
    assert err == ""
    return code, text, read(out / RECORDS)


SHARE = ("--model", "bitnet-0.73b", "--layers", 2)
SUMS = 2 * 2 * 64
"""Residuals behind both halves of the small model's two layers."""


def test_decode_behind_a_cache(krait: Krait, opened: list[Opened], tmp_path: Path) -> None:
    """Every memory has its record, exact in residuals and records; the start and the output say what ran."""
    code, text, records = bench(krait, tmp_path, *SHARE, "--workload", "tg2@40")
    assert code == 0, text
    assert [each.memory for each in records] == list(MEMORIES)
    assert all(each.exact and each.compared == 3 * (SUMS + 16) for each in records)
    first = records[0]
    assert (first.prompt, first.generated, first.prefix, first.own) == (1, 3, 0, (39,))
    assert (first.config, first.shape, first.whole_layers) == ("sim_silu", replace(SMALL, num_hidden_layers=2), 3)
    assert first.layers == Mark(900, 7)
    assert first.origin == "generated, seed 1"
    assert "bitnet-0.73b (2 of 3 layers) ternary-b158 tg2@40, sim, ideal memory: exact" in text
    assert "10 cycles a step, 20,000,000.00 tok/s at 200 MHz; roof" in text
    assert "all 3 layers:" in text
    (board,) = opened
    assert len(board.model.timings) == 3
    (start,) = {(run.own[0], run.prefix, run.prompt, run.generate, run.tap_point) for run in board.kernel.runs}
    assert start == (39, 0, 1, 3, 2)
    assert len(board.kernel.runs) == 3


def test_prompt_and_shared_prefix(krait: Krait, opened: list[Opened], tmp_path: Path) -> None:
    """A prompt has no cache and one choice; texts behind a prefix have records text by text, and read it once."""
    for work in ("pp20", "shared3@33"):
        code, text, records = bench(krait, tmp_path, *SHARE, "--workload", work, "--memory", "ideal")
        assert code == 0, text
    prompt, shared = records
    assert (prompt.work, prompt.prompt, prompt.generated, prompt.own) == ("prefill", 20, 1, (0,))
    assert prompt.compared == 20 * SUMS + 16
    assert (shared.work, shared.texts, shared.prefix, shared.own) == ("decode", 3, 33, (0, 0, 0))
    assert shared.compared == 6 * (SUMS + 16)
    assert 2 * shared.cache_bytes < shared.cache_bytes_alone
    assert "cycles a step of 3 texts" in text
    assert "MB if no text shared them" in text


def test_the_zoos_model_picks_the_other_configuration(krait: Krait, opened: list[Opened], tmp_path: Path) -> None:
    """bitnet-tiny goes through squared ReLU; it reads the held-out text."""
    code, text, (record,) = bench(krait, tmp_path, "--layers", 1, "--workload", "pp9", "--memory", "model")
    assert code == 0, text
    assert (record.model, record.config, record.origin) == ("bitnet-tiny", "sim", "zoo, quantized")
    assert opened[0].config == "sim"


def test_a_wrong_record_is_told(
    krait: Krait, opened: list[Opened], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A logit that differs fails the run, and names step and text; the record keeps it."""

    def spoil(kernel: GoldenKernel) -> None:
        kernel.spoil = lambda number, words: words.__setitem__(5, words[5] + (number == 4))

    monkeypatch.setattr(GoldenKernel, "__post_init__", lambda self: (setattr(self, "runs", []), spoil(self))[0])
    code, text, (record,) = bench(krait, tmp_path, *SHARE, "--workload", "shared3@33", "--memory", "ideal")
    assert code == 1
    assert "DIFFERS" in text
    assert record.divergence.startswith("chosen token 1 of text 1, logit of rank 2: golden ")
    assert record.divergence in text


def test_a_wrong_residual_is_told(
    krait: Krait, opened: list[Opened], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One number of one layer's half is named, though every record is right."""
    plain = GoldenKernel._tap

    def tap(self: GoldenKernel, device: object, a: object, stream: torch.Tensor) -> None:
        wrong = stream.clone()
        wrong[8 + 3, 6] += 1
        plain(self, device, a, wrong)  # type: ignore[arg-type]

    monkeypatch.setattr(GoldenKernel, "_tap", tap)
    code, _, (record,) = bench(krait, tmp_path, *SHARE, "--workload", "tg1@8", "--memory", "ideal")
    assert code == 1
    assert record.divergence.startswith("residual behind layer 0, MLP, token 0, element 30: golden ")


def test_a_read_too_many_is_told(
    krait: Krait, opened: list[Opened], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results alone would not show that something was read twice."""
    monkeypatch.setattr(GoldenKernel, "EXTRA", 1)
    code, _, (record,) = bench(krait, tmp_path, "--layers", 1, "--workload", "tg1@8", "--memory", "ideal")
    assert code == 1
    found = record.counters.rd_beats
    said = "beats read, found and as golden lists them"
    assert found[0] == record.listed_beats
    assert record.divergence == f"{said}: port 1 {found[1]} instead of {found[1] - 1}"


def test_a_model_is_generated_once(opened: list[Opened], tmp_path: Path) -> None:
    """A share of the layers has a folder of its own; a folder with another model is refused."""
    models = tmp_path / "build" / "models"
    for layers in (2, 3):
        assert len(integer_model("bitnet-0.73b", layers)[0].layers) == layers
    folders = {each.name: each for each in models.iterdir() if each.is_dir()}
    assert set(folders) == {"bitnet-0.73b-2-layers-ternary-b158-seed1", "bitnet-0.73b-ternary-b158-seed1"}
    stamp = {each: each.stat().st_mtime_ns for each in folders.values()}
    integer_model("bitnet-0.73b", 2)
    assert stamp == {each: each.stat().st_mtime_ns for each in folders.values()}
    shapes._SHAPES["bitnet-0.73b"] = replace(SMALL, vocab_size=96)
    with pytest.raises(InputError, match="remove the folder"):
        integer_model("bitnet-0.73b", 2)


def test_caches_are_of_the_workload() -> None:
    """Each part has its positions and its own numbers."""
    found = requests_of(SMALL, 5, (2, 2))
    assert [len(part[0]) for part in (found.prefix, *found.own)] == [5, 2, 2]
    assert found.prefix[0].k.shape == (1, 5, 32)
    assert not torch.equal(found.own[0][0].k, found.own[1][0].k)
    assert not torch.equal(found.own[0][0].k, found.own[0][1].k)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model", "130m"], ["--model: found '130m'", "bitnet-tiny, bitnet-0.73b, bitnet-2b-4t"]),
        (["--layers", 0], ["--layers: found 0, expected 1 .. 4, those of bitnet-tiny"]),
        (["--layers", 5], ["found 5"]),
        (["--workload", "decode"], ["--workload: found 'decode', expected tgN@C"]),
        (["--memory", "fast"], ["--memory: found 'fast', expected one of ideal, model, worse, all"]),
        (["--config", "kv260"], ["--config: found 'kv260', board sim has sim, sim_silu"]),
        (["--config", "sim_silu"], ["sim_silu does not take hidden_act relu2"]),
        (["--board", "nosuch"], ["'nosuch'"]),
        (["--workload", "tg1@1024"], ["a context of 1025 positions, expected at most 1024"]),
        (["--model", "bitnet-2b-4t"], ["BAD_D_MODEL"]),
        (["--bundle", "x"], ["--bundle is for tern_matvec"]),
    ],
)
def test_what_is_refused(options: list[object], words: list[str], krait: Krait, tmp_path: Path) -> None:
    """One line, exit code 2, before a model is made or a board opened."""
    code, out, err = krait("bench", "--kernel", "ternary_accel", "--out", tmp_path, *options)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    for word in words:
        assert word in err


def test_layers_are_for_this_kernel(krait: Krait, tmp_path: Path) -> None:
    """No other kernel leaves layers out."""
    code, _, err = krait("bench", "--kernel", "mamba2_accel", "--layers", 2, "--out", tmp_path)
    assert (code, "--layers needs --kernel ternary_accel" in err) == (2, True)


@pytest.mark.parametrize("board", ["kv260", "u280", "vck190", "vc709"])
@pytest.mark.parametrize("model", ["bitnet-0.73b", "bitnet-2b-4t"])
@pytest.mark.parametrize("work", ["tg1@1024", "pp64", "pp128", "shared4"])
def test_full_size_starts_are_legal(board: str, model: str, work: str) -> None:
    """Published models fit their boards with all captures, in the configuration of their activation; more texts than it
    decodes together are refused.
    """
    facts, shape, todo = load_board(board), shape_of(model), workload(work)
    cfg = for_activation(facts, None, shape.hidden_act)
    assert cfg.name == (board if shape.hidden_act == "silu" else f"{board}_relu2")
    run = Run(todo.prompt, todo.generate, todo.prefix, todo.own, tap_point=2)
    if len(todo.own) > cfg.batch:
        with pytest.raises(InputError, match=rf"texts are 4, expected 1 \.\. {cfg.batch} \(BAD_BATCH\)"):
            fits(shape, cfg, run)
        return
    fits(shape, cfg, run)
    check_room(lay_out(shape, {"eps": 1, "feed_eps": 1 << 15, "head_scale": 1 << 15}, cfg, run).arena_bytes, facts)


def test_a_prefix_is_read_once() -> None:
    """Four texts behind 1,024 positions read little more than one; the counted bytes are near the format's."""
    cfg, shape = for_activation(load_board("vc709"), None, "silu"), shape_of("bitnet-0.73b")
    shared, one = workload("shared4"), workload("tg1@1024")
    read = cache_bytes(shape, cfg, shared)
    assert cache_bytes(shape, cfg, replace(shared, prefix=0, own=(1024,) * 4)) > 3.8 * read
    assert read < 1.01 * cache_bytes(shape, cfg, replace(shared, prompt=1, own=(0,)))
    position = 24 * 16 * 2 * (96 + 1)
    assert cache_bytes(shape, cfg, one) == pytest.approx((1023 + 1024) * position, rel=0.01)


def test_printed_figures_stand_beside() -> None:
    """TeLLMe's, on its board and of its model; of a share of the layers, or of several texts, nothing is printed."""
    whole = {"model": "bitnet-0.73b", "board": "sim:kv260", "whole_layers": 4, "own": (1023,), "prompt": 1}
    made = ternary_record(**whole)
    assert "printed: 25 tok/s (TeLLMe v2" in "\n".join(more(made))
    first = ternary_record(**whole | {"work": "prefill", "prompt": 64, "own": (0,)})
    assert "printed: 0.45 s to the first token" in "\n".join(more(first))
    for other in ({"board": "sim:u280"}, {"own": (1, 1)}, {"whole_layers": 24}):
        assert "printed: " not in "\n".join(more(replace(made, **other)))
    share = replace(made, whole_layers=24)
    assert "all 24 layers:" in "\n".join(more(share))


def test_what_is_asked_without_options() -> None:
    """The zoo's model, sixteen steps, every memory."""
    found = asked("sim", None, None, None, None)
    assert (found.model, found.workload.name, found.layers, found.memories) == ("bitnet-tiny", "tg16", None, MEMORIES)


def test_without_a_kernel_the_tiny_model_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the board `sim`: decode, a prompt, texts behind a prefix; one that fails fails all."""
    found: list[TernaryAsked] = []
    monkeypatch.setattr("boards.ternary_bench.run", lambda what, path: (found.append(what), len(found) != 2)[1])
    assert not run_quick(tmp_path / RECORDS)
    assert [(each.board, each.model, each.memories) for each in found] == 3 * [("sim", "bitnet-tiny", ("ideal",))]
    assert [(each.workload.work, each.workload.own) for each in found] == [
        ("decode", (0,)),
        ("prefill", (0,)),
        ("decode", (8, 8, 8, 8)),
    ]


def test_golden_has_what_the_start_gives(opened: list[Opened]) -> None:
    """The outcome is that of the caches and the prompt that are written."""
    found = prepare(asked("sim", None, "bitnet-0.73b", "shared2@5", "ideal", 1))
    assert [len(part[0]) for part in (found.before.prefix, *found.before.own)] == [5, 0, 0]
    assert [len(own[0]) for own in found.expected.requests.own] == [2, 2]
    assert (found.plan.texts, found.plan.room.prefix, found.plan.room.own) == (2, 5, 2)
