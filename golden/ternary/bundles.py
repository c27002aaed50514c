# SPDX-License-Identifier: Apache-2.0
"""Makes test-vector bundles for `tern_matvec`: all linear layers of a BitNet model on its activations, or random."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

from golden import vectors
from golden.errors import CheckError, InputError
from golden.spec.configs import TernConfig
from golden.ternary.matvec import matvec
from golden.ternary.model import BitNet, capture_linears
from golden.ternary.packing import pack_weights, pack_x, unpack_weights, unpack_x
from golden.vectors import Case, Origin

PROFILE = "ternary-b158"


@dataclass(frozen=True)
class Product:
    """One matrix and all vectors that it meets: w int8 [M, K], x int8 [K, L]."""

    name: str
    w: torch.Tensor
    x: torch.Tensor


def from_model(model: BitNet, tokens: torch.Tensor) -> list[Product]:
    """Return every projection of `model` with its quantized input while it reads `tokens` int64 [L]."""
    return [Product(call.name, call.w_ternary, call.x_int8) for call in capture_linears(model, tokens)]


def random_products(rows: int, cols: int, count: int, vectors_each: int, seed: int) -> list[Product]:
    """Return `count` products of uniformly random trits [rows, cols] and int8 [cols, vectors_each]."""
    if min(rows, cols, count, vectors_each) < 1:
        raise InputError(f"random bundle of {count} x [{rows}, {cols}] x {vectors_each}: all must be at least 1")
    generator = torch.Generator().manual_seed(seed)
    return [
        Product(
            f"random.{index}",
            torch.randint(-1, 2, (rows, cols), generator=generator, dtype=torch.int8),
            torch.randint(-128, 128, (cols, vectors_each), generator=generator, dtype=torch.int8),
        )
        for index in range(count)
    ]


def write(
    parent: Path, stem: str, products: Iterable[Product], cfg: TernConfig, origin: Origin, seed: int, revision: str
) -> Path:
    """Pack products for `cfg` and write their bundle; vectors go T_COLS to a start. Return the bundle's directory."""
    cases: list[Case] = []
    tensors: dict[str, torch.Tensor] = {}
    for product in products:
        _add(product, cfg, cases, tensors)
    return vectors.write(
        parent,
        stem,
        config=cfg,
        profile=PROFILE,
        origin=origin,
        seed=seed,
        revision=revision,
        cases=cases,
        tensors=tensors,
    )


def _add(product: Product, cfg: TernConfig, cases: list[Case], tensors: dict[str, torch.Tensor]) -> None:
    rows, cols = product.w.shape
    weights = f"{product.name}.weights"
    tensors[weights] = pack_weights(product.w, cfg)
    for first in range(0, product.x.shape[1], cfg.t_cols):
        x = product.x[:, first : first + cfg.t_cols]
        name = f"{product.name}.{first}"
        case = Case(name, rows, cols, x.shape[1], weights=weights, x=f"{name}.x", y=f"{name}.y")
        tensors[case.x] = pack_x(x, cfg)
        tensors[case.y] = matvec(product.w, x)
        cases.append(case)


def model_origin(name: str, checkpoint: Path, text: str, note: str) -> Origin:
    """Return the origin of vectors that come from a checkpoint reading `text`; its hash covers both."""
    digest = hashlib.sha256((checkpoint / "model.safetensors").read_bytes())
    digest.update(text.encode())
    return Origin(name=name, sha256=digest.hexdigest(), note=note)


def random_origin(rows: int, cols: int, seed: int) -> Origin:
    """Return the origin of random vectors."""
    digest = hashlib.sha256(f"random {rows} {cols} {seed}".encode()).hexdigest()
    return Origin(name=f"random-{rows}x{cols}", sha256=digest, note="uniform trits and int8, torch.Generator")


def check_results(bundle: vectors.Bundle, cfg: TernConfig) -> None:
    """Compute every case anew from the packed operands; CheckError names the first result that differs."""
    for case in bundle.manifest.cases:
        w = unpack_weights(bundle.tensors[case.weights], case.rows, case.cols, cfg)
        x = unpack_x(bundle.tensors[case.x], case.cols, case.vectors, cfg)
        expected, found = matvec(w, x), bundle.tensors[case.y]
        different = (expected != found).nonzero()
        if len(different):
            row, vector = (int(i) for i in different[0])
            values = f"golden {int(expected[row, vector])}, bundle {int(found[row, vector])}"
            raise CheckError(f"{bundle.path}: tensor {case.y}: row {row}, vector {vector}: {values}")
