# SPDX-License-Identifier: Apache-2.0
"""Timing of the simulation memory in clock cycles, and how a board's facts in ns and GB/s become one."""

import math
from dataclasses import dataclass
from typing import Protocol

from golden.errors import InputError

QUEUE_DEPTH = 32
"""Bursts that a port takes ahead; 32 of 4 KiB cover the latency of every board by far."""


class ChannelModel(Protocol):
    """What a board declares of one memory channel beside its peak rate (`boards.facts.MemoryModel` has it)."""

    @property
    def first_word_ns(self) -> float:
        """From an address to its first word."""

    @property
    def efficiency(self) -> float:
        """Sustained share of the peak while data flow."""

    @property
    def burst_bytes(self) -> int:
        """Bytes that come without a gap."""

    @property
    def turnaround_ns(self) -> float:
        """Lost when the data bus changes direction."""

    @property
    def refresh_interval_ns(self) -> float:
        """From one refresh to the next."""

    @property
    def refresh_ns(self) -> float:
        """Length of one refresh."""


@dataclass(frozen=True)
class Gap:
    """`cycles` of every `period` cycles in which a channel stands still; 0 and 0: none."""

    period: int = 0
    cycles: int = 0


@dataclass(frozen=True)
class MemoryTiming:
    """One memory channel in cycles of the kernel's clock. The default is the ideal memory.

    Attributes:
        latency: from an accepted read address to its first beat, and from the last write beat to its response.
        rate: beats a cycle outside the gaps.
        turnaround: cycles lost when the data bus changes between read and write.
        queue_depth: outstanding bursts in each direction.
        page: short gaps between bursts.
        refresh: long gaps.

    An ideal channel (rate 1, no gap, no turnaround) moves one beat a cycle in both directions at once; any other has
    one data bus for both. Gaps of neighbouring ports are staggered, as those of real channels are not in step.
    """

    latency: int = 1
    rate: float = 1.0
    turnaround: int = 0
    queue_depth: int = QUEUE_DEPTH
    page: Gap = Gap()
    refresh: Gap = Gap()

    @property
    def deliverable(self) -> float:
        """Return the beats a cycle that the channel can deliver over a long time, all in one direction."""
        share = self.rate
        for gap in (self.page, self.refresh):
            share *= 1 - gap.cycles / gap.period if gap.period else 1
        return share


IDEAL = MemoryTiming()


def timing(model: ChannelModel, peak_gbs: float, port_bytes: int, clock_mhz: float) -> MemoryTiming:
    """Return the timing of one channel behind one port.

    The efficiency becomes a gap after each burst; what rounding to whole cycles gives away, the rate takes back, so
    that rate times share of the gaps is exact.

    Args:
        model: the channel's facts.
        peak_gbs: its peak rate, 1e9 bytes a second.
        port_bytes: bytes of one beat.
        clock_mhz: clock of the kernel.

    Raises:
        InputError: a rate or clock that is not positive.
    """
    if peak_gbs <= 0 or port_bytes <= 0 or clock_mhz <= 0:
        raise InputError(f"memory of {peak_gbs} GB/s, {port_bytes} B ports, {clock_mhz} MHz: expected positive values")
    peak = min(1.0, peak_gbs * 1e3 / (port_bytes * clock_mhz))
    page, share = _page_gap(model, port_bytes)
    period = round(model.refresh_interval_ns * clock_mhz / 1e3)
    refresh = Gap(period, math.ceil(model.refresh_ns * clock_mhz / 1e3)) if model.refresh_ns else Gap()
    return MemoryTiming(
        latency=max(1, math.ceil(model.first_word_ns * clock_mhz / 1e3)),
        rate=min(1.0, peak * model.efficiency / share),
        turnaround=math.ceil(model.turnaround_ns * clock_mhz / 1e3),
        page=page,
        refresh=refresh,
    )


def _page_gap(model: ChannelModel, port_bytes: int) -> tuple[Gap, float]:
    """Return the gap after each burst, and the share of cycles outside it (at least the efficiency)."""
    if model.efficiency == 1:
        return Gap(), 1.0
    burst = max(1, model.burst_bytes // port_bytes)
    period = math.floor(burst / model.efficiency)
    gap = Gap(period, period - burst) if period > burst else Gap()
    return gap, burst / period
