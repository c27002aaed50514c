# SPDX-License-Identifier: Apache-2.0
"""tern_linear_out: banks of sums leave group by group and token by token, as many of each as their tile has."""

import random
from collections import deque
from itertools import product

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, ReadOnly, RisingEdge

from tests.rtl.current_dut import current

DUT = current()
T_PAR, PASS_W, GROUP_W = (DUT.params[name] for name in ("T_PAR", "PASS_W", "GROUP_W"))
EIGHT_W = 8 * 21
LATENCY = 3  # from `ends` to its first beat
PATIENCE = 2000
"""Cycles in which two tiles have left, however much stalls."""
MARKS = ("last_pass", "last_lane", "groups", "free")


class Banks:
    """The two banks, the tiles that they hold, and the design, a cycle at a time."""

    def __init__(self, dut, rng, stall: float):
        self.dut, self.rng, self.stall = dut, rng, stall
        self.sums: dict[tuple[int, int, int], int] = {}
        self.full = [False, False]
        self.expected: deque[int] = deque()  # beats
        self.ends: deque[int] = deque()  # of each bank that is not read: beats until it is
        self.held: int | None = None

    def tile(self, bank: int, last_pass: int, last_lane: int, groups: int, free: int) -> dict[str, int]:
        """Fill a bank and return what comes with its `ends`."""
        for at in product(range(1 << PASS_W), range(1 << GROUP_W)):
            self.sums[bank, *at] = self.rng.getrandbits(T_PAR * EIGHT_W)
        count = 0
        for group in range(groups + 1):
            for k in range(last_pass * T_PAR + last_lane + 1):
                eight = self.sums[bank, k // T_PAR, group] >> k % T_PAR * EIGHT_W & (1 << EIGHT_W) - 1
                token = k == last_pass * T_PAR + last_lane
                self.expected.append(eight | token << EIGHT_W | (free and token and group == groups) << EIGHT_W + 1)
                count += 1
        self.full[bank] = True
        self.ends.append(bank)
        return {"bank": bank, "last_pass": last_pass, "last_lane": last_lane, "groups": groups, "free": free}

    async def cycle(self, told: dict[str, int] | None = None) -> None:
        """Drive a cycle: `ends` with a tile, or anything beside it; compare what moves; note banks that are read."""
        dut, rng = self.dut, self.rng
        dut.ends.value = int(told is not None)
        for name in ("bank", *MARKS):
            dut[name].value = told[name] if told else rng.getrandbits(len(dut[name]))
        ready = int(rng.random() >= self.stall)
        dut.m_ready.value = ready
        await FallingEdge(dut.clk)
        at = tuple(int(dut[f"rd_{name}"].value) for name in ("bank", "pass", "group"))
        dut.eights.value = self.sums.get(at, 0)
        await ReadOnly()
        valid, beat = int(dut.m_valid.value), None
        if valid:
            beat = int(dut.m_data.value)
            assert self.held in (None, beat), "a beat that waits has changed"
            assert self.expected, "a beat that nobody asked for"
            assert beat == self.expected[0], f"found {beat:#x}, expected {self.expected[0]:#x}"
        assert valid or self.held is None, "a beat that waited is gone"
        if valid and ready:
            self.expected.popleft()
        self.held = beat if valid and not ready else None
        if int(dut.empty.value):
            assert self.ends, "a bank is read that was not full"
            self.full[self.ends.popleft()] = False
        await RisingEdge(dut.clk)


async def begin(dut, stall: float) -> Banks:
    banks = Banks(dut, random.Random(f"{cocotb.RANDOM_SEED}/{stall}"), stall)
    dut.ends.value = 0
    dut.m_ready.value = 0
    dut.rst.value = 1
    await RisingEdge(dut.clk)
    await RisingEdge(dut.clk)
    dut.rst.value = 0
    return banks


def sizes(rng) -> tuple[int, int, int, int]:
    """Return last pass, last lane, groups, free."""
    return rng.randrange(1 << PASS_W), rng.randrange(T_PAR), rng.randrange(1 << GROUP_W), rng.randrange(2)


@cocotb.test()
@cocotb.parametrize(stall=[0.0, 0.5, 0.9], wait=[0.0, 0.8])
async def tiles(dut, stall, wait):
    """Every size of a tile, in banks by turns, each as soon as its bank is read or later."""
    Clock(dut.clk, 10, unit="ns").start()
    banks = await begin(dut, stall)
    every = list(product(range(1 << PASS_W), range(T_PAR), range(1 << GROUP_W), range(2)))
    for k, size in enumerate(banks.rng.sample(every, min(len(every), 40))):
        for _ in range(PATIENCE):
            if not banks.full[k % 2] and banks.rng.random() >= wait:
                break
            await banks.cycle()
        assert not banks.full[k % 2], "a bank is never read"
        await banks.cycle(banks.tile(k % 2, *size))
    for _ in range(PATIENCE):
        if not banks.expected and not banks.ends:
            break
        await banks.cycle()
    assert not banks.expected, f"{len(banks.expected)} beats did not come"
    assert not banks.ends, "a bank that is read was not told"
    for _ in range(8):
        await banks.cycle()


@cocotb.test()
async def rate(dut):
    """The first beat comes when the header says, and then one a cycle, over a change of banks too."""
    Clock(dut.clk, 10, unit="ns").start()
    banks = await begin(dut, 0.0)
    await banks.cycle(banks.tile(0, *(most - 1 for most in (1 << PASS_W, T_PAR, 1 << GROUP_W, 2))))
    await banks.cycle(banks.tile(1, *sizes(banks.rng)))
    for _ in range(LATENCY - 2):
        assert not int(dut.m_valid.value)
        await banks.cycle()
    while banks.expected:
        left = len(banks.expected)
        await banks.cycle()
        assert len(banks.expected) == left - 1, "a cycle without a beat"


@cocotb.test()
async def reset(dut):
    """A reset empties both banks; what comes behind it begins with bank 0 and its first group."""
    Clock(dut.clk, 10, unit="ns").start()
    for cycles in range(0, 24, 3):
        banks = await begin(dut, 0.3)
        await banks.cycle()
        assert not int(dut.m_valid.value)
        for bank in range(2):
            await banks.cycle(banks.tile(bank, *sizes(banks.rng)))
        for _ in range(cycles):
            await banks.cycle()
    banks = await begin(dut, 0.0)
    await banks.cycle(banks.tile(0, *sizes(banks.rng)))
    for _ in range(200):
        await banks.cycle()
    assert not banks.expected
