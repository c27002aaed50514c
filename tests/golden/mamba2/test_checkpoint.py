# SPDX-License-Identifier: Apache-2.0
"""Mamba2 checkpoints: round trips are exact, also with transformers; reading is lazy; unsound ones are refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from golden import checkpoints
from golden.checkpoints import store
from golden.errors import InputError
from golden.mamba2 import checkpoint, random_checkpoint, state_spaces
from golden.mamba2.config import Mamba2Config, ModelWeights
from golden.mamba2.model import forward
from golden.mamba2.module import Mamba2Model
from golden.mamba2.published import PADDING, VOCAB, published

CFG = Mamba2Config(d_model=16, n_layer=2, vocab_size=20, d_state=8, headdim=8, ngroups=2, chunk_size=8)
UNTIED = Mamba2Config(
    d_model=16, n_layer=1, vocab_size=20, d_state=8, headdim=8, dt_limit=(0.01, 0.5), tie_embeddings=False
)


def saved(folder: Path, cfg: Mamba2Config) -> Mamba2Model:
    torch.manual_seed(5)
    model = Mamba2Model(cfg)
    state = model.state_dict()
    checkpoints.save(folder, checkpoint.hf_config(cfg), {name: state[name] for name in checkpoint.tensor_shapes(cfg)})
    return model


@pytest.mark.parametrize("cfg", [CFG, UNTIED], ids=["tied", "untied"])
def test_what_is_saved_is_loaded(tmp_path: Path, cfg: Mamba2Config) -> None:
    """Config and weights survive the round trip exactly, and transformers loads every tensor of the directory."""
    from transformers import Mamba2ForCausalLM

    model = saved(tmp_path, cfg)
    loaded, weights = checkpoint.load(tmp_path)
    assert loaded == cfg
    tokens = torch.arange(20)[None]
    with torch.no_grad():
        assert torch.equal(forward(tokens, weights, loaded)[0], model(tokens))
    theirs, report = Mamba2ForCausalLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert theirs.config.time_step_limit == pytest.approx(cfg.dt_limit)


@pytest.mark.parametrize("cfg", [CFG, UNTIED], ids=["tied", "untied"])
@pytest.mark.parametrize("shard", ["5GB", "5KB"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_what_transformers_saves_is_loaded(tmp_path: Path, cfg: Mamba2Config, shard: str, dtype: torch.dtype) -> None:
    """`save_pretrained`, sharded or not, gives a directory with the same config and the same weights to the bit."""
    from transformers import Mamba2ForCausalLM

    saved(tmp_path / "ours", cfg)
    theirs = Mamba2ForCausalLM.from_pretrained(tmp_path / "ours", dtype=dtype)
    theirs.save_pretrained(tmp_path / "theirs", max_shard_size=shard)
    assert (tmp_path / "theirs" / "model.safetensors").exists() == (shard == "5GB")
    loaded, weights = checkpoint.load(tmp_path / "theirs")
    assert loaded == cfg
    want = {name: tensor.float() for name, tensor in theirs.state_dict().items()}
    assert torch.equal(weights.embedding, want["backbone.embeddings.weight"])
    assert torch.equal(weights.head, want["lm_head.weight"])
    for i, layer in enumerate(weights.layers):
        for ours in vars(layer):
            assert torch.equal(
                getattr(layer, ours), want[checkpoint.layer_name(i, ours)].view(getattr(layer, ours).shape)
            )


def test_a_pickled_state_dict_of_transformers_is_loaded(tmp_path: Path) -> None:
    """`pytorch_model.bin` with transformers' names and its config, the tied head in it, is the same model."""
    model = saved(tmp_path, CFG)
    (tmp_path / "model.safetensors").unlink()
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    _, weights = checkpoint.load(tmp_path)
    tokens = torch.arange(20)[None]
    with torch.no_grad():
        assert torch.equal(forward(tokens, weights, CFG)[0], model(tokens))


