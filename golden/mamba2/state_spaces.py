# SPDX-License-Identifier: Apache-2.0
"""`config.json` of Mamba2 in the original layout of the checkpoints `state-spaces/mamba2-*`.

Source: `MambaConfig` (mamba_ssm/models/config_mamba.py) for the keys at the top, `MambaLMHeadModel` for the padding of
the vocabulary, the arguments of `Mamba2` (mamba_ssm/modules/mamba2.py) for those in `ssm_cfg` and their defaults. The
published files say only {"layer": "Mamba2"} there: everything else is that code's default.
"""

from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

from golden.errors import InputError
from golden.mamba2.config import Mamba2Config
from golden.mamba2.huggingface import parse_limit

NORM_EPS = 1e-5  # fixed in that code, no key names it
REQUIRED = ("d_model", "n_layer", "vocab_size", "ssm_cfg")
FIXED: dict[str, tuple[Any, ...]] = {  # values that describe the published block; the first is the default
    "d_intermediate": (0,), "attn_layer_idx": ([], None), "attn_cfg": ({}, None), "rms_norm": (True,),
    # how the original code computes, not what: the reference keeps its residual in the dtype of the weights
    "residual_in_fp32": (True, False), "fused_add_norm": (True, False),
}  # fmt: skip
PADDING = 8  # default of pad_vocab_size_multiple
SIZES = {"d_state": 128, "d_conv": 4, "expand": 2, "headdim": 64, "ngroups": 1, "chunk_size": 256}
FIXED_SSM: dict[str, tuple[Any, ...]] = {
    "layer": ("Mamba2",), "D_has_hdim": (False,), "rmsnorm": (True,), "norm_before_gate": (False,),
    "bias": (False,), "conv_bias": (True,), "process_group": (None,),
}  # fmt: skip
WITHOUT_EFFECT = {  # on a trained model: initialization, and how kernels run
    "conv_init", "A_init_range", "dt_min", "dt_max", "dt_init_floor", "use_mem_eff_path", "sequence_parallel",
}  # fmt: skip


def config_of(cfg: Mamba2Config, vocab_size: int | None = None, padding: int = 1) -> dict[str, Any]:
    """`config.json` of `cfg`; `vocab_size` is the size that padding to a multiple of `padding` makes cfg.vocab_size.

    Raises InputError for what the layout cannot say.
    """
    vocab_size = cfg.vocab_size if vocab_size is None else vocab_size
    if padded(vocab_size, padding) != cfg.vocab_size:
        raise InputError(f"state-spaces layout: {vocab_size} tokens padded to {padding} are not {cfg.vocab_size}")
    if cfg.norm_eps != NORM_EPS:
        raise InputError(f"state-spaces layout: norm_eps is {cfg.norm_eps}, but its code knows {NORM_EPS} only")
    ssm: dict[str, Any] = {"layer": "Mamba2"}
    ssm |= {key: getattr(cfg, key) for key, default in SIZES.items() if getattr(cfg, key) != default}
    if cfg.dt_limit != (0.0, inf):
        ssm["dt_limit"] = list(cfg.dt_limit)
    return {
        "d_model": cfg.d_model, "d_intermediate": 0, "n_layer": cfg.n_layer, "vocab_size": vocab_size,
        "ssm_cfg": ssm, "attn_layer_idx": [], "attn_cfg": {}, "rms_norm": True, "residual_in_fp32": True,
        "fused_add_norm": True, "pad_vocab_size_multiple": padding,
        "tie_embeddings": cfg.tie_embeddings,
    }  # fmt: skip


def parse_config(config: Mapping[str, Any], source: Path) -> Mamba2Config:
    """Shape of the model that `config.json` describes; InputError where it is not the published block."""
    for key in REQUIRED:
        if key not in config:
            raise InputError(f"{source}: key {key} is missing; expected a config of state-spaces/mamba2")
    ssm = config["ssm_cfg"]
    if not isinstance(ssm, dict):
        raise InputError(f"{source}: ssm_cfg is {ssm!r}, expected an object")
    known = {*REQUIRED, *FIXED, "pad_vocab_size_multiple", "tie_embeddings"}
    _check(config, known, FIXED, "", source)
    _check(ssm, {*SIZES, *FIXED_SSM, *WITHOUT_EFFECT, "dt_limit", "d_ssm"}, FIXED_SSM, "ssm_cfg.", source)
    if "layer" not in ssm:
        raise InputError(f"{source}: key ssm_cfg.layer is missing, which means Mamba1; expected 'Mamba2'")
    tied = config.get("tie_embeddings", True)
    if type(tied) is not bool:
        raise InputError(f"{source}: tie_embeddings is {tied!r}, expected bool")
    vocab_size = padded(_size(config, "vocab_size", source), _size(config, "pad_vocab_size_multiple", source, PADDING))
    cfg = Mamba2Config(
        d_model=_size(config, "d_model", source),
        n_layer=_size(config, "n_layer", source),
        vocab_size=vocab_size,
        **{key: _size(ssm, key, source, default) for key, default in SIZES.items()},
        norm_eps=NORM_EPS,
        dt_limit=parse_limit(ssm.get("dt_limit"), "ssm_cfg.dt_limit", source),
        tie_embeddings=tied,
    )
    if ssm.get("d_ssm", cfg.d_inner) not in (None, cfg.d_inner):
        raise InputError(f"{source}: ssm_cfg.d_ssm is {ssm['d_ssm']!r}, expected none or d_inner = {cfg.d_inner}")
    return cfg


def padded(size: int, multiple: int) -> int:
    """Least multiple of `multiple` that is no less than `size`: 50277 tokens padded to 16 are 50288."""
    return -(-size // multiple) * multiple


def _check(
    config: Mapping[str, Any], known: set[str], fixed: Mapping[str, tuple[Any, ...]], prefix: str, source: Path
) -> None:
    """InputError for a key outside `known`, whose effect is unknown, and for values other than the `fixed` ones."""
    for key in sorted(config.keys() - known):
        raise InputError(f"{source}: unknown key {prefix}{key}; expected those of state-spaces/mamba2 only")
    for key, values in fixed.items():
        if key in config and config[key] not in values:
            raise InputError(
                f"{source}: {prefix}{key} is {config[key]!r}, expected {values[0]!r} as in the published Mamba2"
            )


def _size(config: Mapping[str, Any], key: str, source: Path, default: int | None = None) -> int:
    size = config.get(key, default)
    if type(size) is not int or size < 1:
        raise InputError(f"{source}: {key} is {size!r}, expected a whole number of at least 1")
    return size
