# SPDX-License-Identifier: Apache-2.0
"""What every krait device promises to PYNQ, to the drivers and to who writes programs; one suite over all of them."""

import gc
import os
import pickle
import subprocess
import sys
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pynq
import pytest
import torch
from pynq.pl_server.device import DeviceMeta

from boards.drivers import KernelError
from boards.open import OpenBoard
from boards.target import TimedTarget
from golden import vectors
from golden.errors import CheckError, InputError, MachineError
from golden.spec import load_config
from golden.spec.gen import tern_matvec as regs
from golden.striping import stripe
from harness import bundles
from harness.paths import ROOT
from harness.sim.mem import HANG, Channel, Response
from tests.boards import designs
from tests.boards.device_kinds import KINDS
from tests.boards.toy_board import KERNEL, ToyIP

BEATS = 100
SIZE = 32 * BEATS


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request):
    return request.param


@pytest.fixture
def bench(kind, tmp_path):
    found = kind.bench(tmp_path)
    yield found
    found.device.close()
    found.destroy()


@pytest.fixture
def toy(kind, bench, tmp_path):
    return kind.load(bench, tmp_path, designs.toy())


@pytest.fixture
def pair(toy):
    """Sources with random bytes and targets, one of each per memory."""
    sources, targets = buffers(toy, SIZE)
    for source in sources:
        source[:] = np.random.default_rng(5).integers(0, 256, SIZE, np.uint8)
    yield sources, targets
    for buffer in (*sources, *targets):
        buffer.freebuffer()


def buffers(toy, size):
    return [[pynq.allocate((size,), "u1", target=memory) for memory in (toy.MEM0, toy.MEM1)] for _ in range(2)]


# ---- overlays


def test_probing_never_raises(kind, monkeypatch):
    """PYNQ forgets every device when one probe raises, so none does; a device that fails is not found."""
    assert DeviceMeta._subclasses[kind.device._probe_priority_] is kind.device
    assert all(isinstance(found, kind.device) for found in kind.device._probe_())
    monkeypatch.setattr(kind.probe, lambda *arguments: 1 / 0)
    assert kind.device._probe_() == []


def test_an_overlay_binds_the_driver(toy):
    """PYNQ's own Overlay finds the kernel and binds the driver of its VLNV, which reads who answers."""
    assert isinstance(toy.toy, ToyIP)
    assert (toy.toy.identity.ports, toy.toy.identity.port_bytes) == (2, 32)
    assert toy.toy.identity.config_hash == int(KERNEL.config_hash, 16)
    assert toy.is_loaded()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"config_hash": "0x1"}, "CONFIG_HASH reads 0x123456789abcdef, expected 0x1"),
        ({"vlnv": "krait:kernel:tern_matvec:1.0"}, "KERNEL_ID reads 0xffff, expected 0x1"),
    ],
)
def test_a_foreign_kernel_is_refused(kind, bench, tmp_path, changes, message):
    """A kernel that is not the one of the overlay file is refused before anything else is done with it."""
    with pytest.raises(MachineError, match=message):
        _ = kind.load(bench, tmp_path, designs.toy(**changes)).toy


def test_an_overlay_of_another_board_is_refused(kind, bench, tmp_path):
    """An overlay file says which board it is for; so does the message, with the file's name."""
    path = kind.overlay_file(tmp_path, designs.toy())
    foreign = tmp_path / "foreign.json"
    foreign.write_text(path.read_text().replace(f'"board": "{kind.board}"', '"board": "sim:kv260"'))
    with pytest.raises(InputError, match=r"foreign\.json: overlay for board sim:kv260, this is"):
        pynq.Overlay(str(foreign), device=bench.device)


def test_what_an_overlay_names_is_held_to_its_hash(kind, bench, tmp_path):
    """A bitstream or library that is not the one of the overlay file is not loaded."""
    path = kind.overlay_file(tmp_path, designs.toy())
    path.write_text(path.read_text().replace('"sha256": "', '"sha256": "0'))
    with pytest.raises(InputError, match="has changed since"):
        pynq.Overlay(str(path), device=bench.device)


def test_stale_caches_of_pynq_are_not_used(kind, bench, tmp_path, monkeypatch):
    """Metadata comes from the overlay file each time: nothing is pickled, nothing is left in PYNQ's folder."""
    for name in ("load", "loads", "dump", "dumps"):
        monkeypatch.setattr(pickle, name, lambda *arguments: 1 / 0)
    folder = Path(pynq.__file__).parent
    before = {path for path in folder.rglob("*") if path.suffix in (".pkl", ".json")}
    path = kind.overlay_file(tmp_path, designs.toy())
    first = pynq.Overlay(str(path), device=bench.device, gen_cache=True)
    first.gen_cache()
    path.write_text(path.read_text().replace('"name": "toy"', '"name": "again"'))
    assert isinstance(pynq.Overlay(str(path), device=bench.device).again, ToyIP)
    assert {path for path in folder.rglob("*") if path.suffix in (".pkl", ".json")} == before


