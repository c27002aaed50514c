# SPDX-License-Identifier: Apache-2.0
"""cocotb tests on the toy counter that end in every way a test can end, run on purpose by test_misbehaving."""

import errno
import os
import signal
import time
from pathlib import Path

import cocotb
from cocotb.triggers import ClockCycles

from harness.uvm import job
from tests.harness.cocotb_toy import start

BAD = job.VARIABLE in os.environ
AGAIN = Path.cwd().name == "again"
bad = cocotb.test(skip=not BAD)


async def count(dut, cycles: int = 3) -> None:
    await start(dut)
    await ClockCycles(dut.clk, cycles)


@cocotb.test()
async def passes(dut):
    await count(dut)


@bad
async def fails(dut):
    await count(dut, 200)
    assert int(dut.value.value) == os.getpid() + 1000, (
        f"value {int(dut.value.value)} of {os.getcwd()}/x.v at {id(dut):#x}"
    )


@bad
async def raises(dut):
    await count(dut)
    raise RuntimeError("raised")


@bad
async def hangs(dut):
    await count(dut)
    time.sleep(600)


@bad
async def floods(dut):
    await count(dut)
    while True:
        os.write(1, (b"x" * 1023 + b"\n") * 1024)
        time.sleep(0.002)


@bad
async def leaves(dut):
    await count(dut)
    os._exit(0)


@bad
async def crashes(dut):
    await count(dut)
    os.kill(os.getpid(), signal.SIGSEGV)


@bad
async def is_killed(dut):
    await count(dut)
    os.kill(os.getpid(), signal.SIGKILL)


@bad
async def fills_the_disk(dut):
    await count(dut)
    with open("/dev/full", "wb", buffering=0) as device:
        device.write(b"x")


@bad
async def writes_much(dut):
    await count(dut)
    with open("much", "wb") as file:
        file.truncate(1 << 40)
    raise AssertionError("nothing limited the file")


@bad
async def fails_once(dut):
    await count(dut)
    assert AGAIN, "only the first run fails"


@bad
async def fails_otherwise(dut):
    await count(dut)
    raise OSError(errno.EIO, "second" if AGAIN else "first")
