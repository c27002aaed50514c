# SPDX-License-Identifier: Apache-2.0
"""Layers and inputs for the LightMamba oracle: the weights' record and a generator that gives the same anywhere.

The generator reads raw bytes of `numpy.random.Philox`, whose raw stream numpy guarantees, and uses integer operations
alone. Each field has its own key, so a field's values depend on seed, field and dimensions only.

Letters: D d_model, I d_inner, H heads, P headdim, N d_state, C = I + 2N convolved channels, M = 2I + 2N + H rows,
L tokens. Rows of in_proj: z [I], x [I], B [N], C [N], dt [H].
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.int64]
Ints = list[int]


@dataclass(frozen=True)
class Dims:
    """Widths of one layer."""

    d_model: int
    d_inner: int
    d_state: int
    headdim: int

    @property
    def heads(self) -> int:
        """H."""
        return self.d_inner // self.headdim

    @property
    def conv(self) -> int:
        """C."""
        return self.d_inner + 2 * self.d_state

    @property
    def rows(self) -> int:
        """M."""
        return 2 * self.d_inner + 2 * self.d_state + self.heads


RELEASED = Dims(2560, 5120, 128, 64)
"""Mamba2-2.7B, the one size of the release."""


@dataclass(frozen=True)
class OracleLayer:
    """Weights of a layer; a name ending in `_s`, `_ws`, `_bs`, `_s1` or `_s2` holds shifts."""

    norm_w: Ints  # [D] Q.8, 11 bits
    in_w: list[Ints]  # [M][D] int4, Q.10 before the scale 2^s1 + 2^s2
    in_s1: list[Ints]  # [M][ceil(D/128)] 3 bits
    in_s2: list[Ints]
    conv_w: list[Ints]  # [C][4] int8, Q.10; tap 3 multiplies the current token
    conv_ws: list[Ints]  # [ceil(C/8)][4]
    conv_b: Ints  # [C] int8, Q.20
    conv_bs: Ints  # [ceil(C/8)]
    dt_bias: Ints  # [H] int8, Q.10
    dt_bias_s: Ints  # [ceil(H/8)]
    A: Ints  # [H] int16 in the release, Q.10, negative
    A_s: Ints  # [ceil(H/8)]
    D: Ints  # [H] int8, Q.10
    D_s: Ints  # [ceil(H/8)]
    gate_w: Ints  # [I] Q.8, 13 bits
    out_w: list[Ints]  # [D][I] int4
    out_s1: list[Ints]  # [D][ceil(I/128)]
    out_s2: list[Ints]


@dataclass(frozen=True)
class LayerArrays:
    """The fields of `OracleLayer` as int64 arrays, for models that compute on tensors."""

    norm_w: Array
    in_w: Array
    in_s1: Array
    in_s2: Array
    conv_w: Array
    conv_ws: Array
    conv_b: Array
    conv_bs: Array
    dt_bias: Array
    dt_bias_s: Array
    A: Array
    A_s: Array
    D: Array
    D_s: Array
    gate_w: Array
    out_w: Array
    out_s1: Array
    out_s2: Array

    def lists(self) -> OracleLayer:
        """The same in plain integers."""
        return OracleLayer(**{f.name: getattr(self, f.name).tolist() for f in fields(self)})


@dataclass(frozen=True)
class Draws:
    """Named streams of one seed."""

    seed: int

    def bytes(self, name: str, *shape: int) -> NDArray[np.int16]:
        """Uniform in 0..255."""
        count = int(np.prod(shape))
        key = (self.seed << 64) + int.from_bytes(name.encode()[:8].ljust(8), "little")
        raw = np.random.Philox(key=key).random_raw(-(-count // 8)).astype("<u8")
        return raw.view(np.uint8)[:count].reshape(shape).astype(np.int16)

    def bell(self, name: str, *shape: int) -> Array:
        """Difference of two bytes: triangular in -255..255, standard deviation 104."""
        two = self.bytes(name, *shape, 2)
        return (two[..., 0] - two[..., 1]).astype(np.int64)

    def pick(self, name: str, low: int, high: int, *shape: int) -> Array:
        """Nearly uniform in low..high."""
        return low + (self.bytes(name, *shape).astype(np.int64) * (high - low + 1) >> 8)

    def int4(self, name: str, *shape: int) -> Array:
        """Bell-shaped in -7..7, standard deviation 3.3."""
        byte = self.bytes(name, *shape)
        return np.clip(((byte >> 4) - (byte & 15) + 1) >> 1, -8, 7).astype(np.int64)


def groups(n: int, size: int = 8) -> int:
    """Groups of `size` that cover n."""
    return -(-n // size)


def random_arrays(seed: int, dims: Dims, *, extreme: bool = False) -> LayerArrays:
    """A layer whose activations have the size of a real one's; `extreme` reaches the ends of every format."""
    d, h, c, i = Draws(seed), dims.heads, dims.conv, dims.d_inner
    wide, deep = groups(dims.d_model, 128), groups(i, 128)
    layer = LayerArrays(
        norm_w=300 + d.bell("norm_w", dims.d_model),
        in_w=d.int4("in_w", dims.rows, dims.d_model),
        in_s1=d.pick("in_s1", 1, 3, dims.rows, wide),
        in_s2=d.pick("in_s2", 0, 2, dims.rows, wide),
        conv_w=np.clip(d.bell("conv_w", c, 4) >> 1, -128, 127),
        conv_ws=d.pick("conv_ws", 0, 2, groups(c), 4) + np.array([0, 0, 0, 1]),
        conv_b=np.clip(d.bell("conv_b", c) >> 1, -128, 127),
        conv_bs=d.pick("conv_bs", 9, 12, groups(c)),
        dt_bias=np.clip(-70 + (d.bell("dt_bias", h) >> 3), -128, 127),
        dt_bias_s=d.pick("dt_bias_s", 5, 6, groups(h)),
        A=-16 - ((d.bell("A", h) ** 2) >> 2),
        A_s=np.maximum(d.pick("A_s", -4, 2, groups(h)), 0),
        D=60 + (d.bell("D", h) >> 2),
        D_s=d.pick("D_s", 2, 4, groups(h)),
        gate_w=300 + d.bell("gate_w", i),
        out_w=d.int4("out_w", dims.d_model, i),
        out_s1=d.pick("out_s1", 1, 3, dims.d_model, deep),
        out_s2=d.pick("out_s2", 0, 2, dims.d_model, deep),
    )
    return _stretch(layer, d, dims) if extreme else layer


