# SPDX-License-Identifier: Apache-2.0
"""Strict TOML (or JSON) to frozen dataclasses: an unknown, missing or mistyped key is an error that names file and key.

Own code, because the libraries that do this (pydantic, cattrs) coerce by default, and because errors here must be
krait's one line. The dataclass is the schema: its annotations are the types, its defaults mark the optional keys, its
``__post_init__`` holds the rules and reports a broken one with `IllegalValueError`.
"""

import dataclasses
import json
import tomllib
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

from golden.errors import InputError

T = TypeVar("T")
_ROOT = Path(__file__).resolve().parents[2]


class IllegalValueError(InputError):
    """A value breaks a rule of its dataclass. Carries the key, so that a loader can add file and path."""

    def __init__(self, key: str, found: object, expected: str) -> None:
        """Describe the value `found` at `key`, and what was `expected` instead."""
        super().__init__(f"{key}: found {_show(found)}, expected {expected}")
        self.key, self.found, self.expected = key, found, expected


def require(condition: bool, key: str, found: object, expected: str) -> None:
    """Raise `IllegalValueError` unless `condition` holds."""
    if not condition:
        raise IllegalValueError(key, found, expected)


def load(cls: type[T], path: Path) -> T:
    """Read the TOML file at `path` as a `cls`. Raises InputError naming file, key, found and expected."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{show_path(path)}: cannot be read ({error.strerror}); expected a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{show_path(path)}: not TOML: {error}") from error
    return decode(cls, data, path)


def parse_json(text: str, path: Path, remedy: str) -> Any:
    """Parse JSON; `path` only names where it stands. InputError with the `remedy`: it is none."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: not JSON ({error.msg}); {remedy}") from None


def decode_schema(cls: type[T], data: Any, path: Path, schema: int, remedy: str) -> T:
    """As `decode`, of what says its schema. InputError with the `remedy`: it says another one."""
    if isinstance(data, dict) and data.get("schema") != schema:
        raise InputError(f"{path}: schema: found {data.get('schema')!r}, expected {schema}; {remedy}")
    return decode(cls, data, path)


def decode(cls: type[T], data: object, path: Path) -> T:
    """Turn parsed TOML or JSON `data` into a `cls`; `path` only names the file in errors."""
    try:
        result: T = _value(cls, data, "")
        return result
    except IllegalValueError as error:
        raise InputError(f"{show_path(path)}: {error}") from error


def show_path(path: Path) -> str:
    """Return `path` relative to the repository where it lies inside it, else as it is."""
    resolved = path.resolve()
    return str(resolved.relative_to(_ROOT)) if resolved.is_relative_to(_ROOT) else str(path)


def _value(kind: Any, data: Any, key: str) -> Any:
    """Decode `data` found at `key` as the annotation `kind`."""
    origin = typing.get_origin(kind)
    if dataclasses.is_dataclass(kind):
        return _record(typing.cast(type, kind), data, key)
    if origin is tuple:
        return _items(typing.get_args(kind)[0], data, key)
    if origin is dict:
        require(isinstance(data, dict), key, data, "a table")
        return {name: _value(typing.get_args(kind)[1], item, _join(key, name)) for name, item in data.items()}
    if origin is typing.Literal:
        options = typing.get_args(kind)
        require(data in options and isinstance(data, str), key, data, "one of " + ", ".join(map(repr, options)))
        return data
    kinds = typing.get_args(kind) if origin in (types.UnionType, typing.Union) else (kind,)
    if data is None and types.NoneType in kinds:
        return None  # TOML has no null; JSON, decoded by the same rules, has
    given = tuple(each for each in kinds if each is not types.NoneType)
    return _scalar(given, data, key) if len(given) > 1 or given[0] in _NAMES else _value(given[0], data, key)


def _scalar(kinds: tuple[type, ...], data: object, key: str) -> object:
    """Accept exactly the listed TOML scalars; an integer also serves where only a float may stand, a boolean never."""
    if float in kinds and int not in kinds and type(data) is int:
        return float(data)
    require(type(data) in kinds, key, data, " or ".join(_NAMES[kind] for kind in kinds))
    return data


def _items(kind: Any, data: object, key: str) -> tuple[Any, ...]:
    """Decode an array; each error names the item's index."""
    require(isinstance(data, list), key, data, "an array")
    return tuple(_value(kind, item, f"{key}[{index}]") for index, item in enumerate(typing.cast(list[Any], data)))


def _record(cls: type, data: object, key: str) -> Any:
    """Decode a table into the dataclass `cls`: no unknown key, none missing, every type and rule kept."""
    require(isinstance(data, dict), key or "the file", data, "a table")
    table = typing.cast(dict[str, Any], data)
    fields = {field.name: field for field in dataclasses.fields(cls) if field.init}
    for name in table:
        require(name in fields, _join(key, name), table[name], "no such key; known keys: " + ", ".join(sorted(fields)))
    for name, field in fields.items():
        optional = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        require(optional or name in table, _join(key, name), _MISSING, "this key to be given")
    hints = typing.get_type_hints(cls)
    values = {name: _value(hints[name], item, _join(key, name)) for name, item in table.items()}
    try:
        return cls(**values)
    except IllegalValueError as error:
        raise IllegalValueError(_join(key, error.key), error.found, error.expected) from error


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _show(found: object) -> str:
    return "nothing" if found is _MISSING else _CONTAINER.get(type(found), repr(found))


_MISSING = object()
_CONTAINER: dict[type, str] = {dict: "a table", list: "an array"}
_NAMES: dict[type, str] = {int: "an integer", str: "a string", float: "a number", bool: "true or false"}
