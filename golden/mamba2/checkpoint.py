# SPDX-License-Identifier: Apache-2.0
"""Mamba2 checkpoints in the layout of Hugging Face `transformers`: names, shapes and settings."""

from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

from torch import Tensor

from golden import checkpoints
from golden.checkpoints.directory import CONFIG
from golden.errors import InputError
from golden.mamba2.config import LayerWeights, Mamba2Config, ModelWeights

FIELDS = {  # ours -> theirs
    "d_model": "hidden_size",
    "n_layer": "num_hidden_layers",
    "vocab_size": "vocab_size",
    "d_state": "state_size",
    "headdim": "head_dim",
    "expand": "expand",
    "ngroups": "n_groups",
    "d_conv": "conv_kernel",
    "chunk_size": "chunk_size",
    "norm_eps": "layer_norm_epsilon",
    "tie_embeddings": "tie_word_embeddings",
}
PUBLISHED = {"model_type": "mamba2", "use_bias": False, "use_conv_bias": True, "hidden_act": "silu"}
TENSORS = {  # ours -> theirs, below backbone.layers.<i>.
    "norm": "norm.weight",
    "in_proj": "mixer.in_proj.weight",
    "conv_weight": "mixer.conv1d.weight",
    "conv_bias": "mixer.conv1d.bias",
    "dt_bias": "mixer.dt_bias",
    "A_log": "mixer.A_log",
    "D": "mixer.D",
    "gate_norm": "mixer.norm.weight",
    "out_proj": "mixer.out_proj.weight",
}
EMBEDDING, NORM_F, HEAD = "backbone.embeddings.weight", "backbone.norm_f.weight", "lm_head.weight"


def hf_config(cfg: Mamba2Config, start_token: int | None = None) -> dict[str, Any]:
    """`config.json` from which `transformers` builds the same model."""
    config: dict[str, Any] = {theirs: getattr(cfg, ours) for ours, theirs in FIELDS.items()}
    tokens = {"bos_token_id": start_token, "eos_token_id": start_token, "pad_token_id": None}
    config |= PUBLISHED | tokens | {"architectures": ["Mamba2ForCausalLM"], "dtype": "float32"}
    config |= {"num_heads": cfg.nheads, "residual_in_fp32": True}
    if cfg.dt_limit != (0.0, inf):  # the default is infinite, which JSON cannot say
        config["time_step_limit"] = list(cfg.dt_limit)
    return config


def parse_config(config: Mapping[str, Any], source: Path) -> Mamba2Config:
    """Shape of the model that `config.json` describes; InputError where it is not the published block."""
    for key, value in PUBLISHED.items():
        if config.get(key, value) != value or (key == "model_type" and key not in config):
            raise InputError(f"{source}: {key} is {config.get(key)!r}, expected {value!r} as in the published Mamba2")
    missing = sorted({*FIELDS.values(), "num_heads"} - config.keys())
    if missing:
        raise InputError(f"{source}: key {missing[0]} is missing; expected a Mamba2 config of transformers")
    for ours, theirs in FIELDS.items():
        kind = Mamba2Config.__annotations__[ours]
        if type(config[theirs]) is not kind:
            raise InputError(f"{source}: {theirs} is {config[theirs]!r}, expected {kind.__name__}")
    limit = config.get("time_step_limit", (0.0, inf))
    if not isinstance(limit, list | tuple) or len(limit) != 2 or not all(isinstance(v, int | float) for v in limit):
        raise InputError(f"{source}: time_step_limit is {limit!r}, expected two numbers")
    dt_limit = (float(limit[0]), float(limit[1]))
    cfg = Mamba2Config(**{ours: config[theirs] for ours, theirs in FIELDS.items()}, dt_limit=dt_limit)
    if config["num_heads"] != cfg.nheads:
        raise InputError(
            f"{source}: num_heads is {config['num_heads']}, expected expand * hidden_size / head_dim = {cfg.nheads}"
        )
    return cfg


def tensor_shapes(cfg: Mamba2Config) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all tensors of `model.safetensors`; a tied head is not stored."""
    D, inner, C, H = cfg.d_model, cfg.d_inner, cfg.conv_dim, cfg.nheads
    layer: dict[str, tuple[int, ...]] = {
        "norm": (D,), "in_proj": (cfg.d_in_proj, D), "conv_weight": (C, 1, cfg.d_conv), "conv_bias": (C,),
        "dt_bias": (H,), "A_log": (H,), "D": (H,), "gate_norm": (inner,), "out_proj": (D, inner),
    }  # fmt: skip
    names = {layer_name(i, ours): shape for i in range(cfg.n_layer) for ours, shape in layer.items()}
    ends = {EMBEDDING: (cfg.vocab_size, D), NORM_F: (D,)}
    return names | ends | ({} if cfg.tie_embeddings else {HEAD: (cfg.vocab_size, D)})


def layer_name(layer: int, ours: str) -> str:
    """Name in the checkpoint of the field `ours` of LayerWeights."""
    return f"backbone.layers.{layer}.{TENSORS[ours]}"


def weights_of(tensors: Mapping[str, Tensor], cfg: Mamba2Config) -> ModelWeights:
    """Arrange tensors, named and shaped as in `tensor_shapes`, into the records of the pure functions."""

    def layer(i: int) -> LayerWeights:
        found = {ours: tensors[layer_name(i, ours)] for ours in TENSORS}
        return LayerWeights(**found | {"conv_weight": found["conv_weight"].squeeze(1)})

    head = tensors[EMBEDDING if cfg.tie_embeddings else HEAD]
    return ModelWeights(tensors[EMBEDDING], tuple(map(layer, range(cfg.n_layer))), tensors[NORM_F], head)


def load(path: Path) -> tuple[Mamba2Config, ModelWeights]:
    """Model of the checkpoint directory `path` in float32; InputError when it is no sound Mamba2 checkpoint."""
    found = checkpoints.load(path)
    cfg = parse_config(found.config, path / CONFIG)
    checkpoints.expect(found, tensor_shapes(cfg))
    return cfg, weights_of({name: tensor.float() for name, tensor in found.tensors.items()}, cfg)
