# SPDX-License-Identifier: Apache-2.0
"""Board facts: what is declared, what follows from it, and what the loader refuses."""

import shutil
from pathlib import Path

import pytest

from boards.facts import FOLDER, known_boards, load_board
from golden.errors import InputError
from golden.spec import load_configs
from harness.generate import KERNELS


@pytest.mark.parametrize("name", known_boards())
def test_boards_load(name: str) -> None:
    """Every board folder with a board.toml loads under its own name."""
    assert load_board(name).name == name


def test_u280_facts() -> None:
    """U280: 32 HBM pseudo channels of 14.375 GB/s are 460 GB/s and 8 GiB; the model delivers 90 % of it."""
    board = load_board("u280")
    assert not board.virtual
    assert board.memory.channels == 32
    assert board.memory.peak_gbs == pytest.approx(460.0)
    assert board.memory.sustained_gbs == pytest.approx(414.0)
    assert board.memory.channels * board.memory.channel_bytes == 8 << 30


def test_vc709_facts() -> None:
    """VC709: two DDR3 channels of 12.8 GB/s and 4 GiB; the model delivers 88 % of 25.6 GB/s."""
    board = load_board("vc709")
    assert not board.virtual
    assert board.memory.channels == 2
    assert board.memory.peak_gbs == pytest.approx(25.6)
    assert board.memory.sustained_gbs == pytest.approx(22.528)
    assert board.memory.channels * board.memory.channel_bytes == 8 << 30


def test_vck190_facts() -> None:
    """VCK190: 25.6 GB/s and 8 GiB of DDR4 behind four ports; the model delivers 88 %; what is not sourced is absent."""
    board = load_board("vck190")
    assert not board.virtual
    assert board.memory.peak_gbs == pytest.approx(25.6)
    assert board.memory.sustained_gbs == pytest.approx(22.528)
    assert board.memory.channels * board.memory.channel_bytes == 8 << 30
    assert board.resources is not None
    assert (board.resources.dsp, board.resources.lut) == (1968, None)


def test_kv260_facts() -> None:
    """KV260: 19.2 GB/s and 4 GiB of DDR4 behind four ports, 64 bytes a cycle together at 300 MHz."""
    board = load_board("kv260")
    assert board.memory.peak_gbs == pytest.approx(19.2) == 4 * 16 * board.clock_mhz / 1000
    assert board.memory.sustained_gbs == pytest.approx(16.896)
    assert board.memory.channels * board.memory.channel_bytes == 4 << 30


def test_sim_is_labelled_virtual() -> None:
    """The simulated board says that it is virtual, and claims neither part nor resources."""
    board = load_board("sim")
    assert board.virtual
    assert board.part == ""
    assert board.resources is None


def test_every_configuration_fits_its_board() -> None:
    """A configuration names a declared board with a channel for each port, at no more than the clock it declares."""
    for config in (config for kernel in KERNELS for config in load_configs(kernel).values()):
        board = load_board(config.board)
        assert config.ports <= board.memory.channels
        assert config.clock_mhz <= board.clock_mhz


@pytest.mark.parametrize("name", ["u280", "vc709", "vck190"])
def test_ports_of_mamba2_keep_up_with_the_memory(name: str) -> None:
    """A wide beat a cycle is what all channels give together at their peak, so that no port is the bottleneck."""
    config = load_configs("mamba2_accel")[name]
    rate = config.wide_bytes * config.clock_mhz / 1000
    assert rate == pytest.approx(load_board(name).memory.peak_gbs, rel=2e-3)


@pytest.mark.parametrize("name", ["kv260", "vc709", "vck190", "u280"])
def test_ports_of_ternary_keep_up_with_the_memory(name: str) -> None:
    """A wide beat a cycle is the memory's peak; on U280 a third more, the headroom that bubbles are caught up with."""
    for config in (load_configs("ternary_accel")[name + activation] for activation in ("", "_relu2")):
        rate = config.wide_bytes * config.clock_mhz / 1000
        assert rate == pytest.approx(load_board(name).memory.peak_gbs * (4 / 3 if name == "u280" else 1), rel=2e-3)


