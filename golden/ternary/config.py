# SPDX-License-Identifier: Apache-2.0
"""Dimensions of a BitNet model, the tensors that follow from them, and the `config.json` that states them.

Three ways to publish such a model are known, told apart by `model_type` and `architectures`: README.md, "Checkpoints".
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from golden.errors import InputError

EMBEDDING, FINAL_NORM, HEAD = "model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"
ACTIVATIONS = ("relu2", "silu")
Layout = Literal["bitnet", "1bitllm", "llama"]
"""Who publishes: `transformers`' BitNet, 1bitLLM's own code, or a Llama with BitNet's linear layers (no sub-norms)."""
Form = Literal["online", "autobitlinear", "bitlinear"]
"""How weights are stored: float masters that are quantized in use; ternary and multiplied, or divided, by a scale."""


@dataclass(frozen=True)
class BitNetConfig:
    """Dimensions of a BitNet model, under the names of `transformers`' BitNetConfig.

    hidden_act is that of the gate: squared ReLU, or SiLU (SwiGLU). sub_norms are RMSNorms before o_proj and down_proj:
    every BitNet has them, a Llama with BitNet's linear layers has not.
    """

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    rope_theta: float
    max_position_embeddings: int
    rms_norm_eps: float = 1e-5
    hidden_act: str = "relu2"
    tie_word_embeddings: bool = True
    sub_norms: bool = True

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type is bool:
                if type(value) is not bool:
                    raise InputError(f"BitNet config: {field.name} is {value!r}, expected true or false")
                continue
            if field.type is str:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                raise InputError(f"BitNet config: {field.name} is {value!r}, expected a positive number")
            if field.type is int and not isinstance(value, int):
                raise InputError(f"BitNet config: {field.name} is {value!r}, expected a whole number")
        if self.hidden_act not in ACTIVATIONS:
            raise InputError(f"BitNet config: hidden_act is {self.hidden_act!r}, expected 'relu2' or 'silu'")
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


def layer_linears(c: BitNetConfig) -> dict[str, tuple[int, int]]:
    """Shape [M, K] of each projection of a layer ("mlp.up_proj") in the order in which a token meets them."""
    D, F_, queries, keys = c.hidden_size, c.intermediate_size, c.hidden_size, c.num_key_value_heads * c.head_dim
    attention = {"q_proj": (queries, D), "k_proj": (keys, D), "v_proj": (keys, D), "o_proj": (D, queries)}
    feed_forward = {"gate_proj": (F_, D), "up_proj": (F_, D), "down_proj": (D, F_)}
    return {
        f"{part}.{name}": shape
        for part, group in (("self_attn", attention), ("mlp", feed_forward))
        for name, shape in group.items()
    }


def linear_shapes(c: BitNetConfig) -> dict[str, tuple[int, int]]:
    """Shape [M, K] of every projection, layer by layer; names without `.weight`."""
    layer = layer_linears(c)
    return {f"model.layers.{i}.{name}": shape for i in range(c.num_hidden_layers) for name, shape in layer.items()}


