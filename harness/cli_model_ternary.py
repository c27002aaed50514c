# SPDX-License-Identifier: Apache-2.0
"""The part of `krait model` that knows BitNet: random checkpoints, and what a checkpoint is."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from golden.errors import InputError
from harness import console

if TYPE_CHECKING:
    from golden.ternary.config import BitNetConfig, Form

LAYOUTS: "dict[str, Form]" = {"huggingface": "online", "autobitlinear": "autobitlinear", "bitlinear": "bitlinear"}
"""--layout -> form of the weights: float masters, or ternary weights packed two bits each."""


def is_bitnet(path: Path) -> bool:
    """Whether the checkpoint folder `path` says in its config.json that it is a BitNet model."""
    from golden.checkpoints import read_config
    from golden.ternary.config import is_ternary

    return is_ternary(read_config(path))


def random(shape: str, out: Path, layers: int | None, dtype: str, layout: str, seed: int) -> None:
    """Write a random BitNet checkpoint of the published shape `shape` as the new folder `out`."""
    from golden.ternary import random_checkpoint
    from golden.ternary.published import published

    if layout not in LAYOUTS:
        raise InputError(f"random checkpoint: layout is {layout!r}, expected one of {', '.join(LAYOUTS)} for a BitNet")
    cfg = published(shape)
    cfg = cfg if layers is None else replace(cfg, num_hidden_layers=layers)
    with console.progress(shape) as bar:
        random_checkpoint.write(out, cfg, seed, dtype, LAYOUTS[layout], progress=bar)  # type: ignore[arg-type]  # checked there


def describe(path: Path) -> list[tuple[str, str]]:
    """Lines of a BitNet checkpoint."""
    from golden.ternary import info

    found = info.describe(path)
    files, count = found.summary, found.parameters
    ternary = "float masters" if found.form == "online" else f"two bits each ({found.form})"
    other = f"embedding {count.embedding:,}, other {count.other:,}"
    return [
        ("layout", f"{found.layout}, {len(files.shards)} file(s), {files.bytes / 1e6:,.1f} MB"),
        ("types", ", ".join(f"{name} {elements:,}" for name, elements in files.dtypes)),
        ("shape", _shape(found.config)),
        ("published size", found.published or "none has this shape"),
        ("parameters", f"{count.total:,}: ternary {count.ternary:,}, {other}"),
        ("ternary weights", ternary),
        ("head", f"{count.head:,}" if count.head else "tied to the embedding"),
        ("cache", f"{count.cache:,} elements a token"),
    ]


def _shape(c: "BitNetConfig") -> str:
    heads = f"{c.num_attention_heads} heads x {c.head_dim}, {c.num_key_value_heads} KV heads"
    act = f"{c.hidden_act}{'' if c.sub_norms else ', no sub-norms'}"
    return (
        f"{c.num_hidden_layers} layers, hidden {c.hidden_size}, FFN {c.intermediate_size} {act}, {heads}, "
        f"vocabulary {c.vocab_size}"
    )
