# SPDX-License-Identifier: Apache-2.0
"""The part of `krait model` that knows BitNet: random and integer models, what a checkpoint is, what integers lose."""

import json
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from golden.errors import InputError
from harness import console
from harness.atomic import replace_text, writable_dir

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


def synthetic(shape: str, out: Path, profile: str, settings: list[str] | None, layers: int | None, seed: int) -> None:
    """Write a random integer model of the published shape `shape` as the new folder `out`."""
    from golden.ternary.accuracy import parse_profile
    from golden.ternary.integer import synthetic
    from golden.ternary.published import published

    chosen = parse_profile(":".join([profile, ",".join(settings)] if settings else [profile]))
    cfg = published(shape)
    cfg = cfg if layers is None else replace(cfg, num_hidden_layers=layers)
    with console.progress(shape) as bar:
        synthetic.write(out, cfg, chosen, seed, progress=bar)


def quantize(path: Path, out: Path, profile: str, settings: list[str] | None, revision: str) -> None:
    """Write the integer model of the BitNet checkpoint `path` as the new folder `out`, layer by layer."""
    from golden.ternary import checkpoint
    from golden.ternary.accuracy import checkpoint_hash, parse_profile
    from golden.ternary.integer import store
    from golden.ternary.integer.quantize import quantize

    chosen = parse_profile(":".join([profile, ",".join(settings)] if settings else [profile]))
    store.write(out, quantize(checkpoint.load(path), chosen), checkpoint_hash(path), revision)


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


def is_integer(path: Path) -> bool:
    """Whether the folder `path` holds an integer BitNet model, by its manifest."""
    from golden.ternary.integer import profile, store

    try:
        data = json.loads((path / store.MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(data, dict) and data.get("profile") == profile.NAME


def describe_integer(path: Path) -> list[tuple[str, str]]:
    """Lines of an integer BitNet model."""
    from golden.ternary.integer import store

    found = store.read_manifest(path / store.MANIFEST)
    entries = [entry for file in found.files.values() for entry in file.tensors.values()]
    return [
        ("layout", f"integer model, {len(found.files)} files, {sum(prod(e.shape) for e in entries):,} elements"),
        ("profile", f"{found.profile}: cache of {found.choices['cache_bits']} bits, {found.head} head"),
        ("shape", _shape(found.config)),
        ("source", found.source),
    ]


def evaluate(
    path: Path,
    profiles: list[str] | None,
    text: Path | None,
    limit: int,
    context: int,
    tokenizer: Path | None,
    out: Path,
) -> bool:
    """Measure a BitNet checkpoint in float and in integers, say it and write JSON; whether the goals are met."""
    import torch

    from golden.ternary import accuracy

    torch.set_num_threads(1)
    names = profiles or list(accuracy.DEFAULT)
    with console.progress(path.name) as bar:
        found = accuracy.evaluate(path, names, text, context, limit or None, tokenizer, bar)
    for row in found.rows:
        goal = "" if row.met is None else f"  goals {row.goal_loss_percent:g} %, {row.goal_greedy_percent:g} %"
        verdict = {None: "", True: ": met", False: ": MISSED"}[row.met]
        console.say(
            f"{row.name:44} {row.bits_per_byte:8.4f} bits/byte {row.loss_percent:+8.2f} % (+-{row.stderr_percent:.2f})"
            f"  greedy {row.greedy_percent:6.2f} %{goal}{verdict}"
        )
    file = writable_dir(out) / f"{path.name}.json"
    replace_text(file, found.to_json())
    console.say(f"{found.tokens} tokens in {found.windows} windows; report: {file}")
    return found.good