def tensor_shapes(c: BitNetConfig) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all tensors of the float model, under the names of `transformers`."""
    shapes: dict[str, tuple[int, ...]] = {f"{name}.weight": shape for name, shape in linear_shapes(c).items()}
    shapes[EMBEDDING] = (c.vocab_size, c.hidden_size)
    shapes[FINAL_NORM] = (c.hidden_size,)
    for i in range(c.num_hidden_layers):
        shapes[f"model.layers.{i}.input_layernorm.weight"] = (c.hidden_size,)
        shapes[f"model.layers.{i}.post_attention_layernorm.weight"] = (c.hidden_size,)
        if c.sub_norms:
            shapes[f"model.layers.{i}.self_attn.attn_sub_norm.weight"] = (c.hidden_size,)
            shapes[f"model.layers.{i}.mlp.ffn_sub_norm.weight"] = (c.intermediate_size,)
    if not c.tie_word_embeddings:
        shapes[HEAD] = (c.vocab_size, c.hidden_size)
    return shapes


@dataclass(frozen=True)
class Description:
    """What a `config.json` says: the model, who published it, and in which form its weights are stored."""

    config: BitNetConfig
    layout: Layout
    form: Form


ARCHITECTURES: Mapping[Layout, tuple[str, str]] = {  # model_type and architecture
    "bitnet": ("bitnet", "BitNetForCausalLM"),
    "1bitllm": ("llama", "BitnetForCausalLM"),
    "llama": ("llama", "LlamaForCausalLM"),
}
OWN = tuple(f.name for f in fields(BitNetConfig) if f.name not in ("rope_theta", "sub_norms"))
FIXED: Mapping[str, tuple[Any, ...]] = {  # only these values describe the model; a missing key means the first
    "attention_bias": (False,), "mlp_bias": (False,), "rope_scaling": (None,), "rope_interleaved": (False, None),
    "pretraining_tp": (1,), "is_bitnet_config": (True,), "activation": ("swiglu",), "parallel_attn": (False,),
    "weight_bits": (1,), "input_bits": (8,),
}  # fmt: skip
QUANTIZATION: Mapping[str, Any] = {"quant_method": "bitnet", "modules_to_not_convert": ["lm_head"]}
LINEAR_CLASSES: Mapping[Form, Mapping[str, str]] = {
    "online": {"linear_class": "autobitlinear", "quantization_mode": "online"},
    "autobitlinear": {"linear_class": "autobitlinear", "quantization_mode": "offline"},
    "bitlinear": {"linear_class": "bitlinear", "quantization_mode": "offline"},
}
# No influence on the logits; written for `transformers`, any value is accepted.
UNUSED: Mapping[str, Any] = {
    "initializer_range": 0.02,
    "use_cache": True,
    "dtype": "float32",
    "bos_token_id": None,
    "eos_token_id": None,
    "pad_token_id": None,
    "attention_dropout": 0.0,
}
ACCEPTED = {"torch_dtype", "transformers_version", "auto_map", "_name_or_path"}


def hf_config(c: BitNetConfig, form: Form = "online", dtype: str = "float32") -> dict[str, Any]:
    """`config.json` of `transformers` for `c` with weights stored in `form`; without sub-norms it is a Llama's."""
    model_type, architecture = ARCHITECTURES["bitnet" if c.sub_norms else "llama"]
    kind = {"architectures": [architecture], "model_type": model_type, "attention_bias": False}
    own = {name: value for name, value in asdict(c).items() if name in OWN}
    rope = {"rope_parameters": {"rope_type": "default", "rope_theta": c.rope_theta}}
    return {
        **UNUSED,
        "dtype": dtype,
        **kind,
        **own,
        **rope,
        "quantization_config": {**QUANTIZATION, **LINEAR_CLASSES[form]},
    }


def parse(config: Mapping[str, Any], file: str) -> BitNetConfig:
    """The dimensions in a `config.json`; InputError names `file`, the key, what was found and expected."""
    return describe(config, file).config


def is_ternary(config: Mapping[str, Any]) -> bool:
    """Whether a `config.json` means to be that of a BitNet model, so that `describe` is the one to read it."""
    return config.get("model_type") == "bitnet" or "weight_bits" in config or "quantization_config" in config


def describe(config: Mapping[str, Any], file: str) -> Description:
    """Everything that a `config.json` says of a BitNet model; InputError as for `parse`."""
    layout = _layout(config, file)
    allowed = {
        *OWN,
        *FIXED,
        *UNUSED,
        *ACCEPTED,
        "architectures",
        "model_type",
        "rope_theta",
        "rope_parameters",
        "head_dim",
    }
    for key in sorted(config.keys() - allowed - {"quantization_config"}):
        raise InputError(f"{file}: unknown key {key}; krait's BitNet model has no such setting")
    for key in sorted(OWN):
        if key not in config:
            raise InputError(f"{file}: key {key} is missing; expected the config.json of a BitNet model")
    for key, values in FIXED.items():
        if config.get(key, values[0]) not in values:
            raise InputError(f"{file}: {key} is {config[key]!r}, expected {values[0]!r}")
    form = _form(config, layout, file)
    own = {name: config[name] for name in OWN}
    try:
        found = BitNetConfig(**own, rope_theta=_rope_theta(config, file), sub_norms=layout != "llama")
    except InputError as error:
        raise InputError(f"{file}: {error}") from None
    if config.get("head_dim") not in (None, found.head_dim):
        raise InputError(f"{file}: head_dim is {config['head_dim']!r}, expected hidden_size / heads = {found.head_dim}")
    return Description(found, layout, form)


