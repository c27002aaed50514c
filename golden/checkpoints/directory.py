# SPDX-License-Identifier: Apache-2.0
"""A Hugging Face checkpoint directory: `config.json` and one `model.safetensors`.

Reading is strict: what is missing, extra, misshapen or corrupt is an `InputError` that names the file, the tensor,
what was found and what was expected. Writing replaces each file in one step, so that nothing half-written remains.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from golden import json_files
from golden.errors import InputError, MachineError

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
READ = 1 << 20  # bytes at a time


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint in memory: the parsed `config.json` and the tensors by name."""

    path: Path
    config: Mapping[str, Any]
    tensors: Mapping[str, torch.Tensor]


def read_config(path: Path) -> dict[str, Any]:
    """`config.json` of the checkpoint directory `path`; InputError when it is missing or no JSON object."""
    file = path / CONFIG
    config = json_files.read(file, "a Hugging Face checkpoint directory")
    if not isinstance(config, dict):
        raise InputError(f"{file}: found a JSON {type(config).__name__}, expected an object")
    return config


def content_hash(files: Iterable[Path]) -> str:
    """sha256 over names, sizes and contents of `files`, in their order."""
    total = hashlib.sha256()
    for file in files:
        total.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as stream:
            while part := stream.read(READ):
                total.update(part)
    return total.hexdigest()


def load(path: Path) -> Checkpoint:
    """Both files of the checkpoint directory `path`; InputError when one is missing or corrupt."""
    config = read_config(path)
    file = path / WEIGHTS
    if not file.is_file():
        raise InputError(f"{file}: missing; expected the checkpoint's tensors")
    try:
        tensors = load_file(file)
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"{file}: corrupt or truncated ({error}); restore the file") from None
    return Checkpoint(path, config, tensors)


def expect(checkpoint: Checkpoint, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """InputError unless the tensors are exactly those of `shapes`: names, shapes, floating point and finite."""
    file = checkpoint.path / WEIGHTS
    for name in sorted(shapes.keys() - checkpoint.tensors.keys()):
        raise InputError(f"{file}: tensor {name} is missing, expected shape {list(shapes[name])}")
    for name in sorted(checkpoint.tensors.keys() - shapes.keys()):
        raise InputError(f"{file}: unexpected tensor {name}; expected the {len(shapes)} tensors of the model only")
    for name, shape in shapes.items():
        tensor = checkpoint.tensors[name]
        if tuple(tensor.shape) != shape:
            raise InputError(f"{file}: tensor {name} has shape {list(tensor.shape)}, expected {list(shape)}")
        if not tensor.is_floating_point():
            raise InputError(f"{file}: tensor {name} holds {tensor.dtype}, expected floating point")
        if not bool(torch.isfinite(tensor).all()):
            raise InputError(f"{file}: tensor {name} holds NaN or infinity, expected finite numbers")


def save(path: Path, config: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> None:
    """Write the checkpoint directory `path`; each file appears whole or not at all. MachineError if not writable."""
    contiguous = {name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}
    try:
        path.mkdir(parents=True, exist_ok=True)
        save_file(contiguous, path / (WEIGHTS + ".part"), metadata={"format": "pt"})
        (path / (CONFIG + ".part")).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        for name in (WEIGHTS, CONFIG):
            os.replace(path / (name + ".part"), path / name)
    except (OSError, SafetensorError) as error:
        raise MachineError(
            f"{path}: checkpoint cannot be written ({error}); check the folder's rights and space"
        ) from None
