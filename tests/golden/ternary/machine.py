# SPDX-License-Identifier: Apache-2.0
"""What the layout of the ternary accelerator asks of a build."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """A memory of wide beats over ports."""

    wide_bytes: int
    ports: int = 1
    partial: int = 0
