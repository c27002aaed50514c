# SPDX-License-Identifier: Apache-2.0
"""The simulation memory: contents, stalls, timing, errors, AXI rules."""

from types import SimpleNamespace

import pytest

from boards.facts import load_board
from golden.errors import InputError, MachineError
from harness.build import build
from harness.sim.mem import (
    ALTERNATE,
    FREE,
    HANG,
    Channel,
    Response,
    burst_stall,
    random_stall,
)
from harness.sim.model import MEMORY_CPP, MEMORY_RTL, SimModel
from harness.sim.runner import simulate
from harness.sim.timing import IDEAL, Gap, MemoryTiming, timing
from tests.harness.sim.toy import BASE, CROSS, EARLY_B, ERROR, PORT_BYTES, RTL, SIZE, SLOW, Toy, shared

BEATS = 300
MODEL = MemoryTiming(latency=40, rate=0.7, turnaround=5, page=Gap(71, 7), refresh=Gap(500, 60))


@pytest.fixture
def toy():
    model = Toy()
    yield model
    model.close()


@pytest.fixture
def stream():
    model = SimModel(build(shared("sim_stream")))
    model.reset()
    for port in range(model.memory.ports):
        model.memory.attach(port, 0, 1 << 17)
    yield model
    model.close()


@pytest.mark.parametrize("timing_", [IDEAL, MODEL])
@pytest.mark.parametrize("stall", [FREE, ALTERNATE, random_stall(0.6), burst_stall(97, 3)])
def test_stalls_and_timing_change_no_data(toy, stall, timing_):
    """Whatever stalls and however slow the channel is, exactly the copied beats arrive, once each."""
    toy.memory.set_timing(timing_)
    toy.memory.set_stall(stall)
    assert toy.copy(BEATS) > 0
    assert toy.right(BEATS)
    for port in range(2):
        count = toy.memory.counters(port)
        assert (count.read_beats, count.write_beats, count.errors) == (BEATS, BEATS, 0)


@pytest.mark.parametrize("timing_", [IDEAL, MODEL])
def test_answers_wait_for_a_slow_master(toy, timing_):
    """A beat that is not taken stays: a master that takes one in four cycles gets every beat and response once."""
    toy.memory.set_timing(timing_)
    assert toy.copy(BEATS, fault=SLOW) > 4 * BEATS
    assert toy.right(BEATS)
    for port in range(2):
        assert toy.memory.counters(port).read_blocked >= 2 * BEATS


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("port", [0, 1])
def test_each_channel_of_each_port_can_hang(toy, channel, port):
    """A channel that never answers stops the kernel, and only there: the other port copies all it was asked to."""
    toy.memory.set_stall(HANG, port, channel)
    assert toy.copy(BEATS, limit=20_000) == -1
    assert toy.memory.counters(1 - port).write_beats == BEATS
    assert toy.memory.counters(port).write_beats < BEATS


def test_random_stalls_repeat_with_their_seed(toy):
    """The same seed gives the same cycles, another seed others."""

    def cycles(seed):
        toy.memory.set_stall(random_stall(0.5))
        toy.memory.seed(seed)
        return toy.copy(BEATS)

    first = cycles(7)
    assert cycles(7) == first
    assert cycles(8) != first


def test_ports_stall_apart(stream):
    """Each port draws its own random stalls: beats of one come while the other stalls."""
    stream.memory.set_stall(random_stall(0.5), channel=Channel.R)
    stream.write(0, 1)
    steps = []
    for _ in range(200):
        before = [stream.memory.counters(port).read_beats for port in range(2)]
        stream.run(1)
        steps.append([stream.memory.counters(port).read_beats - before[port] for port in range(2)])
    assert sum(first != second for first, second in steps) > 50


@pytest.mark.parametrize("timing_", [IDEAL, MODEL, MemoryTiming(rate=0.3), MemoryTiming(refresh=Gap(400, 40))])
@pytest.mark.parametrize(("mode", "kind"), [(1, "read_beats"), (2, "write_beats")])
def test_a_hungry_master_gets_what_is_deliverable(stream, timing_, mode, kind):
    """In one direction a master that never waits gets the deliverable beats: one a cycle of an ideal memory."""
    stream.memory.set_timing(timing_)
    stream.write(0, mode)
    stream.run(5_000)
    before = [(stream.memory.counters(p), stream.memory.cycles) for p in range(2)]
    stream.run(100_000)
    for port, (old, _) in enumerate(before):
        new = stream.memory.counters(port)
        beats = getattr(new, kind) - getattr(old, kind)
        assert beats == pytest.approx(timing_.deliverable * 100_000, rel=0.01)
        assert new.deliverable - old.deliverable == pytest.approx(timing_.deliverable * 100_000, rel=0.001)


def test_directions_share_a_modelled_bus_and_not_an_ideal_one(stream):
    """An ideal memory moves a beat a cycle in both directions; a modelled one has one bus and pays for turns."""
    stream.write(0, 3)
    stream.run(50_000)
    ideal = stream.memory.totals()
    assert min(ideal.read_beats, ideal.write_beats) > 0.98 * 2 * 50_000
    stream.memory.set_timing(MemoryTiming(turnaround=10))
    stream.memory.clear_counters()
    stream.run(50_000)
    shared_bus = stream.memory.totals()
    moved = shared_bus.read_beats + shared_bus.write_beats
    assert shared_bus.turnaround > 0
    buffered = 2 * 512  # write beats that wait for the bus
    assert 0.9 * 100_000 < moved <= 100_000 - shared_bus.turnaround + buffered
    assert min(shared_bus.read_beats, shared_bus.write_beats) > 0.2 * moved


