# SPDX-License-Identifier: Apache-2.0
"""Random checkpoints: the same in every layout and on every run, with outliers, and with sound activations."""

from pathlib import Path
from statistics import median
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch reader expects
from torch import Tensor

from golden.checkpoints import read_config
from golden.checkpoints.draws import OUTLIERS
from golden.checkpoints.residual import GROWTH
from golden.errors import InputError
from golden.mamba2 import checkpoint, random_checkpoint
from golden.mamba2.config import LayerWeights, Mamba2Config, ModelWeights
from golden.mamba2.model import forward, initial_states, mixer, rms_norm
from golden.mamba2.names import tensor_shapes
from golden.mamba2.statistics import Statistics
from tests.golden.random_checkpoints import (
    assert_an_interrupted_run_leaves_nothing,
    assert_progress_counts_to_the_end,
    assert_tensors_are_independent,
    digest,
    hashes,
)

CFG = Mamba2Config(d_model=48, n_layer=3, vocab_size=70, d_state=16, headdim=16, ngroups=2, chunk_size=16)
UNTIED = Mamba2Config(d_model=32, n_layer=2, vocab_size=70, d_state=8, headdim=8, d_conv=3, tie_embeddings=False)
WIDE = Mamba2Config(d_model=256, n_layer=10, vocab_size=512, d_state=32, headdim=32, chunk_size=32)
FORMS: list[dict[str, Any]] = [
    {"layout": "huggingface"},
    {"layout": "huggingface", "shard_bytes": 9000},
    {"layout": "state-spaces"},
]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("cfg", [CFG, UNTIED], ids=["tied", "untied"])
def test_all_layouts_hold_one_model(tmp_path: Path, cfg: Mamba2Config, dtype: random_checkpoint.Dtype) -> None:
    """Every layout gives bit-equal logits, and the Hugging Face ones those of transformers to 1e-5 of the largest."""
    from transformers import Mamba2ForCausalLM

    tokens = torch.arange(66).reshape(2, 33)
    logits = []
    for i, form in enumerate(FORMS):
        folder = tmp_path / str(i)
        random_checkpoint.write(folder, cfg, 3, dtype=dtype, **form)
        loaded, weights = checkpoint.load(folder)
        assert loaded == cfg
        logits.append(forward(tokens, weights, loaded)[0])
        assert torch.equal(logits[i], logits[0])
        if form["layout"] == "huggingface":
            theirs, report = Mamba2ForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
            assert not report["missing_keys"]
            assert not report["unexpected_keys"]
            with torch.no_grad():
                want = theirs.eval()(tokens).logits
            assert float((logits[i] - want).abs().max()) <= 1e-5 * float(want.abs().max())
    assert len(list((tmp_path / "1").glob("*.safetensors"))) > 2
    assert (tmp_path / "2" / "pytorch_model.bin").is_file()


def test_a_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two runs of one seed write identical files, in every form; another seed writes others."""
    for form in FORMS:
        stem = "-".join(map(str, form.values()))
        for run, seed in (("a", 5), ("b", 5), ("c", 6)):
            random_checkpoint.write(tmp_path / f"{stem}{run}", CFG, seed, dtype="bfloat16", **form)
        a, b, c = (hashes(tmp_path / f"{stem}{run}") for run in "abc")
        assert a == b
        assert all(a[name] != c[name] for name in a if name.endswith((".bin", ".safetensors")))


def test_tensors_are_independent_of_order_and_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tensor is fixed by seed and name: drawn last to first and in small blocks it is the same."""
    assert_tensors_are_independent(lambda: Statistics(CFG, 7), tensor_shapes(CFG), monkeypatch)


def test_the_draw_is_pinned() -> None:
    """The model that a seed stands for does not change unnoticed: sha256 over all tensors of a small one."""
    assert digest(Statistics(CFG, 1), tensor_shapes(CFG)) == (
        "5cdb1e2b22baab53cd643b5de083d922971ddc935b652da7d3a5ef92bfcd3f2b"
    )


def by_channel(x: Tensor) -> Tensor:
    """Root mean square of each channel: [..., D] -> [D]."""
    return x.flatten(0, -2).square().mean(0).sqrt()