def test_layers_are_read_when_taken_and_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading reads no tensor, a layer its own nine and again each time, the three others are read once."""
    random_checkpoint.write(tmp_path / "model", CFG, 1, shard_bytes=4000)
    read: list[str] = []
    original = store.Store.read
    monkeypatch.setattr(store.Store, "read", lambda s, n, d: (read.extend(n := list(n)), original(s, n, d))[1])
    _, weights = checkpoint.load(tmp_path / "model")
    assert read == []
    assert len(weights.layers[-1:]) == 1
    assert read == []
    first = weights.layers[1]
    assert sorted(read) == sorted(checkpoint.layer_name(1, ours) for ours in vars(first))
    assert weights.layers[-1] is not first
    assert len(read) == 18
    assert weights.head is weights.embedding is weights.embedding
    assert weights.norm_f is weights.norm_f
    assert read[18:] == ["backbone.embeddings.weight", "backbone.norm_f.weight"]
    with pytest.raises(IndexError):
        weights.layers[2]
    checkpoint.verify(weights)
    assert len(read) == 20 + 18


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16], ids=str)
def test_weights_come_in_the_dtype_asked_for(tmp_path: Path, dtype: torch.dtype) -> None:
    """A type that holds the stored one exactly serves, for every tensor; the values are the stored ones."""
    random_checkpoint.write(tmp_path / "model", UNTIED, 1, dtype="bfloat16")
    weights = checkpoint.in_memory(checkpoint.load(tmp_path / "model", dtype)[1])
    exact = checkpoint.in_memory(checkpoint.load(tmp_path / "model")[1])
    for got, want in zip(every_tensor(weights), every_tensor(exact), strict=True):
        assert got.dtype == dtype
        assert torch.equal(got.float(), want)
    random_checkpoint.write(tmp_path / "wide", UNTIED, 1)
    if dtype == torch.bfloat16:
        with pytest.raises(InputError, match=r"holds torch.float32, which torch.bfloat16 cannot hold exactly"):
            checkpoint.verify(checkpoint.load(tmp_path / "wide", dtype)[1])


def every_tensor(w: ModelWeights) -> list[torch.Tensor]:
    return [w.embedding, w.norm_f, w.head, *(tensor for layer in w.layers for tensor in vars(layer).values())]


def test_a_tied_head_must_be_the_embedding(tmp_path: Path) -> None:
    """A stored head that differs from the embedding it is tied to is refused when it is used, in both layouts."""
    model = saved(tmp_path, CFG)
    tensors = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    checkpoints.save(tmp_path, checkpoint.hf_config(CFG), tensors)
    weights = checkpoint.load(tmp_path)[1]
    assert torch.equal(weights.head, weights.embedding)
    tensors["lm_head.weight"][-1, -1] += 1e-3
    checkpoints.save(tmp_path, checkpoint.hf_config(CFG), tensors)
    weights = checkpoint.load(tmp_path)[1]
    assert weights.embedding is not None
    with pytest.raises(InputError, match=r"lm_head.weight differs from the embedding, to which the config ties it"):
        _ = weights.head


ORIGINAL = Mamba2Config(d_model=16, n_layer=2, vocab_size=24, d_state=8, headdim=8, ngroups=2, chunk_size=8)


def original_change(section: str = "", **change: Any) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        config = checkpoints.read_config(folder)
        part = config[section] if section else config
        part.update(change)
        for key in [key for key, value in part.items() if value == "absent"]:
            del part[key]
        (folder / "config.json").write_text(json.dumps(config))

    return apply


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (original_change(ssm_cfg="absent", d_model="absent"), "found none of their keys; expected the Mamba2 config"),
        (original_change(model_type="mamba2"), "found d_model, model_type, ssm_cfg; expected the Mamba2 config either"),
        (original_change(n_layer="absent"), "key n_layer is missing; expected a config of state-spaces/mamba2"),
        (original_change(d_model=16.0), "d_model is 16.0, expected a whole number"),
        (original_change(d_intermediate=64), "d_intermediate is 64, expected 0 as in the published Mamba2"),
        (original_change(attn_layer_idx=[1]), "attn_layer_idx is .1., expected .. as in"),
        (original_change(rms_norm=False), "rms_norm is False, expected True"),
        (original_change(tie_embeddings="yes"), "tie_embeddings is 'yes', expected bool"),
        (original_change(colour=1), "unknown key colour"),
        (original_change(vocab_size=25), "tensor backbone.embedding.weight has shape .24, 16., expected .32, 16."),
        (original_change(tie_embeddings=False, vocab_size=7), "embedding.weight has shape"),
        (original_change(ssm_cfg=[]), "ssm_cfg is .., expected an object"),
        (original_change("ssm_cfg", layer="absent"), "ssm_cfg.layer is missing, which means Mamba1"),
        (original_change("ssm_cfg", layer="Mamba1"), "ssm_cfg.layer is 'Mamba1', expected 'Mamba2'"),
        (original_change("ssm_cfg", norm_before_gate=True), "ssm_cfg.norm_before_gate is True, expected False"),
        (original_change("ssm_cfg", bias=True), "ssm_cfg.bias is True, expected False"),
        (original_change("ssm_cfg", d_ssm=16), "ssm_cfg.d_ssm is 16, expected none or d_inner = 32"),
        (original_change("ssm_cfg", dt_limit=[1, 0]), "ssm_cfg.dt_limit is .1, 0., expected two numbers"),
        (original_change("ssm_cfg", headdim=5), "config.json: mamba2 config: headdim 5 does not divide d_inner 32"),
        (original_change("ssm_cfg", twist=1), "unknown key ssm_cfg.twist"),
        (original_change("ssm_cfg", ngroups="absent"), "in_proj.weight has shape .100, 16., expected .84, 16."),
    ],
)
def test_unsound_originals_are_refused(tmp_path: Path, spoil: Callable[[Path], None], says: str) -> None:
    """A config of the original layout that is not the published block, or not these tensors', is one line."""
    random_checkpoint.write(tmp_path / "model", ORIGINAL, 1, layout="state-spaces")
    original_change(pad_vocab_size_multiple=8)(tmp_path / "model")
    checkpoint.load(tmp_path / "model")
    spoil(tmp_path / "model")
    with pytest.raises(InputError, match=says) as caught:
        checkpoint.load(tmp_path / "model")
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_published_config_is_understood() -> None:
    """What state-spaces/mamba2-130m says, and what it leaves to the defaults of its code, is the published shape."""
    config = {
        "d_model": 768, "d_intermediate": 0, "n_layer": 24, "vocab_size": 50277, "ssm_cfg": {"layer": "Mamba2"},
        "attn_layer_idx": [], "attn_cfg": {}, "rms_norm": True, "residual_in_fp32": True, "fused_add_norm": True,
        "pad_vocab_size_multiple": 16, "tie_embeddings": True,
    }  # fmt: skip
    assert state_spaces.parse_config(config, Path("config.json")) == published("mamba2-130m")
    assert state_spaces.config_of(published("mamba2-130m"), VOCAB, PADDING) == config


