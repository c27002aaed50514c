# SPDX-License-Identifier: Apache-2.0
"""Bundles of kernel starts: operands packed as a device reads them, beside the results that it must return."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import torch

from golden.errors import InputError
from golden.spec.configs import KernelConfig
from golden.vectors.directory import (
    MANIFEST,
    SCHEMA,
    Header,
    Loaded,
    Origin,
    describe,
    load_directory,
    read_json,
    write_directory,
)


@dataclass(frozen=True)
class Case:
    """One start of the kernel; `weights`, `x` and `y` name tensors (weights may serve several cases).

    weights: uint8 [beats, WIDE], x: uint8 [beats, WIDE], y: int32 [rows, vectors].
    """

    name: str
    rows: int
    cols: int
    vectors: int
    weights: str
    x: str
    y: str


@dataclass(frozen=True)
class Manifest(Header):
    """Everything about a bundle but the numbers themselves. `config_hash` is hexadecimal, as the registers show it."""

    kernel: str
    profile: str
    config: str
    config_hash: str
    cases: tuple[Case, ...]


Bundle: TypeAlias = Loaded[Manifest]


def write(
    parent: Path,
    stem: str,
    *,
    config: KernelConfig,
    profile: str,
    origin: Origin,
    seed: int,
    revision: str,
    cases: Iterable[Case],
    tensors: Mapping[str, torch.Tensor],
) -> Path:
    """Write a bundle below `parent` and return its directory; a bundle with the same content is left as it is.

    The directory appears whole (written under a temporary name, then renamed) or not at all.
    """
    manifest = Manifest(
        schema=SCHEMA,
        kernel=config.kernel,
        profile=profile,
        config=config.name,
        config_hash=f"{config.config_hash:016x}",
        origin=origin,
        seed=seed,
        revision=revision,
        tolerance={"y": "exact"},
        tensors={name: describe(tensor) for name, tensor in tensors.items()},
        cases=tuple(cases),
    )
    _check_references(manifest, where=f"bundle {stem}")
    return write_directory(parent, stem, manifest, tensors)


def load(path: Path, config: KernelConfig | None = None) -> Bundle:
    """Read and check a bundle: structure, hashes, shapes, references and, if given, that it is for `config`.

    Raises InputError that names the file, the field, what was found and what was expected.
    """
    raw = read_json(path / MANIFEST)
    if isinstance(raw, dict) and "kind" in raw:
        raise InputError(f"{path / MANIFEST}: kind: found {raw['kind']!r}, expected a bundle of kernel starts")
    bundle = load_directory(path, Manifest, _check_references)
    if config is not None:
        check_config(path, bundle.manifest, config)
    return bundle


def _check_references(manifest: Manifest, where: str) -> None:
    seen: set[str] = set()
    for case in manifest.cases:
        if case.name in seen:
            raise InputError(f"{where}: cases: name {case.name!r} appears twice")
        seen.add(case.name)
        for role in ("weights", "x", "y"):
            if getattr(case, role) not in manifest.tensors:
                raise InputError(f"{where}: case {case.name}: {role}: no tensor {getattr(case, role)!r}")
        shape = manifest.tensors[case.y].shape
        if shape != (case.rows, case.vectors):
            raise InputError(f"{where}: case {case.name}: y: found {shape}, expected {(case.rows, case.vectors)}")
    if not manifest.cases:
        raise InputError(f"{where}: cases: found none, expected at least one")


def check_config(path: Path, manifest: Manifest, config: KernelConfig) -> None:
    """Raise InputError unless the bundle was made for this kernel and configuration."""
    if manifest.kernel != config.kernel:
        raise InputError(f"{path}: kernel: found {manifest.kernel!r}, expected {config.kernel!r}")
    if manifest.config_hash != f"{config.config_hash:016x}":
        raise InputError(
            f"{path}: made for configuration {manifest.config!r} (hash {manifest.config_hash}), "
            f"not for {config.name!r} (hash {config.config_hash:016x}); "
            f"make one with: krait vectors make --config {config.name}"
        )
