# SPDX-License-Identifier: Apache-2.0
"""The driver of mamba2_accel against a scripted device: what it writes, what it hands on while a run goes on."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from boards.drivers import KernelError
from boards.drivers.mamba2_accel import Mamba2Accel
from boards.drivers.model_accel import LOOK_S
from golden.errors import InputError, MachineError
from golden.mamba2.accel.arguments import Arguments
from golden.spec.gen import mamba2_accel as regs
from golden.striping import unstripe
from tests.boards.fake_accel import FakeDevice, driver

PAGE = 4096
REGIONS = Mamba2Accel.REGIONS
ARGUMENTS = Arguments(
    d_model=128,
    heads=8,
    headdim=32,
    d_state=64,
    ngroups=1,
    vocab=256,
    model_layers=4,
    layer_first=1,
    layer_count=3,
    prompt=5,
    generate=4,
    raw=False,
    keep=True,
    head=True,
    chunk_heads=2,
    mem_first=4,
    eps_d=11,
    eps_i=12,
    tap_point=2,
    tap_all=True,
    tap_layer=3,
    **{f"{name}_off": index * PAGE for index, name in enumerate(REGIONS)},
    arena_bytes=8 * PAGE,
    s_bytes=PAGE,
    bases=(),
)


@dataclass(frozen=True)
class Image:
    regions: dict[str, torch.Tensor]
    arguments: Arguments = ARGUMENTS


def record(token, wide_bytes):
    """A wide beat with 8 pairs of index and value, then what belongs to nobody."""
    words = np.full(wide_bytes // 4, -1, np.int32)
    words[:16] = [word for j in range(8) for word in (token + j, 1000 - 300 * j)]
    return words.view(np.uint8)


def talking(*looks):
    """Steps of a run after whose looks so many tokens are in memory; the last are there at the end only."""

    def steps(device):
        given = 0
        for count in looks:
            for step in range(given, count):
                at = device.word(regs.Offset.OUT_OFF) + step * device.cfg.port_bytes
                device.store(at, record(10 * step, device.cfg.wide_bytes))
            given = device.words[regs.Offset.TOKENS_DONE] = count
            if count < looks[-1]:
                yield True

    return steps


@pytest.mark.parametrize("config", ["sim", "u280"])
def test_arguments_reach_their_registers(config: str) -> None:
    """Every argument is in the register of its name, flags and taps in their fields, bases those of the arena."""
    device = FakeDevice(config)
    kernel = driver(device)
    with kernel.arena(8 * PAGE) as arena:
        kernel.begin(ARGUMENTS)
        assert device.starts == 1
        for name, value in vars(ARGUMENTS).items():
            if name.upper() in regs.Offset.__members__:
                assert device.word(regs.Offset[name.upper()]) & (2**32 - 1 if "_off" not in name else -1) == value
        assert device.words[regs.Offset.MODE] == regs.MODE_CONTINUE.mask | regs.MODE_HEAD.mask
        assert device.words[regs.Offset.TAP] == 2 | 1 << 2 | 3 << 8
        assert [device.word(regs.PORT_BASE[port]) for port in range(device.cfg.ports)] == list(arena.bases)
        kernel.begin(replace(ARGUMENTS, raw=True, keep=False, head=False, tap_point=0, tap_all=False, tap_layer=0))
        assert device.words[regs.Offset.MODE] == regs.MODE_RAW.mask
        assert device.words[regs.Offset.TAP] == 0
    assert all(buffer.freed for memory in device.memories for buffer in memory.buffers)


def test_every_argument_has_a_register() -> None:
    """No writable register of the kernel's own is left at what an earlier run wrote."""
    device = FakeDevice()
    kernel = driver(device)
    with kernel.arena(8 * PAGE):
        device.words.clear()
        kernel.begin(ARGUMENTS)
        own = {offset for offset in regs.Offset if regs.Offset.D_MODEL <= offset < regs.Offset.TOKENS_DONE}
        assert own <= device.words.keys()


