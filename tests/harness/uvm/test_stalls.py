# SPDX-License-Identifier: Apache-2.0
"""Stall patterns: repeatable by seed, and each kind is what its name says."""

from itertools import islice

import pytest

from harness.uvm.stalls import StallKind, Stalls

CHANNELS = ("ar", "r", "aw", "w", "b")
CYCLES = 4000


def pattern(kind: StallKind, port: int, channel: str, seed: int = 3, p: float = 0.3) -> tuple[bool, ...]:
    return tuple(islice(Stalls(kind, p, seed).pattern(port, channel), CYCLES))


@pytest.mark.parametrize("kind", StallKind)
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_seed_repeats_a_pattern(kind: StallKind, channel: str) -> None:
    """The same seed, port and channel stall in the same cycles, whatever else was drawn."""
    assert pattern(kind, 1, channel) == pattern(kind, 1, channel)


@pytest.mark.parametrize("kind", [StallKind.RANDOM, StallKind.BURSTS])
def test_ports_channels_and_seeds_differ(kind: StallKind) -> None:
    """Random patterns are each their own, so that ports and channels drift apart."""
    drawn = {pattern(kind, port, channel, seed) for port in (0, 1) for channel in CHANNELS for seed in (1, 2)}
    assert len(drawn) == 2 * len(CHANNELS) * 2


@pytest.mark.parametrize("kind", StallKind)
def test_no_pattern_stalls_for_ever(kind: StallKind) -> None:
    """A stall ends within 256 cycles, so that a hang is the design's."""
    for port in (0, 1):
        for channel in CHANNELS:
            text = "".join("x" if stalled else "." for stalled in pattern(kind, port, channel, p=0.9))
            assert "x" * 256 not in text


def test_random_keeps_its_probability() -> None:
    """4,000 draws at p = 0.3 have a share within five standard deviations, 0.036."""
    assert abs(sum(pattern(StallKind.RANDOM, 0, "r")) / CYCLES - 0.3) < 0.036


def test_alternate_stalls_every_other_cycle() -> None:
    assert pattern(StallKind.ALTERNATE, 0, "ar")[:4] == (True, False, True, False)


def test_bursts_pause_for_16_to_64_cycles() -> None:
    """Every pause that ends is 16 to 64 cycles long."""
    text = "".join("x" if stalled else "." for stalled in pattern(StallKind.BURSTS, 0, "r"))
    pauses = [len(part) for part in text.strip("x").split(".") if part]
    assert len(pauses) > 20
    assert all(16 <= pause <= 64 for pause in pauses)


def test_kinds_that_pick_their_victims() -> None:
    """NONE never stalls; ONE_PORT stalls port 0 only; WRITES stalls AW, W and B only."""
    for channel in CHANNELS:
        assert not any(pattern(StallKind.NONE, 0, channel))
        assert any(pattern(StallKind.ONE_PORT, 0, channel))
        assert not any(pattern(StallKind.ONE_PORT, 1, channel))
        assert any(pattern(StallKind.WRITES, 1, channel)) == (channel in ("aw", "w", "b"))
