# SPDX-License-Identifier: Apache-2.0
"""How two bundles differ, of whatever kind."""

from dataclasses import fields
from pathlib import Path

import torch

from golden.vectors.directory import Header, Loaded
from golden.vectors.kernel import Bundle, Manifest, load
from golden.vectors.units import UnitBundle, UnitManifest, is_units, load_units

_NOT_CONTENT = frozenset({"schema", "revision", "tensors", "cases"})


def load_any(path: Path) -> Bundle | UnitBundle:
    """Read and check a bundle of either kind; InputError as from `load` and `load_units`."""
    return load_units(path) if is_units(path) else load(path)


def diff(a: Bundle | UnitBundle, b: Bundle | UnitBundle) -> list[str]:
    """Return one line for each difference between two bundles, nothing when they hold the same."""
    if type(a.manifest) is not type(b.manifest):
        return [f"kind: {_kind(a.manifest)} != {_kind(b.manifest)}"]
    lines = _diff_headers(a, b)
    cases_a, cases_b = ({case.name: case for case in bundle.manifest.cases} for bundle in (a, b))
    lines.extend(
        f"case {name}: {cases_a.get(name)} != {cases_b.get(name)}"
        for name in sorted(cases_a.keys() | cases_b.keys())
        if cases_a.get(name) != cases_b.get(name)
    )
    for name in sorted(a.tensors.keys() | b.tensors.keys()):
        lines.extend(_diff_tensor(name, a.tensors.get(name), b.tensors.get(name)))
    return lines


def _kind(manifest: Manifest | UnitManifest) -> str:
    if isinstance(manifest, UnitManifest):
        return f"{manifest.kind} of {manifest.family}"
    return f"starts of {manifest.kernel}"


def _diff_headers(a: Loaded[Manifest] | Loaded[UnitManifest], b: Loaded[Manifest] | Loaded[UnitManifest]) -> list[str]:
    first: Header = a.manifest
    pairs = [(f.name, getattr(first, f.name), getattr(b.manifest, f.name)) for f in fields(first)]
    return [f"{key}: {have} != {want}" for key, have, want in pairs if key not in _NOT_CONTENT and have != want]


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
