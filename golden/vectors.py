# SPDX-License-Identifier: Apache-2.0
"""Test-vector bundles: one directory that golden model, simulated RTL, virtual boards and boards all read.

A bundle is `<stem>-<hash>/` with `manifest.json` and `tensors.safetensors`; the hash covers the manifest, which holds
the sha256 of every tensor, so a bundle's name pins its content. Tensors are stored as the device consumes them
(packed weights and activations) beside the results it must return.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from golden.errors import InputError, MachineError
from golden.spec.configs import KernelConfig
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
class Origin:
    """Where the data came from: a model or generator by name, and the sha256 of what it was read from."""

    name: str
    sha256: str
    note: str


@dataclass(frozen=True)
class Manifest:
    """Everything about a bundle but the numbers themselves. `config_hash` is hexadecimal, as the registers show it."""

    schema: int
    kernel: str
    profile: str
    config: str
    config_hash: str
    origin: Origin
    seed: int
    revision: str
    tolerance: dict[str, str]
    tensors: dict[str, TensorEntry]
    cases: tuple[Case, ...]

    def content_hash(self) -> str:
        """Return the hash in the bundle's name; the source revision is left out: it does not change the content."""
        return hashlib.sha256(_canonical(replace(self, revision="")).encode()).hexdigest()[:HASH_DIGITS]


@dataclass(frozen=True)
class Bundle:
    """A loaded and fully checked bundle."""

    path: Path
    manifest: Manifest
    tensors: Mapping[str, torch.Tensor] = field(repr=False)

    @property
    def name(self) -> str:
        """The directory's name, which ends in the content hash."""
        return self.path.name


def _canonical(manifest: Manifest) -> str:
    return json.dumps(asdict(manifest), sort_keys=True, separators=(",", ":"))


def describe(tensor: torch.Tensor) -> TensorEntry:
    """Return the manifest entry of a tensor."""
    data = tensor.contiguous().numpy().tobytes()
    dtype = str(tensor.dtype).removeprefix("torch.")
    return TensorEntry(dtype=dtype, shape=tuple(tensor.shape), sha256=hashlib.sha256(data).hexdigest())


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
    target = parent / f"{stem}-{manifest.content_hash()}"
    if not target.exists():
        _write_directory(target, manifest, tensors)
    return target


def _write_directory(target: Path, manifest: Manifest, tensors: Mapping[str, torch.Tensor]) -> None:
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


def load(path: Path, config: KernelConfig | None = None) -> Bundle:
    """Read and check a bundle: structure, hashes, shapes, references and, if given, that it is for `config`.

    Raises InputError that names the file, the field, what was found and what was expected.
    """
    manifest = _read_manifest(path / MANIFEST)
    tensors = _read_tensors(path / TENSORS, manifest)
    _check_references(manifest, where=str(path / MANIFEST))
    _check_name(path, manifest)
    if config is not None:
        check_config(path, manifest, config)
    return Bundle(path=path, manifest=manifest, tensors=tensors)


def _read_manifest(path: Path) -> Manifest:
    try:
        raw = json.loads(path.read_text())
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; a bundle is a directory with {MANIFEST} and {TENSORS}") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: not readable as JSON ({error}); make the bundle anew") from None
    if isinstance(raw, dict) and raw.get("schema") != SCHEMA:
        raise InputError(f"{path}: schema: found {raw.get('schema')!r}, expected {SCHEMA}; make the bundle anew")
    return decode(Manifest, raw, path)


def _read_tensors(path: Path, manifest: Manifest) -> dict[str, torch.Tensor]:
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
    for output, kind in manifest.tolerance.items():
        if kind != "exact":
            raise InputError(f"{where}: tolerance.{output}: found {kind!r}, expected 'exact'")
    if not manifest.cases:
        raise InputError(f"{where}: cases: found none, expected at least one")


def _check_name(path: Path, manifest: Manifest) -> None:
    expected = manifest.content_hash()
    if not path.resolve().name.endswith(f"-{expected}"):
        raise InputError(f"{path}: the directory's name must end in the content hash -{expected}; was a file edited?")


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


def diff(a: Bundle, b: Bundle) -> list[str]:
    """Return one line for each difference between two bundles, nothing when they hold the same."""
    lines = []
    for key in ("kernel", "profile", "config", "config_hash", "origin", "seed", "tolerance"):
        have, want = getattr(a.manifest, key), getattr(b.manifest, key)
        if have != want:
            lines.append(f"{key}: {have} != {want}")
    cases_a, cases_b = ({case.name: case for case in bundle.manifest.cases} for bundle in (a, b))
    lines.extend(
        f"case {name}: {cases_a.get(name)} != {cases_b.get(name)}"
        for name in sorted(cases_a.keys() | cases_b.keys())
        if cases_a.get(name) != cases_b.get(name)
    )
    for name in sorted(a.tensors.keys() | b.tensors.keys()):
        lines.extend(_diff_tensor(name, a.tensors.get(name), b.tensors.get(name)))
    return lines


def _diff_tensor(name: str, a: torch.Tensor | None, b: torch.Tensor | None) -> list[str]:
    if a is None or b is None:
        return [f"tensor {name}: only in the {'second' if a is None else 'first'} bundle"]
    if a.shape != b.shape or a.dtype != b.dtype:
        return [f"tensor {name}: {a.dtype}{list(a.shape)} != {b.dtype}{list(b.shape)}"]
    different = (a != b).nonzero()
    if not len(different):
        return []
    at = tuple(int(i) for i in different[0])
    values = f"{a[at].item()} != {b[at].item()}"
    return [f"tensor {name}: {len(different)} of {a.numel()} elements differ, first at {list(at)}: {values}"]
