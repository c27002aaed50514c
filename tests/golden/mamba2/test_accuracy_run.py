# SPDX-License-Identifier: Apache-2.0
"""A whole evaluation of a small checkpoint: every row on the same text, and what is refused."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from golden.errors import InputError
from golden.mamba2 import accuracy, random_checkpoint
from golden.mamba2.accuracy import Evaluation, Options, evaluate, records, run, sources
from golden.mamba2.accuracy.options import GOALS
from golden.mamba2.config import Mamba2Config
from golden.mamba2.quantize import Options as QuantizeOptions
from golden.mamba2.schemes import SCHEMES
from golden.zoo.corpus import Document

CFG = Mamba2Config(d_model=32, n_layer=2, vocab_size=256, d_state=16, headdim=16, chunk_size=16)
SMALL = Options(context=32, stride=16, limit=64, batch=3, signal_windows=2, calibration_windows=4)
TEXT = "Return the largest of the values, or the default where there is none.\n" * 8
PROFILES = ("fastmamba-w8a8", "lightmamba-w4a4:hadamard=off")


@pytest.fixture(scope="module", autouse=True)
def _short() -> Iterator[None]:
    """Reading the library's documents and the grids of the functions take seconds; one document will do here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources.corpus, "documents", lambda: (Document("one", "train", (TEXT,)),))
        patch.setattr(run, "error_table", lambda widths: ())
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the checkpoint `mamba2-tiny` (random, in fact) and `text.txt`."""
    path = tmp_path_factory.mktemp("evaluation")
    random_checkpoint.write(path / "mamba2-tiny", CFG, 1)
    (path / "text.txt").write_text(TEXT)
    return path


@pytest.fixture(scope="module")
def cache(folder: Path) -> accuracy.options.Quantizer:
    return accuracy.cached(folder / "cache", QuantizeOptions())


@pytest.fixture(scope="module")
def steps() -> list[tuple[int, int]]:
    return []


@pytest.fixture(scope="module")
def found(folder: Path, cache: accuracy.options.Quantizer, steps: list[tuple[int, int]]) -> Evaluation:
    return evaluate(
        folder / "mamba2-tiny", PROFILES, folder / "text.txt", SMALL, cache, lambda *step: steps.append(step)
    )


def test_every_model_is_measured_on_the_same_text(found: Evaluation) -> None:
    """Float, each scheme, and for each profile its linear layers and the whole, in this order; float loses nothing."""
    wanted = ["float", *(s.name for s in SCHEMES)]
    wanted += [name for profile in PROFILES for name in (f"{profile}, linear layers only", profile)]
    assert [row.name for row in found.losses] == wanted
    assert (found.losses[0].loss_percent, found.losses[0].stderr_percent) == (0, 0)
    for row in found.losses:
        assert row.loss_percent == pytest.approx(100 * (row.bits_per_byte / found.losses[0].bits_per_byte - 1))
        assert (row.kind == "integer") == bool(row.choices)
        assert row.goal_percent is None
    assert {c.name: c.value for c in found.losses[-1].choices}["hadamard"] == "off"
    assert {row.model for row in found.signals} == set(PROFILES)


def test_provenance_names_everything(found: Evaluation, folder: Path) -> None:
    """Hashes of checkpoint, text and calibration tokens; what counts, in windows, tokens and bytes."""
    made = found.provenance
    assert (made.checkpoint, made.text, made.tokenizer) == ("mamba2-tiny", "text.txt", "bytes")
    assert (made.windows, made.tokens, made.bytes, made.whole) == (4, 64, 64, False)
    assert made.calibration_tokens == 4 * 32
    assert made.checkpoint_sha256 == sources.checkpoint_hash(folder / "mamba2-tiny")
    other = folder / "other"
    random_checkpoint.write(other, CFG, 2)
    assert sources.checkpoint_hash(other) != made.checkpoint_sha256


def test_calibration_windows_are_drawn_by_the_seed(folder: Path) -> None:
    """Windows of the given text or of the zoo's; the same seed draws the same, another one others."""
    first, again, other = (
        sources.calibration_tokens(folder / "mamba2-tiny", CFG, replace(SMALL, seed=seed), text)
        for seed, text in ((1, folder / "text.txt"), (1, folder / "text.txt"), (2, None))
    )
    assert first.shape == (4, 32)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert all(bytes(row.tolist()).decode() in TEXT for row in first)


def test_progress_reaches_its_end(found: Evaluation, steps: list[tuple[int, int]]) -> None:
    """Steps never fall, their number stays, and the last call says that all are done."""
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert {total for _, total in steps} == {steps[-1][0]}


def test_a_second_run_finds_the_same(found: Evaluation, folder: Path, cache: accuracy.options.Quantizer) -> None:
    """The same checkpoint, text and options give the same figures, but for the seconds they took."""
    again = evaluate(folder / "mamba2-tiny", PROFILES[:1], folder / "text.txt", SMALL, cache)
    first, second = ([{**row, "seconds": 0} for row in json.loads(each.to_json())["losses"]] for each in (found, again))
    assert second == first[: len(second)]
    assert again.signals == found.signals[: len(again.signals)]
    assert again.provenance == found.provenance


