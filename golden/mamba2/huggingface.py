# SPDX-License-Identifier: Apache-2.0
"""`config.json` of Mamba2 in the layout of Hugging Face `transformers`."""

from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

from golden.errors import InputError
from golden.mamba2.config import Mamba2Config

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


def hf_config(cfg: Mamba2Config, start_token: int | None = None, dtype: str = "float32") -> dict[str, Any]:
    """`config.json` from which `transformers` builds the same model."""
    config: dict[str, Any] = {theirs: getattr(cfg, ours) for ours, theirs in FIELDS.items()}
    tokens = {"bos_token_id": start_token, "eos_token_id": start_token, "pad_token_id": None}
    config |= PUBLISHED | tokens | {"architectures": ["Mamba2ForCausalLM"], "dtype": dtype}
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
    cfg = Mamba2Config(
        **{ours: config[theirs] for ours, theirs in FIELDS.items()},
        dt_limit=parse_limit(config.get("time_step_limit"), "time_step_limit", source),
    )
    if config["num_heads"] != cfg.nheads:
        raise InputError(
            f"{source}: num_heads is {config['num_heads']}, expected expand * hidden_size / head_dim = {cfg.nheads}"
        )
    return cfg


def parse_limit(limit: Any, key: str, source: Path) -> tuple[float, float]:
    """Least and largest dt as `config.json` gives them under `key`: None is no limit.

    Infinity is a number to Python's JSON; transformers 5 writes {"__float__": "Infinity"} instead.
    """
    if limit is None:
        return 0.0, inf
    numbers = [inf if v == {"__float__": "Infinity"} else v for v in limit] if isinstance(limit, list) else []
    if len(numbers) != 2 or not all(type(v) in (int, float) for v in numbers) or not 0 <= numbers[0] < numbers[1]:
        raise InputError(f"{source}: {key} is {limit!r}, expected two numbers, the lower one first")
    return float(numbers[0]), float(numbers[1])
