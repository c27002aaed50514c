# SPDX-License-Identifier: Apache-2.0
"""The geometry of `ternary_accel`, and what follows from it."""

from dataclasses import dataclass, fields
from typing import ClassVar

from golden.spec.geometry import Geometry, KernelConfig, power_of_two
from golden.spec.numbers import Profile, load_profile
from golden.spec.strict import require

PROFILE = "ternary-b158"
"""The only numeric profile of the accelerator."""
SLICE = 32
"""Dimensions of a head that a tile holds: the unit of a model's width."""
GROUP = 8
"""Rows of a linear layer whose results travel together."""
INPUTS = 40
"""Inputs of a row in a weight beat."""
MAX_WIDTH, MAX_SLICES = 8192, 255
"""Most elements that a norm takes, and slices of a row of the head: 8 bits count them."""
MAX_TEXTS = 4
"""Most texts that are decoded together."""
MAX_GROUPS = 16
"""Most groups of rows that attention works on for a tile."""
_PARAMETER = {"norm_lanes": "NL"}
"""Verilog parameters that are not the key in upper case."""


@dataclass(frozen=True)
class TernAccelGeometry(Geometry):
    """What a configuration declares of the accelerator itself. Depths are beats.

    Linear layers: `t_cols` tokens of a chunk, `t_par` of them in parallel; up to `batch` texts are decoded together.
    Attention and the head: `q_par` rows in parallel; scores of two heads wait in `score_depth` places, with
    `score_ultra` in UltraRAM; so do a chunk's vectors and queries with `vector_ultra`. Of a tile's positions
    `value_luts` have their products with V made of LUTs, the others of DSPs. With `partial` a read of the cache leaves
    out the ports in which no position lies. `norm_lanes` of norms and
    quantizers; `w_depth` wide beats wait in front of everything; `sigmoid` 1 builds SiLU, 0 squared ReLU.
    Largest model: `d_max` width, `f_max` width of the MLP's product, `h_max` heads of at most `p_max` dimensions,
    `j_max` heads of keys, `share_max` heads of queries for each of them; `positions_max` positions of a context.
    """

    t_cols: int
    t_par: int
    q_par: int
    norm_lanes: int
    w_depth: int
    sigmoid: int
    d_max: int
    f_max: int
    h_max: int
    j_max: int
    share_max: int
    p_max: int
    positions_max: int
    score_depth: int
    score_ultra: int
    batch: int
    vector_ultra: int
    value_luts: int
    partial: int

    def __post_init__(self) -> None:
        """Check every parameter, and what they promise each other."""
        super().__post_init__()
        require(self.wide_bytes >= 64, "ports", self.ports, f"{512 // self.port_bits} or more, so that a record fits")
        self._check_columns()
        self._check_depths()
        self._check_model()

    def _check_columns(self) -> None:
        require(power_of_two(self.t_cols) and self.t_cols <= 128, "t_cols", self.t_cols, "a power of two up to 128")
        texts = min(MAX_TEXTS, self.t_cols)
        require(1 <= self.batch <= texts, "batch", self.batch, f"1 .. {texts}")
        divides = power_of_two(self.t_par) and self.t_par <= self.t_cols
        require(divides, "t_par", self.t_par, f"a power of two up to t_cols = {self.t_cols}")
        divides = power_of_two(self.q_par) and 2 <= self.q_par <= self.t_cols
        fills = f"a power of two, 2 .. {self.t_cols} = t_cols, so that groups of rows fill up"
        require(divides, "q_par", self.q_par, fills)
        require(self.norm_lanes in (8, 16, 32), "norm_lanes", self.norm_lanes, "one of 8, 16, 32")
        holds = f"at most {self.wide_bytes // 2}, as a wide beat of norm weights holds so many"
        require(2 * self.norm_lanes <= self.wide_bytes, "norm_lanes", self.norm_lanes, holds)
        require(self.sigmoid in (0, 1), "sigmoid", self.sigmoid, "0 for squared ReLU or 1 for SiLU")

    def _check_depths(self) -> None:
        for key in ("w_depth", "score_depth"):
            value = getattr(self, key)
            require(power_of_two(value) and 16 <= value <= 1 << 16, key, value, "a power of two, 16 .. 65536")
        for key in ("score_ultra", "vector_ultra", "partial"):
            require(getattr(self, key) in (0, 1), key, getattr(self, key), "0 or 1")
        legal = 0 <= self.value_luts <= self.positions
        require(legal, "value_luts", self.value_luts, f"0 .. {self.positions}, the positions of a tile")

    def _check_model(self) -> None:
        for key, step, most in (("d_max", SLICE, SLICE * MAX_SLICES), ("f_max", GROUP, MAX_WIDTH)):
            value = getattr(self, key)
            legal = 0 < value <= most and value % step == 0
            require(legal, key, value, f"a multiple of {step} up to {most}")
        require(self.p_max in (32, 64, 96, 128), "p_max", self.p_max, "one of 32, 64, 96, 128")
        require(1 <= self.h_max <= 255, "h_max", self.h_max, "1 .. 255")
        require(1 <= self.j_max <= self.h_max, "j_max", self.j_max, f"1 .. {self.h_max}, the heads")
        most = min(self.h_max, MAX_GROUPS * self.q_par // self.t_cols)
        share = f"1 .. {most}, the heads, and rows of t_cols columns in {MAX_GROUPS} groups of {self.q_par}"
        require(1 <= self.share_max <= most, "share_max", self.share_max, share)
        require(1 <= self.positions_max <= MAX_WIDTH, "positions_max", self.positions_max, f"1 .. {MAX_WIDTH}")

    @property
    def outs(self) -> int:
        """Rows of a ternary weight beat (OUTS)."""
        return self.wide_bytes // GROUP

    @property
    def positions(self) -> int:
        """Positions of the cache, or rows of the head, in a tile (POS)."""
        return self.wide_bytes // SLICE

    @property
    def activation(self) -> str:
        """What the gate goes through, under the name that a model's config.json has for it."""
        return "silu" if self.sigmoid else "relu2"


@dataclass(frozen=True)
class TernAccelConfig(TernAccelGeometry, KernelConfig):
    """A configuration of `ternary_accel`."""

    GOLDEN: ClassVar[str] = "golden.ternary.integer.block.prefill"

    @property
    def numbers(self) -> Profile:
        """The numeric profile."""
        return load_profile(PROFILE)

    def identity(self) -> dict[str, str | int | float]:
        """Return what `config_hash` covers: the profile's choices too, which the hardware is made for."""
        return super().identity() | {f"profile.{choice.name}": choice.value for choice in self.numbers.choices}

    @property
    def parameters(self) -> dict[str, int]:
        """Return the Verilog parameters of the accelerator's core, without CONFIG_HASH and BUILD_ID."""
        common = {each.name for each in fields(Geometry)}
        own = (each.name for each in fields(TernAccelGeometry) if each.name not in common)
        return super().parameters | {_PARAMETER.get(name, name.upper()): getattr(self, name) for name in own}
