# SPDX-License-Identifier: Apache-2.0
"""Makes the bundles that regressions and benchmarks read, below the build folder; the same content is written once."""

from pathlib import Path

import torch

from golden.errors import InputError
from golden.spec.configs import KernelConfig, load_config
from golden.spec.gen.tern_matvec import MAX_ROW_TILES
from golden.ternary.arguments import argument_error
from golden.ternary.packing import tiling
from harness.paths import ROOT, build_dir
from harness.provenance import source_revision

KERNEL = "tern_matvec"
ZOO = ROOT / "golden" / "zoo"
TERNARY_MODELS = ("bitnet-tiny",)
TOKENS = 64
SEED = 20261121


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

    cfg: KernelConfig = load_config(KERNEL, config)
    _check_shape(rows, cols, min(vectors, cfg.t_cols), cfg)
    products = bundles.random_products(rows, cols, starts, vectors, seed)
    origin = bundles.random_origin(rows, cols, seed)
    stem = f"random-{rows}x{cols}-{config}"
    return bundles.write(out or bundle_dir(), stem, products, cfg, origin, seed, source_revision()[0])


def _check_shape(rows: int, cols: int, vectors: int, cfg: KernelConfig) -> None:
    sizes = tiling(rows, cols, vectors, cfg)
    error = argument_error(sizes.row_tiles, sizes.col_blocks, vectors, (), (), cfg)
    if error:
        most = f"{MAX_ROW_TILES * cfg.outs} rows and {cfg.x_slots // vectors * cfg.block} columns"
        raise InputError(f"vectors: {rows}x{cols} is too large for {cfg.name} ({error.name}), which takes up to {most}")


def bundle_dir() -> Path:
    """Return the folder in which bundles are kept."""
    return build_dir() / "bundles"
