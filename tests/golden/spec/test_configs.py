# SPDX-License-Identifier: Apache-2.0
"""Configurations: geometry, identity, and what the loader refuses."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.errors import InputError
from golden.mamba2.integer.build import LIMITS
from golden.mamba2.integer.profile import NAMES
from golden.mamba2.integer.profile import load as load_profile
from golden.spec import KernelConfig, TernAccelConfig, TernConfig, load_config, load_configs
from golden.spec.configs import FOLDER
from golden.ternary.integer.profile import MAX_POSITIONS
from golden.ternary.integer.widths import BUILD
from golden.ternary.published import published


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


@given(ports=st.integers(0, 5), port_bits=st.sampled_from([128, 256, 512]), outs=st.integers(0, 9))
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
    """No two configurations, of one kernel or of two, share an identity."""
    kernels = ("tern_matvec", "mamba2_accel", "ternary_accel")
    configs = [config for kernel in kernels for config in load_configs(kernel).values()]
    assert len({config.config_hash for config in configs}) == len(configs)


@pytest.mark.parametrize(
    ("name", "wide", "rows", "bits", "number"),
    [
        ("sim", 64, 4, (4, 4, 8), 0),
        ("sim_w8a8", 64, 2, (8, 8, 16), 1),
        ("u280", 2048, 32, (4, 4, 8), 0),
        ("vck190", 128, 2, (4, 4, 8), 0),
        ("vc709", 128, 1, (8, 8, 16), 1),
    ],
)
def test_derived_geometry_of_mamba2(name: str, wide: int, rows: int, bits: tuple[int, int, int], number: int) -> None:
    """Weight rows fill a wide beat with the profile's widths; the core is told the profile by its number."""
    config = load_config("mamba2_accel", name)
    assert (config.wide_bytes, config.rows) == (wide, rows)
    assert (config.weight_bits, config.act_bits, config.ssm_bits) == bits
    assert config.rows * config.inputs * config.weight_bits == 8 * wide
    assert config.parameters["PROFILE"] == number == NAMES.index(config.profile)


def test_parameters_are_those_of_the_geometry() -> None:
    """The core's parameters are the ports and each key of the geometry in upper case, norm_lanes as NL."""
    for kernel, keys in (("tern_matvec", 4 + 2), ("mamba2_accel", 20 + 2), ("ternary_accel", 19 + 2)):
        for config in load_configs(kernel).values():
            assert len(config.parameters) == keys
            for name, value in config.parameters.items():
                if name != "PROFILE":
                    key = {"PORT_W": "port_bits", "NL": "norm_lanes"}.get(name, name.lower())
                    assert value == getattr(config, key)


def test_largest_models_lie_within_the_derived_widths() -> None:
    """No configuration takes a model that is larger than those for which the widths of its arithmetic hold."""
    for config in load_configs("mamba2_accel").values():
        assert config.d_max <= LIMITS.d_model
        assert config.i_max <= LIMITS.d_inner
        assert config.n_max <= LIMITS.d_state


def test_hash_of_mamba2_covers_geometry_and_choices() -> None:
    """Every key and every choice of the profile enter into the hash; the clock, name and doc do not."""
    base = load_config("mamba2_accel", "sim")
    assert base.identity().keys() >= {"profile", "t_par", "x_heads", "kernel", "board", "map_version", "ports"}
    choices = {key.removeprefix("profile."): value for key, value in base.identity().items() if "." in key}
    profile = load_profile(base.profile)
    assert choices == {key: getattr(profile, key) for key in choices}
    assert replace(base, w_depth=128).config_hash != base.config_hash
    assert replace(base, profile="fastmamba-w8a8").config_hash != base.config_hash
    assert replace(base, name="x", clock_mhz=1.0, doc="x").config_hash == base.config_hash


