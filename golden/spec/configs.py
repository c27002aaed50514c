# SPDX-License-Identifier: Apache-2.0
"""Accelerator configurations: the geometry of a kernel as built for one board, read from ``configs/<kernel>.toml``."""

from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, overload

from golden.errors import InputError
from golden.spec.geometry import MAX_PORTS, Geometry, KernelConfig
from golden.spec.mamba2_config import Mamba2AccelConfig, Mamba2AccelGeometry
from golden.spec.registers import load_register_map
from golden.spec.strict import load, show_path
from golden.spec.tern_accel_config import TernAccelConfig, TernAccelGeometry
from golden.spec.tern_config import TernConfig, TernGeometry

__all__ = [
    "FOLDER",
    "MAX_PORTS",
    "KernelConfig",
    "Mamba2AccelConfig",
    "TernAccelConfig",
    "TernConfig",
    "load_config",
    "load_configs",
]

FOLDER = Path(__file__).parent / "configs"


@dataclass(frozen=True)
class _TernFile:
    """``configs/tern_matvec.toml``: the kernel, and its configurations by name."""

    kernel: str
    configs: dict[str, TernGeometry]


@dataclass(frozen=True)
class _Mamba2File:
    """``configs/mamba2_accel.toml``: the kernel, and its configurations by name."""

    kernel: str
    configs: dict[str, Mamba2AccelGeometry]


@dataclass(frozen=True)
class _TernAccelFile:
    """``configs/ternary_accel.toml``: the kernel, and its configurations by name."""

    kernel: str
    configs: dict[str, TernAccelGeometry]


_KINDS: dict[str, tuple[type[_TernFile | _Mamba2File | _TernAccelFile], type[KernelConfig]]] = {
    "tern_matvec": (_TernFile, TernConfig),
    "mamba2_accel": (_Mamba2File, Mamba2AccelConfig),
    "ternary_accel": (_TernAccelFile, TernAccelConfig),
}


@overload
def load_configs(kernel: Literal["tern_matvec"], folder: Path = FOLDER) -> dict[str, TernConfig]: ...
@overload
def load_configs(kernel: Literal["mamba2_accel"], folder: Path = FOLDER) -> dict[str, Mamba2AccelConfig]: ...
@overload
def load_configs(kernel: Literal["ternary_accel"], folder: Path = FOLDER) -> dict[str, TernAccelConfig]: ...
@overload
def load_configs(kernel: str, folder: Path = FOLDER) -> dict[str, KernelConfig]: ...
def load_configs(kernel: str, folder: Path = FOLDER) -> Any:
    """Return the configurations of `kernel` by name. Raises InputError naming file, key, found and expected."""
    if kernel not in _KINDS:
        raise InputError(f"kernel: found {kernel!r}, expected one of {', '.join(sorted(_KINDS))}")
    return _load(kernel, folder)


@overload
def load_config(kernel: Literal["tern_matvec"], name: str, folder: Path = FOLDER) -> TernConfig: ...
@overload
def load_config(kernel: Literal["mamba2_accel"], name: str, folder: Path = FOLDER) -> Mamba2AccelConfig: ...
@overload
def load_config(kernel: Literal["ternary_accel"], name: str, folder: Path = FOLDER) -> TernAccelConfig: ...
@overload
def load_config(kernel: str, name: str, folder: Path = FOLDER) -> KernelConfig: ...
def load_config(kernel: str, name: str, folder: Path = FOLDER) -> Any:
    """Return one configuration; InputError lists the known ones if `name` is none of them."""
    configs = load_configs(kernel, folder)
    if name not in configs:
        raise InputError(f"{kernel}: found configuration {name!r}, expected one of {', '.join(sorted(configs))}")
    return configs[name]


@lru_cache
def _load(kernel: str, folder: Path) -> dict[str, KernelConfig]:
    schema, made = _KINDS[kernel]
    path = folder / f"{kernel}.toml"
    file = load(schema, path)
    if file.kernel != kernel:
        raise InputError(f"{show_path(path)}: kernel: found {file.kernel!r}, expected {kernel!r}, the file's name")
    version = load_register_map(kernel).version
    return {
        name: made(**_declared(geometry), name=name, kernel=kernel, map_version=version)
        for name, geometry in file.configs.items()
    }


def _declared(geometry: Geometry) -> dict[str, Any]:
    return {each.name: getattr(geometry, each.name) for each in fields(geometry)}
