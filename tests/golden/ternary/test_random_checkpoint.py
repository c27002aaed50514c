# SPDX-License-Identifier: Apache-2.0
"""Random BitNet checkpoints: one model in every form and on every run, with outliers, and with sound activations."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from golden.checkpoints.residual import GROWTH
from golden.errors import InputError
from golden.ternary import checkpoint, random_checkpoint
from golden.ternary.config import EMBEDDING, BitNetConfig, linear_shapes, tensor_shapes
from golden.ternary.model import forward
from golden.ternary.statistics import ROUNDED, Statistics
from tests.golden.random_checkpoints import (
    assert_an_interrupted_run_leaves_nothing,
    assert_progress_counts_to_the_end,
    assert_tensors_are_independent,
    digest,
    hashes,
)
from tests.golden.ternary.random_models import SHAPES, theirs

C = SHAPES["swiglu"]
WIDE = BitNetConfig(512, 256, 512, 8, 4, 2, 1e4, 256)
FORMS: list[dict[str, Any]] = [
    {"form": "online"},
    {"form": "online", "shard_bytes": 9000, "dtype": "bfloat16"},
    {"form": "autobitlinear", "shard_bytes": 9000},
    {"form": "bitlinear", "dtype": "float16"},
]


@pytest.mark.parametrize("shape", SHAPES)
def test_all_forms_hold_one_model(tmp_path: Path, shape: str) -> None:
    """In float32, packed forms hold what the masters quantize to, and transformers loads each without a rest."""
    c = SHAPES[shape]
    random_checkpoint.write(tmp_path / "online", c, 3)
    masters = checkpoint.load(tmp_path / "online")
    assert masters.config == c
    theirs(tmp_path / "online", torch.float32)
    for form in ("autobitlinear", "bitlinear"):
        random_checkpoint.write(tmp_path / form, c, 3, form=form)
        packed = checkpoint.load(tmp_path / form)
        assert packed.config == c
        for name in linear_shapes(c):
            assert torch.equal(packed.projection(name).q, masters.projection(name).q)
            torch.testing.assert_close(
                packed.projection(name).divisor, masters.projection(name).divisor, rtol=1e-6, atol=0
            )
        assert torch.equal(packed.tensors[EMBEDDING], masters.tensors[EMBEDDING])
        theirs(tmp_path / form, torch.float32)


def test_a_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two runs of one seed write identical files, in every form; another seed writes others."""
    for i, form in enumerate(FORMS):
        for run, seed in (("a", 5), ("b", 5), ("c", 6)):
            random_checkpoint.write(tmp_path / f"{i}{run}", C, seed, **form)
        a, b, c = (hashes(tmp_path / f"{i}{run}") for run in "abc")
        assert a == b
        assert all(a[name] != c[name] for name in a if name.endswith(".safetensors"))
        if "shard_bytes" in form:
            assert len(a) > 4
            index = json.loads((tmp_path / f"{i}a" / "model.safetensors.index.json").read_text())
            stored = sum(file.stat().st_size for file in (tmp_path / f"{i}a").glob("*.safetensors"))
            assert 0 < stored - index["metadata"]["total_size"] < 40_000  # the rest are headers


def test_tensors_are_independent_of_order_and_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tensor is fixed by seed and name: drawn last to first and in small blocks it is the same."""
    assert_tensors_are_independent(lambda: Statistics(C, 7), tensor_shapes(C), monkeypatch)


def test_the_draw_is_pinned() -> None:
    """The model that a seed stands for does not change unnoticed: sha256 over all tensors of a small one."""
    assert digest(Statistics(C, 1), tensor_shapes(C)) == (
        "0cc669f87fafae88e279be46233621dffc16562062df201b5b89c3fb57257a05"
    )


def test_the_rounded_size_is_that_of_gaussian_weights() -> None:
    """ROUNDED is the root mean square of a quantized Gaussian matrix, of which 31 % are zero."""
    from golden.ternary.quant import dequantize, quantize_weight

    q, scale = quantize_weight(torch.randn(1000, 1000, generator=torch.Generator().manual_seed(1)))
    assert float(dequantize(q, scale).square().mean().sqrt()) == pytest.approx(ROUNDED, rel=5e-3)
    assert float((q == 0).float().mean()) == pytest.approx(0.31, abs=5e-3)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_activations_have_outliers_and_stay_sound(tmp_path: Path, seed: int) -> None:
    """Outliers reach the first layers and every sub-norm; the residual grows as announced; nothing dies."""
    random_checkpoint.write(tmp_path / "model", WIDE, seed)
    seen: dict[str, Tensor] = {}

    def tap(name: str, x: Tensor) -> Tensor:
        seen[name] = x
        return x

    model = checkpoint.in_memory(checkpoint.load(tmp_path / "model"))
    tokens = torch.randint(WIDE.vocab_size, (64,), generator=torch.Generator().manual_seed(1))
    logits = forward(model, tokens, tap=tap)
    base = model.tensors[EMBEDDING][tokens].square().mean().sqrt()

    def strongest(name: str) -> float:
        channels = seen[name].square().mean(0).sqrt()
        return float(channels.max() / channels.median())

    for i in range(WIDE.num_hidden_layers):
        grown = float(seen[f"layers.{i}.residual"].square().mean().sqrt() / base)
        expected = (1 + (GROWTH**2 - 1) * (i + 1) / WIDE.num_hidden_layers) ** 0.5
        assert expected / 2 < grown < expected * 2, f"layer {i}: residual {grown:.2f}, expected about {expected:.2f}"
        for name in ("attn_sub_norm", "ffn_sub_norm"):
            assert 1.8 < strongest(f"layers.{i}.{name}") < 150, f"layer {i}: {name}"
        for name in ("q", "k", "v_proj", "gate_proj", "up_proj"):
            assert 0.3 < float(seen[f"layers.{i}.{name}"].std()) < 3, f"layer {i}: {name}"
    assert strongest("layers.0.attn_norm") > 5
    assert 0.5 < float(logits.std()) < 5


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    """Progress is told after every tensor, rises, and ends at the number of stored elements."""
    tensors = len(checkpoint.stored_shapes(C, "bitlinear"))
    assert_progress_counts_to_the_end(
        lambda progress: random_checkpoint.write(tmp_path / "m", C, 1, form="bitlinear", progress=progress), tensors
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"dtype": "int8"}, "dtype is 'int8', expected one of float32, bfloat16, float16"),
        ({"form": "gguf"}, "form is 'gguf', expected one of online, autobitlinear, bitlinear"),
        ({"shard_bytes": 0}, "shard_bytes is 0, expected at least 1"),
    ],
)
def test_foreign_wishes_are_refused(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    """What is not offered is refused by name, and nothing is written."""
    with pytest.raises(InputError, match=says):
        random_checkpoint.write(tmp_path / "model", C, 1, **change)
    assert not list(tmp_path.iterdir())


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    """Where writing stops half-way, neither the folder nor a scratch folder remains."""
    for form in FORMS:
        assert_an_interrupted_run_leaves_nothing(
            lambda path, stop, form=form: random_checkpoint.write(path, C, 1, progress=stop, **form), tmp_path
        )
