# SPDX-License-Identifier: Apache-2.0
"""Random numbers of generated models: a generator for each tensor, so that a model is the same in every order.

Each is derived from a seed and a name. Drawn by numpy's Philox, whose stream is the same on every machine.
"""

import hashlib
import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

OUTLIERS = 256
"""One channel in so many is an outlier, and at least one."""
BLOCK = 1 << 22
"""Numbers drawn at a time."""
CHUNK = 1 << 24
"""Elements taken from a table at a time."""

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Draws:
    """All that `seed` gives."""

    seed: int

    def generator(self, name: str) -> np.random.Generator:
        """The generator of `name`, at its start."""
        key = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
        return np.random.Generator(np.random.Philox(key=int.from_bytes(key[:16], "little")))

    def log_normal(self, name: str, size: int, sigma: float) -> Vector:
        """Factors [size] whose logarithms scatter by `sigma`."""
        return np.asarray(np.exp(sigma * self.generator(name + "/log-normal").standard_normal(size)))

    def strong(self, name: str, size: int, limits: tuple[float, float]) -> Vector:
        """Factors [size]: 1, and for one channel in OUTLIERS log-uniform between the limits."""
        draw = self.generator(name + "/strong")
        factors = np.ones(size)
        count = max(size // OUTLIERS, 1)
        channels = draw.choice(size, count, replace=False)
        factors[channels] = np.exp(draw.uniform(math.log(limits[0]), math.log(limits[1]), count))
        return factors

    def matrix(self, name: str, out: Tensor, rows: Vector, columns: Vector) -> None:
        """out[i, j] = rows[i] * columns[j] * N(0, 1), drawn row by row, some at a time."""
        draw = self.generator(name + "/normal")
        row, column = rows.astype(np.float32), columns.astype(np.float32)
        step = max(BLOCK // len(column), 1)
        for start in range(0, len(row), step):
            part = row[start : start + step, None]
            normal = draw.standard_normal((len(part), len(column)), dtype=np.float32)
            normal *= part
            normal *= column
            out[start : start + len(part)].copy_(torch.from_numpy(normal))

    def take(self, name: str, rows: int, columns: int, values: Tensor) -> Tensor:
        """[rows, columns] of `values`, an entry for each number of 8 or of 16 bits, drawn independently."""
        kind = np.dtype({1 << 8: "<u1", 1 << 16: "<u2"}[len(values)])
        source, out = self.generator(name).bit_generator, torch.empty(rows * columns, dtype=values.dtype)
        table, flat = values.numpy(), out.numpy()
        for start in range(0, len(flat), CHUNK):
            part = flat[start : start + CHUNK]
            size = part.size * kind.itemsize
            raw = np.asarray(source.random_raw(-(-size // 8))).astype("<u8", copy=False).view(np.uint8)[:size]
            np.take(table, raw.view(kind), out=part)
        return out.reshape(rows, columns)


def rms(values: Vector) -> float:
    """Root mean square."""
    return math.sqrt(float(np.mean(values**2)))


def copy(out: Tensor, values: Vector) -> None:
    """Write `values` into `out`, of any float dtype, by way of float32."""
    out.copy_(torch.from_numpy(values.astype(np.float32)))
