# SPDX-License-Identifier: Apache-2.0
"""What of the virtual board is its own; what it shares with other devices is in test_device_contract.py."""

import subprocess
import sys

import pynq
import pytest

from boards.lock import BoardLock
from boards.sim.device import SimDevice
from golden.errors import InputError, MachineError
from harness.paths import ROOT
from tests.boards.toy_board import open_toy, overlay_file


@pytest.fixture
def toy(tmp_path):
    device, overlay = open_toy(tmp_path)
    yield overlay
    device.close()


def test_pynq_lists_the_virtual_board():
    """Devices of PYNQ contain the virtual board, found by its own probing."""
    assert any(isinstance(device, SimDevice) for device in pynq.Device.devices)


def test_the_clock_is_the_declared_one(toy):
    """Simulated time passes at the clock of the overlay file."""
    assert toy.toy.check_clock() == pytest.approx(200, rel=1e-3)


def test_a_lock_dies_with_its_holder(own_locks):
    """A killed holder leaves no lock behind."""
    code = "import os; from boards.lock import BoardLock; BoardLock('x', True).acquire(); os._exit(9)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    lock = BoardLock("x", True)
    lock.acquire()
    lock.release()
    assert not lock.held


def test_without_an_overlay_there_is_no_time():
    """A board without an overlay has no clock, and says so."""
    device = SimDevice("sim")
    for use in (device.now, lambda: device.sleep(1), lambda: device.wait_interrupt(1)):
        with pytest.raises(MachineError, match="no overlay is loaded"):
            use()


def test_overlay_files_are_checked(tmp_path):
    """A truncated, foreign, stale or contradictory overlay file is refused with file and key."""
    path = overlay_file(tmp_path)
    text = path.read_text()
    for broken, message in (
        (text[:100], "not readable as JSON"),
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
