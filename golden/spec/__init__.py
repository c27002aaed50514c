# SPDX-License-Identifier: Apache-2.0
"""Declared once, in TOML: number formats, profiles, register maps, configurations; with the loaders and emitters."""

from golden.spec.configs import KernelConfig, load_config, load_configs
from golden.spec.registers import Field, Register, RegisterMap, load_register_map

__all__ = ["Field", "KernelConfig", "Register", "RegisterMap", "load_config", "load_configs", "load_register_map"]
