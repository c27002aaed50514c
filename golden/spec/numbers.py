# SPDX-License-Identifier: Apache-2.0
"""Number formats and numeric profiles: declared in ``formats.toml`` and ``profiles/*.toml``.

A profile names the format of each role and lists every free choice of the arithmetic, so that a report can print what a
result depends on.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeVar

from golden.errors import InputError
from golden.spec.strict import load, require, show_path

FOLDER = Path(__file__).parent
_NAME = re.compile(r"[a-z][a-z0-9_]*")

Rounding = Literal["exact", "nearest_even", "floor"]
Overflow = Literal["never", "saturate", "wrap"]


def _check_name(name: str, doc: str) -> None:
    require(_NAME.fullmatch(name) is not None, "name", name, "lower case letters, digits and _")
    require(bool(doc.strip()), "doc", doc, "a sentence")


@dataclass(frozen=True)
class FixedFormat:
    """Q`int_bits`.`frac_bits`, with a sign bit beside them if `signed`.

    `rounding` and `overflow` say what happens to a value on its way into the format: "exact" and "never" mean that the
    producer's range shows that no bit is lost.
    """

    name: str
    signed: bool
    int_bits: int
    frac_bits: int
    rounding: Rounding
    overflow: Overflow
    doc: str

    def __post_init__(self) -> None:
        """Check name and size."""
        _check_name(self.name, self.doc)
        for key in ("int_bits", "frac_bits"):
            require(0 <= getattr(self, key) <= 63, key, getattr(self, key), "0 .. 63")
        require(1 <= self.bits <= 64, "int_bits", self.int_bits, "1 .. 64 bits together with sign and fraction")

    @property
    def bits(self) -> int:
        """Return the width, sign included."""
        return int(self.signed) + self.int_bits + self.frac_bits

    @property
    def raw_min(self) -> int:
        """Return the least raw integer."""
        return -(1 << self.bits - 1) if self.signed else 0

    @property
    def raw_max(self) -> int:
        """Return the largest raw integer."""
        return (1 << self.bits - int(self.signed)) - 1

    @property
    def q_name(self) -> str:
        """Return the format as documents write it: Q7.0, UQ8.8."""
        return f"{'' if self.signed else 'U'}Q{self.int_bits}.{self.frac_bits}"


@dataclass(frozen=True)
class DigitFormat:
    """`digits` digits of base `radix` in a code of `bits` bits: code = sum over i of (d_i - digit_min) * radix**i."""

    name: str
    bits: int
    radix: int
    digits: int
    digit_min: int
    doc: str

    def __post_init__(self) -> None:
        """Check that the digits fit into the code and that zero is a digit."""
        _check_name(self.name, self.doc)
        require(2 <= self.radix <= 16, "radix", self.radix, "2 .. 16")
        require(1 - self.radix <= self.digit_min <= 0, "digit_min", self.digit_min, f"{1 - self.radix} .. 0")
        fit = self.digits >= 1 and self.radix**self.digits <= 1 << self.bits
        require(fit, "digits", self.digits, f"1 or more, {self.radix}**digits at most 2**{self.bits}")

    @property
    def code_count(self) -> int:
        """Return the number of legal codes; codes from here on are illegal."""
        return int(self.radix**self.digits)

    @property
    def zero_code(self) -> int:
        """Return the code of all-zero digits, which also pads."""
        return sum(-self.digit_min * self.radix**place for place in range(self.digits))


_Format = TypeVar("_Format", FixedFormat, DigitFormat)


@dataclass(frozen=True)
class Formats:
    """All number formats of the project."""

    fixed: tuple[FixedFormat, ...]
    digits: tuple[DigitFormat, ...]

    def __post_init__(self) -> None:
        """Check that names are unique."""
        for name in self.names:
            require(self.names.count(name) == 1, "fixed, digits", name, "each format name once")

    @property
    def names(self) -> tuple[str, ...]:
        """Return all names."""
        return (*(each.name for each in self.fixed), *(each.name for each in self.digits))

    def fixed_format(self, name: str) -> FixedFormat:
        """Return the fixed-point format `name`; InputError lists the known."""
        return _pick(self.fixed, name)

    def digit_format(self, name: str) -> DigitFormat:
        """Return the digit format `name`; InputError lists the known."""
        return _pick(self.digits, name)


def _pick(formats: tuple[_Format, ...], name: str) -> _Format:
    for each in formats:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in formats)
    raise InputError(f"number format: found {name!r}, expected one of {known}")


@dataclass(frozen=True)
class Choice:
    """A decision that the arithmetic leaves free: `value` among the implemented `options`, and after whom."""

    name: str
    value: str | int | float
    options: tuple[str | int | float, ...]
    doc: str

    def __post_init__(self) -> None:
        """Check that the value is one of the options."""
        _check_name(self.name, self.doc)
        require(self.value in self.options, "value", self.value, "one of " + ", ".join(map(repr, self.options)))


@dataclass(frozen=True)
class Profile:
    """A numeric profile: the format of each role, and every free choice."""

    name: str
    doc: str
    follows: tuple[str, ...]
    formats: dict[str, str]
    choices: tuple[Choice, ...]

    def __post_init__(self) -> None:
        """Check that choices are named once."""
        names = [choice.name for choice in self.choices]
        for name in names:
            require(names.count(name) == 1, "choices", name, "each choice once")

    def __getitem__(self, name: str) -> str | int | float:
        """Return the value of choice `name`; InputError if the profile has none."""
        for choice in self.choices:
            if choice.name == name:
                return choice.value
        known = ", ".join(choice.name for choice in self.choices)
        raise InputError(f"profile {self.name}: found choice {name!r}, expected one of {known}")

    def changed(self, names: Collection[str], changes: Mapping[str, str | int]) -> dict[str, str | int | float]:
        """Values of the choices `names`, with `changes`; InputError for another choice, or a value not offered."""
        choices = {choice.name: choice for choice in self.choices if choice.name in names}
        for key, value in changes.items():
            if key not in choices:
                raise InputError(f"profile {self.name}: found choice {key!r}, expected one of {', '.join(names)}")
            if value not in choices[key].options:
                offered = ", ".join(map(repr, choices[key].options))
                raise InputError(f"profile {self.name}: {key}: found {value!r}, expected one of {offered}")
        return {name: changes.get(name, choice.value) for name, choice in choices.items()}


@lru_cache
def load_formats(path: Path = FOLDER / "formats.toml") -> Formats:
    """Return the number formats. Raises InputError naming file, key, found and expected."""
    return load(Formats, path)


def known_profiles(folder: Path = FOLDER / "profiles") -> tuple[str, ...]:
    """Return the names of the declared profiles, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


@lru_cache
def load_profile(name: str, folder: Path = FOLDER / "profiles") -> Profile:
    """Return profile `name`, its formats checked to exist. Raises InputError, which lists what is known."""
    if name not in known_profiles(folder):
        raise InputError(f"profile: found {name!r}, expected one of {', '.join(known_profiles(folder))}")
    path = folder / f"{name}.toml"
    profile = load(Profile, path)
    if profile.name != name:
        raise InputError(f"{show_path(path)}: name: found {profile.name!r}, expected {name!r}, the file's name")
    known = load_formats().names
    for role, format_name in profile.formats.items():
        if format_name not in known:
            raise InputError(
                f"{show_path(path)}: formats.{role}: found {format_name!r}, expected one of {', '.join(known)}"
            )
    return profile
