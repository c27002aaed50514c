# SPDX-License-Identifier: Apache-2.0
"""What an evaluation measures and on how much; the goals of the project."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from golden.errors import InputError
from golden.mamba2.config import Mamba2Config, ModelWeights
from golden.mamba2.integer import manifest as manifests
from golden.mamba2.integer import profile as profiles
from golden.mamba2.integer.model import IntegerModel
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.quantize.rotation import Rotation

GOALS = {"fastmamba-w8a8": 1.0, "quamba-w4a8": 4.0, "lightmamba-w4a4": 8.0}
"""What an unchanged profile should lose at most, in percent of GOAL_MODEL's bits per byte on the held-out text."""
GOAL_MODEL = "mamba2-tiny"


@dataclass(frozen=True)
class Options:
    """What is measured, and on how much.

    Attributes:
        context: tokens of a window.
        stride: tokens from window to window; each counts the last `stride` of its tokens.
        limit: about so many tokens count, in windows spread evenly over the text; None takes the whole text.
        tokenizer: a `tokenizer.json`, if not the checkpoint's own.
        batch: windows that run at a time.
        signal_windows: windows on which errors are measured by tensor; 0 leaves this out.
        calibration_windows: windows of the zoo's training text for calibration.
        ablation: whether the papers' schemes are measured too.
        study_seeds: generated checkpoints for the outlier study; none leaves it out.
        seed: of the windows that are drawn for calibration.
    """

    context: int = 256
    stride: int = 128
    limit: int | None = 8192
    tokenizer: Path | None = None
    batch: int = 16
    signal_windows: int = 4
    calibration_windows: int = 64
    ablation: bool = True
    study_seeds: tuple[int, ...] = ()
    seed: int = 1

    def __post_init__(self) -> None:
        """Raise InputError for a number out of its range."""
        for name in ("context", "stride", "batch", "calibration_windows"):
            if getattr(self, name) < 1:
                raise InputError(f"evaluation: {name} is {getattr(self, name)}, expected at least 1")
        if self.signal_windows < 0:
            raise InputError(f"evaluation: signal_windows is {self.signal_windows}, expected at least 0")


@dataclass(frozen=True)
class Named:
    """A profile to judge: its name in tables, the profile, whether a choice is changed, its model if there is one."""

    name: str
    profile: Mamba2Profile
    changed: bool
    path: Path | None = None


@dataclass(frozen=True)
class Subject:
    """An integer model to judge, and the rotation of its residual stream."""

    model: IntegerModel
    rotation: Rotation


Quantizer = Callable[[Mamba2Config, ModelWeights, Mamba2Profile, Tensor], Subject]
"""Shape, float weights, profile and calibration tokens int64 [B, L] -> an integer model."""


def parse_profile(name: str) -> Named:
    """Profile from its name, from "name:choice=value,choice=value", or from the directory of an integer model.

    Raises:
        InputError: as `profiles.load`, or as `store.read_manifest` for a directory.
    """
    if name.partition(":")[0] not in profiles.NAMES and Path(name).is_dir():
        profile = manifests.read_manifest(Path(name) / manifests.MANIFEST).identity.typed_profile()
        changed = profile != profiles.load(profile.name)
        return Named(f"{profile.name} ({Path(name).name})", profile, changed, Path(name))
    plain, _, settings = name.partition(":")
    profile = profiles.load(plain, profiles.parse_changes(plain, tuple(settings.split(","))) if settings else {})
    return Named(name, profile, profile != profiles.load(plain))
