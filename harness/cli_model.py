# SPDX-License-Identifier: Apache-2.0
"""`krait model`: make, describe, quantize and evaluate models."""

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from golden.errors import InputError
from harness import cli_model_ternary, console
from harness.atomic import replace_text, writable_dir
from harness.paths import ROOT, build_dir

if TYPE_CHECKING:
    from golden.mamba2.config import Mamba2Config
    from golden.mamba2.info import ModelInfo
    from golden.mamba2.integer.manifest import Manifest
    from golden.mamba2.integer.profile import Mamba2Profile

TINY = "mamba2-tiny"

app = typer.Typer(no_args_is_help=True, help="Make, describe, quantize and evaluate models.")

Model = Annotated[str, typer.Option(help="mamba2-tiny, bitnet-tiny, or the folder of a checkpoint.")]
Profile = Annotated[str, typer.Option(help="Numeric profile, as in golden/spec/profiles.")]
Tokenizer = Annotated[Path | None, typer.Option(help="tokenizer.json; without it the checkpoint's own, or bytes.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="CHOICE=VALUE of the profile, such as hadamard=off; may be repeated.")
]
Seed = Annotated[int, typer.Option(min=0, help="What the same result is made from again.")]


@app.command("random")
def model_random(
    shape: Annotated[
        str,
        typer.Argument(help="Published shape: mamba2-130m, -370m, -780m, -1.3b, -2.7b, bitnet-0.73b, bitnet-2b-4t."),
    ],
    out: Annotated[Path, typer.Argument(help="Folder that is made.")],
    profile: Annotated[
        str | None, typer.Option(help="Make it in the integers of this profile, instead of a float checkpoint.")
    ] = None,
    settings: Settings = None,
    layers: Annotated[int | None, typer.Option(min=1, help="Fewer layers than published.")] = None,
    dtype: Annotated[str, typer.Option(help="float32, bfloat16 or float16.")] = "bfloat16",
    layout: Annotated[
        str,
        typer.Option(
            help="huggingface or state-spaces; BitNet: huggingface (masters), autobitlinear, bitlinear (packed)."
        ),
    ] = "huggingface",
    seed: Seed = 1,
) -> None:
    """Write a random checkpoint of a published shape, with outlier channels, or a random integer model."""
    from dataclasses import replace

    from golden.mamba2 import random_checkpoint
    from golden.mamba2.integer import synthetic
    from golden.mamba2.published import NAMES, published
    from golden.ternary.published import NAMES as BITNETS

    if shape.lower() not in NAMES + BITNETS:
        raise InputError(f"model random: found shape {shape!r}, expected one of {', '.join(NAMES + BITNETS)}")
    if shape.lower() in BITNETS:
        if profile is None:
            cli_model_ternary.random(shape, out, layers, dtype, layout, seed)
        else:
            cli_model_ternary.synthetic(shape, out, profile, settings, layers, seed)
        console.say(str(out))
        return
    cfg = published(shape)
    cfg = cfg if layers is None else replace(cfg, n_layer=layers)
    with console.progress(f"{shape}") as bar:
        if profile is None:
            random_checkpoint.write(out, cfg, seed, dtype, layout, progress=bar)  # type: ignore[arg-type]  # checked there
        else:
            synthetic.write(out, cfg, _profile(profile, settings), seed, bar)
    console.say(str(out))


@app.command("quantize")
def model_quantize(
    profile: Profile,
    model: Model = TINY,
    out: Annotated[Path | None, typer.Option(help="Folder that is made; without it below build/.")] = None,
    text: Annotated[Path | None, typer.Option(help="Calibration text; without it the zoo's training text.")] = None,
    windows: Annotated[int, typer.Option(min=1, help="Windows of the calibration text, drawn by the seed.")] = 64,
    context: Annotated[int, typer.Option(min=1, help="Tokens of a window.")] = 256,
    weights: Annotated[str, typer.Option(help="rtn, mse or gptq.")] = "gptq",
    tokenizer: Tokenizer = None,
    settings: Settings = None,
    seed: Seed = 1,
) -> None:
    """Quantize a float checkpoint to an integer model. Of Mamba2 it goes on where an interrupted run stopped.

    BitNet models need no calibration, so text, windows, weights and seed do not matter to them.
    """
    from golden.mamba2 import checkpoint as checkpoints
    from golden.mamba2.accuracy import sources
    from golden.mamba2.accuracy.options import Options as Windows
    from golden.mamba2.quantize import Options, quantize
    from harness.provenance import source_revision

    path = checkpoint(model)
    out = out or build_dir() / "models" / f"{path.name}-{profile}"
    if cli_model_ternary.is_bitnet(path):
        cli_model_ternary.quantize(path, out, profile, settings, source_revision()[0])
        console.say(str(out))
        return
    chosen = _profile(profile, settings)
    options = Options(seed=seed, weights=weights)  # type: ignore[arg-type]  # checked there
    cfg, lazy = checkpoints.load(path)
    use_cores(cfg.d_model)
    drawn = Windows(context=context, calibration_windows=windows, tokenizer=tokenizer, seed=options.seed)
    tokens = sources.calibration_tokens(path, cfg, drawn, text)
    with console.progress(f"{path.name} in {chosen.name}") as bar:
        quantize(cfg, lazy, chosen, tokens, options, out, bar, source_revision()[0])
    console.say(str(out))


@app.command("eval")
def model_eval(
    model: Model = TINY,
    profiles: Annotated[
        list[str] | None,
        typer.Option("--profile", help="Profile, profile:choice=value,.. or integer model; repeatable."),
    ] = None,
    text: Annotated[Path | None, typer.Option(help="UTF-8 text; without it the zoo's held-out text.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="About so many tokens count; 0 takes the whole text.")] = 8192,
    context: Annotated[int, typer.Option(min=1, help="Tokens of a window, half of which count.")] = 256,
    ablation: Annotated[bool, typer.Option(help="Also the schemes that the papers compare.")] = True,
    study: Annotated[int, typer.Option(min=0, help="Generated checkpoints with outliers to study; 0 for none.")] = 2,
    tokenizer: Tokenizer = None,
    out: Annotated[Path | None, typer.Option(help="Folder for what is written; without it below build/.")] = None,
) -> None:
    """Measure float, profiles and ablations on one text: loss, noise by layer and tensor. Writes HTML, Markdown, JSON.

    Of a BitNet checkpoint: loss and greedy tokens, as JSON. Exit code 1 if a profile of mamba2-tiny or bitnet-tiny
    misses its goal.
    """
    from golden.mamba2 import accuracy
    from golden.mamba2 import checkpoint as checkpoints
    from golden.mamba2.integer.profile import NAMES
    from golden.mamba2.quantize import Options
    from reports import accuracy as pages

    path, folder = checkpoint(model), writable_dir(out or build_dir() / "accuracy")
    if cli_model_ternary.is_bitnet(path):
        good = cli_model_ternary.evaluate(path, profiles, text, limit, context, tokenizer, folder)
        raise typer.Exit(0 if good else 1)
    options = accuracy.Options(
        context=context,
        stride=max(context // 2, 1),
        limit=limit or None,
        tokenizer=tokenizer,
        ablation=ablation,
        study_seeds=tuple(range(1, study + 1)),
    )
    use_cores(checkpoints.load(path)[0].d_model)
    models = accuracy.cached(writable_dir(build_dir() / "models"), Options())
    with console.progress(f"{path.name}") as bar:
        found = accuracy.evaluate(path, profiles or list(NAMES), text, options, models, bar)
    for row in found.losses:
        goal = "" if row.goal_percent is None else f"  goal {row.goal_percent:g} %: {'met' if row.met else 'MISSED'}"
        console.say(f"{row.name:44} {row.bits_per_byte:8.4f} bits/byte {row.loss_percent:+8.2f} %{goal}")
    page = folder / f"{path.name}.html"
    for written in pages.write(found, page):
        console.say(f"report: {written}")
    replace_text(page.with_suffix(".json"), found.to_json())
    raise typer.Exit(0 if found.good else 1)


@app.command("info")
def model_info(model: Model = TINY) -> None:
    """Describe a checkpoint or an integer model from its headers: layout, shape, types, parameters, size."""
    from golden.mamba2.info import describe
    from golden.mamba2.integer import manifest

    path = checkpoint(model)
    found = path / manifest.MANIFEST
    if cli_model_ternary.is_integer(path):
        lines = cli_model_ternary.describe_integer(path)
    elif found.is_file():
        lines = _describe_integer(manifest.read_manifest(found))
    elif cli_model_ternary.is_bitnet(path):
        lines = cli_model_ternary.describe(path)
    else:
        lines = _describe(describe(path))
    for key, value in lines:
        console.say(f"{key:20} {value}")


def _describe(info: "ModelInfo") -> list[tuple[str, str]]:
    """Lines of a float checkpoint."""
    cfg, count, files = info.config, info.parameters, info.summary
    return [
        ("layout", f"{info.layout}, {len(files.shards)} file(s), {files.bytes / 1e6:,.1f} MB"),
        ("types", ", ".join(f"{name} {elements:,}" for name, elements in files.dtypes)),
        ("shape", _shape(cfg)),
        ("published size", info.published or "none has this shape"),
        (
            "parameters",
            f"{count.total:,}: linear {count.linear:,}, embedding {count.embedding:,}, other {count.other:,}",
        ),
        ("head", f"{count.head:,}" if count.head else "tied to the embedding"),
        ("state", f"{count.ssm_state:,} elements of h, {count.conv_state:,} of the convolutions"),
    ]


def _describe_integer(found: "Manifest") -> list[tuple[str, str]]:
    """Lines of an integer model."""
    made = found.identity
    profile, entries = made.typed_profile(), [e for file in found.files.values() for e in file.tensors.values()]
    return [
        ("layout", f"integer model, {len(found.files)} files, {sum(map(prod, (e.shape for e in entries))):,} elements"),
        ("profile", f"{made.profile}: hadamard {profile.hadamard}, W{profile.weight_bits}A{profile.act_bits}"),
        ("shape", _shape(made.config)),
        ("source", made.source),
        ("calibration", made.calibration),
        ("options", ", ".join(f"{key} {value}" for key, value in made.options.items())),
    ]


def _shape(cfg: "Mamba2Config") -> str:
    heads = f"{cfg.nheads} heads x {cfg.headdim}, d_state {cfg.d_state}, ngroups {cfg.ngroups}"
    return f"{cfg.n_layer} layers, d_model {cfg.d_model}, {heads}, vocabulary {cfg.vocab_size}"


def checkpoint(model: str) -> Path:
    """Folder of a zoo model by its name, or of a checkpoint; InputError where there is none."""
    path = ROOT / "golden" / "zoo" / model
    if "/" not in model and (path / "config.json").is_file():
        return path
    if not Path(model).is_dir():
        raise InputError(
            f"model: found no zoo model and no folder {model!r}; expected mamba2-tiny, bitnet-tiny or a checkpoint's "
            "folder"
        )
    return Path(model)


def use_cores(width: int) -> None:
    """One thread for a small model: its tensors gain nothing from a second one, and lose much where cores are short."""
    import torch

    if width < 512:
        torch.set_num_threads(1)


def _profile(name: str, settings: list[str] | None) -> "Mamba2Profile":
    from golden.mamba2.integer import profile

    return profile.load(name, profile.parse_changes(name, tuple(settings or ())))
