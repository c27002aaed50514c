# SPDX-License-Identifier: Apache-2.0
"""What a unit is computed in: profile, model shape, and the parameters and inputs of a case, which it must all read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from torch import Tensor

from golden.errors import InputError
from golden.fixed.pot import Pot
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import profile as profiles
from golden.mamba2.integer.model import IntegerModel
from golden.mamba2.integer.profile import Mamba2Profile
from golden.spec.strict import decode


@dataclass(frozen=True)
class Shape:
    """The sizes of `Mamba2Config` that an integer model has, and the scale of its residual stream."""

    d_model: int
    n_layer: int
    vocab_size: int
    d_state: int
    headdim: int
    expand: int
    ngroups: int
    d_conv: int
    norm_eps: float
    residual_scale: float

    def config(self) -> Mamba2Config:
        """The configuration with these sizes."""
        sizes = asdict(self)
        del sizes["residual_scale"]
        return Mamba2Config(**sizes, tie_embeddings=False)


@dataclass(frozen=True)
class Context:
    """Profile, configuration and residual scale of the model; a case with sizes of its own gives them as parameters."""

    profile: Mamba2Profile
    cfg: Mamba2Config
    residual_scale: float = 1.0

    @classmethod
    def of(cls, model: IntegerModel) -> "Context":
        """The context of a model."""
        return cls(model.profile, model.cfg, model.residual_scale)

    @classmethod
    def decode(
        cls, name: str, choices: Mapping[str, int | str], shape: Mapping[str, int | float], path: Path
    ) -> "Context":
        """Rebuild the context that a manifest states. InputError for choices or sizes that do not exist."""
        known = {f.name for f in fields(Mamba2Profile)} - {"name"}
        if wrong := sorted(choices.keys() ^ known):
            raise InputError(f"{path}: choices: {wrong[0]!r} is unknown or missing; make the bundle anew")
        sizes = decode(Shape, dict(shape), path)
        return cls(profiles.load(name, choices), sizes.config(), sizes.residual_scale)

    @property
    def choices(self) -> dict[str, int | str]:
        """Every choice of the profile by name."""
        return {key: value for key, value in asdict(self.profile).items() if key != "name"}

    @property
    def shape(self) -> dict[str, int | float]:
        """The sizes of the model by name."""
        sizes = {f.name: getattr(self.cfg, f.name) for f in fields(Shape) if f.name != "residual_scale"}
        return {**sizes, "residual_scale": self.residual_scale}

    @property
    def residual_eps(self) -> float:
        """The eps of the norms of the residual stream."""
        return self.cfg.norm_eps * self.residual_scale**2


@dataclass(frozen=True)
class Given:
    """Parameters and inputs of one case. Each is noted when it is read, so that a check can refuse the others.

    Tensors are int64 here, whatever width they are stored in.
    """

    context: Context
    parameters: Mapping[str, int | str]
    inputs: Mapping[str, Tensor]
    read: set[str] = field(default_factory=set)

    @property
    def profile(self) -> Mamba2Profile:
        """The profile of the bundle."""
        return self.context.profile

    def number(self, name: str) -> int:
        """Parameter `name`, an integer. InputError if it is missing or none."""
        value = self.parameters.get(name)
        if not isinstance(value, int):
            raise InputError(f"parameter {name}: found {value!r}, expected an integer")
        self.read.add(name)
        return value

    def tensor(self, role: str) -> Tensor:
        """Input `role`. InputError if it is missing."""
        if role not in self.inputs:
            raise InputError(f"input {role}: found none; there are {', '.join(self.inputs)}")
        self.read.add(role)
        return self.inputs[role]

    def pot(self, role: str, group: int) -> Pot:
        """Inputs `role`.q and `role`.s, whose groups are `group` wide."""
        return Pot(self.tensor(f"{role}.q"), self.tensor(f"{role}.s"), group)

    def unread(self) -> list[str]:
        """Parameters and inputs that the unit did not read."""
        return sorted((self.parameters.keys() | self.inputs.keys()) - self.read)
