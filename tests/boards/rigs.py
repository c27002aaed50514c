# SPDX-License-Identifier: Apache-2.0
"""Boards of the campaign of faults (`test_faults.py`): opened as a benchmark opens them, again after each mishap.

What stands behind each is a fake of the driver and a Verilated kernel; what each fake is like, its own file says.
"""

from pynq import Overlay

from boards.open import OpenBoard
from boards.sim.device import SimDevice
from boards.u280.alveo import AlveoDevice
from boards.vc709.xdma import XdmaDevice
from boards.vck190.open import open_versal
from golden.spec import load_config
from tests.boards import designs
from tests.boards.device_kinds import KINDS
from tests.boards.fake_versal import StandIn, machine, write_overlay
from tests.boards.fake_xdma import FakeXdma
from tests.boards.fake_xrt import FakeCard


class Rig:
    """A board in a folder, with the smallest tern_matvec; `fake` is what tests make go wrong."""

    name = ""
    fake = None

    def __init__(self, folder):
        self.folder = folder
        self.design = designs.matvec()

    def open(self):
        """Open the board, as a new process would."""
        self.device = self.make()
        try:
            overlay = Overlay(str(self.overlay()), device=self.device)
        except BaseException:
            self.device.close()
            raise
        return OpenBoard(self.device, overlay, load_config("tern_matvec", "sim"))

    def overlay(self):
        kind = next(kind for kind in KINDS if kind.board == self.name)
        return kind.overlay_file(self.folder, self.design)

    @property
    def model(self):
        """The kernel that runs now."""
        return self.device.model if self.fake is None else self.fake.model

    def mend(self):
        """Take the fault away, as somebody at the board would."""

    def destroy(self):
        if self.fake is not None:
            self.fake.destroy()


class Virtual(Rig):
    name = "sim"

    def make(self):
        return SimDevice("sim")


class Vc709(Rig):
    name = "vc709"

    def __init__(self, folder):
        super().__init__(folder)
        self.fake = FakeXdma(folder)

    def make(self):
        return XdmaDevice(system=self.fake)

    def mend(self):
        self.fake.lost = self.fake.stuck = False
        self.fake.most = 1 << 40


class U280(Rig):
    name = "u280"

    def __init__(self, folder):
        super().__init__(folder)
        self.fake = FakeCard(folder)

    def make(self):
        return AlveoDevice(sysfs=self.fake.sysfs, xrt=str(self.fake.library))

    def mend(self):
        self.fake.gone = False
        self.fake.reset()


class Vck190(Rig):
    name = "vck190"

    def open(self):
        path = write_overlay(self.folder, self.design)
        self.device = StandIn(self.design)
        return open_versal(path, machine=machine(self.folder), device=self.device)


RIGS = {rig.name: rig for rig in (Virtual, Vc709, U280, Vck190)}
