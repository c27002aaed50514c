# SPDX-License-Identifier: Apache-2.0
"""A bundle's directory, whatever its cases are: manifest, tensors, hashes, strict reading, atomic writing.

A bundle is `<stem>-<hash>/` with `manifest.json` and `tensors.safetensors`; the hash covers the manifest, which holds
the sha256 of every tensor, so a bundle's name pins its content.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from golden.errors import InputError, MachineError
from golden.spec.strict import decode

SCHEMA = 1
MANIFEST = "manifest.json"
TENSORS = "tensors.safetensors"
HASH_DIGITS = 12

Tolerance = Literal["exact"]


@dataclass(frozen=True)
class TensorEntry:
    """What the manifest promises of one tensor: dtype by its torch name, shape, sha256 of its bytes (little endian)."""

    dtype: str
    shape: tuple[int, ...]
    sha256: str


@dataclass(frozen=True)
class Origin:
    """Where the data came from: a model or generator by name, and the sha256 of what it was read from."""

    name: str
    sha256: str
    note: str


@dataclass(frozen=True)
class Header:
    """What the manifest of every kind of bundle holds; `tensors` by name."""

    schema: int
    origin: Origin
    seed: int
    revision: str
    tolerance: dict[str, str]
    tensors: dict[str, TensorEntry]

    def content_hash(self) -> str:
        """Return the hash in the bundle's name; the source revision is left out: it does not change the content."""
        return hashlib.sha256(_canonical(replace(self, revision="")).encode()).hexdigest()[:HASH_DIGITS]


M = TypeVar("M", bound=Header)


@dataclass(frozen=True)
class Loaded(Generic[M]):
    """A loaded and fully checked bundle."""

    path: Path
    manifest: M
    tensors: Mapping[str, torch.Tensor] = field(repr=False)

    @property
    def name(self) -> str:
        """The directory's name, which ends in the content hash."""
        return self.path.name


def _canonical(manifest: Header) -> str:
    return json.dumps(asdict(manifest), sort_keys=True, separators=(",", ":"))


def describe(tensor: torch.Tensor) -> TensorEntry:
    """Return the manifest entry of a tensor."""
    data = tensor.contiguous().numpy().tobytes()
    dtype = str(tensor.dtype).removeprefix("torch.")
    return TensorEntry(dtype=dtype, shape=tuple(tensor.shape), sha256=hashlib.sha256(data).hexdigest())


def write_directory(parent: Path, stem: str, manifest: Header, tensors: Mapping[str, torch.Tensor]) -> Path:
    """Write a bundle below `parent` and return its directory; a bundle with the same content is left as it is.

    The directory appears whole (written under a temporary name, then renamed) or not at all.
    """
    target = parent / f"{stem}-{manifest.content_hash()}"
    if not target.exists():
        _write(target, manifest, tensors)
    return target


def _write(target: Path, manifest: Header, tensors: Mapping[str, torch.Tensor]) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise MachineError(f"cannot write bundle {target}: {error.strerror or error}; choose another --out") from error
    try:
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, scratch / TENSORS)
        (scratch / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1) + "\n")
        os.chmod(scratch, 0o755)
        scratch.rename(target)
    except OSError as error:
        shutil.rmtree(scratch, ignore_errors=True)
        if target.exists():  # someone else wrote the same content meanwhile
            return
        raise MachineError(f"cannot write bundle {target}: {error.strerror or error}; choose another --out") from error


def load_directory(path: Path, cls: type[M], check: Callable[[M, str], None]) -> Loaded[M]:
    """Read a bundle whose manifest is a `cls`: structure, hashes, what `check(manifest, where)` refuses, its name.

    Raises InputError that names the file, the field, what was found and what was expected.
    """
    raw = read_json(path / MANIFEST)
    manifest = decode(cls, raw, path / MANIFEST)
    tensors = _read_tensors(path / TENSORS, manifest)
    _check_header(manifest, where=str(path / MANIFEST))
    check(manifest, str(path / MANIFEST))
    _check_name(path, manifest)
    return Loaded(path=path, manifest=manifest, tensors=tensors)


def read_json(path: Path) -> Any:
    """Return a manifest as parsed JSON of the right schema; InputError for anything else."""
    try:
        raw = json.loads(path.read_text())
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; a bundle is a directory with {MANIFEST} and {TENSORS}") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: not readable as JSON ({error}); make the bundle anew") from None
    if isinstance(raw, dict) and raw.get("schema") != SCHEMA:
        raise InputError(f"{path}: schema: found {raw.get('schema')!r}, expected {SCHEMA}; make the bundle anew")
    return raw


def _read_tensors(path: Path, manifest: Header) -> dict[str, torch.Tensor]:
    try:
        tensors = load_file(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; the bundle is incomplete, make it anew") from None
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: corrupt or truncated ({error}); make the bundle anew") from None
    if missing := sorted(manifest.tensors.keys() - tensors.keys()):
        raise InputError(f"{path}: tensor {missing[0]!r} of the manifest is missing; make the bundle anew")
    if extra := sorted(tensors.keys() - manifest.tensors.keys()):
        raise InputError(f"{path}: tensor {extra[0]!r} is not in the manifest; make the bundle anew")
    for name, expected in manifest.tensors.items():
        found = describe(tensors[name])
        for key in ("dtype", "shape", "sha256"):
            have, want = getattr(found, key), getattr(expected, key)
            if have != want:
                raise InputError(f"{path}: {name}: {key}: found {have}, the manifest says {want}; make the bundle anew")
    return tensors


def _check_header(manifest: Header, where: str) -> None:
    for output, kind in manifest.tolerance.items():
        if kind != "exact":
            raise InputError(f"{where}: tolerance.{output}: found {kind!r}, expected 'exact'")


def _check_name(path: Path, manifest: Header) -> None:
    expected = manifest.content_hash()
    if not path.resolve().name.endswith(f"-{expected}"):
        raise InputError(f"{path}: the directory's name must end in the content hash -{expected}; was a file edited?")
