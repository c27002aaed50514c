# SPDX-License-Identifier: Apache-2.0
"""What a VCK190 shows of itself before anything is loaded: image, packages, base design, memory, clocks.

The checks are those of `versal.py`, which `open_versal` makes before and after a download.
"""

from collections.abc import Callable, Iterator
from functools import partial

from boards.design import Design
from boards.overlay import MemoryRegion, OverlayFile
from boards.vck190 import versal
from boards.vck190.versal import Machine

Look = Callable[[], str]
"""Looks at one thing and says what it found; raises KraitError for what is not as it has to be."""


def looks(machine: Machine, design: Design, newest: OverlayFile | None) -> Iterator[tuple[str, Look]]:
    """Yield what is looked at, by name.

    Args:
        machine: where the board shows what it is.
        design: what a bitstream for it fixes.
        newest: the overlay file that would be loaded; None where none was built.
    """
    yield "packages", lambda: ", ".join(f"{name} {found}" for name, found in versal.check_packages(machine).items())
    yield "golden image", lambda: _base(machine, newest)
    for port, base in enumerate(design.memory_bases):
        region = MemoryRegion(f"MEM{port}", base, design.memory_bytes)
        yield f"bank of port {port}", partial(_reserved, machine, region)
    for declared in design.clocks_mhz:
        yield f"clock of {declared:g} MHz", partial(_clock, machine, declared)


def _base(machine: Machine, newest: OverlayFile | None) -> str:
    if newest is None:
        return "not checked: no overlay file was built that it could be compared with"
    found = versal.check_base(machine, newest)
    return f"{found}: the boot image is not at hand" if machine.boot is None else f"{found}, that of {newest.library}"


def _reserved(machine: Machine, region: MemoryRegion) -> str:
    versal.check_reserved(machine, region)
    return f"{region.base:#x}+{region.size:#x} is reserved in the device tree"


def _clock(machine: Machine, declared_mhz: float) -> str:
    found = versal.check_clock(machine, declared_mhz)
    return f"PL clocks read back as {', '.join(f'{clock:g}' for clock in found)} MHz"
