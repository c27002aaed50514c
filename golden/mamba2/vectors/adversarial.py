# SPDX-License-Identifier: Apache-2.0
"""Adversarial numbers, each generator named after what it provokes. Integers only: the same on every machine.

`VALUES` make what goes into a quantizer (or a transform, a norm, a convolution), `POTS` make quantized pairs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from golden.fixed.pot import Pot
from golden.fixed.rounding import limits


@dataclass(frozen=True)
class Domain:
    """Rows of `width` values of `value_bits`, which are quantized to `bits` in groups of `group` (0: the whole row)."""

    rows: int
    width: int
    value_bits: int
    bits: int
    group: int
    max_shift: int

    @property
    def size(self) -> int:
        """Elements of a whole group."""
        return self.group or self.width

    @property
    def groups(self) -> int:
        """Groups of a row, the last of which may be short."""
        return -(-self.width // self.size)

    @property
    def greatest(self) -> int:
        """Greatest value; the least is -greatest - 1."""
        return limits(self.value_bits)[1]

    def spread(self, peaks: Tensor) -> Tensor:
        """One number a group [rows, groups] for each element of the group [rows, width]."""
        return peaks.repeat_interleave(self.size, dim=1)[:, : self.width]

    def place(self, peaks: Tensor, first: int = 0) -> Tensor:
        """One number a group [rows, groups] at a position that walks from group to group, zeros elsewhere."""
        group = torch.arange(self.groups).expand(self.rows, -1) + torch.arange(self.rows)[:, None]
        last = self.width - (self.groups - 1) * self.size
        sizes = torch.full((self.groups,), self.size)
        sizes[-1] = last
        at = (group + first) % sizes + torch.arange(self.groups) * self.size
        return torch.zeros(self.rows, self.width, dtype=torch.int64).scatter(1, at, peaks)

    def bit(self) -> Tensor:
        """A bit position for each group [rows, groups], which runs through all below the sign."""
        return torch.arange(self.rows * self.groups).reshape(self.rows, self.groups) % (self.value_bits - 1)


Values = Callable[[Domain, torch.Generator], Tensor]


def saturation(d: Domain, g: torch.Generator) -> Tensor:
    """Both ends of the format, and both sides of the last value that the greatest shift can hold: q clips."""
    edge = min(limits(d.bits)[1] << d.max_shift, d.greatest)
    step = 1 << d.max_shift
    ends = [d.greatest, -d.greatest - 1, edge, -edge, edge + step // 2, edge + step // 2 - 1, -edge - step, edge + 1]
    picks = torch.tensor(ends).clamp(-d.greatest - 1, d.greatest)
    return picks[torch.randint(len(ends), (d.rows, d.width), generator=g)]


def zero_groups(d: Domain, g: torch.Generator) -> Tensor:
    """Groups of zeros beside groups of a single one: the peak is 0, less 1 must not borrow, the shift is 0."""
    kinds = torch.tensor([0, 1, 0, -1, 0, d.greatest, 0, -d.greatest - 1])
    group = torch.arange(d.rows * d.groups).reshape(d.rows, d.groups)
    return d.place(kinds[group % len(kinds)])


def lone_elements(d: Domain, g: torch.Generator) -> Tensor:
    """Rows of zeros but for one element at an end of the format: the widest ratio of an element to its row's norm."""
    place = torch.arange(d.rows) * 7 % d.width
    ends = torch.tensor([d.greatest, -d.greatest - 1])[torch.arange(d.rows) % 2]
    return torch.zeros(d.rows, d.width, dtype=torch.int64).scatter(1, place[:, None], ends[:, None])


def alternating_maxima(d: Domain, g: torch.Generator) -> Tensor:
    """Loud and silent groups in turn, sign and place of the maximum moving: no shift may leak into the next group."""
    group = torch.arange(d.rows * d.groups).reshape(d.rows, d.groups)
    peak = torch.where(group % 2 == 0, d.greatest, 1 + group % 3)
    noise = torch.randint(-1, 2, (d.rows, d.width), generator=g)
    loud = d.place(torch.where(group % 4 < 2, peak, -peak))
    return torch.where(loud == 0, noise, loud)


def positive_powers(d: Domain, g: torch.Generator) -> Tensor:
    """Maximum of exactly +2^k in each group, every k: the quantizer's clip by one LSB."""
    return _around(d, g, 0, 1)


def negative_powers(d: Domain, g: torch.Generator) -> Tensor:
    """Maximum of exactly -2^k in each group, every k: reaches the least q, does not clip."""
    return _around(d, g, 0, -1)


def beside_powers(d: Domain, g: torch.Generator) -> Tensor:
    """Maxima of 2^k - 1 and 2^k + 1, both signs: the shift's leading-zero count on both sides of its step."""
    group = torch.arange(d.rows * d.groups).reshape(d.rows, d.groups)
    return _around(d, g, 2 * (group % 2) - 1, torch.where(group % 4 < 2, 1, -1))


