# SPDX-License-Identifier: Apache-2.0
"""Baselines: the zoo's models in `transformers` do the golden model's work; what is timed, recorded and said of it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import pytest
import torch

from golden.errors import InputError
from golden.mamba2.checkpoint import open_model, tensor_shapes
from harness.bench import baseline, baseline_models, baseline_place, baseline_record, baseline_run
from harness.bench.baseline import Again, Opponent, Timed, compare, load, measure
from harness.bench.baseline_place import Place
from harness.bench.baseline_record import Agreement, BaselineRecord
from harness.bench.baseline_workloads import workload
from harness.bench.statistics import Rule

TWICE = Rule(relative=1e9, warm_up=1, least=2, repeats=2, seconds=60)
PLACE = replace(baseline_place.cpu(), threads=1)


@pytest.fixture(autouse=True)
def build(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed copies of checkpoints are made once for all tests."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path_factory.getbasetemp() / "baseline-build"))


@pytest.fixture(autouse=True)
def eager() -> Iterator[None]:
    """As on a CPU: nothing is compiled."""
    with torch.compiler.set_stance("force_eager"):
        yield


each_model = pytest.mark.parametrize("name", baseline_models.TINY)


# ---- workloads


@pytest.mark.parametrize(
    ("name", "plain", "work", "prompt", "generate"),
    [
        ("pp64", "pp64", "prefill", 64, 1),
        ("tg16", "tg16", "decode", 1, 17),
        ("tg16@d1", "tg16", "decode", 1, 17),
        ("tg1@d1024", "tg1@d1024", "decode", 1024, 2),
        ("tg1@1024", "tg1@d1024", "decode", 1024, 2),
    ],
)
def test_names(name: str, plain: str, work: str, prompt: int, generate: int) -> None:
    """Names of llama-bench, and those of kernels for the same work, are one workload."""
    found = workload(name)
    assert (found.name, found.work, found.prompt, found.generate) == (plain, work, prompt, generate)


@pytest.mark.parametrize("name", ["", "tg", "tg0", "pp64@d8", "tg16@x8", "tg99999", "tg16@d0", "shared2"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="--workload: found"):
        workload(name)


# ---- the same work


@each_model
def test_tokens_are_the_golden_models(name: str) -> None:
    """In float32 all greedy tokens equal, and they are a text, not one token over and over."""
    model = baseline_models.source(name)
    network = load(model, "float32", PLACE)
    assert compare(model, network, PLACE) == Agreement(16, 16, 0.0, baseline.TIES[model.family])
    read = baseline_models.prompt(model, 16)
    assert len(set(baseline_models.chosen(model, read, 16).tolist())) > 4


class Planted:
    """A network that once chooses the least likely token: at call `at`."""

    def __init__(self, network: Any, at: int) -> None:
        self._network, self._at, self._calls = network, at, 0
        self.config = network.config

    def __call__(self, tokens: torch.Tensor, **inputs: Any) -> Any:
        out = self._network(tokens, **inputs)
        if self._calls == self._at:
            out.logits = -out.logits
        self._calls += 1
        return out


@each_model
@pytest.mark.parametrize("at", [0, 5])
def test_one_wrong_token_is_found(name: str, at: int) -> None:
    """The first token that differs is named, and it is no near-tie."""
    model = baseline_models.source(name)
    found = compare(model, Planted(load(model, "float32", PLACE), at), PLACE)
    assert found.equal == at
    assert found.margin > 0.5
    assert not found.same


def test_a_near_tie_is_no_other_work() -> None:
    """A difference within rounding is told apart from a wrong one; in bfloat16 none is judged."""
    near, far = Agreement(16, 3, 1e-5, 1e-4), Agreement(16, 3, 2e-4, 1e-4)
    assert near.same
    assert not far.same
    assert replace(record(), agreement=near).good
    assert not replace(record(), agreement=far).good
    assert replace(record(), agreement=far, dtype="bfloat16").good
    assert "a near-tie" in baseline_run.words(near, judged=True)
    assert "NOT THE SAME WORK" in baseline_run.words(far, judged=True)
    assert "not judged" in baseline_run.words(far, judged=False)


@each_model
def test_every_sample_decodes_the_same_tokens(name: str) -> None:
    """What the cache held behind the context is put back: without that the text goes on."""
    model = baseline_models.source(name)
    opponent = Opponent(load(model, "float32", PLACE), model.family, PLACE, 32)
    read = baseline_models.prompt(model, 16)
    first = opponent.read(read)
    opponent.keep()
    texts = []
    for _ in range(2):
        opponent.restore()
        texts.append([int(first), *opponent.decode(first, 7).tolist()])
    assert texts[0] == texts[1] == baseline_models.chosen(model, read, 8).tolist()
    assert [int(first), *opponent.decode(first, 7).tolist()] != texts[0]


def test_ternary_weights_are_quantized_ahead() -> None:
    """No projection of the baseline quantizes its weights when it is used; all of bitnet-tiny's are ternary."""
    model = baseline_models.source("bitnet-tiny")
    assert model.theirs != model.golden
    network = load(model, "bfloat16", PLACE)
    projections = {name: module for name, module in network.named_modules() if name.endswith("_proj")}
    assert len(projections) == 4 * 7
    assert not any(each.online_quant for each in projections.values())
    assert all(set(each.weight.unique().tolist()) == {-1, 0, 1} for each in projections.values())


