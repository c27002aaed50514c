# SPDX-License-Identifier: Apache-2.0
"""From knobs to numbers: matrices, activations, packed bytes and arguments of one start, by NumPy and a seed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray

from golden.spec.configs import TernConfig
from golden.ternary.packing import LEGAL_BYTES, ZERO_BYTE, pack_weights, pack_x, tiling, unpack_weights
from harness.uvm.items import Action, Arguments, Stimulus
from harness.uvm.knobs import ILLEGAL, Knobs
from harness.uvm.stalls import Access, Fault, Stalls

Array = NDArray[Any]

GUARD = 256
"""Bytes before and after the results that a start must leave alone, in wide beats' worth of each port."""


def _random_trits(rng: Generator, rows: int, cols: int) -> Array:
    return rng.integers(-1, 2, (rows, cols))


def _checkerboard(rng: Generator, rows: int, cols: int) -> Array:
    return np.where(np.indices((rows, cols)).sum(0) % 2, -1, 1)


def _last_trit(rng: Generator, rows: int, cols: int) -> Array:
    trits = np.zeros((rows, cols), dtype=np.int64)
    trits[:, -1] = rng.choice([-1, 1], rows)
    return trits


W_PROFILES: dict[str, Callable[[Generator, int, int], Array]] = {
    "random": _random_trits,
    "plus": lambda rng, rows, cols: np.ones((rows, cols)),
    "minus": lambda rng, rows, cols: -np.ones((rows, cols)),
    "zero": lambda rng, rows, cols: np.zeros((rows, cols)),
    "checkerboard": _checkerboard,
    "last": _last_trit,
}

X_PROFILES: dict[str, Callable[[Generator, int, int], Array]] = {
    "random": lambda rng, cols, vectors: rng.integers(-128, 128, (cols, vectors)),
    "lowest": lambda rng, cols, vectors: np.full((cols, vectors), -128),
    "highest": lambda rng, cols, vectors: np.full((cols, vectors), 127),
    "extremes": lambda rng, cols, vectors: rng.choice([-128, -127, -1, 0, 1, 127], (cols, vectors)),
    "zero": lambda rng, cols, vectors: np.zeros((cols, vectors)),
    "sparse": lambda rng, cols, vectors: (
        rng.integers(-128, 128, (cols, vectors)) * (rng.random((cols, vectors)) < 0.05)
    ),
}


def _int8(values: Array) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values).astype(np.int8))


def layout(x_beats: int, w_beats: int, y_beats: int, cfg: TernConfig, skew: int) -> tuple[int, int, int]:
    """Place x, weights and results in every port's arena; `skew` beats move them off page boundaries.

    Returns:
        Byte offsets of x, w and y; GUARD bytes are free on both sides of y.
    """
    step = cfg.port_bytes
    x_off = step * skew
    w_off = x_off + step * (x_beats + skew)
    y_off = w_off + step * (w_beats + skew) + GUARD
    return x_off, w_off, y_off


def make(name: str, knobs: Knobs, cfg: TernConfig, bases: tuple[int, ...], arena: int, rng: Generator) -> Stimulus:
    """Turn one set of knobs into a complete start.

    Args:
        bases: device address of each port's arena, `arena` bytes long.
    """
    rows, cols, vectors = knobs.shape(cfg, rng)
    w = _int8(W_PROFILES[knobs.w_name](rng, rows, cols))
    x = _int8(X_PROFILES[knobs.x_name](rng, cols, vectors))
    stimulus = from_matrices(name, w, x, cfg, bases, skew=int(knobs.skew))
    stimulus = replace(
        stimulus,
        action=knobs.action,
        stalls=Stalls(knobs.stalls, p=knobs.stall_percent / 100, seed=int(rng.integers(1 << 31))),
        delay=int(rng.integers(1, 200)),
        w_profile=knobs.w_name,
        x_profile=knobs.x_name,
    )
    return _SPOIL.get(knobs.action, _leave)(stimulus, knobs, cfg, rng)


def from_matrices(
    name: str, w: torch.Tensor, x: torch.Tensor, cfg: TernConfig, bases: tuple[int, ...], skew: int = 0
) -> Stimulus:
    """Return the plain start of `w` (int8 [M, K]) times `x` (int8 [K, V])."""
    sizes = tiling(w.shape[0], w.shape[1], x.shape[1], cfg)
    x_off, w_off, y_off = layout(sizes.x_beats, sizes.w_beats, sizes.y_beats, cfg, skew)
    arguments = Arguments(sizes.row_tiles, sizes.col_blocks, sizes.vectors, x_off, w_off, y_off, bases)
    return Stimulus(name, w, x, pack_weights(w, cfg), pack_x(x, cfg), arguments)


def _leave(stimulus: Stimulus, knobs: Knobs, cfg: TernConfig, rng: Generator) -> Stimulus:
    return stimulus


def _spoil_arguments(stimulus: Stimulus, knobs: Knobs, cfg: TernConfig, rng: Generator) -> Stimulus:
    change = ILLEGAL[knobs.illegal]
    return replace(stimulus, arguments=change(stimulus.arguments, cfg))


def _spoil_weight(stimulus: Stimulus, knobs: Knobs, cfg: TernConfig, rng: Generator) -> Stimulus:
    """Put one illegal byte into a used row and column; the golden matrix gets zeros there."""
    weights = stimulus.weights.clone()
    beat, byte = int(rng.integers(weights.shape[0])), int(rng.integers(weights.shape[1]))
    weights[beat, byte] = ZERO_BYTE
    w = unpack_weights(weights, stimulus.rows, stimulus.cols, cfg)
    weights[beat, byte] = int(rng.integers(LEGAL_BYTES, 256))
    return replace(stimulus, weights=weights, w=w)


def _spoil_reads(stimulus: Stimulus, knobs: Knobs, cfg: TernConfig, rng: Generator) -> Stimulus:
    at = stimulus.arguments.w_off + cfg.port_bytes * int(rng.integers(stimulus.weights.shape[0]))
    fault = Fault(int(rng.integers(cfg.ports)), Access.READ, at, at + 1)
    return replace(stimulus, fault=fault)


def _spoil_writes(stimulus: Stimulus, knobs: Knobs, cfg: TernConfig, rng: Generator) -> Stimulus:
    at = stimulus.arguments.y_off
    return replace(stimulus, fault=Fault(int(rng.integers(cfg.ports)), Access.WRITE, at, at + 1))


_SPOIL: dict[Action, Callable[[Stimulus, Knobs, TernConfig, Generator], Stimulus]] = {
    Action.ILLEGAL: _spoil_arguments,
    Action.BAD_WEIGHT: _spoil_weight,
    Action.READ_ERROR: _spoil_reads,
    Action.WRITE_ERROR: _spoil_writes,
}