def test_latency_counts_from_the_address(stream):
    """A memory that is n cycles slower gives its first beat n cycles later."""

    def first(latency):
        stream.reset()
        stream.memory.set_timing(MemoryTiming(latency=latency))
        stream.memory.clear_counters()
        begin = stream.memory.cycles
        stream.write(0, 1)
        stream.run(200)
        return stream.memory.counters(0).first_read - begin

    fast = first(1)
    assert [first(n) - fast for n in (2, 57)] == [1, 56]


@pytest.mark.parametrize(("write", "code"), [(False, 5), (True, 6)])
@pytest.mark.parametrize("port", [0, 1])
def test_nth_access_fails_once(toy, write, code, port):
    """The nth beat in the range is answered with an error, on its port; the next run is clean."""
    toy.memory.inject(write, Response.SLVERR, nth=100, port=port)
    toy.copy(BEATS)
    assert toy.read(ERROR) == port << 8 | code
    assert toy.memory.counters(port).errors == 1
    assert not toy.right(BEATS)
    toy.copy(BEATS)
    assert toy.read(ERROR) == 0
    assert toy.right(BEATS)


def test_outside_the_store_is_a_decode_error(toy):
    """Beats beyond the store answer with an error and change nothing."""
    over = 10
    beats = SIZE // 2 // PORT_BYTES + over
    toy.copy(beats)
    assert toy.read(ERROR) & 0xFF == 6
    assert [toy.memory.counters(port).errors for port in range(2)] == [over, over]


def test_data_arrive_with_their_response(toy):
    """A kernel that reports done before the write response leaves the old data: the response is the promise."""
    toy.memory.set_timing(MemoryTiming(latency=300))
    toy.copy(16, fault=EARLY_B)
    assert not toy.right(16)
    toy.run(400, stop_on_interrupt=False)
    assert toy.right(16)


def test_a_broken_rule_ends_the_model(toy):
    """A burst over a 4 KiB boundary is refused by name, and the model is dead, not the process."""
    toy.write(0x20, 4096 - 8 * PORT_BYTES)
    with pytest.raises(MachineError, match="AR: burst crosses 4 KiB"):
        toy.copy(BEATS, fault=CROSS)
    with pytest.raises(MachineError, match="ended itself"):
        toy.read(0)


def test_a_model_that_ends_in_a_register_access_says_so(toy):
    """Time passes in accesses, too: the one in which the model ends is no missing answer and no OKAY."""
    toy.write(0x20, 4096 - 8 * PORT_BYTES)
    toy.write(0x10, BEATS)
    toy.write(0x18, CROSS)
    with pytest.raises(MachineError, match=r"ended itself.*AR: burst crosses 4 KiB"):
        _write_often(toy, (0, 1), *[(0, 0)] * 100)
    with pytest.raises(MachineError, match="ended itself"):
        _ = toy.cycles


def _write_often(toy, *writes):
    for address, value in writes:
        toy.write(address, value)


def test_memory_refuses_bad_settings(toy):
    """Settings that mean nothing are refused and name what was wrong."""
    for bad in (
        lambda m: m.attach(2, 0, 64),
        lambda m: m.attach(0, 16, 64),
        lambda m: m.at(0, BASE[0] + SIZE - 8, 16),
        lambda m: m.set_timing(MemoryTiming(rate=0)),
        lambda m: m.set_timing(MemoryTiming(page=Gap(5, 5))),
        lambda m: m.set_stall(FREE, port=2),
        lambda m: m.inject(True, 1),
        lambda m: random_stall(1.5),
    ):
        with pytest.raises(InputError):
            bad(toy.memory)


@pytest.mark.parametrize(("board", "port_bytes", "mhz"), [("sim", 32, 200), ("sim", 64, 200), ("u280", 64, 225)])
def test_timing_keeps_the_boards_rate(board, port_bytes, mhz):
    """Cycles and gaps give exactly the facts' sustained rate, capped by the port, and at least their latency."""
    memory = load_board(board).memory
    found = timing(memory.model, memory.peak_gbs_per_channel, port_bytes, mhz)
    peak = min(1, memory.peak_gbs_per_channel * 1e3 / (port_bytes * mhz))
    assert found.deliverable == pytest.approx(peak * memory.model.efficiency, rel=1e-9)
    assert found.latency >= memory.model.first_word_ns * mhz / 1e3


def test_refresh_takes_its_share():
    """Refresh and efficiency multiply."""
    facts = SimpleNamespace(
        first_word_ns=200, efficiency=0.88, burst_bytes=4096, turnaround_ns=15, refresh_interval_ns=7800, refresh_ns=350
    )
    found = timing(facts, 12.8, 64, 200)
    assert found.turnaround == 3
    assert found.deliverable == pytest.approx(0.88 * (1 - 70 / 1560), rel=1e-6)


def test_cocotb_sees_the_memory_without_copies(tmp_path):
    """Inside a cocotb simulator the same class finds the memory; the kernel's writes show up in NumPy views."""
    simulate(
        "sim_toy",
        [RTL / "sim_toy.sv", *MEMORY_RTL],
        test_module="tests.harness.sim.cocotb_mem",
        cpp=MEMORY_CPP,
        workdir=tmp_path,
    )


def test_edges_before_the_first_reset_are_noise(tmp_path):
    """What masters drive before they are reset, X made random included, is neither traffic nor a broken rule."""
    simulate(
        "sim_axi_mem",
        MEMORY_RTL,
        {"PORT_W": 64},
        test_module="tests.harness.sim.cocotb_mem_reset",
        cpp=MEMORY_CPP,
        workdir=tmp_path,
    )
