# SPDX-License-Identifier: Apache-2.0
"""BitNet checkpoints: every published layout and form is read, lazily; everything else is one line that says what."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from golden import checkpoints
from golden.checkpoints import store
from golden.errors import InputError
from golden.ternary import checkpoint, two_bit
from golden.ternary.config import EMBEDDING, HEAD, BitNetConfig, Form, describe, hf_config, linear_shapes
from golden.ternary.model import forward
from golden.ternary.quant import quantize_weight
from tests.golden.ternary.random_models import SHAPES, random_tensors

C = SHAPES["squared-relu"]
Q = "model.layers.1.self_attn.q_proj"
TOKENS = torch.arange(20) % 31
# As published: microsoft/bitnet-b1.58-2B-4T, 1bitLLM/bitnet_b1_58-large, tiiuae/Falcon3-1B-Instruct-1.58bit
MICROSOFT: dict[str, Any] = {
    "architectures": ["BitNetForCausalLM"], "auto_map": {"AutoConfig": "configuration_bitnet.BitNetConfig"},
    "bos_token_id": 128000, "hidden_act": "relu2", "hidden_size": 2560, "initializer_range": 0.02,
    "intermediate_size": 6912, "max_position_embeddings": 4096, "model_type": "bitnet", "rms_norm_eps": 1e-05,
    "num_attention_heads": 20, "num_hidden_layers": 30, "num_key_value_heads": 5, "rope_theta": 500000.0,
    "tie_word_embeddings": True, "torch_dtype": "bfloat16", "use_cache": True, "vocab_size": 128256,
    "quantization_config": {
        "quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "offline",
    },
}  # fmt: skip
ONE_BIT_LLM: dict[str, Any] = {
    "_name_or_path": "1bitLLM/bitnet_b1_58-large", "architectures": ["BitnetForCausalLM"], "attention_bias": False,
    "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu", "hidden_size": 1536,
    "initializer_range": 0.02, "input_bits": 8, "intermediate_size": 4096, "max_position_embeddings": 2048,
    "model_type": "llama", "num_attention_heads": 16, "num_hidden_layers": 24, "num_key_value_heads": 16,
    "pad_token_id": 32000, "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_scaling": None, "rope_theta": 10000.0,
    "tie_word_embeddings": True, "torch_dtype": "float16", "transformers_version": "4.39.0", "use_cache": True,
    "vocab_size": 32002, "weight_bits": 1,
}  # fmt: skip
FALCON: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"], "attention_bias": False, "attention_dropout": 0.0, "eos_token_id": 11,
    "head_dim": 256, "hidden_act": "silu", "hidden_size": 2048, "initializer_range": 0.02, "intermediate_size": 8192,
    "is_bitnet_config": True, "max_position_embeddings": 8192, "mlp_bias": False, "model_type": "llama",
    "num_attention_heads": 8, "num_hidden_layers": 18, "num_key_value_heads": 4, "pretraining_tp": 1,
    "quantization_config": {"modules_to_not_convert": ["lm_head"], "quant_method": "bitnet"}, "rms_norm_eps": 1e-06,
    "rope_scaling": None, "rope_theta": 1000042, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
    "transformers_version": "4.48.0.dev0", "use_cache": True, "vocab_size": 131072,
}  # fmt: skip


def packed_tensors(c: BitNetConfig, form: Form, seed: int = 3) -> dict[str, Tensor]:
    """Tensors of a random model with ternary projections, exactly what its masters quantize to."""
    tensors = random_tensors(c, seed)
    for name in linear_shapes(c):
        q, scale = quantize_weight(tensors[f"{name}.weight"])
        tensors[f"{name}.weight"] = two_bit.pack(q)
        tensors[f"{name}.weight_scale"] = (1 / scale if form == "autobitlinear" else scale).reshape(1)
    return tensors


def save(path: Path, config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Path:
    checkpoints.save(path, config, tensors)
    return path


def test_published_configs_are_read() -> None:
    """The files of the three publishers say which model, layout and form it is."""
    found = describe(MICROSOFT, "config.json")
    assert found.config == BitNetConfig(128256, 2560, 6912, 30, 20, 5, 5e5, 4096)
    assert (found.layout, found.form) == ("bitnet", "autobitlinear")
    found = describe(ONE_BIT_LLM, "config.json")
    assert found.config == BitNetConfig(32002, 1536, 4096, 24, 16, 16, 1e4, 2048, hidden_act="silu")
    assert (found.layout, found.form, found.config.head_dim) == ("1bitllm", "online", 96)
    found = describe(FALCON, "config.json")
    assert (found.layout, found.form) == ("llama", "bitlinear")
    assert not found.config.sub_norms
    assert not found.config.tie_word_embeddings


@pytest.mark.parametrize("form", ["autobitlinear", "bitlinear"])
def test_ternary_weights_are_the_masters_quantized(tmp_path: Path, form: Form) -> None:
    """A packed checkpoint gives the logits of the masters that it was made of, near ties of the rounding apart."""
    masters = checkpoint.load(save(tmp_path / "online", hf_config(C), random_tensors(C, 3)))
    ternary = checkpoint.load(save(tmp_path / "packed", hf_config(C, form), packed_tensors(C, form)))
    for name in linear_shapes(C):
        ours, theirs = ternary.projection(name), masters.projection(name)
        assert torch.equal(ours.q, theirs.q)
        torch.testing.assert_close(ours.divisor, theirs.divisor, rtol=1e-6, atol=0)
    expected = forward(masters, TOKENS)
    worst = (forward(ternary, TOKENS) - expected).abs().amax(-1) / expected.abs().max()
    assert float(worst.median()) <= 1e-5


def test_one_bit_llm_layout(tmp_path: Path) -> None:
    """1bitLLM's names and config give the very model of transformers' layout."""
    c = SHAPES["swiglu"]
    tensors = random_tensors(c, 4)
    own = {key: value for key, value in hf_config(c).items() if key in ONE_BIT_LLM}
    config = {**ONE_BIT_LLM, **own, "architectures": ["BitnetForCausalLM"], "model_type": "llama"}
    renamed = {checkpoint.stored_name(name, "1bitllm"): tensor for name, tensor in tensors.items()}
    assert "model.layers.0.self_attn.inner_attn_ln.weight" in renamed
    assert "model.layers.2.mlp.ffn_layernorm.weight" in renamed
    ours = checkpoint.load(save(tmp_path / "theirs", config, renamed))
    other = checkpoint.load(save(tmp_path / "ours", hf_config(c), tensors))
    assert ours.config == other.config == c
    assert torch.equal(forward(ours, TOKENS), forward(other, TOKENS))


def test_containers(tmp_path: Path) -> None:
    """The same packed model from one file, from shards, and from a .bin with the tied head in it."""
    tensors, config = packed_tensors(C, "bitlinear"), hf_config(C, "bitlinear")
    expected = forward(checkpoint.load(save(tmp_path / "one", config, tensors)), TOKENS)
    names = list(tensors)
    places = {name: f"model-0000{1 + i % 2}-of-00002.safetensors" for i, name in enumerate(names)}
    for folder in ("shards", "bin"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "config.json").write_text(json.dumps(config))
    for file in sorted(set(places.values())):
        save_file({name: tensors[name] for name in names if places[name] == file}, tmp_path / "shards" / file)
    (tmp_path / "shards" / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    torch.save(tensors | {HEAD: tensors[EMBEDDING]}, tmp_path / "bin" / "pytorch_model.bin")
    for folder in ("shards", "bin"):
        assert torch.equal(forward(checkpoint.load(tmp_path / folder), TOKENS), expected), folder


def test_unpacked_ternary_weights(tmp_path: Path) -> None:
    """Ternary weights in floating point with a scale beside, which transformers takes too, are the same model."""
    tensors, config = packed_tensors(C, "autobitlinear"), hf_config(C, "autobitlinear")
    floats = {n: two_bit.unpack(t).float() if t.dtype == torch.uint8 else t for n, t in tensors.items()}
    ours = checkpoint.load(save(tmp_path / "floats", config, floats))
    packed = checkpoint.load(save(tmp_path / "packed", config, tensors))
    assert torch.equal(forward(ours, TOKENS), forward(packed, TOKENS))


def test_nothing_is_read_before_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening reads headers; a tensor is read when it is taken, the embedding once; verify reads all."""
    path = save(tmp_path / "model", hf_config(C, "bitlinear"), packed_tensors(C, "bitlinear"))
    taken: list[str] = []
    read = store.Store.read

    def spy(self: store.Store, names: list[str], dtype: torch.dtype) -> dict[str, Tensor]:
        taken.extend(names)
        return read(self, names, dtype)

    monkeypatch.setattr(store.Store, "read", spy)
    model = checkpoint.load(path)
    assert Q in model.packed
    assert EMBEDDING in model.tensors
    assert f"{Q}.weight" not in model.tensors
    assert taken == []
    model.projection(Q)
    assert taken == [f"{Q}.weight", f"{Q}.weight_scale"]
    assert model.tensors[EMBEDDING] is model.tensors[EMBEDDING] is model.head
    assert taken[2:] == [EMBEDDING]
    checkpoint.verify(model)
    assert set(taken) == set(packed_tensors(C, "bitlinear"))


