# SPDX-License-Identifier: Apache-2.0
"""Directories of integer models: `manifest.json`, a safetensors file a layer, and `ends.safetensors`.

A model is written file by file. Until its last file stands, the manifest is called `incomplete.json`: such a folder is
no model, but writing can be taken up again where the same inputs ask for it. Reading is strict and lazy: manifest,
files and hashes are checked at once, the values of a layer when it is taken.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from torch import Tensor

from golden import tensor_files
from golden.errors import InputError
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import packing, profile
from golden.mamba2.integer.manifest import (
    INCOMPLETE,
    MANIFEST,
    SCHEMA,
    Identity,
    Manifest,
    difference,
    read_manifest,
    write_manifest,
)
from golden.mamba2.integer.model import IntegerModel, Layer
from golden.mamba2.integer.packing import Ends
from golden.mamba2.integer.parameters import check_model, check_parameters
from golden.mamba2.integer.profile import Mamba2Profile
from golden.on_demand import OnDemand
from golden.tensor_files import Shape

ENDS = "ends.safetensors"


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
    present = [name for name in tensor_files.folder(path) if not name.endswith(".part")]
    for name in (MANIFEST, INCOMPLETE):
        if name in present:
            manifest = read_manifest(path / name)
            other = difference(manifest.identity, identity)
            if other:
                raise InputError(f"{path}: holds a model of {other}; name another folder, or remove this one")
            kept = {
                file: each for file, each in manifest.files.items() if tensor_files.sha256(path / file) == each.sha256
            }
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
    manifest = replace(manifest, files={**manifest.files, name: tensor_files.write(path / name, tensors)})
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
        tensor_files.check(path, path / MANIFEST, manifest.files, name, shapes)
    ends = packing.ends_of(tensor_files.read(path / ENDS, packing.ends_shapes(cfg, p)), cfg, p)
    read = partial(read_layer, path, cfg, p)
    layers = OnDemand(cache(read) if resident else read, range(cfg.n_layer))
    model = IntegerModel(cfg, p, ends.embedding, layers, ends.norm_f, ends.head, manifest.residual_scale)
    check_model(replace(model, layers=()))
    return model


def read_layer(path: Path, cfg: Mamba2Config, p: Mamba2Profile, index: int) -> Layer:
    """Read one layer of the model in `path`; InputError when its file is corrupt or a value leaves its bounds."""
    file = path / layer_file(index)
    layer = packing.layer_of(tensor_files.read(file, packing.layer_shapes(cfg, p)), cfg, p)
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
