# SPDX-License-Identifier: Apache-2.0
"""Directories of integer models: `manifest.json`, a safetensors file a layer, and `ends.safetensors`.

A model is written file by file. Until its last file stands, the manifest is called `incomplete.json`: such a folder is
no model, but writing can be taken up again where the same inputs ask for it. Reading is strict and lazy: manifest,
files and hashes are checked at once, the values of a layer when it is taken.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import overload

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from golden.errors import InputError, MachineError
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import packing, profile
from golden.mamba2.integer.manifest import (
    INCOMPLETE,
    MANIFEST,
    SCHEMA,
    Entry,
    File,
    Identity,
    Manifest,
    difference,
    read_manifest,
    write_manifest,
)
from golden.mamba2.integer.model import IntegerModel, Layer
from golden.mamba2.integer.packing import Ends, Shape
from golden.mamba2.integer.parameters import check_model, check_parameters
from golden.mamba2.integer.profile import Mamba2Profile

ENDS = "ends.safetensors"
READ = 1 << 20  # bytes at a time


def layer_file(index: int) -> str:
    """Name of the file of a layer."""
    return f"layer-{index:05d}.safetensors"


def begin(path: Path, identity: Identity, revision: str = "") -> Manifest:
    """Make `path` ready for the model of `identity`, and say what of it stands there already.

    The manifest names the files that need not be written again; all of them when the model is complete. Its
    residual_scale is 0 when nothing was begun.

    Raises:
        InputError: the folder holds another model, or something else.
        MachineError: it cannot be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        present = sorted(file.name for file in path.iterdir() if not file.name.endswith(".part"))
    except OSError as error:
        raise MachineError(f"{path}: cannot be written ({error}); check the folder's rights and space") from None
    for name in (MANIFEST, INCOMPLETE):
        if name in present:
            manifest = read_manifest(path / name)
            other = difference(manifest.identity, identity)
            if other:
                raise InputError(f"{path}: holds a model of {other}; name another folder, or remove this one")
            kept = {file: each for file, each in manifest.files.items() if _sha256(path / file) == each.sha256}
            return replace(manifest, files=kept)
    if present:
        raise InputError(f"{path}: holds {present[0]} and no manifest; expected a new or empty folder")
    return Manifest(SCHEMA, identity, 0.0, revision)


def write_layer(path: Path, manifest: Manifest, index: int, layer: Layer) -> Manifest:
    """Write a layer of the model that was begun in `path`; returns the manifest that names it.

    Raises InputError where a parameter leaves its bounds, MachineError when the folder cannot be written.
    """
    p = manifest.identity.typed_profile()
    check_parameters(layer, p, f"layers.{index}.")
    return write_tensors(path, manifest, layer_file(index), packing.layer_tensors(layer, p))


def write_ends(path: Path, manifest: Manifest, ends: Ends) -> Manifest:
    """Write what stands outside the layers; as `write_layer`."""
    p, cfg = manifest.identity.typed_profile(), manifest.identity.config
    check_model(IntegerModel(cfg, p, ends.embedding, (), ends.norm_f, ends.head, manifest.residual_scale))
    return write_tensors(path, manifest, ENDS, packing.ends_tensors(ends, p))


def write_tensors(path: Path, manifest: Manifest, name: str, tensors: Mapping[str, Tensor]) -> Manifest:
    """Write the file `name` of a model, whole or not at all, then the manifest of the model so far.

    The tensors are those of `packing.layer_shapes` or `ends_shapes`. The last file completes the model.
    """
    target = path / name
    try:
        part = path / (name + ".part")
        save_file({key: x.contiguous() for key, x in tensors.items()}, part)
        hashed = _sha256(part)
        os.replace(part, target)
    except (OSError, SafetensorError) as error:
        raise MachineError(f"{target}: cannot be written ({error}); check the folder's rights and space") from None
    entries = {key: Entry(_dtype(x.dtype), tuple(x.shape)) for key, x in sorted(tensors.items())}
    manifest = replace(manifest, files={**manifest.files, name: File(hashed, entries)})
    if manifest.files.keys() == _expected(manifest.identity.config, manifest.identity.typed_profile()).keys():
        write_manifest(path / MANIFEST, manifest)
        with suppress(OSError):
            (path / INCOMPLETE).unlink()
    else:
        write_manifest(path / INCOMPLETE, manifest)
    return manifest


def load(path: Path, resident: bool = False) -> IntegerModel:
    """The integer model in the directory `path`.

    Its layers are read when they are taken, every time; where `resident`, the first time only (a byte for each weight).

    Raises:
        InputError: the folder is no model or an incomplete one, its manifest names an unknown profile, choice or shape,
            a file is missing, unexpected or not the one that was written; and at the use of a layer whose values leave
            their bounds.
    """
    manifest = _complete_manifest(path)
    cfg, p = manifest.identity.config, manifest.identity.typed_profile()
    profile.check(cfg, p)
    for name, shapes in _expected(cfg, p).items():
        _check_file(path, manifest, name, shapes)
    ends = packing.ends_of(_read(path / ENDS, packing.ends_shapes(cfg, p)), cfg, p)
    layers = StoredLayers(path, cfg, p, {} if resident else None)
    model = IntegerModel(cfg, p, ends.embedding, layers, ends.norm_f, ends.head, manifest.residual_scale)
    check_model(replace(model, layers=()))
    return model


