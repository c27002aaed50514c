# SPDX-License-Identifier: Apache-2.0
"""The campaign of faults: each in the middle of a benchmark, on each device; how the run ends and what it leaves.

Every run ends with a known exit code and one line, no record is lost or wrong, and `--resume` measures what is missing.
`krait test tests/boards/test_faults.py` prints the table (`conftest.py`).
"""

import errno
import itertools
import json
import multiprocessing
import os
import random
import re
import resource
import signal
import time
from collections.abc import Callable
from contextlib import closing, redirect_stdout
from dataclasses import dataclass, replace
from typing import Any

import pytest

from boards import measure
from boards.drivers.base import KraitIP
from boards.drivers.tern_matvec import TernMatvec
from boards.facts import load_board
from boards.power import energy
from boards.power.open import open_source
from golden import vectors
from golden.errors import KraitError
from harness import bundles, console
from harness.bench import measured
from harness.bench.energy import problems
from harness.bench.statistics import Rule
from harness.sim.mem import HANG, Channel, Response
from tests.boards.power import trees
from tests.boards.power.fakes import Time
from tests.boards.power.pmbus_model import Bus
from tests.boards.power.test_energy import Load, timing
from tests.boards.power.test_ucd9248 import kc705_like
from tests.boards.rigs import RIGS
from tests.harness.samples import PROVENANCE

RULE = Rule(relative=10.0, warm_up=1, least=2, repeats=2, seconds=60.0)
STARTS = RULE.warm_up + RULE.repeats
"""Of a case."""
CASES = 3
FORK = multiprocessing.get_context("fork")
Rig = Any


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Clocks of fakes stand still between accesses and are not measured."""
    monkeypatch.setattr(KraitIP, "check_clock", lambda self: self.clock_mhz)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return vectors.load(bundles.make_random(20, 90, CASES, "sim", out=tmp_path_factory.mktemp("bundles")))


@pytest.fixture(scope="module")
def long_bundle(tmp_path_factory):
    return vectors.load(bundles.make_random(20, 90, 40, "sim", out=tmp_path_factory.mktemp("bundles")))


@pytest.fixture
def tell(record_property):
    """Put a row into the table."""
    return lambda *cells: record_property("fault", json.dumps(cells))


# ---- what goes wrong


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong at the second case's first start, and how the run ends.

    `code` is krait's exit code, `says` its line; `verdicts` are those of the records. `behind`: at that start's end.
    """

    plant: Callable[[Rig], None]
    code: int
    says: str
    verdicts: tuple[str, ...]
    behind: bool = False


GOOD = ("exact",) * CASES
ONE = ("exact", "failed", "exact")
REST = ("exact", "failed", "failed")
STOP = ("exact", "failed")


def hang(rig):
    rig.model.memory.set_stall(HANG, 1, Channel.R)


def put(name, value):
    return lambda rig: setattr(rig.fake, name, value)


def fails(function, code):
    return lambda rig: rig.fake.fail(function, code)


def answers(write):
    return lambda rig: rig.model.memory.inject(write, Response.SLVERR, nth=2, port=1)


def flip(rig):
    rig.model.memory.view(0)[: 1 << 20] ^= 1


def full(rig):
    """From now on no file grows beyond what the records have and half of the next."""
    size = rig.records.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 700, resource.RLIM_INFINITY))


HUNG = Fault(hang, 1, r"not done within 0.3 s; CTRL=0x", ONE)
READ = Fault(answers(False), 1, r"AXI_READ \(code \d\) on port 1", ONE)
WRITE = Fault(answers(True), 1, r"AXI_WRITE \(code \d\) on port 1", ONE)
WEIGHTS = Fault(flip, 1, r"BAD_WEIGHT \(code \d\)", ONE)
RESULTS = Fault(flip, 1, r"row \d+, vector 0: golden -?\d+, found", ("exact", "differs", "exact"), behind=True)
FULL = Fault(full, 3, r"cannot write records to .*: File too large; choose another --out", ("exact",))
IN_PROCESS = "n/a: registers and memory are in this process"
MAPPED = "n/a: the device is PYNQ's own, its registers and memory are mapped"

