# SPDX-License-Identifier: Apache-2.0
"""Checkpoint directories written a part at a time: no more than one shard, or one tensor of a `.bin`, is in memory.

The caller fills tensors by name. Directories appear whole: written under a temporary name beside it, then renamed.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from golden.checkpoints.directory import CONFIG, WEIGHTS
from golden.checkpoints.store import INDEX, PICKLED
from golden.errors import InputError, MachineError

Shapes = Mapping[str, tuple[int, ...]]
Types = torch.dtype | Mapping[str, torch.dtype]
"""One type for all tensors, or that of each by name."""
Fill = Callable[[str, Tensor], None]
"""Writes the values of the tensor called name into the given tensor."""


@contextmanager
def new_directory(path: Path) -> Iterator[Path]:
    """A scratch directory that becomes `path` when the block ends, and vanishes when the block fails.

    Raises InputError when `path` exists, MachineError when it cannot be written.
    """
    if path.exists():
        raise InputError(f"{path}: exists already; name another folder, or remove this one")
    scratch = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        yield scratch
        for file in (scratch, *scratch.iterdir()):
            os.chmod(file, 0o755 if file is scratch else 0o644)
        scratch.rename(path)
    except (OSError, SafetensorError) as error:
        raise MachineError(f"{path}: cannot be written ({error}); check the folder's rights and space") from None
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)


def write_config(folder: Path, config: Mapping[str, Any]) -> None:
    """Write `config.json` into `folder`."""
    (folder / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def type_of(dtype: Types, name: str) -> torch.dtype:
    """Type of the tensor `name`."""
    return dtype if isinstance(dtype, torch.dtype) else dtype[name]


def plan_shards(shapes: Shapes, dtype: Types, shard_bytes: int) -> list[list[str]]:
    """Names of the tensors of each shard, in order, none above `shard_bytes` unless a tensor alone is."""
    shards: list[list[str]] = [[]]
    size = 0
    for name, shape in shapes.items():
        added = prod(shape) * type_of(dtype, name).itemsize
        if shards[-1] and size + added > shard_bytes:
            shards.append([])
            size = 0
        shards[-1].append(name)
        size += added
    return shards


def write_safetensors(folder: Path, shapes: Shapes, dtype: Types, fill: Fill, shard_bytes: int) -> None:
    """Write `model.safetensors`, or shards of about `shard_bytes` bytes and their index, into `folder`."""
    shards = plan_shards(shapes, dtype, shard_bytes)
    if len(shards) == 1:
        _write_shard(folder / WEIGHTS, shards[0], shapes, dtype, fill)
        return
    files = [f"model-{i:05d}-of-{len(shards):05d}.safetensors" for i in range(1, len(shards) + 1)]
    for file, names in zip(files, shards, strict=True):
        _write_shard(folder / file, names, shapes, dtype, fill)
    size = sum(prod(shape) * type_of(dtype, name).itemsize for name, shape in shapes.items())
    index = {
        "metadata": {"total_parameters": sum(map(prod, shapes.values())), "total_size": size},
        "weight_map": {name: file for file, names in zip(files, shards, strict=True) for name in names},
    }
    (folder / (WEIGHTS + INDEX)).write_text(json.dumps(index, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _write_shard(file: Path, names: list[str], shapes: Shapes, dtype: Types, fill: Fill) -> None:
    tensors = {name: torch.empty(shapes[name], dtype=type_of(dtype, name)) for name in names}
    for name, tensor in tensors.items():
        fill(name, tensor)
    save_file(tensors, file, metadata={"format": "pt"})


def write_bin(folder: Path, shapes: Shapes, aliases: Mapping[str, str], dtype: torch.dtype, fill: Fill) -> None:
    """Write `pytorch_model.bin` into `folder`; each name in `aliases` is a second one for the tensor it maps to.

    `torch.save` lays the file out from tensors without memory and leaves room for their bytes, which are then written
    where `torch.load` will look for them. The checksums of the archive stay those of zeros; `torch.load` ignores them.
    """
    file = folder / PICKLED
    with FakeTensorMode():
        empty = {name: torch.empty(shape, dtype=dtype) for name, shape in shapes.items()}
    with torch.serialization.skip_data(materialize_fake_tensors=True):
        torch.save(empty | {alias: empty[name] for alias, name in aliases.items()}, file)
    with FakeTensorMode():
        laid_out = torch.load(file, weights_only=True)
    with file.open("r+b") as stream:
        for name, shape in shapes.items():
            tensor = torch.empty(shape, dtype=dtype)
            fill(name, tensor)
            stream.seek(laid_out[name].untyped_storage()._checkpoint_offset)
            stream.write(tensor.view(torch.uint8).numpy().data)