def _layout(config: Mapping[str, Any], file: str) -> Layout:
    model_type, architectures = config.get("model_type"), config.get("architectures")
    for layout, (expected, architecture) in ARCHITECTURES.items():
        if model_type == expected and architectures == [architecture]:
            return layout
    known = ", ".join(f"{expected} with [{name}]" for expected, name in ARCHITECTURES.values())
    raise InputError(f"{file}: model_type is {model_type!r} with architectures {architectures!r}, expected {known}")


def _form(config: Mapping[str, Any], layout: Layout, file: str) -> Form:
    """The form of the weights; 1bitLLM's code quantizes masters in use and has no quantization_config."""
    found = config.get("quantization_config")
    if layout == "1bitllm":
        if found is not None:
            raise InputError(
                f"{file}: quantization_config is {found!r}, expected none beside weight_bits and input_bits"
            )
        return "online"
    if not isinstance(found, dict):
        raise InputError(
            f"{file}: quantization_config is {found!r}, expected an object; without one nothing is ternary"
        )
    where = f"{file}: quantization_config"
    for key in sorted(found.keys() - {*QUANTIZATION, *LINEAR_CLASSES["online"], "use_rms_norm", "rms_norm_eps"}):
        raise InputError(f"{where}: unknown key {key}; expected those of transformers' BitNetQuantConfig only")
    _require(found, {"quant_method": "bitnet"}, where)
    _require({"use_rms_norm": False, **found}, {"use_rms_norm": False}, where)
    kept = found.get(
        "modules_to_not_convert"
    )  # absent means the head; a list that lacks it would make the head ternary
    if kept is not None and (not isinstance(kept, list) or "lm_head" not in kept or set(kept) - KEPT):
        raise InputError(f"{where}: modules_to_not_convert is {kept!r}, expected ['lm_head']")
    said = {"linear_class": "bitlinear", "quantization_mode": "offline"} | {
        key: found[key] for key in LINEAR_CLASSES["online"] if key in found
    }
    for form, words in LINEAR_CLASSES.items():
        if said == words:
            return form
    pair = "linear_class {linear_class!r}, quantization_mode {quantization_mode!r}".format(**said)
    raise InputError(f"{where}: {pair}, expected autobitlinear online or offline, or bitlinear offline")


KEPT = {"lm_head", "model.embed_tokens", "model.norm"}  # modules that are no linear layers of a layer anyway


def _rope_theta(config: Mapping[str, Any], file: str) -> Any:
    """The base of the rotary embedding, in its own key up to transformers 4, in rope_parameters since."""
    rope = config.get("rope_parameters")
    if rope is None:
        return config.get("rope_theta")
    if not isinstance(rope, dict):
        raise InputError(f"{file}: rope_parameters is {rope!r}, expected an object")
    _require(rope, {"rope_type": "default"}, f"{file}: rope_parameters")
    for key in sorted(rope.keys() - {"rope_type", "rope_theta"}):
        raise InputError(f"{file}: rope_parameters: unknown key {key}; expected rope_type and rope_theta")
    return rope.get("rope_theta")


def _require(found: Mapping[str, Any], expected: Mapping[str, Any], where: str) -> None:
    for key, value in expected.items():
        if found.get(key) != value:
            raise InputError(f"{where}: {key} is {found.get(key)!r}, expected {value!r}")