def test_unknown_board_lists_the_known() -> None:
    """A board without facts is an InputError that lists the boards there are."""
    with pytest.raises(InputError, match="board: found 'u250', expected one of kv260, sim, u280, vc709, vck190"):
        load_board("u250")


def test_sustained_rate_takes_refresh_off(tmp_path: Path) -> None:
    """sustained = peak * efficiency * (1 - refresh / interval)."""
    path = copied(tmp_path, "sim")
    text = path.read_text().replace("refresh_interval_ns = 0", "refresh_interval_ns = 1000")
    path.write_text(text.replace("refresh_ns = 0", "refresh_ns = 250").replace("efficiency = 1.0", "efficiency = 0.8"))
    assert load_board("sim", tmp_path).memory.sustained_gbs == pytest.approx(2 * 12.8 * 0.8 * 0.75)


def test_facts_hash_follows_every_fact(tmp_path: Path) -> None:
    """The hash that goes into records changes with a number of the memory model."""
    path = copied(tmp_path, "u280")
    path.write_text(path.read_text().replace("first_word_ns = 250", "first_word_ns = 251"))
    assert load_board("u280", tmp_path).facts_hash() != load_board("u280").facts_hash()


def copied(tmp_path: Path, name: str) -> Path:
    (tmp_path / name).mkdir()
    return Path(shutil.copy(FOLDER / name / "board.toml", tmp_path / name / "board.toml"))


def refused(name: str, old: str, new: str, message: str, tmp_path: Path) -> str:
    """A board's facts with a change are refused with the message, which is returned whole."""
    path = copied(tmp_path, name)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message) as caught:
        load_board(name, tmp_path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("channels = 32", "chanels = 32", ("memory.chanels", "no such key")),
        ("channels = 32", "", ("memory.channels", "found nothing")),
        ("channels = 32", "channels = 0", ("memory.channels", "found 0", "1 .. 64")),
        ("channels = 32", "channels = 32.0", ("memory.channels", "found 32.0", "an integer")),
        ("0x1000_0000", "1000", ("memory.channel_bytes", "found 1000", "multiple of 4096")),
        ("14.375", "0", ("memory.peak_gbs_per_channel", "found 0.0", "more than 0")),
        ("efficiency = 0.9", "efficiency = 1.1", ("memory.model.efficiency", "found 1.1", "at most 1")),
        ("burst_bytes = 4096", "burst_bytes = 8192", ("memory.model.burst_bytes", "found 8192", "64 .. 4096")),
        ("burst_bytes = 4096", "burst_bytes = 100", ("memory.model.burst_bytes", "found 100", "a power of two")),
        ("first_word_ns = 250", "first_word_ns = -1", ("memory.model.first_word_ns", "found -1.0", "0 or more")),
        ("refresh_ns = 0", "refresh_ns = 5", ("memory.model.refresh_ns", "found 5.0", "refresh_interval_ns = 0.0")),
        ('kind = "physical"', 'kind = "real"', ("kind", "'real'", "one of 'virtual', 'physical'")),
        ('kind = "physical"', 'kind = "virtual"', ("part", "none for a virtual one")),
        ("lut = 1303680", "lut = -1", ("resources.lut", "found -1", "0 or more")),
        ("clock_mhz = 300", "clock_mhz = 0", ("clock_mhz", "found 0.0", "positive")),
        ('name = "u280"', 'name = "u250"', ("name", "found 'u250'", "the folder's name")),
    ],
)
def test_bad_facts_are_refused(tmp_path: Path, old: str, new: str, parts: tuple[str, ...]) -> None:
    """A wrong key, type or value is an InputError naming the file, the key, what was found and what was expected."""
    said = refused("u280", old, new, r"board\.toml: ", tmp_path)
    assert [part for part in parts if part not in said] == []