Edit = Callable[[dict[str, Any], dict[str, Tensor]], None]


def put(name: str, value: Tensor | None) -> Edit:
    """Replace a tensor, or remove it."""

    def edit(_: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        tensors.pop(name, None)
        if value is not None:
            tensors[name] = value

    return edit


def said(**change: Any) -> Edit:
    """Change keys of the config; "absent" removes one."""

    def edit(config: dict[str, Any], _: dict[str, Tensor]) -> None:
        config.update(change)
        for key in [key for key, value in config.items() if value == "absent"]:
            del config[key]

    return edit


def quantized_by(**change: Any) -> Edit:
    return said(quantization_config={"quant_method": "bitnet", **change})


CODE_3 = torch.full((8, 32), 0b01010101, dtype=torch.uint8)
CODE_3[2, 5] = 0b01110101
HALF = torch.zeros(32, 32)
HALF[3, 4] = 0.5
LARGE = torch.zeros(32, 32)
LARGE[31, 31] = -2


@pytest.mark.parametrize(
    ("form", "spoil", "message"),
    [
        ("bitlinear", put(f"{Q}.weight", CODE_3), rf"tensor {Q}.weight: row 18, column 5 has the code 3"),
        ("autobitlinear", put(f"{Q}.weight", HALF), rf"{Q}.weight: row 3, column 4 is 0.5, expected -1, 0 or 1"),
        ("autobitlinear", put(f"{Q}.weight", LARGE), "row 31, column 31 is -2, expected -1, 0 or 1"),
        ("bitlinear", put(f"{Q}.weight", torch.zeros(32, 32)), r"has shape \[32, 32\], expected \[8, 32\]"),
        ("bitlinear", put(f"{Q}.weight", torch.zeros(8, 32)), f"{Q}.weight holds float32, expected uint8, four"),
        ("online", put(f"{Q}.weight", torch.zeros(32, 32, dtype=torch.uint8)), "holds uint8, expected floating point"),
        ("online", put(EMBEDDING, torch.zeros(40, 32, dtype=torch.uint8)), "holds uint8, expected floating point"),
        ("online", put(f"{Q}.weight", torch.zeros(8, 32, dtype=torch.uint8)), r"shape \[8, 32\], expected \[32, 32\]"),
        ("online", put(f"{Q}.weight_scale", torch.ones(1)), f"unexpected tensor {Q}.weight_scale"),
        ("bitlinear", put(f"{Q}.weight_scale", None), f"tensor {Q}.weight_scale is missing"),
        ("bitlinear", put(f"{Q}.weight_scale", torch.zeros(1)), f"{Q}.weight_scale is 0.0, expected above 0"),
        ("bitlinear", put(f"{Q}.weight_scale", torch.ones(2)), r"shape \[2\], expected \[1\]"),
        ("bitlinear", put(f"{Q}.weight_scale", torch.tensor([float("nan")])), "holds NaN or infinity"),
        ("bitlinear", put(f"{Q}.weight", torch.zeros(8, 32, dtype=torch.int8)), "I8, expected float16.* or uint8"),
        ("online", put("model.norm.weight", torch.full((32,), torch.inf)), "model.norm.weight holds NaN or infinity"),
        ("online", put(HEAD, torch.ones(40, 32)), f"{HEAD} differs from the embedding, to which the config ties it"),
        ("online", said(tie_word_embeddings=False), f"tensor {HEAD} is missing"),
        ("online", said(quantization_config="absent"), "quantization_config is None, expected an object"),
        ("online", said(model_type="gpt2"), "model_type is 'gpt2' with architectures.*expected bitnet with"),
        ("online", said(hidden_act=7), "hidden_act is 7, expected 'relu2' or 'silu'"),
        ("online", said(tie_word_embeddings="no"), "tie_word_embeddings is 'no', expected true or false"),
        ("online", said(head_dim=16), r"head_dim is 16, expected hidden_size / heads = 8"),
        ("online", said(attention_bias=True), "attention_bias is True, expected False"),
        ("online", said(rope_scaling={"factor": 2.0}), "rope_scaling is {'factor': 2.0}, expected None"),
        ("online", said(weight_bits=2), "weight_bits is 2, expected 1"),
        ("online", said(rope_parameters={"rope_type": "yarn", "rope_theta": 1e4}), "rope_type is 'yarn', expected"),
        ("online", said(rope_parameters={"rope_type": "default", "rope_theta": 1e4, "factor": 2}), "key factor"),
        ("online", quantized_by(linear_class="other"), "linear_class 'other', quantization_mode 'offline', expected"),
        ("online", quantized_by(linear_class="bitlinear", quantization_mode="online"), "expected autobitlinear online"),
        ("online", quantized_by(use_rms_norm=True), "use_rms_norm is True, expected False"),
        ("online", quantized_by(modules_to_not_convert=[]), r"modules_to_not_convert is \[\], expected \['lm_head'\]"),
        ("online", quantized_by(modules_to_not_convert=["lm_head", "o_proj"]), "'o_proj'.*, expected"),
        ("online", quantized_by(group_size=64), "quantization_config: unknown key group_size"),
    ],
)  # fmt: skip
def test_unsound_checkpoints_are_refused(tmp_path: Path, form: Form, spoil: Edit, message: str) -> None:
    """One line names file, key, what was found and what is expected."""
    config = hf_config(C, form)
    tensors = random_tensors(C, 3) if form == "online" else packed_tensors(C, form)
    spoil(config, tensors)
    save(tmp_path / "model", config, tensors)
    with pytest.raises(InputError, match=message) as refused:
        checkpoint.verify(checkpoint.load(tmp_path / "model"))
    assert str(tmp_path / "model") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_rows_that_four_does_not_divide_cannot_be_packed(tmp_path: Path) -> None:
    """The packing holds four rows a byte; a shape that it cannot say is refused at the config."""
    c = replace(C, intermediate_size=50)
    save(tmp_path / "model", hf_config(c, "bitlinear"), {})
    with pytest.raises(InputError, match=r"config.json: two-bit packing of 50 rows: expected a multiple of 4"):
        checkpoint.load(tmp_path / "model")
