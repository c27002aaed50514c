# SPDX-License-Identifier: Apache-2.0
"""Makes the bundles that regressions and benchmarks read, below the build folder; the same content is written once."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import torch

from golden.errors import InputError
from golden.spec.configs import TernConfig, load_config
from golden.spec.gen.tern_matvec import MAX_ROW_TILES
from golden.ternary.arguments import argument_error
from golden.ternary.packing import tiling
from harness.paths import ROOT, build_dir
from harness.provenance import source_revision

if TYPE_CHECKING:
    from golden.mamba2.integer.model import IntegerModel
    from golden.mamba2.integer.profile import Mamba2Profile

KERNEL: Final = "tern_matvec"
ZOO = ROOT / "golden" / "zoo"
TERNARY_MODELS = ("bitnet-tiny",)
MAMBA2_MODELS = ("mamba2-tiny",)
TOKENS = 64
SEED = 20261121
CALIBRATION = (4, 256)
"""Windows and bytes of held-out text with which a zoo model is quantized for its vectors."""


def make_model(name: str, config: str, tokens: int = TOKENS, out: Path | None = None) -> Path:
    """Write the bundle of every linear layer of a zoo model over `tokens` tokens of held-out text.

    Raises:
        InputError: the model or the configuration is unknown, or the text is shorter than that.
    """
    from golden.ternary import bundles
    from golden.ternary import model as bitnet
    from golden.zoo.corpus import HELDOUT, to_tokens

    if name not in TERNARY_MODELS:
        raise InputError(f"vectors: found model {name!r}, expected one of {', '.join(TERNARY_MODELS)}")
    cfg = load_config(KERNEL, config)
    text = HELDOUT.read_text(encoding="utf-8")
    encoded = to_tokens(text)
    if not 1 <= tokens <= len(encoded):
        raise InputError(f"vectors: found {tokens} tokens, expected 1 .. {len(encoded)}, what the held-out text has")
    checkpoint = ZOO / name
    products = bundles.from_model(bitnet.load(checkpoint), encoded[:tokens].to(torch.int64))
    note = f"all linear layers on their own activations, first {tokens} bytes of the held-out text"
    origin = bundles.model_origin(name, checkpoint, text[:tokens], note)
    stem = f"{name}-{tokens}-{config}"
    return bundles.write(out or bundle_dir(), stem, products, cfg, origin, SEED, source_revision()[0])


def make_random(
    rows: int, cols: int, starts: int, config: str, vectors: int = 1, seed: int = SEED, out: Path | None = None
) -> Path:
    """Write a bundle of `starts` random products, each matrix its own.

    Raises:
        InputError: the configuration is unknown, a size is below 1, or the kernel would refuse a start of that shape.
    """
    from golden.ternary import bundles

    cfg: TernConfig = load_config(KERNEL, config)
    _check_shape(rows, cols, min(vectors, cfg.t_cols), cfg)
    products = bundles.random_products(rows, cols, starts, vectors, seed)
    origin = bundles.random_origin(rows, cols, seed)
    stem = f"random-{rows}x{cols}-{config}"
    return bundles.write(out or bundle_dir(), stem, products, cfg, origin, seed, source_revision()[0])


def _check_shape(rows: int, cols: int, vectors: int, cfg: TernConfig) -> None:
    sizes = tiling(rows, cols, vectors, cfg)
    error = argument_error(sizes.row_tiles, sizes.col_blocks, vectors, (), (), cfg)
    if error:
        most = f"{MAX_ROW_TILES * cfg.outs} rows and {cfg.x_slots // vectors * cfg.block} columns"
        raise InputError(f"vectors: {rows}x{cols} is too large for {cfg.name} ({error.name}), which takes up to {most}")


def make_mamba2(
    profile: str,
    model: str = MAMBA2_MODELS[0],
    settings: tuple[str, ...] = (),
    seed: int = SEED,
    out: Path | None = None,
) -> Path:
    """Write the bundle of every Mamba2 unit in `profile`: a zoo model on held-out text, and adversarial numbers.

    Raises:
        InputError: the profile, a setting (CHOICE=VALUE) or the model is unknown.
    """
    from golden.mamba2.integer import profile as profiles
    from golden.mamba2.vectors import make
    from golden.vectors import Origin
    from golden.zoo.corpus import HELDOUT, to_tokens

    choices = profiles.load(profile, profiles.parse_changes(profile, settings))
    if model not in MAMBA2_MODELS:
        raise InputError(f"vectors: found model {model!r}, expected one of {', '.join(MAMBA2_MODELS)}")
    text = HELDOUT.read_text(encoding="utf-8")
    tokens = to_tokens(text).to(torch.int64)
    digest = hashlib.sha256((ZOO / model / "model.safetensors").read_bytes() + text.encode()).hexdigest()
    note = f"calibrated with {CALIBRATION[0]} x {CALIBRATION[1]} bytes of the held-out text, reads its start"
    with one_thread():
        integer = _quantized(model, choices, tokens[: CALIBRATION[0] * CALIBRATION[1]].reshape(CALIBRATION))
        origin = Origin(model, digest, note)
        return make.write(out or bundle_dir(), model, integer, tokens, origin, seed, source_revision()[0])


def _quantized(name: str, profile: "Mamba2Profile", calibration: torch.Tensor) -> "IntegerModel":
    """A zoo model in integers."""
    from golden.mamba2 import checkpoint
    from golden.mamba2.integer import store
    from golden.mamba2.quantize import Options, quantize

    cfg, weights = checkpoint.load(ZOO / name)
    with tempfile.TemporaryDirectory(prefix="krait-") as folder:
        path = quantize(cfg, weights, profile, calibration, Options(), Path(folder) / "model")
        integer = store.load(path)
        return replace(integer, layers=tuple(integer.layers))  # read before the folder goes


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute in one thread: the quantizer's float sums come out the same each time, and small tensors are faster."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def check(path: Path, config: str | None = None) -> str:
    """Read a bundle of any kind, compute its results anew, and return a line about it.

    Raises:
        InputError: the bundle is damaged, or not one for `config`.
        CheckError: a result is not the golden one.
    """
    from golden import vectors
    from golden.mamba2.vectors import bundles as mamba2
    from golden.ternary import bundles as ternary

    bundle: vectors.Bundle | vectors.UnitBundle
    if config is None and vectors.is_units(path):
        bundle = vectors.load_units(path)
        with one_thread():
            mamba2.check_results(bundle)
    else:
        bundle = vectors.load(path, load_config(KERNEL, config) if config else None)
        ternary.check_results(bundle, load_config(KERNEL, bundle.manifest.config))
    return f"{bundle.name}: {len(bundle.manifest.cases)} cases, {len(bundle.tensors)} tensors, all good"


def bundle_dir() -> Path:
    """Return the folder in which bundles are kept."""
    return build_dir() / "bundles"
