# SPDX-License-Identifier: Apache-2.0
"""m2_regs and tern_accel_regs: what software writes reaches the ports, what the kernel reports reaches software."""

import random
from importlib import import_module
from typing import Any

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge
from cocotb.utils import get_sim_time
from cocotbext.axi import AxiLiteMaster

from golden.spec import load_register_map
from tests.rtl.cocotb_axil_common import open_master
from tests.rtl.current_dut import current

DUT = current()
PORTS = int(DUT.params["PORTS"]) if DUT.name else 0
TERNARY = DUT.name == "tern_accel_regs"
KERNEL = "ternary_accel" if TERNARY else "mamba2_accel"
REGS = load_register_map(KERNEL)
MAP: Any = import_module(f"golden.spec.gen.{KERNEL}")
Offset, ErrorCode = MAP.Offset, MAP.ErrorCode
WORKED, WAITED = ("cache_beat", "stall_cache") if TERNARY else ("ssm_beat", "stall_state")
EVENTS = ("weight_beat", "stall", WORKED, WAITED, "tap_beat", "rd_beat", "wr_beat")
FAULTS = ("bad_token", "bad_weight") if TERNARY else ("bad_token",)
ERRORS = ("arg_error", "rd_err", "wr_err", *FAULTS)
STATUS = ("tokens_run", "layers_done", "tokens_done")
INPUTS = ("done", *EVENTS, *ERRORS, *STATUS)
STEP = 0x9E37_79B9_7F4A_7C15 if DUT.far else 1
"""What a counter's value grows by."""
COMMON = {"CTRL", "GIE", "IER", "ISR", "PORT_BASE"}
PACKED = {"TAP": (("tap_point", 0, 2), ("tap_all", 2, 1), ("tap_layer", 8, 8))}
"""Ports of registers with several fields: name, lowest bit, width."""
if TERNARY:
    PACKED |= {"MODE": (("head", 2, 1),), "FRAC": (("residual_frac", 0, 5), ("logit_frac", 8, 5))}
    PACKED |= {name: ((name.lower(), 0, 26),) for name in ("FEED_EPS", "HEAD_SCALE")}
else:
    PACKED |= {"MODE": (("mode", 0, 3),)}


