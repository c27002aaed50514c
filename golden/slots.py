# SPDX-License-Identifier: Apache-2.0
"""Beats of a foreign design in memory: each in a place of its own, a power of two of bytes, its lowest byte first."""

from collections.abc import Sequence

import torch
from torch import Tensor

from golden.errors import InputError


def slot_bytes(width: int) -> int:
    """Return the bytes of a place that holds `width` bits: 1, 2, 4 and so on; 1 for a stream without data."""
    return 1 << (max(-(-width // 8), 1) - 1).bit_length()


def pack(beats: Sequence[int], width: int) -> Tensor:
    """Return beats of `width` bits as uint8 [beats, places' bytes], zeros above each; the law of `dut_drain`.

    Raises:
        InputError: a beat has more bits, or is negative.
    """
    size = slot_bytes(width)
    for at, beat in enumerate(beats):
        if not 0 <= beat < 1 << width:
            raise InputError(f"beat {at}: found {beat:#x}, expected a number of {width} bits")
    data = bytearray(b"".join(beat.to_bytes(size, "little") for beat in beats))
    return torch.frombuffer(data, dtype=torch.uint8).reshape(-1, size) if beats else torch.empty(0, size).byte()


def unpack(places: Tensor) -> list[int]:
    """Return beats from uint8 [beats, places' bytes], with what stands above their bits; the law of `dut_feed`."""
    return [int.from_bytes(bytes(place), "little") for place in places.tolist()]