def test_a_ready_model_needs_no_quantizer(found: Evaluation, folder: Path) -> None:
    """The folder of an integer model gives the row that quantizing gave; another checkpoint's model is refused."""

    def never(*given: object) -> accuracy.Subject:
        raise AssertionError(given)

    path = next((folder / "cache").glob("fastmamba-w8a8-*"))
    again = evaluate(folder / "mamba2-tiny", (str(path),), folder / "text.txt", SMALL, never)
    want = next(row for row in found.losses if row.name == "fastmamba-w8a8")
    assert again.losses[-1].name == f"fastmamba-w8a8 ({path.name})"
    assert again.losses[-1].bits_per_byte == want.bits_per_byte
    random_checkpoint.write(folder / "stranger", CFG, 3)
    with pytest.raises(InputError, match="not quantized from this checkpoint"):
        evaluate(folder / "stranger", (str(path),), folder / "text.txt", SMALL, never)


def test_goals_hold_for_the_zoos_text_alone(folder: Path, cache: accuracy.options.Quantizer) -> None:
    """mamba2-tiny on the held-out text has its goals, an unchanged profile only; met says whether the bound is kept."""
    options = Options(context=32, stride=16, limit=32, signal_windows=0, calibration_windows=4, ablation=False)
    found = evaluate(folder / "mamba2-tiny", PROFILES, None, options, cache)
    rows = found.losses
    assert [row.goal_percent for row in rows] == [None, None, GOALS["fastmamba-w8a8"], None, None]
    assert rows[2].met == (rows[2].loss_percent <= GOALS["fastmamba-w8a8"])
    assert rows[0].met is None
    missed, kept = (replace(rows[2], loss_percent=percent) for percent in (1.01, 1.0))
    assert [replace(found, losses=(rows[0], row)).good for row in (missed, kept)] == [False, True]


def test_the_record_survives_its_file(found: Evaluation, tmp_path: Path) -> None:
    """JSON gives back the same evaluation; another schema, a missing or an unknown key is refused with its name."""
    path = tmp_path / "evaluation.json"
    path.write_text(found.to_json())
    assert accuracy.read(path) == found
    raw = json.loads(found.to_json())
    for change, message in (
        ({"schema": 99}, "schema: found 99, expected 1"),
        ({"extra": 1}, "extra: found 1, expected no such key"),
        ({"losses": [{}]}, r"losses\[0\].name: found nothing"),
    ):
        with pytest.raises(InputError, match=message):
            records.parse(json.dumps(raw | change), path)
    with pytest.raises(InputError, match="not JSON"):
        records.parse("{", path)
    with pytest.raises(InputError, match="cannot be read"):
        accuracy.read(tmp_path / "missing.json")


class TestRefused:
    def test_a_short_text(self, folder: Path, cache: accuracy.options.Quantizer) -> None:
        """The message names the file; nothing is quantized."""
        (folder / "short.txt").write_text("short")
        with pytest.raises(InputError, match=r"short.txt: 5 tokens, expected at least 33"):
            evaluate(folder / "mamba2-tiny", PROFILES, folder / "short.txt", SMALL, cache)

    def test_a_profile_that_cannot_take_the_model(self, folder: Path, cache: accuracy.options.Quantizer) -> None:
        """Dimensions are checked before anything is measured."""
        odd = Mamba2Config(d_model=36, n_layer=1, vocab_size=256, d_state=16, headdim=12, chunk_size=16)
        random_checkpoint.write(folder / "odd", odd, 1)
        with pytest.raises(InputError, match="d_model is 36, expected a multiple of 8"):
            evaluate(folder / "odd", PROFILES, folder / "text.txt", SMALL, cache)

    def test_a_model_without_tokenizer(self, folder: Path, cache: accuracy.options.Quantizer) -> None:
        """Beyond 256 tokens a tokenizer.json is asked for."""
        wide = Mamba2Config(d_model=32, n_layer=1, vocab_size=300, d_state=16, headdim=16, chunk_size=16)
        random_checkpoint.write(folder / "wide", wide, 1)
        with pytest.raises(InputError, match=r"no tokenizer.json and a vocabulary of 300"):
            evaluate(folder / "wide", PROFILES, folder / "text.txt", SMALL, cache)


def test_study_seeds_add_the_study(
    folder: Path, cache: accuracy.options.Quantizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With seeds the outlier study is part of the evaluation: every scheme and profile has its row."""
    monkeypatch.setattr(run.study.outlier_study, "__defaults__", (CFG, (1,), SCHEMES, (), None, (1, 16), print))
    options = Options(context=32, stride=16, limit=32, signal_windows=0, calibration_windows=4, study_seeds=(1,))
    study = evaluate(folder / "mamba2-tiny", PROFILES[:1], folder / "text.txt", options, cache).study
    assert study
    assert [row.name for row in study.rows] == [*(s.name for s in SCHEMES), "fastmamba-w8a8"]
    assert torch.isfinite(torch.tensor([row.sqnr_db for row in study.rows])).all()