class Kernel:
    """The register file with a master on it."""

    def __init__(self, dut: Any, master: AxiLiteMaster, rng: random.Random) -> None:
        self.dut, self.master, self.rng = dut, master, rng

    async def read(self, offset: int, width: int = 32) -> int:
        low = await self.master.read_dword(offset)
        return low | (await self.master.read_dword(offset + 4) << 32 if width == 64 else 0)

    async def write(self, offset: int, value: int, width: int = 32) -> None:
        for at in range(0, width, 32):
            await self.master.write_dword(offset + at // 8, value >> at & 0xFFFF_FFFF)

    async def counter(self, name: str) -> int:
        return await self.read(Offset[name], REGS[name].width)

    async def begin(self) -> None:
        """Start a run and return in its first cycle."""
        cocotb.start_soon(self.write(Offset.CTRL, 1))
        while not int(self.dut.start.value):
            await FallingEdge(self.dut.clk)
        await RisingEdge(self.dut.clk)

    async def cycle(self, **inputs: int) -> None:
        """Hold inputs over one edge."""
        for name, value in inputs.items():
            getattr(self.dut, name).value = value
        await RisingEdge(self.dut.clk)

    async def end(self) -> None:
        """End the run."""
        await self.cycle(done=1, **dict.fromkeys((*EVENTS, *ERRORS), 0))
        await self.cycle(done=0)


async def kernel(dut: Any, name: str) -> Kernel:
    rng = random.Random(f"{cocotb.RANDOM_SEED}/{name}")
    return Kernel(dut, await open_master(dut, INPUTS), rng)


def port_of(register: str) -> str:
    return "generate_" if register == "GENERATE" else register.lower()


def text_of(register: str) -> int | None:
    """Return which text's word of the port `own` a register is, if it is one of them."""
    return int(register[-1]) if register[:-1] == "OWN_" else None


@cocotb.test()
async def arguments(dut):
    """Every writable register reads back what its bits keep, and is seen at its port and no other."""
    k = await kernel(dut, "arguments")
    wanted = {}
    for register in REGS.registers:
        if register.rw_mask and register.name not in COMMON:
            wanted[register.name] = k.rng.getrandbits(register.width)
            await k.write(register.offset, wanted[register.name], register.width)
    bases = [k.rng.getrandbits(64) for _ in range(32)]
    for port, base in enumerate(bases):
        await k.write(Offset.PORT_BASE + 8 * port, base, 64)
    for name, value in wanted.items():
        register = REGS[name]
        assert await k.read(register.offset, register.width) == value & register.rw_mask, name
        text = text_of(name)
        if text is not None:
            assert int(dut.own.value) >> 32 * text & 0xFFFF_FFFF == value, name
            continue
        for port, lsb, width in PACKED.get(name, ((port_of(name), 0, register.width),)):
            assert int(getattr(dut, port).value) == value >> lsb & (1 << width) - 1, port
    for port, base in enumerate(bases):
        assert await k.read(Offset.PORT_BASE + 8 * port, 64) == (base if port < PORTS else 0), f"PORT_BASE {port}"
    assert int(dut.port_base.value) == sum(base << 64 * port for port, base in enumerate(bases[:PORTS]))


@cocotb.test()
async def identity(dut):
    """Identity and geometry are those of the map and of the parameters, and cannot be written."""
    k = await kernel(dut, "identity")
    rows, step, t_cols = (int(DUT.params[name]) for name in ("ROWS", "PORT_BYTES", "T_COLS"))
    geometry = PORTS | (step.bit_length() - 1) << 8 | (rows.bit_length() - 1) << 16 | t_cols << 24
    for name, value in (
        ("MAGIC", 0x4B524149),
        ("VERSION", REGS.version),
        ("KERNEL_ID", REGS.kernel_id),
        ("GEOMETRY", geometry),
        ("ERROR", 0),
    ):
        await k.write(Offset[name], k.rng.getrandbits(32))
        assert await k.read(Offset[name]) == value, name


@cocotb.test()
async def counters(dut):
    """Counters count their events in a run alone, from zero; the window is beats and stalls behind the first."""

    def grown(count: int, width: int = 64) -> int:
        return count * STEP & (1 << width) - 1

    k = await kernel(dut, "counters")
    single = {
        f"{WORKED.upper()}S": WORKED,
        WAITED.upper(): WAITED,
        "TAP_BEATS": "tap_beat",
        "WEIGHT_BEATS": "weight_beat",
    }
    stalls = ("STALL_WEIGHTS", "STALL_ACTS", "STALL_OUT")
    for _ in range(3):
        for _ in range(10):
            await k.cycle(**{name: k.rng.getrandbits(len(getattr(dut, name))) for name in EVENTS})
        await k.cycle(**dict.fromkeys((*EVENTS, "tokens_done"), 0))
        await k.begin()
        count = dict.fromkeys((*single, *stalls, "FIRST_TOKEN"), 0)
        rd, wr, begun = [0] * PORTS, [0] * PORTS, False
        cycles = k.rng.randint(30, 120)
        first = k.rng.randint(5, 25)
        for cycle in range(cycles):
            now = {name: k.rng.getrandbits(1) for name in EVENTS} | {"stall": 0}
            now |= {name: k.rng.getrandbits(PORTS) for name in ("rd_beat", "wr_beat")}
            if not now["weight_beat"] and k.rng.random() < 0.8:
                now["stall"] = 1 << k.rng.randrange(3)
            begun |= bool(now["weight_beat"])
            for name, event in single.items():
                count[name] += now[event]
            for bit, name in enumerate(stalls):
                count[name] += begun and now["stall"] >> bit & 1
            rd, wr = (
                [n + (now[s] >> p & 1) for p, n in enumerate(old)] for s, old in (("rd_beat", rd), ("wr_beat", wr))
            )
            await k.cycle(tokens_done=int(cycle >= first), **now)
        await k.end()
        count["FIRST_TOKEN"] = first
        count["CYCLES"] = cycles + 1
        count["WINDOW"] = sum(count[name] for name in ("WEIGHT_BEATS", *stalls))
        await k.cycle(**{name: k.rng.getrandbits(len(getattr(dut, name))) for name in EVENTS})
        for name, value in count.items():
            assert await k.counter(name) == grown(value, REGS[name].width), f"{name}: expected {value} events"
        for port in range(PORTS):
            assert await k.read(Offset.RD_BEATS + 8 * port, 64) == grown(rd[port])
            assert await k.read(Offset.WR_BEATS + 8 * port, 64) == grown(wr[port])


@cocotb.test()
async def status(dut):
    """Progress is read as it stands."""
    k = await kernel(dut, "status")
    values = {name: k.rng.getrandbits(32) for name in STATUS}
    await k.cycle(**values)
    for name, value in values.items():
        assert await k.read(Offset[name.upper()]) == value


@cocotb.test()
async def free_counter(dut):
    """It counts every cycle, in a run or not; its high word is that of the last read of the low one."""
    k = await kernel(dut, "free_counter")
    reads = []
    for _ in range(4):
        low = await k.read(Offset.FREE_COUNTER)
        cycle = get_sim_time("ns") // 10
        for _ in range(k.rng.randint(0, 200)):
            await RisingEdge(dut.clk)
        value = low | await k.read(Offset.FREE_COUNTER + 4) << 32
        reads.append((value * pow(STEP, -1, 1 << 64) % (1 << 64), cycle))
    (first, begun), *later = reads
    assert 0 < first < begun
    assert [count - first for count, _ in later] == [cycle - begun for _, cycle in later]


@cocotb.test()
async def errors(dut):
    """The first error of a run stays: of one cycle arguments, read, write, token, weight; a start clears it."""
    k = await kernel(dut, "errors")
    for _ in range(40):
        now = {"arg_error": k.rng.choice((0, 0, int(ErrorCode.BAD_LAYERS)))}
        now |= {name: int(k.rng.random() < 0.5) for name in FAULTS}
        now |= {name: k.rng.choice((0, k.rng.getrandbits(PORTS))) for name in ("rd_err", "wr_err")}
        expected = next((int(ErrorCode[name.upper()]) for name in FAULTS if now[name]), 0), 0
        for name, code in (("wr_err", ErrorCode.AXI_WRITE), ("rd_err", ErrorCode.AXI_READ)):
            if now[name]:
                expected = int(code), (now[name] & -now[name]).bit_length() - 1
        if now["arg_error"]:
            expected = now["arg_error"], 0
        await k.begin()
        await k.cycle(**now)
        if expected != (0, 0):
            await k.cycle(arg_error=int(ErrorCode.BAD_VOCAB), rd_err=1, wr_err=1, **dict.fromkeys(FAULTS, 1))
        await k.end()
        await k.cycle(rd_err=(1 << PORTS) - 1)
        await k.cycle(rd_err=0)
        found = await k.read(Offset.ERROR)
        assert (found & 0xFF, found >> 8) == expected, f"{now}: found {found:#x}"
