# SPDX-License-Identifier: Apache-2.0
"""The virtual board under PYNQ: overlay, registers, buffers, waits, errors, exclusive use."""

import gc
import os
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pynq
import pytest

from boards.drivers import KernelError
from boards.lock import BoardLock
from boards.sim.device import SimDevice
from golden.errors import CheckError, InputError, MachineError
from golden.spec.gen import tern_matvec as regs
from harness.paths import ROOT
from harness.sim.mem import HANG, Channel, Response
from tests.boards.toy_board import ToyIP, open_toy, overlay_file

BEATS = 100
SIZE = 32 * BEATS


@pytest.fixture
def toy(tmp_path):
    device, overlay = open_toy(tmp_path)
    yield overlay
    device.close()


@pytest.fixture
def pair(toy):
    """Sources with random bytes and targets, one of each per memory."""
    memories = (toy.MEM0, toy.MEM1)
    sources = [pynq.allocate((SIZE,), "u1", target=memory) for memory in memories]
    targets = [pynq.allocate((SIZE,), "u1", target=memory) for memory in memories]
    for source in sources:
        source[:] = np.random.default_rng(5).integers(0, 256, SIZE, np.uint8)
    yield sources, targets
    for buffer in (*sources, *targets):
        buffer.freebuffer()


def test_pynq_lists_the_virtual_board():
    """Devices of PYNQ contain the virtual board, found by its own probing."""
    assert any(isinstance(device, SimDevice) for device in pynq.Device.devices)


def test_probing_never_raises(monkeypatch):
    """PYNQ forgets every device when one probe raises, so this one returns nothing instead."""
    monkeypatch.setattr("boards.sim.device.facts_of", lambda tag: 1 / 0)
    assert SimDevice._probe_() == []


def test_overlay_binds_the_driver(toy):
    """PYNQ's own Overlay finds the kernel and binds the driver of its VLNV; the clock is the declared one."""
    assert isinstance(toy.toy, ToyIP)
    assert (toy.toy.identity.ports, toy.toy.identity.port_bytes) == (2, 32)
    assert toy.toy.check_clock() == pytest.approx(200, rel=1e-3)
    assert toy.is_loaded()


def test_a_run_through_pynq(toy, pair):
    """Flush, run, invalidate: the device's answer arrives in host buffers, on 64-bit addresses too."""
    sources, targets = pair
    for source in sources:
        source.flush()
    toy.toy.copy(sources, targets, BEATS)
    for source, target in zip(sources, targets, strict=True):
        target.invalidate()
        assert np.array_equal(target, source ^ 1)


def test_a_forgotten_flush_is_wrong_data(toy, pair):
    """Device memory is apart: without flush the kernel reads what the device had, here zeros."""
    sources, targets = pair
    sources[0].flush()
    toy.toy.copy(sources, targets, BEATS)
    for target in targets:
        target.invalidate()
    assert np.array_equal(targets[0], sources[0] ^ 1)
    assert np.all(targets[1] == 1)


def test_a_forgotten_invalidate_is_old_data(toy, pair):
    """Without invalidate the host keeps what it had."""
    sources, targets = pair
    for source in sources:
        source.flush()
    targets[0][:] = 77
    toy.toy.copy(sources, targets, BEATS)
    assert np.all(targets[0] == 77)


def test_slices_copy_their_part_only(pair):
    """A slice's flush and invalidate move its bytes and no others."""
    (source, _), _ = pair
    source.flush()
    before = np.array(source)
    source[:] = 0
    source[64:96].invalidate()
    assert np.array_equal(source[64:96], before[64:96])
    assert not source[:64].any()
    assert not source[96:].any()


def test_copies_and_views_are_no_device_buffers(pair):
    """What PYNQ would copy from or to wrong places is refused: results, copies, strided views, freed buffers."""
    (source, _), _ = pair
    for wrong in (source + 1, source.copy(), source.astype("u2"), source[::2]):
        with pytest.raises(InputError):
            wrong.flush()
        with pytest.raises(InputError):
            wrong.invalidate()
    part = source[4:8]
    source.freebuffer()
    with pytest.raises(MachineError, match=r"freed.*test_sim_device"):
        part.flush()


def test_buffers_do_not_overlap_and_come_back(toy):
    """Live buffers are apart and inside their memory; freed room is used again; a full memory says so."""
    memory = toy.MEM1
    rng = np.random.default_rng(9)
    live = []
    for _ in range(300):
        if live and rng.random() < 0.5:
            live.pop(int(rng.integers(len(live)))).freebuffer()
        else:
            live.append(pynq.allocate((int(rng.integers(1, 9000)),), "u1", target=memory))
        spans = sorted((b.device_address, b.device_address + b.nbytes) for b in live)
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))
        assert all(memory.region.base < low for low, _ in spans)
    with pytest.raises(MachineError, match="MEM1: no room"):
        pynq.allocate((1 << 20,), "u1", target=memory)
    for buffer in live:
        buffer.freebuffer()
    pynq.allocate(((1 << 20) - 4096,), "u1", target=memory).freebuffer()


def test_buffers_free_themselves_and_leaks_are_named(toy):
    """Garbage collection and `with` free a buffer exactly once; what stays is reported with its place."""
    device = toy.device
    with pynq.allocate((16,), "u4", target=toy.MEM0) as buffer:
        assert len(device.live_buffers) == 1
    del buffer
    pynq.allocate((16,), "u4", target=toy.MEM0)
    gc.collect()
    device.check_leaks()
    kept = pynq.allocate((16,), "u4", target=toy.MEM0)
    with pytest.raises(CheckError, match=r"1 buffers not freed, allocated at .*test_sim_device.py"):
        device.check_leaks()
    kept.freebuffer()


