# SPDX-License-Identifier: Apache-2.0
"""An integer profile of Mamba2: the typed choices of `golden/spec/profiles/<name>.toml`, the dimensions it takes."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

from golden.errors import InputError
from golden.fixed.hadamard import block_of
from golden.mamba2.config import Mamba2Config
from golden.spec import load_profile

NAMES = ("lightmamba-w4a4", "fastmamba-w8a8", "quamba-w4a8")


@dataclass(frozen=True)
class Mamba2Profile:
    """Every free choice of the arithmetic. `*_frac` are fraction bits of the tensors named in `block.py`.

    `act_group` 0 means one group a Hadamard block, `bc_group` 0 one group a state group of B and C.
    """

    name: str
    hadamard: Literal["off", "out_proj", "both"]
    hadamard_limit: int
    weight_bits: int
    weight_scale: Literal["additive_pot", "channel"]
    weight_group: int
    weight_frac: int
    act_bits: int
    act_group: int
    ssm_bits: int
    ssm_group: int
    a_bits: int
    bc_bits: int
    bc_group: int
    max_shift: int
    value_bits: int
    state_bits: int
    nonlinear: Literal["table", "nau"]
    norm: Literal["table", "rsqrt"]
    norm_weight_frac: int
    residual_frac: int
    proj_frac: int
    act_frac: int
    dt_frac: int
    exp_in_frac: int
    decay_frac: int
    param_frac: int
    db_frac: int
    state_frac: int
    y_frac: int

    def block(self, width: int) -> int:
        """Width of the Hadamard blocks of an input of `width` elements, and of its scales' groups if act_group is 0."""
        return block_of(width, self.hadamard_limit)

    def group(self, width: int) -> int:
        """Elements that share an activation scale in a linear layer's input of `width` elements."""
        return self.act_group or self.block(width)


def load(name: str, changes: Mapping[str, str | int] | None = None) -> Mamba2Profile:
    """Profile `name` with `changes`. InputError for an unknown name or choice, or a value that is not offered."""
    if name not in NAMES:
        raise InputError(f"profile: found {name!r}, expected one of {', '.join(NAMES)}")
    profile = load_profile(name)
    values = profile.changed([choice.name for choice in profile.choices], changes or {})
    known = {field.name for field in fields(Mamba2Profile)} - {"name"}
    if values.keys() != known:
        wrong = sorted(values.keys() ^ known)[0]
        raise InputError(
            f"profile {name}: choice {wrong!r} is unknown or missing; expected exactly those of Mamba2Profile"
        )
    return Mamba2Profile(name=name, **values)  # type: ignore[arg-type]


def parse_changes(name: str, settings: tuple[str, ...]) -> dict[str, str | int]:
    """`KEY=VALUE` settings as changes for `load`; digits make a number. InputError for what is no such pair."""
    changes: dict[str, str | int] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not (key and equals and value):
            raise InputError(f"profile {name}: found setting {setting!r}, expected CHOICE=VALUE such as hadamard=off")
        changes[key] = int(value) if value.lstrip("-").isdecimal() else value
    return changes


def check(cfg: Mamba2Config, profile: Mamba2Profile) -> None:
    """InputError when `profile` can't take the model: the dimension, what was found and the nearest it can take."""
    group = profile.ssm_group
    for name in ("d_model", "headdim", "d_state"):
        value = getattr(cfg, name)
        if value % group:
            nearest = max(group, round(value / group) * group)
            raise InputError(
                f"profile {profile.name}: {name} is {value}, expected a multiple of {group} (the group that shares a "
                f"scale); the nearest is {nearest}"
            )
    if cfg.d_inner % cfg.ngroups:
        raise InputError(f"profile {profile.name}: ngroups {cfg.ngroups} does not divide d_inner {cfg.d_inner}")
    if cfg.dt_limit != (0.0, float("inf")):
        raise InputError(
            f"profile {profile.name}: dt_limit is {cfg.dt_limit}, expected (0, inf): dt is not clamped here"
        )
    if cfg.d_state > 256 or cfg.d_inner > 16384:
        raise InputError(
            f"profile {profile.name}: d_state {cfg.d_state}, d_inner {cfg.d_inner}; expected at most 256 and 16384, "
            "for which the 64-bit sums are derived"
        )