def test_without_an_overlay_nothing_works(bench):
    """A board without an overlay says so, for registers and memory."""
    for use in (lambda: bench.device.read_registers(0, 4), lambda: bench.device.allocate((4,), "u1")):
        with pytest.raises(MachineError, match="no overlay is loaded"):
            use()


# ---- registers


def test_registers_are_bounded_and_exact(toy):
    """Accesses outside the kernel are refused; NumPy integers are converted, values beyond a register are not cut."""
    end = KERNEL.base + KERNEL.size
    with pytest.raises(MachineError, match="outside toy"):
        pynq.MMIO(end, 4, device=toy.device).read(0)
    for address, length in ((KERNEL.base - 4, 4), (KERNEL.base + 2, 4), (KERNEL.base, 2), (end - 4, 8)):
        with pytest.raises(MachineError, match="outside toy"):
            toy.device.read_registers(address, length)
        with pytest.raises(MachineError, match="outside toy"):
            toy.device.write_registers(address, bytes(length))
    toy.toy.put(regs.Offset.ROW_TILES, np.uint32(7))
    assert toy.toy.get(regs.Offset.ROW_TILES) == 7
    toy.toy.put64(regs.PORT_BASE[0], np.int64(1 << 40 | 64))
    assert toy.toy.get64(regs.PORT_BASE[0]) == 1 << 40 | 64
    for bad in (-1, 1 << 32):
        with pytest.raises(InputError, match="register value"):
            toy.toy.put(regs.Offset.ROW_TILES, bad)


# ---- memory


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
    """Device memory is apart: without flush the kernel reads what the device had."""
    sources, targets = pair
    for source in sources:
        data = np.array(source)
        source[:] = 0
        source.flush()
        source[:] = data
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
    """A slice's flush and invalidate move its bytes and no others, at odd places and lengths too."""
    (source, _), _ = pair
    before = np.array(source)
    source.flush()
    for low, high in ((64, 96), (1001, 1010), (SIZE - 1, SIZE)):
        source[:] = 0
        source[low:high].invalidate()
        assert np.array_equal(source[low:high], before[low:high])
        assert not source[:low].any()
        assert not source[high:].any()
    source[:] = 9
    source[333:340].flush()
    source.invalidate()
    before[333:340] = 9
    assert np.array_equal(source, before)


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
    with pytest.raises(MachineError, match=r"freed.*test_device_contract"):
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
        assert all(memory.region.base <= low != 0 for low, _ in spans)
        assert all(high <= memory.region.base + memory.region.size for _, high in spans)
    with pytest.raises(MachineError, match="MEM1: no room"):
        pynq.allocate((1 << 20,), "u1", target=memory)
    for buffer in live:
        buffer.freebuffer()
    pynq.allocate(((1 << 20) - 4096,), "u1", target=memory).freebuffer()


def test_bad_allocations_are_refused(toy):
    """Nothing, objects, and options that the device has not."""
    for arguments in (((0,), "u1"), ((4,), "O")):
        with pytest.raises(InputError, match="allocate"):
            pynq.allocate(*arguments, target=toy.MEM0)
    with pytest.raises(InputError, match="cacheable"):
        pynq.allocate((4,), "u1", target=toy.MEM0, cacheable=1)


def test_buffers_free_themselves_and_leaks_are_named(toy):
    """Garbage collection and `with` free a buffer exactly once; what stays is reported with its place."""
    device = toy.device
    with pynq.allocate((16,), "u4", target=toy.MEM0) as buffer:
        assert len(device.live_buffers) == 1
    del buffer
    pynq.allocate((16,), "u4", target=toy.MEM0)
    gc.collect()
    device.check_leaks()
    kept = pynq.allocate((16,), "u4", target=device)
    with pytest.raises(CheckError, match=r"1 buffers not freed, allocated at .*test_device_contract.py:\d+$"):
        device.check_leaks()
    kept.freebuffer()


def test_many_starts_leak_nothing(toy):
    """A thousand small starts, each with buffers of its own: none stays, and no file is left open."""
    files = len(os.listdir("/proc/self/fd"))
    for count in range(1000):
        sources, targets = buffers(toy, 64)
        sources[0][:] = count % 256
        for source in sources:
            source.flush()
        toy.toy.copy(sources, targets, 2)
        targets[0].invalidate()
        assert targets[0][63] == count % 256 ^ 1
        for buffer in (*sources, *targets):
            buffer.freebuffer()
    toy.device.check_leaks()
    assert len(os.listdir("/proc/self/fd")) == files