def test_each_kernel_has_its_own_configurations() -> None:
    """A kernel's name picks the class of its configurations; an unknown one is an InputError that lists the known."""
    assert isinstance(load_config("tern_matvec", "sim"), TernConfig)
    assert not isinstance(load_config("mamba2_accel", "sim"), TernConfig)
    assert isinstance(load_config("mamba2_accel", "sim"), KernelConfig)
    assert isinstance(load_config("ternary_accel", "sim"), TernAccelConfig)
    known = "mamba2_accel, tern_matvec, ternary_accel"
    with pytest.raises(InputError, match=f"kernel: found 'mamba', expected one of {known}"):
        load_configs("mamba")


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
        ("port_bits = 256", "port_bits = 64", ("configs.sim.port_bits", "found 64", "128, 256 or 512")),
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


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("ports = 2", "ports = 1", ("ports", "found 1", "2 or more")),
        ("norm_lanes = 8", "norm_lanes = 32", ("ports", "found 2", "4 or more")),
        ("norm_lanes = 8", "norm_lanes = 4", ("norm_lanes", "found 4", "one of 8, 16, 32")),
        ("tiles = 1", "tiles = 4", ("tiles", "found 4", "one of 1, 2")),
        ("slots = 2", "slots = 3", ("slots", "found 3", "one of 1, 2")),
        ('"lightmamba-w4a4"', '"ternary-b158"', ("profile", "'ternary-b158'", "one of fastmamba-w8a8")),
        ("inputs = 32", "inputs = 48", ("inputs", "found 48", "a power of two, 8")),
        ("inputs = 32", "inputs = 4", ("inputs", "found 4", "8 (norm_lanes)")),
        ("inputs = 32", "inputs = 256", ("inputs", "found 256", ".. 128, a row")),
        ("t_cols = 4", "t_cols = 256", ("t_cols", "found 256", "1 .. 255")),
        ("t_par = 2", "t_par = 3", ("t_par", "found 3", "a divisor of t_cols = 4")),
        ("t_par = 2", "t_par = 0", ("t_par", "found 0", "a divisor")),
        ("w_depth = 64", "w_depth = 65", ("w_depth", "found 65", "a power of two, 16")),
        ("d_max = 256", "d_max = 260", ("d_max", "found 260", "a multiple of 8")),
        ("n_max = 64", "n_max = 0", ("n_max", "found 0", "a multiple of 8")),
        ("i_max = 512", "i_max = 1280", ("i_max", "found 1280", "at most 1024 = h_max * p_max")),
        ("i_max = 512", "i_max = 448", ("i_max", "found 448", "1, 3 or 5 times a power of two")),
        ("h_max = 16", "h_max = 0", ("h_max", "found 0", "1 .. 256")),
        ("g_max = 2", "g_max = 17", ("g_max", "found 17", "1 .. 16, the heads")),
        ("conv_depth = 2048", "conv_depth = 1", ("conv_depth", "found 1", "2 ..")),
        ("state_depth = 1024", "state_depth = 1", ("state_depth", "found 1", "0 (all state in memory)")),
        ("norm_width = 256", "norm_width = 512", ("norm_width", "found 512", "at most 256 = d_max")),
        ("norm_width = 256", "norm_width = 224", ("norm_width", "found 224", "1, 3 or 5 times")),
        ("x_heads = 8", "x_heads = 1", ("x_heads", "found 1", "a power of two from 2 on")),
        ("x_heads = 8\n", "", ("x_heads", "found nothing")),
        ("x_heads = 8", "x_heads = 8\nouts = 4", ("outs", "no such key")),
    ],
)
def test_bad_configuration_of_mamba2_is_refused(tmp_path: Path, old: str, new: str, parts: tuple[str, ...]) -> None:
    """An illegal parameter is an InputError naming the file, the key path, what was found and what was expected."""
    path = tmp_path / "mamba2_accel.toml"
    text = (FOLDER / path.name).read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load_configs("mamba2_accel", tmp_path)
    for part in ("mamba2_accel.toml: configs.sim.", *parts):
        assert part in str(caught.value)


def test_norms_without_tables_take_every_width() -> None:
    """A profile without norm tables has no width of its own: norm_width is d_max."""
    base = load_config("mamba2_accel", "sim_w8a8")
    assert replace(base, i_max=448).i_max == 448
    with pytest.raises(InputError, match="norm_width: found 256, expected 248 = d_max, as fastmamba-w8a8 has no"):
        replace(base, d_max=248)


# ---- ternary_accel


@pytest.mark.parametrize(
    ("name", "wide", "outs", "positions", "activation"),
    [
        ("sim", 64, 8, 2, "relu2"),
        ("sim_silu", 64, 8, 2, "silu"),
        ("kv260", 64, 8, 2, "silu"),
        ("vc709", 128, 16, 4, "silu"),
        ("u280_relu2", 2048, 256, 64, "relu2"),
    ],
)
def test_derived_geometry_of_ternary(name: str, wide: int, outs: int, positions: int, activation: str) -> None:
    """Rows of 8 bytes and positions of 32 fill a wide beat; a build has one activation."""
    config = load_config("ternary_accel", name)
    assert (config.wide_bytes, config.outs, config.positions) == (wide, outs, positions)
    assert config.activation == activation


