# SPDX-License-Identifier: Apache-2.0
"""Number formats and profiles: ranges, codes, and what the loaders refuse."""

import shutil
from itertools import product
from pathlib import Path

import pytest

from golden.errors import InputError
from golden.spec import FixedFormat, known_profiles, load_formats, load_profile
from golden.spec.numbers import FOLDER


def test_fixed_formats_have_the_ranges_of_their_width() -> None:
    """A signed Qm.n holds -2**(m+n) .. 2**(m+n) - 1, an unsigned one 0 .. 2**(m+n) - 1."""
    act = load_formats().fixed_format("act_int8")
    assert (act.bits, act.raw_min, act.raw_max, act.q_name) == (8, -128, 127, "Q7.0")
    unsigned = FixedFormat("u", False, 2, 6, "floor", "saturate", "x")
    assert (unsigned.bits, unsigned.raw_min, unsigned.raw_max, unsigned.q_name) == (8, 0, 255, "UQ2.6")


def test_table_entries_hold_every_sum_of_three_activations() -> None:
    """Both lookup groups' extreme sums, +-3 * 128 and +-2 * 128, fit the table's format, and no narrower one."""
    formats = load_formats()
    table, act = formats.fixed_format("table_int10"), formats.fixed_format("act_int8")
    largest = 3 * -act.raw_min
    assert table.raw_min <= -largest
    assert largest <= table.raw_max < 2 * largest


def test_ternary_byte_is_a_bijection_on_its_legal_codes() -> None:
    """code = sum of (trit_i + 1) * 3**i numbers the 3**5 groups of trits 0 .. 242; zero trits have the zero code."""
    fmt = load_formats().digit_format("ternary_byte")
    legal = range(fmt.digit_min, fmt.digit_min + fmt.radix)
    codes = {
        trits: sum((trit - fmt.digit_min) * fmt.radix**place for place, trit in enumerate(trits))
        for trits in product(legal, repeat=fmt.digits)
    }
    assert sorted(codes.values()) == list(range(fmt.code_count)) == list(range(243))
    assert codes[(0,) * fmt.digits] == fmt.zero_code == 121


@pytest.mark.parametrize("name", known_profiles())
def test_profiles_load(name: str) -> None:
    """Every declared profile loads: its formats exist, each choice is an option."""
    assert load_profile(name).name == name


def test_profile_choices_are_read_by_name() -> None:
    """A choice is looked up by name; an unknown one is an InputError that lists the known."""
    profile = load_profile("ternary-b158")
    assert profile["trit_order"] == "low_first"
    with pytest.raises(InputError, match="found choice 'tritorder', expected one of weight_scale"):
        profile["tritorder"]


def test_choices_change_to_what_is_offered() -> None:
    """Changes replace the values of the choices asked for; another choice and a value not offered are InputErrors."""
    profile, names = load_profile("ternary-b158"), ("cache_bits", "query_bits")
    assert profile.changed(names, {"cache_bits": 16}) == {"cache_bits": 16, "query_bits": profile["query_bits"]}
    with pytest.raises(InputError, match="found choice 'rope_frac', expected one of cache_bits, query_bits"):
        profile.changed(names, {"rope_frac": profile["rope_frac"]})  # type: ignore[dict-item]
    with pytest.raises(InputError, match="cache_bits: found 9, expected one of 8, 16"):
        profile.changed(names, {"cache_bits": 9})


def test_unknown_names_list_the_known() -> None:
    """Unknown formats and profiles are InputErrors that list what is declared."""
    with pytest.raises(InputError, match="found 'int9', expected one of act_int8"):
        load_formats().fixed_format("int9")
    with pytest.raises(InputError, match=r"profile: found 'b158', expected one of .*ternary-b158"):
        load_profile("b158")


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("int_bits = 7", "int_bits = 64", ("fixed[0].int_bits", "found 64", "0 .. 63")),
        ("int_bits = 7", "int_bits = 63\nfrac_bitz = 0", ("fixed[0].frac_bitz", "no such key")),
        ('"nearest_even"', '"nearest"', ("fixed[0].rounding", "'nearest'", "one of")),
        ('"table_int10"', '"act_int8"', ("fixed, digits", "'act_int8'", "once")),
        ("digits = 5", "digits = 6", ("digits[0].digits", "found 6", "at most 2**8")),
        ("digit_min = -1", "digit_min = 1", ("digits[0].digit_min", "found 1", "-2 .. 0")),
    ],
)
def test_bad_format_is_refused(tmp_path: Path, old: str, new: str, parts: tuple[str, ...]) -> None:
    """An impossible format is an InputError naming file, key, found and expected."""
    text = (FOLDER / "formats.toml").read_text()
    assert old in text
    path = tmp_path / "formats.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load_formats(path)
    for part in ("formats.toml: ", *parts):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ('value = "int8"', 'value = "int9"', ("choices[3].value", "found 'int9'", "one of 'int8'")),
        ('name = "padding"', 'name = "rounding"', ("choices", "'rounding'", "each choice once")),
        ('weight = "ternary_byte"', 'weight = "trits"', ("formats.weight", "found 'trits'", "ternary_byte")),
        ('name = "ternary-b158"', 'name = "b158"', ("name", "found 'b158'", "the file's name")),
    ],
)
def test_bad_profile_is_refused(tmp_path: Path, old: str, new: str, parts: tuple[str, ...]) -> None:
    """A choice outside its options, or a format that is not declared, is an InputError with file and key."""
    folder = tmp_path / "profiles"
    shutil.copytree(FOLDER / "profiles", folder)
    path = folder / "ternary-b158.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load_profile("ternary-b158", folder)
    for part in ("ternary-b158.toml: ", *parts):
        assert part in str(caught.value)
