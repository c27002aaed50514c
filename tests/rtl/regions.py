# SPDX-License-Identifier: Apache-2.0
"""Where regions of memory lie in tests of units that order reads and writes: anywhere in 64 bits, far apart."""

import random

REGION = 39
"""Lowest bit of an offset that tells the region."""


def region_offset(rng: random.Random, region: int, step: int) -> int:
    """Return the offset of region 0 to 7, a multiple of `step` bytes; 2^38 bytes fit in front of the next one."""
    return rng.getrandbits(22) << REGION + 3 | region << REGION | rng.getrandbits(REGION - 1) // step * step