def test_bad_allocations_are_refused(toy):
    """Nothing, objects, and options that this device has not."""
    for arguments in (((0,), "u1"), ((4,), "O")):
        with pytest.raises(InputError, match="allocate"):
            pynq.allocate(*arguments, target=toy.MEM0)
    with pytest.raises(InputError, match="cacheable"):
        pynq.allocate((4,), "u1", target=toy.MEM0, cacheable=1)


def test_a_hung_kernel_meets_its_deadline(toy, pair):
    """Memory that never answers: the wait ends with the status registers in the message, and a reload recovers."""
    toy.device.model.memory.set_stall(HANG, 1, Channel.R)
    with pytest.raises(MachineError, match=r"toy: not done within 0.5 s; CTRL=0x0 ERROR=0x0 CYCLES=0x"):
        toy.toy.copy(*pair, BEATS, timeout_s=0.5)
    toy.download()
    assert toy.device.live_buffers == []
    with pytest.raises(MachineError, match="freed"):
        pair[0][0].flush()


@pytest.mark.parametrize(("write", "name"), [(False, "AXI_READ"), (True, "AXI_WRITE")])
def test_error_codes_name_code_and_port(toy, pair, write, name):
    """An error response becomes an exception with code and port, of exit code 3; the next run is clean."""
    toy.device.model.memory.inject(write, Response.SLVERR, nth=3, port=1)
    with pytest.raises(KernelError, match=rf"toy: {name} \(code \d\) on port 1") as caught:
        toy.toy.copy(*pair, BEATS)
    assert (caught.value.code.name, caught.value.port, caught.value.exit_code) == (name, 1, 3)
    toy.toy.copy(*pair, BEATS)


def test_registers_are_bounded_and_exact(toy):
    """Accesses outside the kernel are refused; NumPy integers are converted, values beyond a register are not cut."""
    with pytest.raises(MachineError, match="outside toy"):
        pynq.MMIO(0xA000_1000, 4, device=toy.device).read(0)
    toy.toy.put(regs.Offset.ROW_TILES, np.uint32(7))
    assert toy.toy.get(regs.Offset.ROW_TILES) == 7
    toy.toy.put64(regs.PORT_BASE[0], np.int64(1 << 40 | 64))
    assert toy.toy.get64(regs.PORT_BASE[0]) == 1 << 40 | 64
    for bad in (-1, 1 << 32):
        with pytest.raises(InputError, match="register value"):
            toy.toy.put(regs.Offset.ROW_TILES, bad)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"config_hash": "0x1"}, "CONFIG_HASH reads 0x123456789abcdef, expected 0x1"),
        ({"vlnv": "krait:kernel:tern_matvec:1.0"}, "KERNEL_ID reads 0xffff, expected 0x1"),
    ],
)
def test_a_foreign_kernel_is_refused(tmp_path, changes, message):
    """A kernel that is not the one of the overlay file is refused before anything else is done with it."""
    device, overlay = open_toy(tmp_path, **changes)
    with pytest.raises(MachineError, match=message):
        _ = overlay.toy
    device.close()


def test_a_second_process_is_refused(toy, own_locks):
    """The board belongs to one process; another one is told whose, with exit code 3."""
    code = (
        "import sys; from golden.errors import KraitError; from boards.sim.open import open_board\n"
        "try: open_board('sim')\n"
        "except KraitError as error: print(error); sys.exit(error.exit_code)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert f"board sim is in use by process {os.getpid()}" in done.stdout


def test_a_lock_dies_with_its_holder(own_locks):
    """A killed holder leaves no lock behind."""
    code = "import os; from boards.lock import BoardLock; BoardLock('x', True).acquire(); os._exit(9)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    lock = BoardLock("x", True)
    lock.acquire()
    lock.release()
    assert not lock.held


def test_without_an_overlay_nothing_works():
    """A board without an overlay says so, for registers, memory and time."""
    device = SimDevice("sim")
    for use in (lambda: device.read_registers(0, 4), lambda: device.allocate((4,), "u1"), lambda: device.sleep(1)):
        with pytest.raises(MachineError, match="no overlay is loaded"):
            use()


def test_overlay_files_are_checked(tmp_path):
    """A truncated, foreign, stale or contradictory overlay file is refused with file and key."""
    path = overlay_file(tmp_path)
    text = path.read_text()
    for broken, message in (
        (text[:100], "not an overlay file"),
        (text.replace("krait-overlay-1", "krait-overlay-9"), "format"),
        (text.replace('"MEM1"\n', '"MEM7"\n'), "memories"),
        (text.replace('"size": 4096', '"size": "4096"'), "size"),
        (text.replace('"sha256": "', '"sha256": "0'), "has changed"),
        (text.replace('"board": "sim"', '"board": "sim:u280"'), "overlay for board sim:u280"),
    ):
        assert broken != text
        bad = tmp_path / "bad.json"
        bad.write_text(broken)
        with pytest.raises(InputError, match=message) as caught:
            SimDevice("sim").get_bitfile_metadata(str(bad))
        assert "bad.json" in str(caught.value)


def test_unknown_boards_are_refused():
    """A board that has no facts is the input's fault, and the known ones are listed."""
    with pytest.raises(InputError, match=r"one of .*sim, u280"):
        SimDevice("sim:u999")
    with pytest.raises(InputError, match="not a virtual one"):
        SimDevice("vc709")
