# SPDX-License-Identifier: Apache-2.0
"""One case before it is computed: a unit, its parameters and inputs, and where they come from."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Sample:
    """Inputs of a unit, int64 or narrower. The case's name is `<unit>.<name>`; `note` says what it provokes."""

    unit: str
    name: str
    note: str
    parameters: Mapping[str, int | str]
    inputs: Mapping[str, Tensor]

    @property
    def full_name(self) -> str:
        """Name of the case."""
        return f"{self.unit}.{self.name}"


def randomness(seed: int, name: str) -> torch.Generator:
    """A generator for `name` alone, so that a new case shifts no other's numbers."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
