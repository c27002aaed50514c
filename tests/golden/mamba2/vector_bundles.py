# SPDX-License-Identifier: Apache-2.0
"""Bundles of unit vectors that several tests read: one for each profile, of a random model on random tokens."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import torch

from golden import vectors
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import profile as profiles
from golden.mamba2.integer.model import IntegerModel
from golden.mamba2.vectors import make
from golden.mamba2.vectors.random_model import random_model
from golden.vectors import Origin, UnitBundle

SHAPE = Mamba2Config(48, 2, 40, d_state=16, headdim=8, ngroups=2, d_conv=4, tie_embeddings=False)
SEED = 7


def model(profile: str) -> IntegerModel:
    """A random model of two layers and two state groups."""
    return random_model(SHAPE, profiles.load(profile), SEED)


def tokens() -> torch.Tensor:
    return torch.randint(SHAPE.vocab_size, (make.LENGTH,), generator=torch.Generator().manual_seed(SEED))


def write(parent: Path, profile: str) -> Path:
    return make.write(parent, "random", model(profile), tokens(), Origin("random", "0" * 64, ""), SEED, "revision")


@cache
def bundle(profile: str) -> UnitBundle:
    """The bundle of a profile, written and loaded once a process."""
    with tempfile.TemporaryDirectory() as folder:
        return vectors.load_units(write(Path(folder), profile))


def only(of: UnitBundle, wanted: Callable[[str], bool]) -> UnitBundle:
    """The same bundle with the cases of the units that are wanted."""
    cases = tuple(case for case in of.manifest.cases if wanted(case.unit))
    return replace(of, manifest=replace(of.manifest, cases=cases))
