# SPDX-License-Identifier: Apache-2.0
"""`krait model random` and `krait model info` on BitNet models: made, described from headers, refused."""

import json
from pathlib import Path

import pytest
import torch

from golden.ternary import published, random_checkpoint
from golden.ternary.config import BitNetConfig
from tests.command import Krait

SMALL = BitNetConfig(64, 32, 48, 3, 4, 2, 1e4, 128, hidden_act="silu")


@pytest.fixture(autouse=True)
def _small_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small published size is a tiny one here."""
    monkeypatch.setitem(published._SHAPES, "bitnet-0.73b", SMALL)


@pytest.mark.parametrize(
    ("layout", "types", "weights"),
    [
        ("huggingface", "bfloat16", "float masters"),
        ("autobitlinear", "uint8", "two bits each (autobitlinear)"),
        ("bitlinear", "uint8", "two bits each (bitlinear)"),
    ],
)
def test_random_and_info(layout: str, types: str, weights: str, krait: Krait, tmp_path: Path) -> None:
    """A checkpoint of each layout is made in the folder asked for, and described as what it is."""
    made = krait("model", "random", "BitNet-0.73B", tmp_path / "m", "--layout", layout, "--layers", 2)
    assert (made.code, made.out.strip()) == (0, str(tmp_path / "m"))
    told = krait("model", "info", "--model", tmp_path / "m")
    assert told.code == 0
    lines = {line[:20].strip(): line[21:] for line in told.out.splitlines()}
    assert lines["layout"].startswith("bitnet, 1 file(s), ")
    assert types in lines["types"]
    assert lines["ternary weights"] == weights
    assert lines["shape"] == "2 layers, hidden 32, FFN 48 silu, 4 heads x 8, 2 KV heads, vocabulary 64"
    assert lines["parameters"].startswith("17,728: ternary 15,360, embedding 2,048")
    assert lines["cache"] == "64 elements a token"
    assert lines["head"] == "tied to the embedding"
    assert lines["published size"] == "none has this shape"


def test_the_published_size_is_named_and_the_seed_counts(krait: Krait, tmp_path: Path) -> None:
    """All layers are the published size; another seed gives another model."""
    for seed in (1, 2):
        assert krait("model", "random", "bitnet-0.73b", tmp_path / str(seed), "--seed", seed).code == 0
    assert "bitnet-0.73b" in krait("model", "info", "--model", tmp_path / "1").out
    files = [(tmp_path / seed / "model.safetensors").read_bytes() for seed in "12"]
    assert files[0] != files[1]
    assert json.loads((tmp_path / "1" / "config.json").read_text())["dtype"] == "bfloat16"


def test_the_trained_model_is_described(krait: Krait) -> None:
    """bitnet-tiny is known by its name."""
    told = krait("model", "info", "--model", "bitnet-tiny")
    assert told.code == 0
    assert "773,120: ternary 737,280" in told.out


def test_wrong_wishes_are_refused(krait: Krait, tmp_path: Path) -> None:
    """An unknown shape lists all, a foreign layout and a profile are refused: exit code 2, one line, nothing made."""
    cases = [
        (["bitnet-9b"], ["'bitnet-9b'", "mamba2-130m", "bitnet-2b-4t"]),
        (["bitnet-0.73b", "--layout", "state-spaces"], ["'state-spaces'", "autobitlinear"]),
        (["bitnet-0.73b", "--dtype", "int8"], ["'int8'", "bfloat16"]),
        (["bitnet-0.73b", "--profile", "lightmamba-w4a4"], ["lightmamba-w4a4", "expected ternary-b158"]),
    ]
    for (shape, *options), words in cases:
        ran = krait("model", "random", shape, tmp_path / "m", *options)
        assert ran.code == 2
        assert len(ran.err.strip().splitlines()) == 1
        assert all(word in ran.err for word in words), ran.err
    assert not (tmp_path / "m").exists()


def test_unsound_checkpoints_are_refused(krait: Krait, tmp_path: Path) -> None:
    """A folder that says BitNet and is none: exit code 2, one line with file, key, found and expected."""
    random_checkpoint.write(tmp_path / "m", SMALL, 1)
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    (tmp_path / "m" / "config.json").write_text(json.dumps(config | {"num_key_value_heads": 3}))
    ran = krait("model", "info", "--model", tmp_path / "m")
    assert ran.code == 2
    assert "config.json: BitNet config: 4 heads, no multiple of 3 KV heads" in ran.err
    (tmp_path / "m" / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 4}))
    ran = krait("model", "info", "--model", tmp_path / "m")
    assert ran.code == 2
    assert "tensor model.layers.3.input_layernorm.weight is missing, expected shape [32]" in ran.err
    torch.save({}, tmp_path / "m" / "pytorch_model.bin")
    ran = krait("model", "info", "--model", tmp_path / "m")
    assert (ran.code, len(ran.err.strip().splitlines())) == (2, 1)


def test_integer_models_are_made_and_described(krait: Krait, tmp_path: Path) -> None:
    """From a seed and from a checkpoint: --profile makes integers, info reads their manifest, --set a choice of it."""
    assert krait("model", "random", "bitnet-0.73b", tmp_path / "s", "--profile", "ternary-b158").code == 0
    shown = krait("model", "info", "--model", tmp_path / "s").out
    for words in ("integer model, 4 files", "ternary-b158: cache of 8 bits, tied head", "synthetic, seed 1"):
        assert words in shown
    wide = ("--profile", "ternary-b158", "--set", "cache_bits=16")
    assert krait("model", "quantize", "--model", "bitnet-tiny", "--out", tmp_path / "q", *wide).code == 0
    shown = krait("model", "info", "--model", tmp_path / "q").out
    assert "cache of 16 bits" in shown
    assert "4 layers, hidden 128" in shown


def test_evaluation_says_and_keeps_its_rows(krait: Krait, tmp_path: Path) -> None:
    """One window of bitnet-tiny: a line for each profile, the goals, and the report as JSON."""
    ran = krait("model", "eval", "--model", "bitnet-tiny", "--limit", 128, "--out", tmp_path)
    assert ran.code == 0
    assert "goals 1 %, 95 %: met" in ran.out
    rows = json.loads((tmp_path / "bitnet-tiny.json").read_text())["rows"]
    assert [row["name"] for row in rows] == ["float", *(line.split()[0] for line in ran.out.splitlines()[1:4])]


def test_integers_of_another_family_are_refused(krait: Krait, tmp_path: Path) -> None:
    """A Mamba2 profile, or a choice that is none, for a BitNet: exit code 2, one line, nothing made."""
    for arguments, words in (
        (["quantize", "--profile", "fastmamba-w8a8"], "expected ternary-b158"),
        (["quantize", "--profile", "ternary-b158", "--set", "cache_bits=9"], "cache_bits: found 9"),
        (["eval", "--profile", "quamba-w4a8"], "expected ternary-b158"),
    ):
        ran = krait("model", arguments[0], "--model", "bitnet-tiny", "--out", tmp_path / "x", *arguments[1:])
        assert ran.code == 2
        assert words in ran.err
        assert len(ran.err.strip().splitlines()) == 1
        assert not (tmp_path / "x" / "manifest.json").exists()
