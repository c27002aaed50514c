# SPDX-License-Identifier: Apache-2.0
"""Test-vector bundles: one directory that golden model, simulated RTL, virtual boards and boards all read.

Two kinds share the directory: starts of a kernel (`kernel.py`) and cases of single units (`units.py`).
"""

from golden.vectors.compare import diff, load_any
from golden.vectors.directory import (
    HASH_DIGITS,
    MANIFEST,
    SCHEMA,
    TENSORS,
    Header,
    Loaded,
    Origin,
    TensorEntry,
    Tolerance,
    describe,
)
from golden.vectors.kernel import Bundle, Case, Manifest, check_config, load, write
from golden.vectors.units import UnitBundle, UnitCase, UnitManifest, is_units, load_units, write_units

__all__ = [
    "HASH_DIGITS",
    "MANIFEST",
    "SCHEMA",
    "TENSORS",
    "Bundle",
    "Case",
    "Header",
    "Loaded",
    "Manifest",
    "Origin",
    "TensorEntry",
    "Tolerance",
    "UnitBundle",
    "UnitCase",
    "UnitManifest",
    "check_config",
    "describe",
    "diff",
    "is_units",
    "load",
    "load_any",
    "load_units",
    "write",
    "write_units",
]