def test_many_bundles_leak_nothing(kind, bench, tmp_path):
    """A thousand small bundles, each read, placed, run, compared and let go: no buffer stays, no file is left open.

    On fakes, whose kernels run on with every look at a register, two hundred show it as well.
    """
    path = bundles.make_random(9, 11, 1, "sim", vectors=1, out=tmp_path / "bundles")
    overlay = kind.load(bench, tmp_path, designs.matvec())
    opened = OpenBoard(bench.device, overlay, load_config("tern_matvec", "sim"))
    files = len(os.listdir("/proc/self/fd"))
    for _ in range(1000 if kind.name == "sim" else 200):
        bundle = vectors.load(path)
        (case,) = bundle.manifest.cases
        with closing(TimedTarget(opened, 1 << 16)) as target:
            target.load(case.weights, bundle.tensors[case.weights], case.rows, case.cols)
            found = target.timed(case.weights, bundle.tensors[case.x], case.vectors)
            assert torch.equal(found.y, bundle.tensors[case.y])
    assert bench.device.live_buffers == []
    assert len(os.listdir("/proc/self/fd")) == files


def test_closing_gives_everything_back(kind, tmp_path):
    """Devices that are opened and closed leave no open file, and buffers of a closed one are freed."""
    design = designs.toy()
    kept = []
    for round_ in range(3):
        folder = tmp_path / str(round_)
        folder.mkdir()
        files = len(os.listdir("/proc/self/fd"))
        bench = kind.bench(folder)
        kept.append(pynq.allocate((16,), "u4", target=kind.load(bench, folder, design).MEM0))
        bench.device.close()
        bench.destroy()
        assert len(os.listdir("/proc/self/fd")) == files
        with pytest.raises(MachineError, match="freed"):
            kept[-1].flush()


# ---- what goes wrong


def test_a_hung_kernel_meets_its_deadline(bench, toy, pair):
    """Memory that never answers: the wait ends with the status registers in the message, and a reload recovers."""
    bench.model().memory.set_stall(HANG, 1, Channel.R)
    with pytest.raises(MachineError, match=r"toy: not done within 0.2 s; CTRL=0x0 ERROR=0x0 CYCLES=0x"):
        toy.toy.copy(*pair, BEATS, timeout_s=0.2)
    if bench.reset:
        with pytest.raises(MachineError, match="toy is still in a run"):
            toy.download()
        bench.reset()
    toy.download()
    assert toy.device.live_buffers == []
    with pytest.raises(MachineError, match="freed"):
        pair[0][0].flush()
    sources, targets = buffers(toy, SIZE)
    sources[1][:] = 5
    for source in sources:
        source.flush()
    toy.toy.copy(sources, targets, BEATS)
    targets[1].invalidate()
    assert np.all(targets[1] == 4)
    if hasattr(toy.device, "wait_interrupt"):
        assert [toy.toy.get(at) for at in (regs.Offset.GIE, regs.Offset.IER)] == [1, 1]


@pytest.mark.parametrize(("write", "name"), [(False, "AXI_READ"), (True, "AXI_WRITE")])
def test_error_codes_name_code_and_port(bench, toy, pair, write, name):
    """An error response becomes an exception with code and port, of exit code 3; the next run is clean."""
    bench.model().memory.inject(write, Response.SLVERR, nth=3, port=1)
    with pytest.raises(KernelError, match=rf"toy: {name} \(code \d\) on port 1") as caught:
        toy.toy.copy(*pair, BEATS)
    assert (caught.value.code.name, caught.value.port, caught.value.exit_code) == (name, 1, 3)
    toy.toy.copy(*pair, BEATS)


def test_a_second_process_is_refused(toy, own_locks):
    """The board belongs to one process; another one is told whose. It is free again when the device is closed."""
    lock = toy.device.lock
    code = (
        "import sys; from golden.errors import KraitError; from boards.lock import BoardLock\n"
        f"try: BoardLock({lock.name!r}, {'sim' in lock.name}).acquire()\n"
        "except KraitError as error: print(error); sys.exit(error.exit_code)"
    )

    def other():
        return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    done = other()
    assert done.returncode == 3, done.stderr
    assert f"board {toy.device.name} is in use by process {os.getpid()}" in done.stdout
    toy.device.close()
    assert other().returncode == 0


# ---- the same results everywhere


def test_the_same_bundle_is_exact(kind, bench, tmp_path):
    """One bundle, one driver: every product equals the golden model's on every device, bit for bit."""
    bundle = vectors.load(bundles.make_random(33, 257, 3, "sim", vectors=3, out=tmp_path / "bundles"))
    kernel = kind.load(bench, tmp_path, designs.matvec()).tern_matvec
    with kernel.arena(1 << 20):
        for case in bundle.manifest.cases:
            packed = stripe(bundle.tensors[case.weights], kernel.config).numpy()
            weights = kernel.load(packed, case.rows, case.cols)
            found = kernel.run(weights, stripe(bundle.tensors[case.x], kernel.config).numpy(), case.vectors)
            assert torch.equal(torch.from_numpy(found.y), bundle.tensors[case.y])
            assert found.counters.weight_beats > 0
    bench.device.check_leaks()
