# SPDX-License-Identifier: Apache-2.0
"""The geometry of `mamba2_accel`, and what follows from it and from its numeric profile."""

from dataclasses import dataclass, fields
from typing import ClassVar

from golden.spec.geometry import Geometry, KernelConfig, power_of_two
from golden.spec.numbers import Profile, known_profiles, load_profile
from golden.spec.strict import require

_PARAMETER = {"norm_lanes": "NL"}
"""Verilog parameters that are not the key in upper case."""
GROUP = 8
"""Values that share a power-of-two scale in convolution and SSM: the unit of every dimension."""


@dataclass(frozen=True)
class Mamba2AccelGeometry(Geometry):
    """What a configuration declares of the accelerator itself. Depths are wide beats where they belong to memory.

    Linear layers: `inputs` of a row in a weight beat, `t_cols` tokens of a chunk, `t_par` of them in parallel. SSM:
    `tiles` of 8 x 8 in parallel, x and z buffers of `x_heads` heads. `norm_lanes` of norms, Hadamard and quantizers;
    `slots` residual buffers. Queues in front of weights, parameters and state: `w_depth`, `p_depth`, `s_depth`.
    Largest model: `d_max` d_model, `i_max` d_inner, `h_max` heads, `n_max` d_state, `p_max` headdim, `g_max` groups;
    `conv_depth` groups of 8 channels of history over all layers, `state_depth` words of `tiles` state tiles on chip.
    Table norms take widths of `norm_width` (residual) and `i_max` (gate) and their halves, quarters and so on.
    """

    profile: str
    inputs: int
    t_cols: int
    t_par: int
    tiles: int
    norm_lanes: int
    slots: int
    w_depth: int
    p_depth: int
    s_depth: int
    d_max: int
    i_max: int
    h_max: int
    n_max: int
    p_max: int
    g_max: int
    conv_depth: int
    state_depth: int
    norm_width: int
    x_heads: int

    def __post_init__(self) -> None:
        """Check every parameter, and what they promise each other."""
        super().__post_init__()
        known = mamba2_profiles()
        require(self.profile in known, "profile", self.profile, "one of " + ", ".join(known))
        self._check_lanes()
        self._check_depths()
        self._check_model()
        self._check_norms()

    def _check_lanes(self) -> None:
        _one_of(self, "norm_lanes", (8, 16, 32))
        _one_of(self, "tiles", (1, 2))
        _one_of(self, "slots", (1, 2))
        least = max(64, 4 * self.norm_lanes)
        wide = f"{8 * least // self.port_bits} or more, so that a record or 32 bits a norm lane fit a wide beat"
        require(self.wide_bytes >= least, "ports", self.ports, wide)
        least, most = self.norm_lanes, 8 * self.wide_bytes // self.weight_bits
        span = f"a power of two, {least} (norm_lanes) .. {most}, a row of weights in a {self.wide_bytes}-byte wide beat"
        require(power_of_two(self.inputs) and least <= self.inputs <= most, "inputs", self.inputs, span)
        group = self._choice("weight_group")
        fits = f"at most {group}, the inputs that share a weight scale in {self.profile}"
        require(not group or self.inputs <= group, "inputs", self.inputs, fits)
        require(1 <= self.t_cols <= 255, "t_cols", self.t_cols, "1 .. 255")
        divides = self.t_par >= 1 and self.t_cols % self.t_par == 0
        require(divides, "t_par", self.t_par, f"a divisor of t_cols = {self.t_cols}")
        require(power_of_two(self.x_heads) and self.x_heads >= 2, "x_heads", self.x_heads, "a power of two from 2 on")

    def _check_depths(self) -> None:
        for key in ("w_depth", "p_depth", "s_depth"):
            value = getattr(self, key)
            require(power_of_two(value) and 16 <= value <= 1 << 15, key, value, "a power of two, 16 .. 32768")
        require(2 <= self.conv_depth <= 1 << 16, "conv_depth", self.conv_depth, "2 .. 65536")
        state_ok = self.state_depth == 0 or 2 <= self.state_depth <= 1 << 20
        require(state_ok, "state_depth", self.state_depth, "0 (all state in memory) or 2 .. 1048576")

    def _check_model(self) -> None:
        steps = {"d_max": self.norm_lanes, "i_max": self.norm_lanes, "n_max": GROUP * self.tiles, "p_max": GROUP}
        for key, step in steps.items():
            value = getattr(self, key)
            legal = 0 < value < 1 << 16 and value % step == 0
            require(legal, key, value, f"a multiple of {step} below 65536")
        require(1 <= self.h_max <= 256, "h_max", self.h_max, "1 .. 256")
        require(1 <= self.g_max <= self.h_max, "g_max", self.g_max, f"1 .. {self.h_max}, the heads")
        most = self.h_max * self.p_max
        require(self.i_max <= most, "i_max", self.i_max, f"at most {most} = h_max * p_max")

    def _check_norms(self) -> None:
        if self.numbers["norm"] != "table":
            without = f"{self.d_max} = d_max, as {self.profile} has no norm tables"
            require(self.norm_width == self.d_max, "norm_width", self.norm_width, without)
            return
        require(self.norm_width <= self.d_max, "norm_width", self.norm_width, f"at most {self.d_max} = d_max")
        for key in ("norm_width", "i_max"):
            value = getattr(self, key)
            odd = value >> ((value & -value).bit_length() - 1) if value > 0 else 0
            require(odd in (1, 3, 5), key, value, "1, 3 or 5 times a power of two, for which there are norm tables")

    @property
    def numbers(self) -> Profile:
        """The numeric profile."""
        return load_profile(self.profile)

    @property
    def weight_bits(self) -> int:
        """Bits of a weight of the linear layers."""
        return self._choice("weight_bits")

    @property
    def act_bits(self) -> int:
        """Bits of an activation of the linear layers."""
        return self._choice("act_bits")

    @property
    def ssm_bits(self) -> int:
        """Bits of a quantized value of convolution and SSM."""
        return self._choice("ssm_bits")

    @property
    def rows(self) -> int:
        """Rows of a weight beat (ROWS)."""
        return 8 * self.wide_bytes // (self.inputs * self.weight_bits)

    def _choice(self, name: str) -> int:
        return int(self.numbers[name])