@dataclass(frozen=True)
class StoredLayers(Sequence[Layer]):
    """The layers of a model on disk; `kept` None keeps none of them in memory."""

    path: Path
    cfg: Mamba2Config
    profile: Mamba2Profile
    kept: dict[int, Layer] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return self.cfg.n_layer

    @overload
    def __getitem__(self, index: int) -> Layer: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Layer, ...]: ...

    def __getitem__(self, index: int | slice) -> Layer | tuple[Layer, ...]:
        """Read one layer, or several; InputError where a value leaves its bounds."""
        if isinstance(index, slice):
            return tuple(self[i] for i in range(len(self))[index])
        index = range(len(self))[index]
        if self.kept is not None and index in self.kept:
            return self.kept[index]
        layer = read_layer(self.path, index, self.cfg, self.profile)
        if self.kept is not None:
            self.kept[index] = layer
        return layer


def read_layer(path: Path, index: int, cfg: Mamba2Config, p: Mamba2Profile) -> Layer:
    """Read one layer of the model in `path`; InputError when its file is corrupt or a value leaves its bounds."""
    file = path / layer_file(index)
    layer = packing.layer_of(_read(file, packing.layer_shapes(cfg, p)), cfg, p)
    check_parameters(layer, p, f"{file}: ")
    return layer


def _expected(cfg: Mamba2Config, p: Mamba2Profile) -> dict[str, dict[str, Shape]]:
    """Files of a whole model, and the tensors of each."""
    layer = packing.layer_shapes(cfg, p)
    return {layer_file(i): layer for i in range(cfg.n_layer)} | {ENDS: packing.ends_shapes(cfg, p)}


def _complete_manifest(path: Path) -> Manifest:
    """The manifest of a whole model; InputError where the folder holds none, or files that it does not name."""
    if not (path / MANIFEST).is_file():
        if (path / INCOMPLETE).is_file():
            part = read_manifest(path / INCOMPLETE)
            total = part.identity.config.n_layer + 1
            raise InputError(
                f"{path}: incomplete, {len(part.files)} of {total} files are written; repeat the command that began it"
            )
        raise InputError(f"{path / MANIFEST}: missing; expected the directory of an integer model")
    manifest = read_manifest(path / MANIFEST)
    known = _expected(manifest.identity.config, manifest.identity.typed_profile()).keys()
    present = {file.name for file in path.glob("*.safetensors")}
    for name in sorted((manifest.files.keys() | present) - known):
        raise InputError(f"{path / name}: unexpected; a model of this config has {len(known)} files, without this one")
    return manifest


def _check_file(path: Path, manifest: Manifest, name: str, shapes: Mapping[str, Shape]) -> None:
    file = path / name
    if name not in manifest.files:
        raise InputError(f"{path / MANIFEST}: names no {name}, which a model of this config has; write the model anew")
    _compare(f"{path / MANIFEST}: {name}", manifest.files[name].tensors, shapes)
    if not file.is_file():
        raise InputError(f"{file}: missing; expected the tensors that {MANIFEST} names")
    if _sha256(file) != manifest.files[name].sha256:
        raise InputError(f"{file}: corrupt or truncated: its sha256 is not that of {MANIFEST}; restore the file")


def _read(file: Path, shapes: Mapping[str, Shape]) -> dict[str, Tensor]:
    """Tensors of `file`; InputError unless they are exactly those of `shapes`."""
    try:
        tensors: dict[str, Tensor] = load_file(file)
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"{file}: corrupt or truncated ({error}); restore the file") from None
    _compare(str(file), {key: Entry(_dtype(x.dtype), tuple(x.shape)) for key, x in tensors.items()}, shapes)
    return tensors


def _compare(where: str, found: Mapping[str, Entry], shapes: Mapping[str, Shape]) -> None:
    """InputError unless the tensors found are exactly those of `shapes`."""
    wanted = {key: Entry(_dtype(dtype), shape) for key, (dtype, shape) in shapes.items()}
    for key in sorted(wanted.keys() | found.keys()):
        if found.get(key) != wanted.get(key):
            seen, due = (str(each.get(key, "nothing")) for each in (found, wanted))
            raise InputError(f"{where}: tensor {key}: found {seen}, expected {due}; restore the model")


def _dtype(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _sha256(file: Path) -> str:
    """Hash of a file, empty when it cannot be read."""
    digest = hashlib.sha256()
    try:
        with file.open("rb") as stream:
            while part := stream.read(READ):
                digest.update(part)
    except OSError:
        return ""
    return digest.hexdigest()