# ---- samples and records


def test_a_device_that_is_not_here(capsys: pytest.CaptureFixture[str]) -> None:
    """The path of a GPU, on this CPU under its name: compiled once a cache, waited for around every sample.

    It shows the path, not a GPU: the fake compiles nothing.
    """
    compiled, waits = [], []

    def compile_(step: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[torch.Tensor], torch.Tensor]:
        compiled.append(step)
        return step

    place = Place("gpu", "cpu", "a fake", 1, "injected", compile_, lambda: waits.append(1), warm_up=3)
    model = baseline_models.source("mamba2-tiny")
    rule = replace(TWICE, warm_up=place.warm_up)
    works = (workload("pp8"), workload("tg4@d8"))
    found = list(measure(model, works, "float32", place, rule))
    assert [(each.device, each.device_name, each.way, each.tokens) for each in found] == [
        ("gpu", "a fake", "injected", 8),
        ("gpu", "a fake", "injected", 4),
    ]
    assert len(compiled) == 3  # one cache for the comparison, one for each workload
    assert len(waits) == 2 * 2 * (3 + 2)
    assert all(len(each.samples) == 2 and len(each.warm_up) == 3 and each.good for each in found)


def test_what_follows_a_record_repeats_its_work() -> None:
    """Called once behind each record with the model still loaded; a run of it is the record's work, timed like it."""
    seen: list[tuple[str, str]] = []
    texts: list[list[int]] = []

    def follow(place: Place, record: BaselineRecord, load: Again) -> None:
        seen.append((place.device, record.title))
        assert (load.workload, load.work, load.tokens) == (record.title, record.work, load.inferences * record.tokens)
        again, work = load._timed, load._timed.work
        for _ in range(2):
            again.before()
            texts.append(torch.as_tensor(work()).flatten().tolist())
        assert load.run() > 0

    model = baseline_models.source("mamba2-tiny")
    list(measure(model, (workload("tg4@d8"), workload("pp8")), "float32", PLACE, TWICE, follow))
    assert seen == [("cpu", f"mamba2-tiny {name} in PyTorch, float32") for name in ("tg4@d8", "pp8")]
    chosen = baseline_models.chosen(model, baseline_models.prompt(model, 8), 5).tolist()
    assert texts == [chosen[1:], chosen[1:], chosen[:1], chosen[:1]]


@pytest.mark.parametrize(("samples", "count"), [((0.03, 0.03, 9.0), 4), ((0.1, 0.1), 1), ((2.0, 2.0), 1)])
def test_a_repetition_lasts_a_tenth_of_a_second(samples: tuple[float, ...], count: int) -> None:
    """As many runs as that takes at the median; each is timed by itself, what lies before it is not."""
    done: list[str] = []
    timed = Timed(lambda: done.append("before"), lambda: done.append("work"), lambda: done.append("wait"))
    load = Again(record(samples=samples), timed)
    assert (load.inferences, load.tokens) == (count, 16 * count)
    assert load.run() >= 0
    assert done == ["before", "wait", "work", "wait"] * count


def test_narrow_types_run() -> None:
    """bfloat16 halves the bytes of all weights, and its record is judged by no token."""
    model = baseline_models.source("mamba2-tiny")
    shapes = tensor_shapes(open_model(model.golden)[2])
    wide, narrow = (next(measure(model, (workload("pp4"),), t, PLACE, TWICE)) for t in baseline_record.DTYPES)
    assert wide.weight_bytes == 2 * narrow.weight_bytes == 4 * sum(map(prod, shapes.values()))
    assert wide.judged
    assert not narrow.judged


