# SPDX-License-Identifier: Apache-2.0
"""Finds the power source of a board by its declared facts; also this machine's processors and an NVIDIA GPU."""

import shlex
import shutil
from pathlib import Path

from boards.facts import known_boards, load_board
from boards.power.facts import Power, PowerRail
from boards.power.hwmon import HwmonBoard, find_alveo
from boards.power.ina226 import Ina226Hwmon, Ina226Rail, ScApp, run_through
from boards.power.nvml import Nvml
from boards.power.rapl import Rapl
from boards.power.source import PowerSource
from boards.power.ucd9248 import I2CBus, PmbusRail, Ucd9248
from golden.errors import InputError, MachineError
from harness.bench.energy_record import GPU, HOST

SYSFS = Path("/sys")


def open_source(
    name: str,
    *,
    bdf: str | None = None,
    via: str | None = None,
    bus: I2CBus | None = None,
    uuid: str = "",
    sysfs: Path = SYSFS,
) -> PowerSource:
    """Return the power source of a board as the command line names it, of this machine (`host`), or of a GPU (`gpu`).

    Args:
        name: board, host or gpu; a virtual board never has one.
        bdf: PCI address of an Alveo card's user function.
        via: words that run a command on a VCK190's system controller.
        bus: SMBus master on a VC709's PMBus.
        uuid: of a GPU; without it the first one.
        sysfs: where sysfs is mounted.

    Raises:
        InputError: unknown board; several cards and no `bdf`. MachineError: nothing here measures it.
    """
    if name == HOST:
        return Rapl(sysfs)
    if name == GPU:
        return Nvml(uuid or 0)
    board, _, inner = name.partition(":")
    if (inner or board) not in known_boards() or (inner and board != "sim"):
        raise InputError(f"board: found {name!r}, expected one of {', '.join((*known_boards(), HOST, GPU))}")
    facts = load_board(board)
    if facts.virtual:
        raise MachineError(f"{name}: energy is n/a (simulated): a virtual board has no sensor")
    if facts.power is None:
        raise MachineError(f"{name}: energy is n/a: board.toml declares no sensor")
    return _open(facts.name, facts.power, bdf, via, bus, sysfs)


def _open(board: str, power: Power, bdf: str | None, via: str | None, bus: I2CBus | None, sysfs: Path) -> PowerSource:
    if power.source == "hwmon":
        address, folders = find_alveo(sysfs, bdf)
        return HwmonBoard(f"hwmon {address}", folders, power.refresh_s)
    if power.source == "ina226":
        return _monitors(board, tuple(map(_monitor, power.rails)), via, sysfs)
    if bus is None:
        raise MachineError(f"{board}: its UCD9248 controllers need an I2C master on the board's PMBus; none is here")
    return Ucd9248(bus, tuple(_page(rail) for rail in power.rails))


def _monitors(board: str, rails: tuple[Ina226Rail, ...], via: str | None, sysfs: Path) -> PowerSource:
    """Choose the way to the monitors: named words, `sc_app` on this machine, Linux' driver on this machine."""
    if via is not None or shutil.which("sc_app"):
        return ScApp(rails, run_through(shlex.split(via or "")))
    if any((sysfs / "bus/i2c/devices" / f"{rail.bus}-{rail.address:04x}").exists() for rail in rails):
        return Ina226Hwmon(rails, sysfs)
    raise MachineError(
        f"{board}: found neither sc_app nor its INA226 monitors here; run krait on the system controller, or give "
        "--via 'ssh USER@CONTROLLER'"
    )


def _monitor(rail: PowerRail) -> Ina226Rail:
    assert rail.bus is not None
    assert rail.address is not None
    assert rail.shunt_uohm is not None
    return Ina226Rail(rail.name, rail.bus, rail.address, rail.shunt_uohm, rail.phases)


def _page(rail: PowerRail) -> PmbusRail:
    assert rail.address is not None
    assert rail.page is not None
    return PmbusRail(rail.name, rail.address, rail.page)
