# SPDX-License-Identifier: Apache-2.0
"""Directories of integer BitNet models: `manifest.json`, a safetensors file a layer, and `ends.safetensors`.

A model is written file by file; the manifest comes last, so a folder without one is no model. Reading is strict and
lazy: manifest, files and hashes are checked at once, the values of a layer when it is taken.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from torch import Tensor

from golden import json_files, tensor_files
from golden.errors import InputError
from golden.on_demand import OnDemand
from golden.spec.strict import decode
from golden.tensor_files import File
from golden.ternary.config import BitNetConfig
from golden.ternary.integer import packing
from golden.ternary.integer import profile as profiles
from golden.ternary.integer.model import IntegerModel, Layer
from golden.ternary.integer.packing import Ends
from golden.ternary.integer.parameters import check_ends, check_layer
from golden.ternary.integer.profile import TernaryProfile

SCHEMA = 1
MANIFEST, ENDS = "manifest.json", "ends.safetensors"
Head = Literal["tied", "int8", "ternary"]


@dataclass(frozen=True)
class Manifest:
    """Everything about a model but its integers.

    source says what it was made of: the sha256 of a float model, or a generator. revision is that of the tool.
    """

    schema: int
    profile: str
    choices: dict[str, int]
    config: BitNetConfig
    head: Head
    source: str
    revision: str
    files: dict[str, File]

    def typed_profile(self) -> TernaryProfile:
        """The profile with these choices; InputError when it does not offer one, or one is missing."""
        found = profiles.load(self.choices)
        for key in asdict(found):
            if key not in self.choices:
                raise InputError(f"profile {profiles.NAME}: choice {key!r} is missing")
        return found


def layer_file(index: int) -> str:
    """Name of the file of a layer."""
    return f"layer-{index:05d}.safetensors"


def head_of(model: IntegerModel) -> Head:
    """Which head the model has."""
    return "tied" if model.head is None else "ternary" if model.ternary_head else "int8"


def write(path: Path, model: IntegerModel, source: str, revision: str = "") -> Path:
    """Write `model` into the new or empty folder `path`, layer by layer.

    Raises:
        InputError: the folder holds something, or a parameter leaves its bounds.
        MachineError: it cannot be written.
    """
    check_ends(model)
    head = head_of(model)
    ends = Ends(model.residual_frac, model.embedding, model.final_norm, model.head_scale, model.head)

    def files() -> Iterable[tuple[str, Mapping[str, Tensor]]]:
        for index, layer in enumerate(model.layers):
            check_layer(layer, model.profile, f"layers.{index}.")
            yield layer_file(index), packing.layer_tensors(layer)
        yield ENDS, packing.ends_tensors(ends, head)

    return write_files(path, model.cfg, model.profile, head, files(), source, revision)


def write_files(
    path: Path,
    cfg: BitNetConfig,
    profile: TernaryProfile,
    head: Head,
    files: Iterable[tuple[str, Mapping[str, Tensor]]],
    source: str,
    revision: str = "",
) -> Path:
    """Write the files of a model and its manifest; `files` yields each name with its tensors. Errors as for `write`."""
    profiles.check(cfg)
    present = tensor_files.folder(path)
    if present:
        raise InputError(f"{path}: holds {present[0]}; expected a new or empty folder")
    written = {name: tensor_files.write(path / name, tensors) for name, tensors in files}
    manifest = Manifest(SCHEMA, profiles.NAME, asdict(profile), cfg, head, source, revision, written)
    json_files.write(path / MANIFEST, asdict(manifest))
    return path


def read_manifest(file: Path) -> Manifest:
    """The manifest in `file`; InputError when it is none of this schema."""
    data = json_files.read(file, "the directory of a whole integer model")
    if isinstance(data, dict) and (data.get("schema"), data.get("profile")) != (SCHEMA, profiles.NAME):
        found = f"schema {data.get('schema')!r}, profile {data.get('profile')!r}"
        raise InputError(f"{file}: found {found}, expected {SCHEMA} and {profiles.NAME!r}; write the model anew")
    try:
        return decode(Manifest, data, file)
    except InputError as error:
        raise error if str(file) in str(error) else InputError(f"{file}: {error}") from None


def load(path: Path) -> IntegerModel:
    """The integer model in the directory `path`; its layers are read when they are taken, every time.

    Raises:
        InputError: the folder is no whole model, its manifest names an unknown choice or shape, a file is missing,
            unexpected or not the one that was written; and at the use of a layer whose values leave their bounds.
    """
    manifest = read_manifest(path / MANIFEST)
    c, p = manifest.config, manifest.typed_profile()
    profiles.check(c)
    expected = {layer_file(i): packing.layer_shapes(c) for i in range(c.num_hidden_layers)}
    expected[ENDS] = packing.ends_shapes(c, manifest.head)
    for name in sorted((manifest.files.keys() | {file.name for file in path.glob("*.safetensors")}) - expected.keys()):
        raise InputError(f"{path / name}: unexpected; a model of this config has {len(expected)} files, without it")
    for name, shapes in expected.items():
        tensor_files.check(path, path / MANIFEST, manifest.files, name, shapes)
    tensors = tensor_files.read(path / ENDS, expected[ENDS])
    ends = packing.ends_of(tensors, c, manifest.head, f"{path / ENDS}: ")
    model = IntegerModel(
        cfg=c,
        profile=p,
        residual_frac=ends.residual_frac,
        embedding=ends.embedding,
        layers=OnDemand(partial(read_layer, path, c, p), range(c.num_hidden_layers)),
        final_norm=ends.final_norm,
        head_scale=ends.head_scale,
        head=ends.head,
        ternary_head=manifest.head == "ternary",
    )
    check_ends(model, f"{path / ENDS}: ")
    return model


def resident(model: IntegerModel) -> IntegerModel:
    """The same model with all layers in memory: a byte for each weight."""
    return replace(model, layers=tuple(model.layers))


def read_layer(path: Path, c: BitNetConfig, p: TernaryProfile, index: int) -> Layer:
    """Read one layer of the model in `path`; InputError when its file is corrupt or a value leaves its bounds."""
    file = path / layer_file(index)
    layer = packing.layer_of(tensor_files.read(file, packing.layer_shapes(c)), c, f"{file}: ")
    check_layer(layer, p, f"{file}: ")
    return layer
