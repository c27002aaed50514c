# SPDX-License-Identifier: Apache-2.0
"""Numbers for the units of attention: ends of their formats among any."""

import random


def share(rng: random.Random, kind: int) -> int:
    """Return an exponential of 24 bits: 0, the greatest, or any; of a kind all at an end."""
    ends = (0, (1 << 24) - 1)
    if kind == 0:
        return ends[1]
    return rng.choice((*ends, 1 << 23, rng.getrandbits(24), rng.getrandbits(rng.randint(1, 24))))


def byte(rng: random.Random, kind: int) -> int:
    """Return a value of 8 bits with a sign, of kinds 0 and 1 the least and the greatest."""
    return (-128, 127)[kind] if kind < 2 else rng.choice((-128, 127, 0, -1, rng.randint(-128, 127)))
