# SPDX-License-Identifier: Apache-2.0
"""A checkpoint directory whose tensors are read when they are used.

Opening reads `config.json`, the index if there is one, and the headers of the files: names, shapes and types are known
before the first tensor is read. Reading copies rows out of a mapping that is given back every few megabytes, so that
memory holds the result and little else, and no tensor depends on a file that may change.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor

from golden import json_files
from golden.checkpoints.containers import DTYPES, Dtypes, Entry, Rows, mapped, scan
from golden.checkpoints.directory import WEIGHTS, read_config
from golden.errors import InputError

PICKLED = "pytorch_model.bin"
INDEX = ".index.json"
KINDS = (WEIGHTS, WEIGHTS + INDEX, PICKLED, PICKLED + INDEX)
MAPPED_LEAST = 1 << 22
"""Bytes of a file that may be mapped at a time, if a quarter of what is being read is less."""

Visit = Callable[[str, int, Tensor], None]
"""Called with the name of a tensor, a row number, and the rows from there, a view that must not be kept."""


@dataclass(frozen=True)
class Store:
    """An opened checkpoint directory: its parsed `config.json` and what its headers say; no tensor is in memory."""

    path: Path
    config: Mapping[str, Any]
    weights: Path  # the one file of KINDS
    files: tuple[Path, ...]  # those that hold the tensors, in order
    entries: Mapping[str, Entry]
    stamps: Mapping[Path, tuple[int, ...]]  # of each file, to notice a change

    def expect(self, shapes: Mapping[str, tuple[int, ...]], optional: Mapping[str, tuple[int, ...]]) -> None:
        """InputError unless the tensors are exactly those of `shapes`, with or without those of `optional`."""
        for name in sorted(shapes.keys() - self.entries.keys()):
            raise InputError(f"{self.weights}: tensor {name} is missing, expected shape {list(shapes[name])}")
        known = {**shapes, **optional}
        for name in sorted(self.entries.keys() - known.keys()):
            raise InputError(
                f"{self.entries[name].file}: unexpected tensor {name}; expected the {len(shapes)} of the model only"
            )
        for name, shape in known.items():
            entry = self.entries.get(name)
            if entry and entry.shape != shape:
                raise InputError(f"{entry.file}: tensor {name} has shape {list(entry.shape)}, expected {list(shape)}")

    def read(self, names: Iterable[str], dtype: torch.dtype) -> dict[str, Tensor]:
        """Copy the tensors `names` into memory as `dtype`.

        Raises InputError where a tensor holds NaN or infinity, where `dtype` could not hold its type exactly, and where
        a file has changed since it was opened.
        """
        out = {}
        for name in names:
            entry = self.entries[name]
            if torch.promote_types(entry.dtype, dtype) != dtype:
                raise InputError(f"{entry.file}: tensor {name} holds {entry.dtype}, which {dtype} cannot hold exactly")
            out[name] = torch.empty(entry.shape, dtype=dtype)

        def copy(name: str, start: int, part: Tensor) -> None:
            out[name][start : start + len(part)].copy_(part)
            if not _finite(part):
                file = self.entries[name].file
                raise InputError(f"{file}: tensor {name} holds NaN or infinity, expected finite numbers")

        self._visit(out, copy)
        return out

    def expect_equal(self, name: str, tensor: Tensor) -> None:
        """InputError unless the stored tensor `name` equals `tensor`; holds only a part of it in memory."""

        def compare(name: str, start: int, part: Tensor) -> None:
            if not torch.equal(part.to(tensor.dtype), tensor[start : start + len(part)]):
                file = self.entries[name].file
                raise InputError(f"{file}: tensor {name} differs from the embedding, to which the config ties it")

        self._visit([name], compare)

    def _visit(self, names: Iterable[str], visit: Visit) -> None:
        """Call `visit` with all rows of the tensors `names`, file by file, a part at a time."""
        wanted = [(name, self.entries[name]) for name in names]
        budget = max(sum(entry.dtype.itemsize * prod(entry.shape) for _, entry in wanted) // 4, MAPPED_LEAST)
        for file in dict.fromkeys(entry.file for _, entry in wanted):
            with _Window(file, self.stamps[file], budget) as window:
                for name, entry in wanted:
                    if entry.file == file:
                        window.visit(name, entry, visit)


class _Window:
    """Rows of the tensors of one file through a mapping that is made anew when `budget` bytes were read through it."""

    def __init__(self, file: Path, stamp: tuple[int, ...], budget: int) -> None:
        self._file, self._stamp, self._budget, self._left = file, stamp, budget, 0
        self._stack = ExitStack()
        self._rows: Rows | None = None

    def __enter__(self) -> "_Window":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def visit(self, name: str, entry: Entry, visit: Visit) -> None:
        """Call `visit` with the rows of the tensor `name`, as many at a time as the budget allows."""
        row = entry.dtype.itemsize * prod(entry.shape[1:])
        step = max(self._budget // row, 1)
        for start in range(0, entry.shape[0], step):
            stop = min(start + step, entry.shape[0])
            part = self._take(name, start, stop, row * (stop - start))
            if part.shape != (stop - start, *entry.shape[1:]) or part.dtype != entry.dtype:
                raise self._changed()
            visit(name, start, part)
            del part  # or the view would keep its mapping while the next one is made

    def _take(self, name: str, start: int, stop: int, size: int) -> Tensor:
        try:
            if self._rows is None or size > self._left:
                self._close()
                if _stamp(self._file) != self._stamp:
                    raise self._changed()
                self._rows, self._left = self._stack.enter_context(mapped(self._file)), self._budget
            self._left -= size
            return self._rows(name, start, stop)
        except (OSError, SafetensorError, RuntimeError, KeyError):
            raise self._changed() from None

    def _close(self) -> None:
        self._rows = None
        self._stack.close()

    def _changed(self) -> InputError:
        return InputError(f"{self._file}: changed or vanished since it was opened; open the checkpoint again")


def open_store(path: Path, dtypes: Dtypes = DTYPES) -> Store:
    """Open the checkpoint directory `path`: one file or its shards, `.safetensors` or `.bin`.

    Raises InputError for a missing or corrupt file, for an index and shards that contradict each other, for a pickle
    with code, for types other than `dtypes`, and where two sets of weights lie side by side.
    """
    config = read_config(path)
    weights = find_weights(path)
    if weights.name.endswith(INDEX):
        places = read_index(weights)
        entries = _scan_shards(weights, places, dtypes)
    else:
        entries = scan(weights, dtypes)
    files = tuple(
        sorted({entry.file for entry in entries.values()} | ({weights} if weights.suffix != ".json" else set()))
    )
    return Store(path, config, weights, files, entries, {file: _stamp(file) for file in files})


def find_weights(path: Path) -> Path:
    """The one file of KINDS in the directory `path`; InputError when there is none, or more than one."""
    found = [path / kind for kind in KINDS if (path / kind).exists()]
    if not found:
        raise InputError(f"{path / WEIGHTS}: missing, and so are {', '.join(KINDS[1:])}; expected one of them")
    if len(found) > 1:
        names = " and ".join(file.name for file in found)
        raise InputError(f"{path}: holds {names}; expected one of them, move the others away")
    return found[0]


def read_index(file: Path) -> dict[str, str]:
    """File name of the shard of every tensor, as the index `file` says; InputError when it is no such index."""
    index = json_files.read(file, "the index of the checkpoint's shards")
    places = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(places, dict) or not places or not all(isinstance(shard, str) for shard in places.values()):
        raise InputError(f"{file}: key weight_map is missing or malformed, expected the shard of every tensor")
    suffix = Path(file.name.removesuffix(INDEX)).suffix
    for shard in dict.fromkeys(places.values()):
        if Path(shard).name != shard or Path(shard).suffix != suffix:
            raise InputError(f"{file}: names the shard {shard!r}, expected the name of a {suffix} file beside it")
    return places


def _scan_shards(index: Path, places: Mapping[str, str], dtypes: Dtypes) -> dict[str, Entry]:
    """Entries of all shards, in which each tensor lies where the index says, and no others."""
    entries: dict[str, Entry] = {}
    for shard in sorted(set(places.values())):
        file = index.parent / shard
        if not file.is_file():
            raise InputError(f"{file}: missing, but {index.name} names it; restore the file")
        found = scan(file, dtypes)
        said = {name for name, place in places.items() if place == shard}
        for name in sorted(said - found.keys()):
            raise InputError(f"{file}: tensor {name} is missing, but {index.name} says that it is here")
        for name in sorted(found.keys() - said):
            raise InputError(f"{file}: unexpected tensor {name}; {index.name} does not place it here")
        entries |= found
    return entries


def _finite(part: Tensor) -> bool:
    """Whether all numbers are finite: NaN and infinity pass through the least and the largest (24 times faster)."""
    return not part.numel() or bool(torch.isfinite(torch.stack(torch.aminmax(part))).all())


def _stamp(file: Path) -> tuple[int, ...]:
    """What changes when `file` is written anew."""
    stat = os.stat(file)
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
