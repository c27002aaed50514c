# SPDX-License-Identifier: Apache-2.0
"""Trees of files as sysfs shows sensors, in a temporary folder: fakes of hardware, with the names that Linux gives."""

from pathlib import Path

U280 = "0000:01:00.1"
UW = "58360411"
"""What power1_input of a U280 held on a machine of Paderborn's PC2 (their page on power measurements)."""


def put(folder: Path, **files: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(f"{text}\n")
    return folder


def alveo(sysfs: Path, bdf: str = U280) -> Path:
    """A card with two hwmon folders, one of them with the board's power; the management function has none."""
    device = put(sysfs / "bus/pci/devices" / bdf, vendor="0x10ee")
    put(sysfs / "bus/pci/devices" / bdf.replace(".1", ".0"), vendor="0x10ee")
    put(device / "hwmon/hwmon4", name="xocl_sysmon", temp1_input=41234)
    return put(
        device / "hwmon/hwmon5",
        name="xocl_xmc",
        power1_input=UW,
        in0_input=12123,
        in0_label="12V PEX",
        curr1_input=2534,
        curr1_label="12V PEX",
    )


def monitor(sysfs: Path, bus: int, address: int, shunt: int) -> Path:
    """An INA226 below Linux' ina2xx driver: V in in1, a phase's A and W."""
    device = sysfs / "bus/i2c/devices" / f"{bus}-{address:04x}"
    values = {"power1_input": 2_400_000, "in1_input": 800, "curr1_input": 3000, "in0_input": 1, "update_interval": 35}
    return put(device / "hwmon/hwmon7", name="ina226", shunt_resistor=shunt, **values)


def rapl(sysfs: Path) -> Path:
    """Two packages, cores inside the first, and the whole platform beside them."""
    top = sysfs / "class/powercap"
    for zone, name in (("0", "package-0"), ("0:0", "core"), ("1", "package-1"), ("2", "psys")):
        put(top / f"intel-rapl:{zone}", name=name, energy_uj=1_000_000, max_energy_range_uj=262_143_328_850)
    put(top / "intel-rapl")
    return top