@pytest.mark.parametrize("board", ["kv260", "u280", "vc709", "vck190"])
def test_every_board_takes_both_published_models(board: str) -> None:
    """0.73B fits the board's build with SiLU, 2B-4T the one with squared ReLU, at their longest context."""
    for name, suffix in (("bitnet-0.73b", ""), ("bitnet-2b-4t", "_relu2")):
        shape, config = published(name), load_config("ternary_accel", board + suffix)
        assert shape.hidden_act == config.activation
        assert (shape.hidden_size, shape.intermediate_size) == (config.d_max, config.f_max)
        assert shape.head_dim == config.p_max
        assert shape.max_position_embeddings == config.positions_max
        assert shape.num_attention_heads <= config.h_max
        assert shape.num_key_value_heads <= config.j_max
        assert shape.num_attention_heads == shape.num_key_value_heads * config.share_max


def test_ternary_limits_lie_within_the_derived_widths() -> None:
    """No configuration takes a model that is larger than those for which the widths of its arithmetic hold."""
    for config in load_configs("ternary_accel").values():
        limits = (config.d_max, config.f_max, config.p_max, config.positions_max)
        assert all(value <= limit for value, limit in zip(limits, BUILD, strict=True))
        assert config.positions_max <= MAX_POSITIONS


def test_hash_of_ternary_covers_geometry_and_choices() -> None:
    """Every key and every choice of the profile enter into the hash; the clock, name and doc do not."""
    base = load_config("ternary_accel", "sim")
    assert base.identity().keys() >= {"profile.query_bits", "score_ultra", "kernel", "board", "map_version", "ports"}
    assert replace(base, sigmoid=1).config_hash != base.config_hash
    assert replace(base, name="x", clock_mhz=1.0, doc="x").config_hash == base.config_hash


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("ports = 2", "ports = 1", ("ports", "found 1", "2 or more")),
        ("t_cols = 4", "t_cols = 6", ("t_cols", "found 6", "a power of two up to 128")),
        ("t_par = 2", "t_par = 8", ("t_par", "found 8", "up to t_cols = 4")),
        ("q_par = 2", "q_par = 1", ("q_par", "found 1", "2 .. 4 = t_cols")),
        ("q_par = 2", "q_par = 8", ("q_par", "found 8", "2 .. 4 = t_cols")),
        ("norm_lanes = 8", "norm_lanes = 12", ("norm_lanes", "found 12", "one of 8, 16, 32")),
        ("sigmoid = 0", "sigmoid = 2", ("sigmoid", "found 2", "0 for squared ReLU or 1 for SiLU")),
        ("w_depth = 64", "w_depth = 65", ("w_depth", "found 65", "a power of two, 16")),
        ("score_depth = 2048", "score_depth = 8", ("score_depth", "found 8", "a power of two, 16")),
        ("score_ultra = 0", "score_ultra = 2", ("score_ultra", "found 2", "0 or 1")),
        ("vector_ultra = 0", "vector_ultra = 2", ("vector_ultra", "found 2", "0 or 1")),
        ("partial = 1", "partial = 2", ("partial", "found 2", "0 or 1")),
        ("value_luts = 1", "value_luts = 3", ("value_luts", "found 3", "0 .. 2, the positions")),
        ("batch = 4", "batch = 5", ("batch", "found 5", "1 .. 4")),
        ("batch = 4", "batch = 0", ("batch", "found 0", "1 .. 4")),
        ("d_max = 256", "d_max = 264", ("d_max", "found 264", "a multiple of 32")),
        ("d_max = 256", "d_max = 8192", ("d_max", "found 8192", "up to 8160")),
        ("f_max = 512", "f_max = 500", ("f_max", "found 500", "a multiple of 8")),
        ("p_max = 128", "p_max = 80", ("p_max", "found 80", "one of 32, 64, 96, 128")),
        ("h_max = 8", "h_max = 256", ("h_max", "found 256", "1 .. 255")),
        ("j_max = 8", "j_max = 9", ("j_max", "found 9", "1 .. 8, the heads")),
        ("share_max = 4", "share_max = 9", ("share_max", "found 9", "1 .. 8")),
        ("positions_max = 1024", "positions_max = 0", ("positions_max", "found 0", "1 .. 8192")),
    ],
)
def test_bad_configuration_of_ternary_is_refused(tmp_path: Path, old: str, new: str, parts: tuple[str, ...]) -> None:
    """An illegal parameter is an InputError naming the file, the key path, what was found and what was expected."""
    path = tmp_path / "ternary_accel.toml"
    text = (FOLDER / path.name).read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load_configs("ternary_accel", tmp_path)
    for part in ("ternary_accel.toml: configs.sim.", *parts):
        assert part in str(caught.value)