def _around(d: Domain, g: torch.Generator, offset: Tensor | int, sign: Tensor | int) -> Tensor:
    """Place sign * (2^k + offset) in each group and smaller numbers around it."""
    peak = ((1 << d.bit()) + offset).clamp(max=d.greatest)
    rest = torch.randint(0, 1 << 62, (d.rows, d.width), generator=g) % (2 * d.spread(peak.abs()) + 1)
    placed, chosen = d.place(peak * sign), d.place(torch.ones_like(peak))
    return torch.where(chosen == 1, placed, (rest - d.spread(peak.abs())) // 2)


def ties(d: Domain, g: torch.Generator) -> Tensor:
    """Odd multiples of half a step of q, both signs: rounding half up, towards zero where they are negative."""
    shift = (d.bit() - (d.bits - 2)).clamp(0, d.max_shift)
    peak = (limits(d.bits)[1] << shift).clamp(max=d.greatest)
    wide = d.spread(shift)
    odd = 2 * torch.randint(*limits(d.bits - 1), (d.rows, d.width), generator=g) + 1
    halves = torch.where(wide > 0, odd << (wide - 1).clamp(min=0), odd)
    placed = d.place(peak)
    return torch.where(placed != 0, placed, halves).clamp(-d.greatest - 1, d.greatest)


def random_magnitudes(d: Domain, g: torch.Generator) -> Tensor:
    """Uniform numbers below a random power of two for each group: every shift, every pair of neighbours, by seed."""
    bits = torch.randint(0, d.value_bits, (d.rows, d.groups), generator=g)
    wide = 1 << d.spread(bits)
    numbers = torch.randint(0, 1 << 62, (d.rows, d.width), generator=g) % (2 * wide) - wide
    return numbers.clamp(-d.greatest - 1, d.greatest)


VALUES: Mapping[str, Values] = {
    each.__name__: each
    for each in (
        saturation,
        zero_groups,
        lone_elements,
        alternating_maxima,
        positive_powers,
        negative_powers,
        beside_powers,
        ties,
        random_magnitudes,
    )
}


@dataclass(frozen=True)
class PotDomain:
    """Quantized tensors [rows, width] of `bits` with shifts up to `max_shift`, whose values stay within low..high."""

    rows: int
    width: int
    bits: int
    group: int
    max_shift: int
    low: int
    high: int

    def pot(self, q: Tensor, s: Tensor) -> Pot:
        """Return q and s, each q clamped so that its value stays within low..high."""
        wide = Pot(q, s, self.group).shift
        return Pot(torch.maximum(torch.minimum(q, self.high >> wide), -((-self.low) >> wide)), s, self.group)

    @property
    def groups(self) -> int:
        """Groups of a row."""
        return -(-self.width // (self.group or self.width))

    def full(self, x: int) -> Tensor:
        """The same number for each element."""
        return torch.full((self.rows, self.width), x)

    def shifts(self, s: int) -> Tensor:
        """The same shift for each group."""
        return torch.full((self.rows, self.groups), s)


Pots = Callable[[PotDomain, torch.Generator], Pot]


def greatest(d: PotDomain, g: torch.Generator) -> Pot:
    """Every q at its greatest, every shift at its greatest: the upper limit of every product and sum."""
    return d.pot(d.full(limits(d.bits)[1]), d.shifts(d.max_shift))


def least(d: PotDomain, g: torch.Generator) -> Pot:
    """Every q at its least, every shift at its greatest: the lower limit, one LSB further out than the upper."""
    return d.pot(d.full(limits(d.bits)[0]), d.shifts(d.max_shift))


def both_ends(d: PotDomain, g: torch.Generator) -> Pot:
    """Least and greatest q in turn, shifts 0 and greatest in turn: largest differences between neighbours."""
    low, high = limits(d.bits)
    q = torch.where((torch.arange(d.rows)[:, None] + torch.arange(d.width)) % 2 == 0, low, high)
    s = torch.where((torch.arange(d.rows)[:, None] + torch.arange(d.groups)) % 2 == 0, 0, d.max_shift)
    return d.pot(q, s)


def zeros(d: PotDomain, g: torch.Generator) -> Pot:
    """Zeros under the greatest shift: a shift without a value, which the quantizer never gives, must do nothing."""
    return d.pot(d.full(0), d.shifts(d.max_shift))


def ones(d: PotDomain, g: torch.Generator) -> Pot:
    """Plus and minus one with shift 0: everything below the last bit, where floors show."""
    return d.pot(1 - 2 * torch.randint(0, 2, (d.rows, d.width), generator=g), d.shifts(0))


def random_pairs(d: PotDomain, g: torch.Generator) -> Pot:
    """Uniform q and uniform shifts, by seed."""
    low, high = limits(d.bits)
    q = torch.randint(low, high + 1, (d.rows, d.width), generator=g)
    return d.pot(q, torch.randint(0, d.max_shift + 1, (d.rows, d.groups), generator=g))


POTS: Mapping[str, Pots] = {each.__name__: each for each in (greatest, least, both_ends, zeros, ones, random_pairs)}


def provokes(generator: Callable[..., object]) -> str:
    """What a generator provokes, in its own words."""
    return " ".join((generator.__doc__ or "").split())