def test_an_image_lies_where_its_arguments_say() -> None:
    """Each region, striped over the ports and flushed, is at its offset; what is no region is refused."""
    device = FakeDevice()
    kernel = driver(device)
    draw = torch.Generator().manual_seed(1)
    data = {
        name: torch.randint(0, 256, (3 + index, 64), generator=draw, dtype=torch.uint8)
        for index, name in enumerate(REGIONS)
    }
    with kernel.arena(8 * PAGE):
        kernel.load(Image(data))
        for name, wide in data.items():
            at = getattr(ARGUMENTS, f"{name}_off")
            port_bytes = device.arena()[:, at : at + len(wide) * 32]
            assert torch.equal(unstripe(torch.from_numpy(port_bytes.copy()), device.cfg), wide)
        assert device.memories[0].buffers[0].flushed == sum(len(wide) * 32 for wide in data.values())
        assert torch.equal(kernel.states(ARGUMENTS)[:7], data["s"])
        assert kernel.states(ARGUMENTS).shape == (PAGE // 32, 64)
        with pytest.raises(InputError, match="found region 'x', expected one of p, w, e, tok, s, out, tap"):
            kernel.load(Image({"x": data["p"]}))
        with pytest.raises(InputError, match="outside"):
            kernel.write_region(replace(ARGUMENTS, w_off=8 * PAGE - 32), "w", data["w"])
        with pytest.raises(InputError, match=r"expected \(3, 64\)"):
            kernel.write_region(ARGUMENTS, "p", torch.zeros(3, 32, dtype=torch.uint8))
        with pytest.raises(InputError, match=r"ARENA_BYTES is 36864, the arena has 32768 bytes a port"):
            kernel.begin(replace(ARGUMENTS, arena_bytes=9 * PAGE))
        assert device.starts == 0


def test_tokens_come_while_the_kernel_runs() -> None:
    """Each token is handed on at the look that finds its record, in order, and once."""
    device = FakeDevice(steps=talking(0, 1, 1, 3, 4))
    kernel = driver(device)
    with kernel.arena(8 * PAGE):
        stream, seen = kernel.stream(ARGUMENTS), []
        for best in stream:
            seen.append((best.token, device.words[regs.Offset.TOKENS_DONE]))
        assert seen == [(0, 1), (10, 3), (20, 3), (30, 4)]
        assert best.index == tuple(range(30, 38))
        assert best.value == (1000, 700, 400, 100, -200, -500, -800, -1100)
        assert [best.token for best in kernel.run(ARGUMENTS)] == [0, 10, 20, 30]
    assert device.starts == 2


def test_records_that_are_not_written_cannot_pass() -> None:
    """The places of results are poisoned before the start, beats of earlier runs included."""
    device = FakeDevice(steps=talking(2))
    kernel = driver(device)
    with kernel.arena(8 * PAGE):
        assert len(kernel.run(ARGUMENTS)) == 2
        device.steps = lambda device: iter(())
        assert [best.token for best in kernel.run(ARGUMENTS)] == [-0x5A5A5A5B, -0x5A5A5A5B]


def test_who_stops_listening_still_waits() -> None:
    """Closing the stream waits for the end of the run, as the arena is in use until then."""
    device = FakeDevice(steps=talking(1, 2, 3, 4))
    kernel = driver(device)
    with kernel.arena(8 * PAGE):
        stream = kernel.stream(ARGUMENTS)
        assert next(stream).token == 0
        stream.close()
        assert device.words[regs.Offset.TOKENS_DONE] == 4


def test_errors_end_the_stream() -> None:
    """An error code is a KernelError, illegal arguments the input's fault; a run without end names its progress."""
    device = FakeDevice()
    kernel = driver(device)

    def refused(device):
        device.words[regs.Offset.ERROR] = regs.ErrorCode.BAD_STATE
        return iter(())

    def endless(device):
        device.words[regs.Offset.LAYERS_DONE] = 7
        while True:
            yield True

    with kernel.arena(8 * PAGE):
        device.steps = refused
        with pytest.raises(KernelError, match="BAD_STATE") as caught:
            kernel.run(ARGUMENTS)
        assert caught.value.exit_code == 2
        device.words[regs.Offset.ERROR] = 0
        device.steps = endless
        with pytest.raises(MachineError, match=r"not done within 0\.02 s.* LAYERS_DONE=0x7 .*FIRST_TOKEN=0x0"):
            kernel.run(ARGUMENTS, timeout_s=20 * LOOK_S)
        device.steps = refused
        beyond = replace(ARGUMENTS, generate=regs.MAX_TOKENS)  # the kernel's to refuse, not the arena's
        with pytest.raises(KernelError, match="BAD_STATE"):
            kernel.run(beyond)


def test_taps_and_counters_are_read_back() -> None:
    """Captured beats come as signed numbers, without what fills their last wide beat; counters by name and port."""
    device = FakeDevice()
    kernel = driver(device)
    values = np.arange(-20, 20, dtype=np.int32) * 100_000_007
    wide = np.zeros((3, 64), np.uint8)
    wide.reshape(-1)[: values.nbytes] = values.view(np.uint8)
    with kernel.arena(8 * PAGE):
        kernel.begin(ARGUMENTS)
        assert kernel.taps(ARGUMENTS).shape == (0, 8)
        device.words |= {regs.Offset.TAP_BEATS: 5, regs.Offset.SSM_BEATS + 4: 1, regs.RD_BEATS[1]: 9}
        device.store(ARGUMENTS.tap_off, wide)
        assert kernel.taps(ARGUMENTS).tolist() == values.reshape(5, 8).tolist()
        found = kernel.counters()
        assert (found.tap_beats, found.ssm_beats, found.rd_beats, found.wr_beats) == (5, 1 << 32, (0, 9), (0, 0))


def test_hardware_of_another_configuration_is_refused() -> None:
    """Identity and geometry are checked before anything is written."""
    device = FakeDevice()
    device.words[regs.Offset.CONFIG_HASH] ^= 1
    with pytest.raises(MachineError, match="CONFIG_HASH reads"):
        driver(device)
    device = FakeDevice()
    device.words[regs.Offset.GEOMETRY] += 1
    with pytest.raises(MachineError, match="3 ports of 32 bytes on 2 memories, configuration sim has 2 of 32"):
        driver(device)
    assert Mamba2Accel.KERNEL_ID == 2


def test_nothing_runs_without_an_arena() -> None:
    """Regions have no place before an arena is open."""
    with pytest.raises(MachineError, match="no arena"):
        driver(FakeDevice()).begin(ARGUMENTS)