def record(**changes: Any) -> BaselineRecord:
    fields = baseline.record_fields(baseline_models.source("mamba2-tiny"), workload("tg16@d8"), "float32", "cpu")
    fields |= {
        "kind": "measured",
        "reason": "",
        "device_name": "a CPU",
        "threads": 2,
        "way": "eager",
        "weight_bytes": 1,
        "agreement": Agreement(16, 16, 0.0, 1e-4),
        "samples": (0.5, 0.25, 1.0),
        "warm_up": (9.0,),
        "ended": "repeats",
    }
    return BaselineRecord(**(fields | changes))


def test_rates() -> None:
    """16 steps in a median of half a second are 32 tok/s; warm-up counts not."""
    found = record()
    assert (found.seconds, found.rate) == (0.5, 32.0)
    low, high = baseline_run.rates(found)
    assert 16 <= low <= 32 <= high <= 64


def test_what_is_missing_is_no_zero(tmp_path: Path) -> None:
    """Without a GPU there is a record without any figure, and a line that says n/a."""
    found = baseline.missing(baseline_models.source("mamba2-tiny"), workload("tg16"), "float32")
    assert (found.kind, found.rate, found.seconds) == ("n/a", None, None)
    (line,) = baseline_run.lines(found)
    assert line == "baseline mamba2-tiny float32 tg16, gpu: n/a (no CUDA GPU here)"
    baseline_record.append(tmp_path / "x.jsonl", found)
    assert baseline_record.read(tmp_path / "x.jsonl") == (found,)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "n/a", "reason": "gone", "agreement": None}, "samples: found 3"),
        ({"samples": ()}, "samples: found 0"),
        ({"samples": (0.5, 0.0)}, "seconds above 0"),
        ({"reason": "none"}, "reason: found 'none'"),
        ({"agreement": None}, "agreement: found None"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as error:
        record(**changes)
    assert words in str(error.value)


def test_records_are_read_strictly(tmp_path: Path) -> None:
    """What was written is read again; an unknown key and another schema are refused with file and line."""
    path = tmp_path / "baseline.jsonl"
    assert baseline_record.read(path) == ()
    baseline_record.append(path, record())
    assert baseline_record.read(path) == (record(provenance=baseline_record.read(path)[0].provenance),)
    good = path.read_text()
    path.write_text(good.replace('"way":', '"manner":'))
    with pytest.raises(InputError, match=r"baseline\.jsonl:1: manner: found 'eager', expected no such key"):
        baseline_record.read(path)
    path.write_text(good.replace('"schema":2', '"schema":9'))
    with pytest.raises(InputError, match=r"baseline\.jsonl:1: schema: found 9"):
        baseline_record.read(path)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA GPU is here")
def test_the_whole_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """CPU and GPU in one run: one line says that there is no GPU, the CPU's figure is tagged measured, two records."""
    path = tmp_path / "baseline.jsonl"
    assert baseline_run.run(baseline_run.asked("all", "tiny", "tg2", "float32", 1), path, TWICE)
    said = capsys.readouterr().out
    assert said.count("no CUDA GPU here: PyTorch") == 1
    assert said.count("[measured]") == 1
    assert "16 of 16 tokens as the golden float model" in said
    found = baseline_record.read(path)
    assert [(each.device, each.kind, each.threads) for each in found] == [("cpu", "measured", 1), ("gpu", "n/a", 0)]


def test_a_wrong_model_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another network behind the same name: its record is written, the run is not good."""
    monkeypatch.setattr(baseline, "load", lambda *given: Planted(load(*given), 0))
    monkeypatch.setattr(Planted, "parameters", lambda self: [], raising=False)
    monkeypatch.setattr(Planted, "buffers", lambda self: [], raising=False)
    path = tmp_path / "baseline.jsonl"
    assert not baseline_run.run(baseline_run.asked("cpu", "tiny", "tg2", "float32", 1), path, TWICE)
    assert not baseline_record.read(path)[0].good


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("tpu",), "--baseline: found 'tpu'"),
        (("cpu", "gpt-2"), "--model: found 'gpt-2'"),
        (("cpu", "tiny", "tg0"), "--workload: found 'tg0'"),
        (("cpu", "tiny", "tg1", "int8"), "--dtype: found 'int8'"),
        (("cpu", "bitnet-tiny", "tg1000@d1000"), "takes 2000 positions, bitnet-tiny has 1024"),
    ],
)
def test_wrong_words_are_refused(tmp_path: Path, given: tuple[str, ...], words: str) -> None:
    """Before anything is measured or written."""
    path = tmp_path / "baseline.jsonl"
    with pytest.raises(InputError) as error:
        baseline_run.run(baseline_run.asked(*given), path, TWICE)  # type: ignore[arg-type]  # strings as given
    assert words in str(error.value)
    assert not path.exists()
