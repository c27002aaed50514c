# SPDX-License-Identifier: Apache-2.0
"""Where things stand: the repository, its Verilog, and the build folder (KRAIT_BUILD overrides the default)."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERILOG = ROOT / "hw" / "verilog"
INCLUDES = (VERILOG, VERILOG / "gen", VERILOG / "common")
"""Folders of its headers."""


def build_dir() -> Path:
    """Return the folder for everything that krait writes; ignored by git, safe to delete."""
    return Path(os.environ.get("KRAIT_BUILD", ROOT / "build")).resolve()