@pytest.mark.parametrize("name", ["u280", "vc709", "vck190"])
def test_designs_place_every_kernel(name: str) -> None:
    """A board with a device has a design: a region behind every port, and the clock of every configuration."""
    design = load_board(name).design
    assert design is not None
    for config in (config for kernel in KERNELS for config in load_configs(kernel).values()):
        if config.board == name:
            assert config.ports <= len(design.memory_bases)
            assert not design.clocks_mhz or config.clock_mhz in design.clocks_mhz


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kernel_base = 0x0001_0000", "kernel_base = 0x0001_0010", "design.kernel_base: found 65552"),
        ("[0x0, 0x1_0000_0000]", "[0x0]", "design.memory_bases: found 1, expected 2"),
        ("[0x0, 0x1_0000_0000]", "[0x0, 0x8000_0000]", "design.memory_bases: found '0x0, 0x80000000'"),
        ("memory_bytes = 0x1_0000_0000", "memory_bytes = 0x1_0000_1000", "design.memory_b"),
        ('version = "2025.2"', 'version = ""', "design.version"),
    ],
)
def test_a_wrong_design_is_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    """Unaligned, missing, overlapping or too large regions and empty names are named by their key."""
    refused("vc709", old, new, message, tmp_path)


def test_power_facts() -> None:
    """U280's card controller once a second; VCK190's 17 monitors, one phase of six for VCCINT; VC709's 12 pages."""
    u280, vck190, vc709 = (load_board(name).power for name in ("u280", "vck190", "vc709"))
    assert u280 is not None
    assert (u280.source, u280.scope, u280.refresh_s) == ("hwmon", "board", 1.0)
    assert vck190 is not None
    assert [(rail.name, rail.phases) for rail in vck190.rails if rail.phases > 1] == [("VCCINT", 6)]
    assert (len(vck190.rails), vck190.refresh_s) == (17, None)
    assert vc709 is not None
    assert {(rail.address, rail.page) for rail in vc709.rails} == {(a, p) for a in (52, 53, 54) for p in range(4)}


def test_virtual_boards_have_no_sensors() -> None:
    """Nothing measures a simulation; KV260, which nothing drives, declares none either."""
    assert load_board("sim").power is None
    assert load_board("kv260").power is None


def test_power_of_a_virtual_board_is_refused(tmp_path: Path) -> None:
    path = copied(tmp_path, "sim")
    table = 'source = "hwmon"\nscope = "board"\nrails = [{ name = "board" }]\nnote = ""\n'
    path.write_text(f"{path.read_text()}\n[power]\n{table}")
    with pytest.raises(InputError, match=r"board\.toml: power: found 'given', expected nothing for a virtual board"):
        load_board("sim", tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('source = "ina226"', 'source = "ina227"', "power.source: found 'ina227'"),
        (
            'source = "ina226"',
            'source = "ucd9248"',
            r"rails\[0\]: found 'bus, address, shunt_uohm', expected",
        ),
        ('source = "ina226"', 'source = "ina226"\nrefresh_s = 0', "power.refresh_s: found 0.0, expected more than 0"),
        (
            "address = 0x40, shunt_uohm = 500, phases = 6",
            "address = 0x40, phases = 6",
            r"rails\[0\]: found 'bus, address",
        ),
        (
            "address = 0x41, shunt_uohm = 500 ",
            "address = 0x40, shunt_uohm = 500 ",
            "rails: found 'a place twice'",
        ),
        ("address = 0x42", "address = 0x80", r"power.rails\[2\].address: found 128, expected 8 .. 119"),
        ('"VCC_SOC"', '"VCCINT"', "power.rails: found 'a name twice'"),
        ("phases = 6", "phases = 0", r"power.rails\[0\].phases: found 0"),
        ("phases = 6", "multiplier = 6", r"power.rails\[0\].multiplier: found 6, expected no such key"),
    ],
)
def test_wrong_sensors_are_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    """A rail says where it is exactly as its kind of source needs it; names and places are unique."""
    refused("vck190", old, new, message, tmp_path)
