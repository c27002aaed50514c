# SPDX-License-Identifier: Apache-2.0
"""Every port's arena as one array: what lies there before a start, what has changed, records and captured beats."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from golden.beats import VALUES
from golden.striping import Ports, stripe, unstripe
from harness.uvm.model_start import ModelStimulus
from harness.uvm.starts import SENTINEL

Bytes = NDArray[np.uint8]
"""[ports, size]: what every port's arena holds."""
Mask = NDArray[np.bool_]
"""[ports, size]: bytes of every port's arena."""
BEST = 8
"""Logits of a record."""


def contents(s: ModelStimulus, size: int) -> Bytes:
    """Return what every port's arena holds before the start, [ports, size]."""
    arena = np.full((s.cfg.ports, size), SENTINEL, dtype=np.uint8)
    for name, beats in s.regions.items():
        put(arena, getattr(s.legal, f"{name}_off"), beats, s.cfg)
    return arena


def put(arena: Bytes, at: int, beats: Tensor, cfg: Ports) -> None:
    """Write wide beats, uint8 [beats, WIDE], at an offset of every port."""
    arena[:, at : at + len(beats) * cfg.port_bytes] = stripe(beats, cfg).numpy()


def wide(arena: Bytes, at: int, beats: int, cfg: Ports) -> Tensor:
    """Wide beats at an offset, uint8 [beats, WIDE]."""
    part = np.ascontiguousarray(arena[:, at : at + beats * cfg.port_bytes])
    return unstripe(torch.from_numpy(part), cfg)


def changes(before: Bytes, after: Bytes, allowed: Mask) -> list[str]:
    """Return one line for each port on which bytes changed that were not `allowed` to."""
    different = (before != after) & ~allowed
    return [
        f"memory: {int(row.sum())} bytes of port {port} changed where the start may not write, "
        f"the first at {int(row.argmax()):#x}"
        for port, row in enumerate(different)
        if row.any()
    ]


def allow(size: int, ports: int, spans: Mapping[int, int]) -> Mask:
    """Bytes of spans, begin -> bytes, of every port."""
    mask = np.zeros((ports, size), dtype=np.bool_)
    for start, length in spans.items():
        mask[:, start : start + length] = True
    return mask


def records(arena: Bytes, at: int, count: int, cfg: Ports) -> tuple[Tensor, Tensor]:
    """Return index and value of the chosen tokens' records, int64 [count, 8] each."""
    found = wide(arena, at, count, cfg)[:, : 8 * BEST].contiguous()
    record = found.view(torch.int32).reshape(-1, BEST, 2).to(torch.int64)
    return record[..., 0], record[..., 1]


def stream(arena: Bytes, at: int, beats: int, cfg: Ports) -> Tensor:
    """Return the captured beats, int64 [beats, 8]."""
    found = wide(arena, at, -(-4 * VALUES * beats // cfg.wide_bytes), cfg)
    return found.contiguous().view(torch.int32).reshape(-1, VALUES)[:beats].to(torch.int64)
