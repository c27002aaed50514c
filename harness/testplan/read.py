# SPDX-License-Identifier: Apache-2.0
"""Reads test plans from Hjson in OpenTitan's form: imports, wildcards, and errors that name file, line and key.

The parser is `hjson`'s; it takes the last of equal keys, so they are refused here.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

import hjson

from golden.errors import InputError
from golden.spec.strict import decode, show_path
from harness.testplan.plan import Covergroup, Plan, Point

PLANS = Path(__file__).parent / "plans"
SUFFIX = "_testplan.hjson"
LISTS = ("testpoints", "covergroups", "import_testplans")
Wildcards = Mapping[str, tuple[str, ...]]

T = TypeVar("T", Point, Covergroup)


@dataclass(frozen=True)
class _File:
    """A file as it was parsed: its text for line numbers, its table, and what its own keys say in wildcards."""

    path: Path
    text: str
    table: dict[str, Any]

    def at(self, name: object) -> Path:
        """Where something of that name is declared: the file, with the line where it is known."""
        found = re.search(
            rf"""^[ \t{{]*["']?name["']?\s*:\s*["']?{re.escape(str(name))}["', \t}}]*$""", self.text, re.M
        )
        line = self.text.count("\n", 0, found.end()) + 1 if found else 0
        return Path(f"{self.path}:{line}") if line else self.path

    def items(self, key: str) -> list[Any]:
        """Return the list of a key, empty without it. InputError: it is none."""
        found = self.table.get(key, [])
        if not isinstance(found, list):
            raise InputError(f"{show_path(self.path)}: {key}: found {found!r}, expected a list in [ ]")
        return found


def read_all(folder: Path = PLANS, names: Sequence[str] = ()) -> tuple[Plan, ...]:
    """Return the plans of a folder that have a name, by it; those without are there to be imported.

    Raises:
        InputError: there is none, one of `names` (or patterns) means none, or one is malformed.
    """
    files = [_parse(path) for path in sorted(folder.glob(f"*{SUFFIX}"))]
    plans = tuple(read(file.path) for file in files if "name" in file.table)
    if not plans:
        raise InputError(f"{show_path(folder)}: found no test plan; expected a file *{SUFFIX} with a name")
    for name in names:
        if not any(fnmatchcase(plan.name, name) for plan in plans):
            known = ", ".join(plan.name for plan in plans)
            raise InputError(f"testplan: no plan is called {name!r}; known are {known}")
    return tuple(plan for plan in plans if not names or any(fnmatchcase(plan.name, name) for name in names))


def read(path: Path) -> Plan:
    """Return the plan of a file with everything that it imports.

    Raises:
        InputError: names the file, the line where it is known, the key, and what was expected.
    """
    file = _parse(path)
    name = file.table.get("name")
    if not isinstance(name, str) or not name:
        raise InputError(f"{show_path(path)}: name: found {name!r}, expected the plan's name")
    files = tuple(_with_imports(file, ()))
    words = _wildcards(file)
    points = [each for one in files for each in _decoded(Point, one, "testpoints", words)]
    groups = [each for one in files for each in _decoded(Covergroup, one, "covergroups", words)]
    for what, found in (("testpoint", [each.name for each in points]), ("covergroup", [each.name for each in groups])):
        for twice in sorted({each for each in found if found.count(each) > 1}):
            raise InputError(f"{show_path(file.at(twice))}: {what} {twice}: found it twice, expected names that differ")
    return Plan(name, tuple(points), tuple(groups))


def _parse(path: Path) -> _File:
    where = show_path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{where}: cannot be read ({error}); expected a test plan") from None
    try:
        table = hjson.loads(text, object_pairs_hook=_unlike)
    except hjson.HjsonDecodeError as error:
        raise InputError(f"{where}:{error.lineno}: not Hjson: {error.msg}") from None
    except _TwiceError as error:
        raise InputError(f"{where}: {error}: found the key twice, expected it once") from None
    if not isinstance(table, dict):
        raise InputError(f"{where}: found no table, expected {{ name, testpoints, ... }}")
    return _File(path, text, table)


class _TwiceError(Exception):
    """A key stands twice in a table."""


def _unlike(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise _TwiceError(key)
    return dict(pairs)


def _with_imports(file: _File, above: tuple[Path, ...]) -> Iterator[_File]:
    """Yield what a file imports, then itself. InputError: an import is missing, or goes round in a circle."""
    for name in file.items("import_testplans"):
        path = (file.path.parent / str(name)).resolve()
        if path in (*above, file.path.resolve()):
            raise InputError(f"{show_path(file.path)}: import_testplans: {name}: found it importing itself")
        if not path.is_file():
            raise InputError(f"{show_path(file.path)}: import_testplans: found no file {name}")
        yield from _with_imports(_parse(path), (*above, file.path.resolve()))
    yield file


def _wildcards(file: _File) -> Wildcards:
    """Return what stands for {key} in the tests of a plan and of what it imports: its own keys besides LISTS."""
    found = {}
    for key, value in file.table.items():
        if key not in LISTS:
            values = value if isinstance(value, list) else [value]
            if not all(isinstance(each, str) for each in values):
                raise InputError(f"{show_path(file.path)}: {key}: found {value!r}, expected a text or a list of texts")
            found[key] = tuple(values)
    return found


def _decoded(kind: type[T], file: _File, key: str, words: Wildcards) -> Iterator[T]:
    for index, raw in enumerate(file.items(key)):
        label = raw.get("name", index) if isinstance(raw, dict) else index
        where = file.at(label)
        made = decode(kind, _filled(raw, words, where), where)
        yield made


def _filled(raw: Any, words: Wildcards, where: Path) -> Any:
    """Return a testpoint with its tests, records and places written out, and its text joined to one line."""
    if not isinstance(raw, dict):
        return raw
    filled = dict(raw)
    if isinstance(raw.get("desc"), str):
        filled["desc"] = " ".join(raw["desc"].split())
    if isinstance(raw.get("tests"), list):
        filled["tests"] = [each for test in raw["tests"] for each in _written_out(test, words, where)]
    if isinstance(raw.get("at"), dict):
        filled["at"] = {key: _written_out(value, words, where)[0] for key, value in raw["at"].items()}
    if isinstance(raw.get("records"), str):
        filled["records"] = _written_out(raw["records"], words, where)[0]
    return filled


def _written_out(text: Any, words: Wildcards, where: Path) -> list[Any]:
    """Return a text with every {word} replaced, once for each combination of the words' values."""
    if not isinstance(text, str):
        return [text]
    used = list(dict.fromkeys(re.findall(r"\{(\w+)\}", text)))
    for word in used:
        if word not in words:
            raise InputError(
                f"{show_path(where)}: {text}: found no key {word!r} in the plan that stands for {{{word}}}"
            )
    found = []
    for values in itertools.product(*(words[word] for word in used)):
        one = text
        for word, value in zip(used, values, strict=True):
            one = one.replace(f"{{{word}}}", value)
        found.append(one)
    return found
