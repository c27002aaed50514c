# SPDX-License-Identifier: Apache-2.0
"""Safetensors files that a manifest vouches for: hash, names, types and shapes; written whole or not at all."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from golden.errors import InputError, MachineError

Shape = tuple[torch.dtype, tuple[int, ...]]


@dataclass(frozen=True)
class Entry:
    """What a file's header says of a tensor: its type by torch's name, and its shape."""

    dtype: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.dtype} {list(self.shape)}"


@dataclass(frozen=True)
class File:
    """What a manifest promises of a file: its sha256, and its tensors."""

    sha256: str
    tensors: dict[str, Entry]


def folder(path: Path) -> list[str]:
    """Make the folder `path` where there is none; sorted names in it. MachineError when it cannot be made or read."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        return sorted(file.name for file in path.iterdir())
    except OSError as error:
        raise MachineError(f"{path}: cannot be written ({error}); check the folder's rights and space") from None


def write(target: Path, tensors: Mapping[str, Tensor]) -> File:
    """Write the file `target`, whole or not at all. MachineError when it cannot be written."""
    try:
        part = target.with_name(target.name + ".part")
        save_file({key: x.contiguous() for key, x in tensors.items()}, part)
        hashed = sha256(part)
        os.replace(part, target)
    except (OSError, SafetensorError) as error:
        raise MachineError(f"{target}: cannot be written ({error}); check the folder's rights and space") from None
    return File(hashed, {key: Entry(_dtype(x.dtype), tuple(x.shape)) for key, x in sorted(tensors.items())})


def check(path: Path, manifest: Path, files: Mapping[str, File], name: str, shapes: Mapping[str, Shape]) -> None:
    """InputError unless `manifest` names the file `name` of the folder `path` with `shapes`, and it is that file."""
    file = path / name
    if name not in files:
        raise InputError(f"{manifest}: names no {name}, which a model of this config has; write the model anew")
    compare(f"{manifest}: {name}", files[name].tensors, shapes)
    if not file.is_file():
        raise InputError(f"{file}: missing; expected the tensors that {manifest.name} names")
    if sha256(file) != files[name].sha256:
        raise InputError(f"{file}: corrupt or truncated: its sha256 is not that of {manifest.name}; restore the file")


def read(file: Path, shapes: Mapping[str, Shape]) -> dict[str, Tensor]:
    """Tensors of `file`; InputError unless they are exactly those of `shapes`."""
    try:
        tensors: dict[str, Tensor] = load_file(file)
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"{file}: corrupt or truncated ({error}); restore the file") from None
    compare(str(file), {key: Entry(_dtype(x.dtype), tuple(x.shape)) for key, x in tensors.items()}, shapes)
    return tensors


def compare(where: str, found: Mapping[str, Entry], shapes: Mapping[str, Shape]) -> None:
    """InputError unless the tensors found are exactly those of `shapes`."""
    wanted = {key: Entry(_dtype(dtype), shape) for key, (dtype, shape) in shapes.items()}
    for key in sorted(wanted.keys() | found.keys()):
        if found.get(key) != wanted.get(key):
            seen, due = (str(each.get(key, "nothing")) for each in (found, wanted))
            raise InputError(f"{where}: tensor {key}: found {seen}, expected {due}; restore the model")


def _dtype(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def sha256(file: Path) -> str:
    """Hash of a file, empty when it cannot be read."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""
