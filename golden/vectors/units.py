# SPDX-License-Identifier: Apache-2.0
"""Bundles of unit cases: all that a unit of an accelerator is given, and all that it must return, as plain integers.

One bundle holds the units of one family of models in one profile of its arithmetic, whole layers and models included.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import torch

from golden.errors import InputError
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

KIND: Literal["units"] = "units"


@dataclass(frozen=True)
class UnitCase:
    """One run of a unit. `inputs` and `outputs` name a tensor for each role (a tensor may serve several cases).

    `parameters` are what the unit is built with; `note` says what the case provokes or where it was taken.
    """

    name: str
    unit: str
    note: str
    parameters: dict[str, int | str]
    inputs: dict[str, str]
    outputs: dict[str, str]


@dataclass(frozen=True)
class UnitManifest(Header):
    """Everything about a bundle but the numbers: family of units, profile with every choice, shape of the model."""

    kind: Literal["units"]
    family: str
    profile: str
    choices: dict[str, int | str]
    shape: dict[str, int | float]
    cases: tuple[UnitCase, ...]


UnitBundle: TypeAlias = Loaded[UnitManifest]


def write_units(
    parent: Path,
    stem: str,
    *,
    family: str,
    profile: str,
    choices: Mapping[str, int | str],
    shape: Mapping[str, int | float],
    origin: Origin,
    seed: int,
    revision: str,
    cases: Iterable[UnitCase],
    tensors: Mapping[str, torch.Tensor],
) -> Path:
    """Write a bundle of unit cases below `parent`, whole or not at all; return its directory."""
    manifest = UnitManifest(
        schema=SCHEMA,
        kind=KIND,
        family=family,
        profile=profile,
        choices=dict(choices),
        shape=dict(shape),
        origin=origin,
        seed=seed,
        revision=revision,
        tolerance={"outputs": "exact"},
        tensors={name: describe(tensor) for name, tensor in tensors.items()},
        cases=tuple(cases),
    )
    _check_references(manifest, where=f"bundle {stem}")
    return write_directory(parent, stem, manifest, tensors)


def load_units(path: Path) -> UnitBundle:
    """Read and check a bundle of unit cases: structure, hashes and references.

    Raises InputError that names the file, the field, what was found and what was expected.
    """
    if not is_units(path):
        raise InputError(f"{path / MANIFEST}: kind: found none, expected {KIND!r}; this is a bundle of kernel starts")
    return load_directory(path, UnitManifest, _check_references)


def is_units(path: Path) -> bool:
    """Whether the bundle at `path` says that it holds unit cases; InputError where there is no readable manifest."""
    raw = read_json(path / MANIFEST)
    return isinstance(raw, dict) and "kind" in raw


def _check_references(manifest: UnitManifest, where: str) -> None:
    seen: set[str] = set()
    used: set[str] = set()
    for case in manifest.cases:
        if case.name in seen:
            raise InputError(f"{where}: cases: name {case.name!r} appears twice")
        seen.add(case.name)
        for direction, roles in (("inputs", case.inputs), ("outputs", case.outputs)):
            if not roles:
                raise InputError(f"{where}: case {case.name}: {direction}: found none, expected at least one")
            for role, tensor in roles.items():
                if tensor not in manifest.tensors:
                    raise InputError(f"{where}: case {case.name}: {direction}.{role}: no tensor {tensor!r}")
            used.update(roles.values())
        if both := sorted(case.inputs.keys() & case.outputs.keys()):
            raise InputError(f"{where}: case {case.name}: role {both[0]!r} is an input and an output")
    if not manifest.cases:
        raise InputError(f"{where}: cases: found none, expected at least one")
    if unused := sorted(manifest.tensors.keys() - used):
        raise InputError(f"{where}: tensors: {unused[0]!r} belongs to no case")