FAULTS = {
    "kernel hangs": {
        "sim": HUNG,
        "vc709": HUNG,
        "u280": replace(HUNG, code=3, says="still in a run.*xrt-smi reset", verdicts=STOP),
        "vck190": HUNG,
    },
    "AXI error on read (ECC)": dict.fromkeys(RIGS, READ),
    "AXI error on write": dict.fromkeys(RIGS, WRITE),
    "wrong bits in weights": dict.fromkeys(RIGS, WEIGHTS),
    "wrong bits in results": dict.fromkeys(RIGS, RESULTS),
    "copy times out": {
        "sim": IN_PROCESS,
        "vc709": Fault(put("stuck", True), 1, "did not answer in the driver's time", REST),
        "u280": Fault(fails("xrtBOSync", errno.ETIMEDOUT), 1, "cannot be copied .*ETIMEDOUT", ONE),
        "vck190": MAPPED,
    },
    "short copies": {
        "sim": IN_PROCESS,
        "vc709": Fault(put("most", 100), 0, "", GOOD),
        "u280": "n/a: xrtBOSync copies all or fails",
        "vck190": MAPPED,
    },
    "nothing is copied": {
        "sim": IN_PROCESS,
        "vc709": Fault(put("most", 0), 1, r"0 of \d+ bytes; load the overlay again", REST),
        "u280": Fault(fails("xrtBOSync", errno.EIO), 1, "cannot be copied .*EIO", ONE),
        "vck190": MAPPED,
    },
    "all ones": {
        "sim": IN_PROCESS,
        "vc709": Fault(put("lost", True), 1, "the link is lost or the FPGA was configured anew", ONE),
        "u280": Fault(put("gone", True), 3, "read all ones, the card has left the bus", STOP),
        "vck190": MAPPED,
    },
    "disk full": dict.fromkeys(RIGS, FULL),
}
PLANTED = [(name, device) for name, of in FAULTS.items() for device in of]


def outcome(run: Callable[[], bool]) -> tuple[int, str]:
    """Return the exit code and the line that `krait bench` ends with."""
    try:
        return (0 if run() else 1), ""
    except KraitError as error:
        return error.exit_code, str(error)


def measured_on(rig, bundle, resume=False, timeout_s=0.3):
    with closing(rig.open()) as board:
        return measure.run_opened(board, bundle, rig.records, RULE, resume=resume, timeout_s=timeout_s)


def rig_of(device, folder):
    folder.mkdir(exist_ok=True)
    rig = RIGS[device](folder)
    rig.records = folder / "measured.jsonl"
    return rig


def resumed(rig, bundle, kept: bytes) -> bool:
    """Whether a resumed run leaves every case measured to its end once, and what was kept as it was."""
    good = measured_on(rig, bundle, resume=True, timeout_s=60)
    exact = [each.case for each in measured.read(rig.records) if each.verdict == "exact"]
    return good and sorted(exact) == sorted(c.name for c in bundle.manifest.cases) and holds(rig.records, kept)


def holds(path, kept: bytes) -> bool:
    return path.read_bytes().startswith(kept)


@pytest.mark.parametrize(("name", "device"), PLANTED, ids=["-".join(each) for each in PLANTED])
def test_a_fault_in_the_middle(name, device, bundle, tmp_path, monkeypatch, tell):
    """The run ends as it should, records say what happened and no more, and the rest is measured when it resumes."""
    fault = FAULTS[name][device]
    if isinstance(fault, str):
        tell(device, name, "", fault, "")
        return
    rig, starts, run_cases = rig_of(device, tmp_path / "r"), itertools.count(), TernMatvec.run_cases
    rig.records.write_bytes(b"\n" * (1 << 20))  # other files that grow meanwhile stay below the limit of a full disk

    def planted(self, *arguments, **more):
        second = next(starts) == STARTS
        if second and not fault.behind:
            fault.plant(rig)
        counters = run_cases(self, *arguments, **more)
        if second and fault.behind:
            fault.plant(rig)
        return counters

    monkeypatch.setattr(TernMatvec, "run_cases", planted)
    try:
        code, line = outcome(lambda: measured_on(rig, bundle))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    found = measured.read(rig.records)
    said = line or next((each.detail for each in found if each.detail), "")
    assert (code, tuple(each.verdict for each in found)) == (fault.code, fault.verdicts), said
    assert re.search(fault.says, said)
    assert "\n" not in said
    assert all(each.detail and not each.samples for each in found if each.verdict != "exact")
    rig.mend()
    again = resumed(rig, bundle, rig.records.read_bytes())
    tell(device, name, code, said or "as if nothing had happened", "yes" if again else "no")
    assert again
    rig.destroy()


@pytest.mark.parametrize("name", FAULTS)
def test_no_device_is_left_out(name):
    """Each fault is planted on each device, or says why it cannot be."""
    assert FAULTS[name].keys() == RIGS.keys()


# ---- who dies, who comes too


