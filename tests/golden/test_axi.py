# SPDX-License-Identifier: Apache-2.0
"""The golden laws of the AXI modules, against brute force and directed cases."""

from random import Random

import pytest

from golden.axi import (
    CTRL,
    GIE,
    IER,
    ISR,
    PAGE,
    ApHs,
    ApHsAccess,
    Burst,
    ap_hs_step,
    register_read,
    register_write,
    split_bursts,
)
from golden.errors import InputError


@pytest.mark.parametrize(("beat_bytes", "burst_beats"), [(4, 1), (4, 16), (4, 256), (32, 128), (64, 64), (128, 2)])
def test_bursts_tile_the_transfer(beat_bytes: int, burst_beats: int) -> None:
    """Bursts cover the words once and in order, are legal in AXI4, and number at most one more than the fewest."""
    rng = Random(beat_bytes * burst_beats)
    for _ in range(300):
        address, beats = rng.randrange(1 << 24) * beat_bytes, rng.randrange(600)
        bursts = split_bursts(address, beats, beat_bytes, burst_beats)
        words = [b.address + i * beat_bytes for b in bursts for i in range(b.beats)]
        assert words == [address + i * beat_bytes for i in range(beats)]
        assert all(1 <= b.beats <= burst_beats for b in bursts)
        assert all(b.address // PAGE == (b.address + b.beats * beat_bytes - 1) // PAGE for b in bursts)
        assert [b.final for b in bursts] == [False] * (len(bursts) - 1) + [True] * bool(bursts)
        assert len(bursts) <= -(-beats // burst_beats) + 1


def test_bursts_of_a_known_transfer() -> None:
    """Ten words from the sixth of a page of eight-word bursts: 3, then 7."""
    assert split_bursts(0x1000 + 5 * 32, 10, 32, 8) == (Burst(0x10A0, 3, False), Burst(0x1100, 7, True))


@pytest.mark.parametrize(
    "arguments",
    [(0, 1, 32, 12), (0, 1, 32, 256), (0, 1, 4, 512), (1, 1, 4, 4), (-4, 1, 4, 4), (0, -1, 4, 4), (0, 1, 3, 4)],
)
def test_illegal_transfers_are_refused(arguments: tuple[int, int, int, int]) -> None:
    """Lengths that are no powers of two or exceed 4 KiB, misaligned addresses and negative counts are errors."""
    with pytest.raises(InputError, match="split_bursts"):
        split_bursts(*arguments)


def test_register_bits() -> None:
    """Only strobed bytes of RW bits change; reads join storage and read-only values."""
    assert register_write(0x11223344, 0xAABBCCDD, 0b0101, 0xFFFFFFFF) == 0x11BB33DD
    assert register_write(0x10203040, 0xFFFFFFFF, 0b1111, 0xF0F0F0F0) == 0xF0F0F0F0
    assert register_write(0x12345678, 0, 0, 0xFFFFFFFF) == 0x12345678
    assert register_read(0x12005600, 0xFF34FF78, 0xFF00FF00) == 0x12345678


def steps(*accesses: ApHsAccess) -> ApHs:
    state = ApHs()
    for access in accesses:
        state = ap_hs_step(state, access)
    return state


START = ApHsAccess(write=CTRL, data=1)
DONE = ApHsAccess(done=True)
IDLE = ApHsAccess()


def test_a_run_from_start_to_read() -> None:
    """idle -> pending with a start pulse -> running -> done, ready and idle -> idle once read."""
    assert steps().registers[CTRL] == 4
    assert (steps(START).registers[CTRL], steps(START).start) == (1, True)
    assert (steps(START, IDLE).registers[CTRL], steps(START, IDLE).start) == (0, False)
    assert steps(START, IDLE, DONE).registers[CTRL] == 0b1110
    assert steps(START, IDLE, DONE, ApHsAccess(read=CTRL)).registers[CTRL] == 4


def test_events_beat_the_access_that_clears_them() -> None:
    """A done in the cycle of the read survives it, as does an interrupt in the cycle of its toggle."""
    assert steps(START, IDLE, ApHsAccess(read=CTRL, done=True)).registers[CTRL] & 2
    armed = (ApHsAccess(write=GIE, data=1), ApHsAccess(write=IER, data=1), START, IDLE)
    assert steps(*armed, DONE).irq
    assert steps(*armed, ApHsAccess(write=ISR, data=1, done=True)).irq
    assert not steps(*armed, DONE, ApHsAccess(write=ISR, data=1)).irq


def test_a_second_start_waits() -> None:
    """A start during a run is pending until done, then pulses by itself; a done without a run is nothing."""
    waiting = steps(START, IDLE, START, IDLE)
    assert (waiting.registers[CTRL], waiting.start) == (1, False)
    assert ap_hs_step(waiting, DONE).start
    assert steps(DONE) == ApHs()
