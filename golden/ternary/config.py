# SPDX-License-Identifier: Apache-2.0
"""Dimensions of a BitNet model, the tensors that follow from them, and the `config.json` that states them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from golden.errors import InputError


@dataclass(frozen=True)
class BitNetConfig:
    """Dimensions of a BitNet model, under the names of `transformers`' BitNetConfig."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    rope_theta: float
    max_position_embeddings: int
    rms_norm_eps: float = 1e-5

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                raise InputError(f"BitNet config: {field.name} is {value!r}, expected a positive number")
            if field.type is int and not isinstance(value, int):
                raise InputError(f"BitNet config: {field.name} is {value!r}, expected a whole number")
        if self.hidden_size % self.num_attention_heads or self.head_dim % 2:
            raise InputError(
                f"BitNet config: hidden_size {self.hidden_size} makes no {self.num_attention_heads} even heads"
            )
        if self.num_attention_heads % self.num_key_value_heads:
            raise InputError(
                f"BitNet config: {self.num_attention_heads} heads, no multiple of {self.num_key_value_heads} KV heads"
            )

    @property
    def head_dim(self) -> int:
        """Width P of one head."""
        return self.hidden_size // self.num_attention_heads


def linear_shapes(c: BitNetConfig) -> dict[str, tuple[int, int]]:
    """Shape [M, K] of every projection in the order in which a token meets them; names without `.weight`."""
    D, F_, queries, keys = c.hidden_size, c.intermediate_size, c.hidden_size, c.num_key_value_heads * c.head_dim
    attention = {"q_proj": (queries, D), "k_proj": (keys, D), "v_proj": (keys, D), "o_proj": (D, queries)}
    feed_forward = {"gate_proj": (F_, D), "up_proj": (F_, D), "down_proj": (D, F_)}
    return {
        f"model.layers.{i}.{part}.{name}": shape
        for i in range(c.num_hidden_layers)
        for part, group in (("self_attn", attention), ("mlp", feed_forward))
        for name, shape in group.items()
    }


def tensor_shapes(c: BitNetConfig) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all tensors of `model.safetensors`."""
    shapes: dict[str, tuple[int, ...]] = {f"{name}.weight": shape for name, shape in linear_shapes(c).items()}
    shapes["model.embed_tokens.weight"] = (c.vocab_size, c.hidden_size)
    shapes["model.norm.weight"] = (c.hidden_size,)
    for i in range(c.num_hidden_layers):
        shapes[f"model.layers.{i}.input_layernorm.weight"] = (c.hidden_size,)
        shapes[f"model.layers.{i}.post_attention_layernorm.weight"] = (c.hidden_size,)
        shapes[f"model.layers.{i}.self_attn.attn_sub_norm.weight"] = (c.hidden_size,)
        shapes[f"model.layers.{i}.mlp.ffn_sub_norm.weight"] = (c.intermediate_size,)
    return shapes


FIXED: Mapping[str, Any] = {
    "architectures": ["BitNetForCausalLM"],
    "model_type": "bitnet",
    "hidden_act": "relu2",
    "tie_word_embeddings": True,
    "attention_bias": False,
    "attention_dropout": 0.0,
}
QUANTIZATION: Mapping[str, Any] = {
    "quant_method": "bitnet",
    "linear_class": "autobitlinear",
    "quantization_mode": "online",
    "modules_to_not_convert": ["lm_head"],
}
# No influence on the logits; written for `transformers`, any value is accepted.
UNUSED: Mapping[str, Any] = {
    "initializer_range": 0.02,
    "use_cache": True,
    "dtype": "float32",
    "bos_token_id": None,
    "eos_token_id": None,
    "pad_token_id": None,
}


def hf_config(c: BitNetConfig) -> dict[str, Any]:
    """`config.json` of `transformers` for `c`, with quantizers that run online."""
    own = {name: value for name, value in asdict(c).items() if name != "rope_theta"}
    rope = {"rope_parameters": {"rope_type": "default", "rope_theta": c.rope_theta}}
    return {**FIXED, **UNUSED, **own, **rope, "quantization_config": dict(QUANTIZATION)}


def parse(config: Mapping[str, Any], file: str) -> BitNetConfig:
    """The dimensions in a `config.json`; InputError names `file`, the key, what was found and expected."""
    own = {f.name for f in fields(BitNetConfig)} - {"rope_theta"}
    nested = {"rope_parameters": {"rope_type": "default"}, "quantization_config": QUANTIZATION}
    allowed = own | nested.keys() | FIXED.keys() | UNUSED.keys() | {"transformers_version"}
    for key in sorted(config.keys() - allowed):
        raise InputError(f"{file}: unknown key {key}; krait's BitNet model has no such setting")
    for key in sorted((own | nested.keys() | FIXED.keys()) - config.keys()):
        raise InputError(f"{file}: key {key} is missing; expected a BitNet checkpoint as krait's trainer writes it")
    _require(config, FIXED, file)
    for key, required in nested.items():
        if not isinstance(config[key], dict):
            raise InputError(f"{file}: {key} is {config[key]!r}, expected an object")
        _require(config[key], required, f"{file}: {key}")
    theta = config["rope_parameters"].get("rope_theta")
    try:
        return BitNetConfig(**{name: config[name] for name in own}, rope_theta=theta)
    except InputError as error:
        raise InputError(f"{file}: {error}") from None


def _require(found: Mapping[str, Any], expected: Mapping[str, Any], where: str) -> None:
    for key, value in expected.items():
        if found.get(key) != value:
            raise InputError(f"{where}: {key} is {found.get(key)!r}, expected {value!r}")
