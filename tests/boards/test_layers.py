# SPDX-License-Identifier: Apache-2.0
"""`krait layers`: parts of a model on virtual boards of their own, against what golden has behind each layer."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from boards.layer_part import expected
from boards.layers import Asked, PartWork, found_of, prepare, split, verify
from boards.mamba2_models import integer_model, prompt_of
from golden.errors import InputError
from golden.mamba2.accel.outcome import outcome
from golden.spec import Mamba2AccelConfig, load_config
from harness.regress.task import Outcome
from tests.conftest import Krait

TOKENS = 5


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> list[PartWork]:
    return prepare(Asked("sim", None, "mamba2-tiny", TOKENS, 2), tmp_path_factory.mktemp("layers") / "out")


def altered(works: list[PartWork], folder: Path, layer: int) -> list[PartWork]:
    """Return the parts with another number behind `layer`, token 3, element 9."""
    golden = load_file(works[0].part.golden)
    golden["residual"][layer, 3, 9] += 1
    save_file(golden, folder / "golden.safetensors")
    part = {"golden": str(folder / "golden.safetensors")}
    return [PartWork(replace(work.part, **part), folder / f"{index}") for index, work in enumerate(works)]


@pytest.mark.parametrize(("layers", "parts"), [(64, 8), (24, 5), (4, 4), (7, 1)])
def test_parts_are_all_layers_once(layers: int, parts: int) -> None:
    """Side by side they are the model, and none is longer than another by more than a layer."""
    found = split(layers, parts)
    assert [each for first, count in found for each in range(first, first + count)] == list(range(layers))
    assert len(found) == parts
    assert max(count for _, count in found) - min(count for _, count in found) <= 1


def test_a_models_layers_in_parts(works: list[PartWork]) -> None:
    """Two boards at once, one from tokens, one from residual rows: every value behind every layer, and the logits."""
    told: list[str] = []
    outcomes = verify(works, "local", 2, lambda work, outcome: told.append(f"{work.name} {outcome.verdict}"))
    assert [each.verdict for each in outcomes] == ["PASS", "PASS"], outcomes
    assert sorted(told) == ["layers 0 .. 1 PASS", "layers 2 .. 3 PASS"]
    width = load_file(works[0].part.golden)["residual"].shape[2]
    assert [found_of(work).compared for work in works] == [2 * TOKENS * width, 2 * TOKENS * width + 16]


def test_a_difference_is_named(works: list[PartWork], tmp_path: Path) -> None:
    """The part with the layer fails, with layer, token, element and both values."""
    found = altered(works, tmp_path, 3)[1].execute()
    assert found.verdict == "FAIL"
    assert found.reason.startswith("residual behind layer 3 of 4, token 3, element 9: golden ")
    assert found.reason.endswith(f"; 1 of {2 * TOKENS * load_file(works[0].part.golden)['residual'].shape[2]} differ")


def test_parts_begin_with_goldens_values(works: list[PartWork], tmp_path: Path) -> None:
    """Another number in front of a part changes what it computes, from that token on."""
    found = altered(works, tmp_path, 1)[1].execute()
    assert found.verdict == "FAIL"
    assert found.reason.startswith("residual behind layer 2 of 4, token 3, ")


def test_a_part_that_cannot_run_is_blocked(works: list[PartWork], tmp_path: Path) -> None:
    """Its line and exit code become the reason; nothing is judged."""
    found = PartWork(replace(works[0].part, model="no-such"), tmp_path / "0").execute()
    assert found.verdict == "BLOCKED"
    assert "layers 0 .. 1: exit code 2: krait: " in found.reason


def test_a_part_that_hangs_is_killed(works: list[PartWork], tmp_path: Path) -> None:
    found = PartWork(works[0].part, tmp_path / "0", timeout_s=0.05).execute()
    assert found == Outcome("KILLED", "layers 0 .. 1: not done in 0.05 s", seconds=found.seconds)


def test_what_does_not_go_together_is_refused(tmp_path: Path) -> None:
    """More parts than layers, a configuration that does not take the model: before anything is computed or written."""
    for asked, words in (
        (Asked("sim", None, "mamba2-tiny", TOKENS, 5), "--parts: found 5, expected 1 .. 4"),
        (Asked("sim", "u280", "mamba2-tiny", TOKENS, 2), "u280"),
    ):
        with pytest.raises(InputError, match=words):
            prepare(asked, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--parts", "9"), 2, "--parts: found 9"),
        (("--model", "gpt"), 2, "'gpt'"),
        (("--executor", "slurm"), 2, "--executor"),
        (("--board", "sim:nowhere"), 2, "nowhere"),
    ],
)
def test_bad_arguments_are_one_line(
    arguments: tuple[str, ...], code: int, words: str, krait: Krait, tmp_path: Path
) -> None:
    """Exit code 2, and nothing is left behind."""
    ran = krait("layers", *arguments, "--out", tmp_path / "out")
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_golden_is_the_kernels_own(works: list[PartWork]) -> None:
    """What parts are compared with is what a start of the whole model is compared with."""
    cfg = load_config("mamba2_accel", "sim")
    assert isinstance(cfg, Mamba2AccelConfig)
    model, _ = integer_model("mamba2-tiny", cfg.profile)
    whole = outcome(model, prompt_of("mamba2-tiny", model.cfg.vocab_size, TOKENS), 1, cfg)
    found = expected(replace(works[0].part, count=4), cfg, load_file(works[0].part.golden))
    assert torch.equal(found.streams[1], whole.streams[1])
    assert torch.equal(found.index, whole.index)
    assert torch.equal(found.value, whole.value)