def mamba2_profiles() -> tuple[str, ...]:
    """Return the names of the profiles of Mamba2, sorted: those that say how many bits the SSM has."""
    names = ((name, {choice.name for choice in load_profile(name).choices}) for name in known_profiles())
    return tuple(name for name, choices in names if "ssm_bits" in choices)


def _one_of(geometry: Geometry, key: str, options: tuple[int, ...]) -> None:
    value = getattr(geometry, key)
    require(value in options, key, value, "one of " + ", ".join(map(str, options)))


@dataclass(frozen=True)
class Mamba2AccelConfig(Mamba2AccelGeometry, KernelConfig):
    """A configuration of `mamba2_accel`."""

    GOLDEN: ClassVar[str] = "golden.mamba2.integer.block.forward"

    def identity(self) -> dict[str, str | int | float]:
        """Return what `config_hash` covers: the profile's choices too, which the hardware is made for."""
        return super().identity() | {f"profile.{choice.name}": choice.value for choice in self.numbers.choices}

    @property
    def parameters(self) -> dict[str, int]:
        """Return the Verilog parameters of the accelerator's core, without CONFIG_HASH and BUILD_ID."""
        from golden.mamba2.integer.profile import NAMES  # here, because profiles are read through golden.spec

        common = {each.name for each in fields(Geometry)} | {"profile"}
        own = (each.name for each in fields(Mamba2AccelGeometry) if each.name not in common)
        values = {_PARAMETER.get(name, name.upper()): getattr(self, name) for name in own}
        return super().parameters | {"PROFILE": NAMES.index(self.profile)} | values
