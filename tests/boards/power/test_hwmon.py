# SPDX-License-Identifier: Apache-2.0
"""U280's sensors in sysfs and in XRT's report: which card, which units, what a broken file says."""

import json
from pathlib import Path

import pytest

from boards.power.hwmon import HwmonBoard, XrtElectrical, find_alveo
from boards.power.source import Sensor, sensors
from golden.errors import InputError, MachineError
from tests.boards.power.trees import U280, UW, alveo, put


def opened(sysfs: Path) -> HwmonBoard:
    address, folders = find_alveo(sysfs, None)
    return HwmonBoard(f"hwmon {address}", folders, 1.0)


def test_units(tmp_path: Path) -> None:
    """Microwatts, millivolts, milliamperes and millidegrees become W, V, A and C; labels name rails."""
    alveo(tmp_path)
    source = opened(tmp_path)
    first, *others = source.read()
    assert (source.name, source.rails, first.rail) == (f"hwmon {U280}", ("board",), "board")
    assert first.watts == pytest.approx(int(UW) / 1e6) == pytest.approx(58.360411)
    values = {(each.rail, unit): value for each in others for unit, value in each.values().items()}
    assert values == pytest.approx({("temp1", "C"): 41.234, ("12V PEX", "V"): 12.123, ("12V PEX", "A"): 2.534})


def test_the_boards_power_is_the_only_rail(tmp_path: Path) -> None:
    """Rails of which the total is made do not contain each other: inputs of the board are shown, not added."""
    alveo(tmp_path)
    assert [each.rail for each in opened(tmp_path).read() if each.watts is not None] == ["board"]


def test_a_reading_follows_the_file(tmp_path: Path) -> None:
    """Each read opens the file anew; one that cannot be read, or is no number, fails with its path."""
    folder = alveo(tmp_path)
    source = opened(tmp_path)
    (folder / "power1_input").write_text("60000000\n")
    assert source.read()[0].watts == pytest.approx(60.0)
    (folder / "power1_input").write_text("N/A\n")
    with pytest.raises(MachineError, match=r"power1_input: found 'N/A', expected a whole number"):
        source.read()
    (folder / "power1_input").unlink()
    with pytest.raises(MachineError, match="power1_input: cannot be read"):
        source.read()


def test_a_channel_that_is_silent_from_the_start_is_left_out(tmp_path: Path) -> None:
    """A driver may show more than the card has; what is silent is named, and does not make every reading fail."""
    put(alveo(tmp_path), in5_input="", in5_label="HBM")
    source = opened(tmp_path)
    assert source.left_out == ("HBM",)
    assert "HBM" not in {each.rail for each in source.read()}


def test_the_card_is_chosen(tmp_path: Path) -> None:
    """The only card, or the one that is named; with several a name is needed, and others' devices do not count."""
    with pytest.raises(MachineError, match="found no PCI function"):
        find_alveo(tmp_path, None)
    put(tmp_path / "bus/pci/devices/0000:02:00.1/hwmon/hwmon1", name="nic")
    put(tmp_path / "bus/pci/devices/0000:02:00.1", vendor="0x8086")
    alveo(tmp_path)
    assert find_alveo(tmp_path, None)[0] == U280
    alveo(tmp_path, "0000:81:00.1")
    assert find_alveo(tmp_path, "0000:81:00.1")[0] == "0000:81:00.1"
    with pytest.raises(InputError, match=r"--bdf: found nothing and 2 cards, expected one of 0000:01:00\.1, 0"):
        find_alveo(tmp_path, None)
    with pytest.raises(InputError, match=r"--bdf: found '0000:02:00\.1', expected one of"):
        find_alveo(tmp_path, "0000:02:00.1")


def test_a_card_without_its_power_is_refused(tmp_path: Path) -> None:
    (alveo(tmp_path) / "power1_input").unlink()
    with pytest.raises(MachineError, match="found 0 of 2 hwmon folders with power1_input"):
        opened(tmp_path)


def test_sensors_as_pynq_has_them(tmp_path: Path) -> None:
    """PYNQ's own DataRecorder accepts the views and makes columns of them."""
    from pynq.pmbus import DataRecorder

    alveo(tmp_path)
    views = sensors(opened(tmp_path))
    assert (views[0].name, views[0].parents) == ("board W", ())
    recorder = DataRecorder(*views)
    assert list(recorder.frame.columns) == ["Mark", *(view.name for view in views)]
    assert recorder._getter.get_values() == pytest.approx([view.value for view in views])
    with pytest.raises(MachineError, match="board has no reading in J"):
        Sensor(opened(tmp_path), "board", "J").get_value()


ELECTRICAL = {
    "power_rails": [
        {
            "id": "12v_pex",
            "description": "12 Volts PCI Express",
            "voltage": {"volts": "12.168", "is_present": "true"},
            "current": {"amps": "1.936", "is_present": "true"},
        },
        {
            "id": "hbm_1v2",
            "description": "1.2 Volts HBM",
            "voltage": {"volts": "1.196", "is_present": "true"},
            "current": {"amps": "0.000", "is_present": "false"},
        },
    ],
    "power_consumption_max_watts": "225",
    "power_consumption_watts": "58.360411",
    "power_consumption_warning": "false",
}


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: {"schema_version": {}, "devices": [{"electrical": x}]}])
def test_xrts_report(wrap: "type[dict[str, object]]") -> None:
    """Strings become numbers, absent quantities stay absent; the table is found in a device's report and xbutil's."""
    board, pex, hbm = XrtElectrical("XRT", lambda: json.dumps(wrap(ELECTRICAL)), 1.0).read()
    assert (board.rail, board.watts) == ("board", 58.360411)
    assert (pex.volts, pex.amps, pex.watts) == (12.168, 1.936, None)
    assert (hbm.volts, hbm.amps) == (1.196, None)


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ("{", "not JSON"),
        ("[]", "no power_consumption_watts"),
        (json.dumps(ELECTRICAL | {"power_consumption_watts": "N/A"}), "power_consumption_watts: found 'N/A'"),
    ],
)
def test_a_report_without_power_fails(report: str, message: str) -> None:
    """What the card's controller does not answer is no reading, never zero."""
    with pytest.raises(MachineError, match=message):
        XrtElectrical("XRT", lambda: report, 1.0).read()
