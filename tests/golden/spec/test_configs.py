# SPDX-License-Identifier: Apache-2.0
"""Configurations: geometry, identity, and what the loader refuses."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.errors import InputError
from golden.spec import load_config, load_configs
from golden.spec.configs import FOLDER


@pytest.mark.parametrize(
    ("name", "wide", "row", "block", "slots", "slot"),
    [("sim", 64, 8, 40, 1, 64), ("sim512", 64, 4, 20, 2, 32), ("u280", 2048, 32, 160, 8, 256)],
)
def test_derived_geometry(name: str, wide: int, row: int, block: int, slots: int, slot: int) -> None:
    """Derived sizes of the declared configurations, computed by hand from the layout's definition."""
    config = load_config("tern_matvec", name)
    assert config.wide_bytes == wide
    assert config.row_bytes == row
    assert config.block == block
    assert config.slots_per_beat == slots
    assert config.slot_bytes == slot


@given(ports=st.integers(0, 5), port_bits=st.sampled_from([256, 512]), outs=st.integers(0, 9))
def test_layout_invariants(ports: int, port_bits: int, outs: int) -> None:
    """Rows and slots fill a wide beat; a slot is the smallest power-of-two share that holds a block, or the whole beat.

    A geometry is legal exactly if a row has at least 4 bytes of a wide beat and a column block fits into one.
    """
    base = load_config("tern_matvec", "sim")
    wide = (1 << ports) * port_bits // 8
    try:
        config = replace(base, ports=1 << ports, port_bits=port_bits, outs=1 << outs)
    except InputError:
        assert (1 << outs) * 4 > wide or 5 * wide >> outs > wide
        return
    assert config.row_bytes >= 4
    assert config.row_bytes * config.outs == config.wide_bytes == wide
    assert config.slot_bytes * config.slots_per_beat == config.wide_bytes
    assert config.slot_bytes >= config.block
    assert config.slot_bytes < 2 * config.block or config.slots_per_beat * 2 * config.block > config.wide_bytes


def test_hash_covers_hardware_and_layout_only() -> None:
    """Every parameter, the board, the kernel and the map version change config_hash; name, clock and doc do not."""
    base = load_config("tern_matvec", "sim")
    changes = [
        {"ports": 4},
        {"port_bits": 512},
        {"outs": 16},
        {"t_cols": 2},
        {"acc_depth": 64},
        {"x_slots": 256},
        {"board": "u280"},
        {"kernel": "other"},
        {"map_version": 2},
    ]
    hashes = {replace(base, **change).config_hash for change in changes} | {base.config_hash}  # type: ignore[arg-type]
    assert len(hashes) == len(changes) + 1
    assert all(0 <= value < 1 << 64 for value in hashes)
    assert replace(base, name="x", clock_mhz=1.0, doc="x").config_hash == base.config_hash


def test_hash_is_pinned() -> None:
    """The hash of `sim` never changes silently: hardware that was built and bundles that were made carry it."""
    assert f"{load_config('tern_matvec', 'sim').config_hash:#018x}" == "0x035e156479d12b82"


def test_configurations_have_distinct_hashes() -> None:
    """No two configurations share an identity."""
    configs = load_configs("tern_matvec").values()
    assert len({config.config_hash for config in configs}) == len(configs)


def test_tiles_and_blocks_round_up() -> None:
    """tiles = ceil(M / outs), blocks = ceil(K / block)."""
    config = load_config("tern_matvec", "sim")
    assert [config.tiles(rows) for rows in (1, 8, 9)] == [1, 1, 2]
    assert [config.blocks(cols) for cols in (1, 40, 41)] == [1, 1, 2]


def test_unknown_configuration_lists_the_known() -> None:
    """A name that is not declared is an InputError that lists the declared ones."""
    with pytest.raises(InputError, match="found configuration 'sym', expected one of sim, sim512, u280"):
        load_config("tern_matvec", "sym")


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("ports = 2", "ports = 3", ("configs.sim.ports", "found 3", "a power of two up to 32")),
        ("ports = 2", "ports = 64", ("configs.sim.ports", "found 64", "a power of two up to 32")),
        ("ports = 2", "ports = 0", ("configs.sim.ports", "found 0", "a power of two")),
        ("ports = 2\n", "", ("configs.sim.ports", "found nothing")),
        ("ports = 2", "ports = 2\nlanes = 4", ("configs.sim.lanes", "no such key")),
        ("ports = 2", 'ports = "2"', ("configs.sim.ports", "found '2'", "an integer")),
        ("port_bits = 256", "port_bits = 128", ("configs.sim.port_bits", "found 128", "256 or 512")),
        ("outs = 8", "outs = 12", ("configs.sim.outs", "found 12", "a power of two")),
        ("outs = 8", "outs = 32", ("configs.sim.outs", "found 32", "at most 16")),
        ("t_cols = 4", "t_cols = 0", ("configs.sim.t_cols", "found 0", "1 .. 255")),
        ("acc_depth = 128", "acc_depth = 100", ("configs.sim.acc_depth", "found 100", "a power of two")),
        ("x_slots = 512", "x_slots = 500", ("configs.sim.x_slots", "found 500", "a power of two")),
        ("x_slots = 512", "x_slots = 2", ("configs.sim.x_slots", "found 2", "at least t_cols = 4")),
        ("outs = 8", "outs = 4", ("configs.sim.outs", "found 4", "at least 8")),
        ("x_slots = 256", "x_slots = 4", ("configs.u280.x_slots", "found 4", "at least 16")),
        ("clock_mhz = 200", "clock_mhz = 0", ("configs.sim.clock_mhz", "found 0.0", "positive")),
        ('kernel = "tern_matvec"', 'kernel = "other"', ("kernel", "found 'other'", "'tern_matvec'")),
    ],
)
def test_bad_configuration_is_refused(tmp_path: Path, old: str, new: str, parts: tuple[str, ...]) -> None:
    """An illegal parameter is an InputError naming the file, the key path, what was found and what was expected."""
    folder = tmp_path / "configs"
    shutil.copytree(FOLDER, folder)
    path = folder / "tern_matvec.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load_configs("tern_matvec", folder)
    for part in ("tern_matvec.toml: ", *parts):
        assert part in str(caught.value)