def activations(w: ModelWeights, cfg: Mamba2Config, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Tensor]]:
    """Of each layer: what in_proj and out_proj read, what in_proj gives, and the residual after the layer."""
    tokens = torch.randint(cfg.vocab_size, (2, 64), generator=torch.Generator().manual_seed(1))
    r, found = F.embedding(tokens, w.embedding), [{"residual": F.embedding(tokens, w.embedding)}]
    linear = F.linear
    for layer, state in zip(w.layers, initial_states(w, cfg, 2), strict=True):
        seen: dict[str, Tensor] = {}

        def spy(x: Tensor, weight: Tensor, layer: LayerWeights = layer, seen: dict[str, Tensor] = seen) -> Tensor:
            name = "in_proj" if weight is layer.in_proj else "out_proj"
            seen |= {name: x, f"{name} result": linear(x, weight)}
            return seen[f"{name} result"]

        monkeypatch.setattr(F, "linear", spy)
        out, _ = mixer(rms_norm(r, layer.norm, cfg.norm_eps), layer, state, cfg)
        monkeypatch.undo()
        r = r + out
        found.append(seen | {"residual": r})
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_activations_have_outliers_and_stay_sound(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outliers reach both projections at every depth; the residual grows as announced; nothing saturates or dies."""
    random_checkpoint.write(tmp_path / "model", WIDE, seed)
    cfg, weights = checkpoint.load(tmp_path / "model")
    found = activations(checkpoint.in_memory(weights), cfg, monkeypatch)
    strong = []  # of each layer, the largest planted inner channel over the median
    base = found[0]["residual"].square().mean().sqrt()
    for i, seen in enumerate(found[1:], start=1):
        grown = float(seen["residual"].square().mean().sqrt() / base)
        expected = (1 + (GROWTH**2 - 1) * i / cfg.n_layer) ** 0.5
        assert expected / 2 < grown < expected * 2, f"layer {i}: residual {grown:.2f}, expected about {expected:.2f}"
        for name in ("in_proj", "out_proj"):
            channels = by_channel(seen[name])
            ratio = float(channels.max() / channels.median())
            assert 5 < ratio < 150, f"layer {i}: strongest channel before {name} is {ratio:.1f} times the median"
        planted = torch.from_numpy(Statistics(cfg, seed).inner(f"{i - 1}.") > 1)
        channels = by_channel(seen["out_proj"])
        assert int(planted.sum()) == cfg.d_inner // OUTLIERS
        strong.append(float(channels[planted].max() / channels.median()))
        assert 0.5 < float(seen["in_proj result"].std()) < 3
    assert median(strong) > 8, f"planted outliers before out_proj are {strong} times the median"
    logits = forward(torch.arange(300)[None], weights, cfg)[0]
    assert logits.isfinite().all()
    assert 0.5 < float(logits.std()) < 5


def test_vectors_are_as_published(tmp_path: Path) -> None:
    """A in [1, 16], softplus(dt_bias) in [1e-3, 1e-1], D and norms scatter around 1, norms below their limits."""
    random_checkpoint.write(tmp_path / "model", WIDE, 4)
    _, weights = checkpoint.load(tmp_path / "model")
    for layer in weights.layers:
        assert ((layer.A_log.exp() >= 1 - 1e-5) & (layer.A_log.exp() <= 16 + 1e-4)).all()
        dt = F.softplus(layer.dt_bias)
        assert ((dt >= 0.99e-3) & (dt <= 1.01e-1)).all()
        for vector, limit in ((layer.D, 4.0), (layer.norm, 4.0), (layer.gate_norm, 16.0)):
            assert 0.7 < float(vector.median()) < 1.4
            assert (vector > 0).all()
            assert (vector < limit).all()
    assert (weights.norm_f < 4).all()


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    """Progress is told after every tensor, rises, and ends at the number of parameters."""
    assert_progress_counts_to_the_end(
        lambda progress: random_checkpoint.write(tmp_path / "model", CFG, 1, progress=progress), len(tensor_shapes(CFG))
    )


def test_the_original_layout_names_the_unpadded_vocabulary(tmp_path: Path) -> None:
    """50288 rows are written as the originals say them: 50277 tokens padded to a multiple of 16."""
    cfg = Mamba2Config(d_model=8, n_layer=1, vocab_size=50288, d_state=4, headdim=4, chunk_size=256)
    random_checkpoint.write(tmp_path / "model", cfg, 1, layout="state-spaces", dtype="float16")
    config = read_config(tmp_path / "model")
    assert (config["vocab_size"], config["pad_vocab_size_multiple"]) == (50277, 16)
    loaded, weights = checkpoint.load(tmp_path / "model")
    assert loaded == cfg
    assert weights.embedding.shape == (50288, 8)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"dtype": "int8"}, "dtype is 'int8', expected one of float32, bfloat16, float16"),
        ({"layout": "gguf"}, "layout is 'gguf', expected one of huggingface, state-spaces"),
        ({"shard_bytes": 0}, "shard_bytes is 0, expected at least 1"),
    ],
)
def test_foreign_wishes_are_refused(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    """What is not offered is refused by name, and nothing is written."""
    with pytest.raises(InputError, match=says):
        random_checkpoint.write(tmp_path / "model", CFG, 1, **change)
    assert not list(tmp_path.iterdir())


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    """Where writing stops half-way, neither the folder nor a scratch folder remains."""
    for form in FORMS:
        assert_an_interrupted_run_leaves_nothing(
            lambda path, stop, form=form: random_checkpoint.write(path, CFG, 1, progress=stop, **form), tmp_path
        )