def _stretch(layer: LayerArrays, d: Draws, dims: Dims) -> LayerArrays:
    """The ends of the formats, short of the widths at which the release stops.

    Groups of eight heads differ, in turn: large state (large dt, slow decay), large z, large state, large x. The last
    two kinds of large value occur where dt is zero, since dB x and y z would not fit otherwise.
    """
    kind = np.arange(dims.heads) // 8 % 4
    kind_of_channel = np.repeat(kind, dims.headdim)
    hot, big_z, big_x = kind % 2 == 0, kind_of_channel == 1, kind_of_channel == 3
    rows, channels = dims.rows, dims.d_inner
    boost = np.zeros((rows, 1), dtype=np.int64)
    boost[:channels, 0][big_z] = 3
    boost[channels : 2 * channels, 0][big_x] = 4
    taps = np.zeros((groups(dims.conv), 4), dtype=np.int64)
    taps[: channels // 8][big_x[::8][: channels // 8]] = 1
    bias = np.array([0, 124, 0, 127])[np.arange(dims.heads) % 4]
    return replace(
        layer,
        norm_w=4 * d.bell("norm_w", dims.d_model),
        in_w=(d.bytes("in_w", rows, dims.d_model).astype(np.int64) >> 4) - 8,
        in_s1=d.pick("in_s1", 0, 1, *layer.in_s1.shape) + boost,
        in_s2=np.zeros_like(layer.in_s2) + boost,
        conv_ws=d.pick("conv_ws", 0, 2, groups(dims.conv), 4) + taps,
        conv_bs=d.pick("conv_bs", 0, 13, groups(dims.conv)),
        dt_bias=np.where(hot, bias, -128),
        dt_bias_s=np.full(groups(dims.heads), 8),
        A=np.where(np.arange(dims.heads) % 5 == 0, -32768, -1 - (np.arange(dims.heads) % 7)),
        A_s=np.arange(groups(dims.heads)) % 7 % 4,
        D=np.clip(d.bell("D", dims.heads) >> 1, -128, 127),
        D_s=d.pick("D_s", 0, 5, groups(dims.heads)),
        gate_w=16 * d.bell("gate_w", channels),
        out_w=(d.bytes("out_w", dims.d_model, channels).astype(np.int64) >> 4) - 8,
        out_s1=d.pick("out_s1", 0, 4, *layer.out_s1.shape),
        out_s2=d.pick("out_s2", 0, 4, *layer.out_s2.shape),
    )


def random_layer(seed: int, dims: Dims, *, extreme: bool = False) -> OracleLayer:
    """`random_arrays` in plain integers."""
    return random_arrays(seed, dims, extreme=extreme).lists()


def random_inputs(seed: int, dims: Dims, tokens: int, *, extreme: bool = False) -> list[Ints]:
    """Residual streams [L][D], Q.10, of growing size: standard deviation 0.2, 0.8, 3.2, then again.

    `extreme` instead: values to 2^20, beyond the last entry of the norm's tables; zeros; two units; a sum of squares
    at the border of the first and second table, and one below it; then again.
    """
    bell = Draws(seed).bell("inputs", tokens, dims.d_model)
    if not extreme:
        return [(row << (1 + 2 * (t % 3))).tolist() for t, row in enumerate(bell)]
    special: list[Callable[[Array], Ints]] = [lambda row: (row << 12).tolist()]
    special += [partial(_with_sum, n) for n in (0, 2, 10066434, 10066433)]
    return [special[t % 5](row) for t, row in enumerate(bell)]


def _with_sum(total: int, row: Array) -> Ints:
    """Values, of alternating sign, whose squares sum to `total`; the row gives only the width."""
    values = [0] * len(row)
    for at in range(0, len(row), 3):
        values[at] = math.isqrt(total) * (-1) ** at
        total -= values[at] ** 2
    return values


@dataclass(frozen=True)
class ReleasedCase:
    """What the authors' released C++ model gave for a generated layer at `RELEASED` dimensions.

    `stimuli` is the digest of all weights and inputs; `digests` has one mapping of intermediate to digest per token,
    with the names of `lightmamba_oracle.Trace`.
    """

    seed: int
    extreme: bool
    stimuli: str
    digests: tuple[Mapping[str, str], ...]


def released_cases() -> tuple[ReleasedCase, ...]:
    """The cases of `lightmamba_released.json`."""
    path = Path(__file__).with_name("lightmamba_released.json")
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
    return tuple(ReleasedCase(c["seed"], c["extreme"], c["stimuli"], tuple(c["digests"])) for c in cases)


def released_tables() -> Mapping[str, str]:
    """Digest of each table of the release: silu, softplus, exp, rms1, rms2 (the last two [8][512])."""
    path = Path(__file__).with_name("lightmamba_released.json")
    tables: Mapping[str, str] = json.loads(path.read_text(encoding="utf-8"))["tables"]
    return tables


def digest(values: Iterable[int] | Array) -> str:
    """SHA-256 of the values as little-endian int64, in C order."""
    return sha256(np.asarray(values if isinstance(values, np.ndarray) else list(values), "<i8").tobytes()).hexdigest()


def stimuli_digest(layer: LayerArrays, inputs: list[Ints]) -> str:
    """One digest of all fields in their order, then of the inputs."""
    parts = [digest(getattr(layer, f.name)) for f in fields(layer)]
    return sha256("".join([*parts, *map(digest, inputs)]).encode()).hexdigest()
