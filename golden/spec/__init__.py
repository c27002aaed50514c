# SPDX-License-Identifier: Apache-2.0
"""Declared once, in TOML: number formats, profiles, register maps, configurations; with the loaders and emitters."""

from golden.spec.configs import (
    KernelConfig,
    Mamba2AccelConfig,
    TernAccelConfig,
    TernConfig,
    load_config,
    load_configs,
)
from golden.spec.numbers import DigitFormat, FixedFormat, Formats, Profile, known_profiles, load_formats, load_profile
from golden.spec.register_file import Field
from golden.spec.registers import Register, RegisterMap, load_register_map

__all__ = [
    "DigitFormat",
    "Field",
    "FixedFormat",
    "Formats",
    "KernelConfig",
    "Mamba2AccelConfig",
    "Profile",
    "Register",
    "RegisterMap",
    "TernAccelConfig",
    "TernConfig",
    "known_profiles",
    "load_config",
    "load_configs",
    "load_formats",
    "load_profile",
    "load_register_map",
]