def run_child(rig, bundle):
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        console.out.file = nowhere
        measured_on(rig, bundle, resume=True, timeout_s=60)


@pytest.mark.parametrize("device", RIGS)
def test_a_kill_at_any_moment(device, long_bundle, tmp_path, tell):
    """SIGKILL again and again: whole records only, none of them lost, and the last run finishes what is missing."""
    draw, kept, kills = random.Random(7), b"", 0
    for number in range(3):
        rig = rig_of(device, tmp_path / str(number))
        rig.records = tmp_path / "measured.jsonl"
        process = FORK.Process(target=run_child, args=(rig, long_bundle))
        process.start()
        wanted, until = kept.count(b"\n") + draw.randint(1, 6), time.monotonic() + 60
        while process.is_alive() and lines_of(rig.records) < wanted and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(draw.random() / 50)
        process.kill()
        process.join(60)
        kills += process.exitcode == -signal.SIGKILL
        assert holds(rig.records, kept)
        whole = rig.records.read_bytes()
        kept = whole[: whole.rfind(b"\n") + 1]
        assert kept.count(b"\n") >= wanted
        assert {each.verdict for each in measured.read(rig.records)} == {"exact"}
        rig.destroy()
    assert kills
    rig = rig_of(device, tmp_path / "last")
    rig.records = tmp_path / "measured.jsonl"
    again = resumed(rig, long_bundle, kept)
    tell(device, "kill -9", -signal.SIGKILL, f"{kills} times; {kept.count(10)} records kept", "yes" if again else "no")
    assert again
    rig.destroy()


def lines_of(path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def open_child(rig, told):
    told.send(outcome(lambda: bool(rig.open())))


@pytest.mark.parametrize("device", RIGS)
def test_two_processes_at_once(device, bundle, tmp_path, tell):
    """The second one is told who has the board, leaves no record, and does not disturb the first."""
    rig = rig_of(device, tmp_path / "first")
    with closing(rig.open()) as board:
        second = rig_of(device, tmp_path / "second")
        hears, told = FORK.Pipe(duplex=False)
        process = FORK.Process(target=open_child, args=(second, told))
        process.start()
        assert hears.poll(60)
        code, line = hears.recv()
        process.join(60)
        assert (code, process.exitcode) == (3, 0)
        assert f"is in use by process {os.getpid()}" in line
        assert not second.records.exists()
        assert measure.run_opened(board, bundle, rig.records, RULE, timeout_s=60)
    assert tuple(each.verdict for each in measured.read(rig.records)) == GOOD
    tell(device, "two processes", code, re.sub(r"/\S+/", ".../", line), "n/a: the first one is not disturbed")
    rig.destroy()
    second.destroy()


# ---- sensors


def meter_of(device, folder):
    """The board's source of power on fakes of its sensors, and what makes them fall silent."""
    facts = load_board(device).power
    if device == "u280":
        file = trees.alveo(folder) / "power1_input"
        return open_source(device, sysfs=folder), file.unlink
    if device == "vck190":
        monitors = [trees.monitor(folder, rail.bus, rail.address, rail.shunt_uohm) for rail in facts.rails]
        return open_source(device, sysfs=folder), (monitors[0] / "power1_input").unlink
    bus = Bus({rail.address: four_pages() for rail in facts.rails})
    return open_source(device, bus=bus), bus.controllers.clear


def four_pages():
    chip = kc705_like()
    chip.pages = [dict(chip.pages[0]) for _ in range(4)]
    return chip


SENSORS = {"sensor falls silent": "gave up after 10 readings in a row", "sensor is stuck": "it is stuck, or does not"}


@pytest.mark.parametrize("device", [each for each in RIGS if each != "sim"])
@pytest.mark.parametrize("name", SENSORS)
def test_a_sensor_that_fails(name, device, tmp_path, tell):
    """The workload is measured on; its energy is INVALID with the reason, above whatever was read."""
    source, silence = meter_of(device, tmp_path)
    time_ = Time()

    class Fails(Load):
        def run(self):
            if name == "sensor falls silent" and not self.started:
                silence()
            return super().run()

    record = energy.measure(device, "measured", source, Fails(time_), PROVENANCE, timing=timing(time_))
    found = next(each for each in problems(record) if SENSORS[name] in each)
    line = energy.lines(record)[0]
    assert line.startswith("energy: INVALID")
    assert name == "sensor is stuck" or "J/token" not in "\n".join(energy.lines(record))
    assert record.repetitions
    tell(device, name, "", f"energy: INVALID: {found}", "n/a: the next run reads it again")