@pytest.mark.parametrize(
    ("change", "vocab", "says"),
    [({"norm_eps": 1e-6}, None, "norm_eps is 1e-06"), ({}, 30, "30 tokens padded to 1 are not 24")],
)
def test_what_the_original_layout_cannot_say_is_refused(change: dict[str, Any], vocab: int | None, says: str) -> None:
    """Its code fixes eps, and its vocabulary must pad to the rows that there are."""
    with pytest.raises(InputError, match=says):
        state_spaces.config_of(replace(ORIGINAL, **change), vocab)


def config_change(**change: Any) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        config = checkpoints.read_config(folder) | change
        (folder / "config.json").write_text(json.dumps({k: v for k, v in config.items() if v != "absent"}))

    return apply


def nan_in_state(folder: Path) -> None:
    found = checkpoints.load(folder)
    found.tensors["backbone.layers.1.mixer.A_log"][0] = float("nan")
    checkpoints.save(folder, found.config, found.tensors)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (config_change(model_type="mamba"), "model_type is 'mamba', expected 'mamba2'"),
        (config_change(model_type="absent"), "model_type is None, expected 'mamba2'"),
        (config_change(use_bias=True), "use_bias is True, expected False"),
        (config_change(state_size="absent"), "key state_size is missing"),
        (config_change(state_size="8"), "state_size is '8', expected int"),
        (config_change(num_heads=3), "num_heads is 3, expected .* = 4"),
        (config_change(time_step_limit=[0.1]), "time_step_limit is .0.1., expected two numbers"),
        (config_change(n_groups=1), "in_proj.weight has shape .100, 16., expected .84, 16."),
        (config_change(num_hidden_layers=3), "tensor backbone.layers.2.* is missing"),
        (nan_in_state, "A_log holds NaN"),
    ],
)
def test_unsound_checkpoints_are_refused(tmp_path: Path, spoil: Callable[[Path], None], says: str) -> None:
    """What contradicts the published block, or itself, is refused in one line that names the file and the key."""
    saved(tmp_path, CFG)
    spoil(tmp_path)
    with pytest.raises(InputError, match=says) as caught:
        checkpoint.verify(checkpoint.load(tmp_path)[1])
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)
