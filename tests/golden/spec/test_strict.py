# SPDX-License-Identifier: Apache-2.0
"""The strict decoder: TOML becomes exactly the declared dataclass, or one line says why not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from golden.errors import InputError
from golden.spec.strict import decode, load, require


@dataclass(frozen=True)
class Leaf:
    kind: Literal["a", "b"]
    size: int = 4

    def __post_init__(self) -> None:
        require(self.size % 2 == 0, "size", self.size, "an even number")


@dataclass(frozen=True)
class Root:
    title: str
    share: float
    flag: bool
    leaves: tuple[Leaf, ...]
    table: dict[str, Leaf]
    extra: Leaf | None = None
    either: str | int = 0


GOOD = 'title = "t"\nshare = 1\nflag = true\nleaves = [{ kind = "a" }]\ntable = { x = { kind = "b", size = 6 } }\n'


def read(tmp_path: Path, text: str) -> Root:
    path = tmp_path / "some.toml"
    path.write_text(text)
    return load(Root, path)


def test_good_file_decodes_to_frozen_values(tmp_path: Path) -> None:
    """Arrays become tuples, tables dataclasses, integers serve as numbers, absent optional keys take their default."""
    root = read(tmp_path, GOOD)
    assert root == Root("t", 1.0, True, (Leaf("a", 4),), {"x": Leaf("b", 6)})
    assert type(root.share) is float
    assert read(tmp_path, GOOD + 'extra = { kind = "a" }').extra == Leaf("a")
    assert read(tmp_path, GOOD + 'either = "s"').either == "s"


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("flag = true", "flag = true\ncolour = 3", ("colour", "found 3", "no such key")),
        ("flag = true\n", "", ("flag", "found nothing", "this key")),
        ("flag = true", "flag = 1", ("flag", "found 1", "true or false")),
        ("share = 1", "share = true", ("share", "found True", "a number")),
        ("share = 1", "share = '1'", ("share", "found '1'", "a number")),
        ('title = "t"', "title = 3", ("title", "found 3", "a string")),
        ("leaves = [", "leaves = [3, ", ("leaves[0]", "found 3", "a table")),
        ('leaves = [{ kind = "a" }]', "leaves = 3", ("leaves", "found 3", "an array")),
        ('{ kind = "a" }', '{ kind = "c" }', ("leaves[0].kind", "found 'c'", "one of 'a', 'b'")),
        ('{ kind = "a" }', "{ kind = 1 }", ("leaves[0].kind", "found 1", "one of 'a', 'b'")),
        ('{ kind = "a" }', '{ kind = "a", size = 5 }', ("leaves[0].size", "found 5", "an even number")),
        ('{ kind = "a" }', '{ kind = "a", size = 4.0 }', ("leaves[0].size", "found 4.0", "an integer")),
        ("size = 6", "size = 7", ("table.x.size", "found 7", "an even number")),
        ("table = {", "table = { y = 1,", ("table.y", "found 1", "a table")),
        ("share = 1", "share = ", ("not TOML",)),
    ],
)
def test_bad_file_names_file_key_found_and_expected(tmp_path: Path, old: str, new: str, parts: tuple[str, ...]) -> None:
    """Each departure from the schema is one line: the file, the key path, what is there and what should be."""
    assert old in GOOD
    with pytest.raises(InputError) as caught:
        read(tmp_path, GOOD.replace(old, new, 1))
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'some.toml'}: ")
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_missing_file_is_an_input_error(tmp_path: Path) -> None:
    """A file that is not there is the input's fault, with its name."""
    with pytest.raises(InputError, match=r"absent\.toml: cannot be read"):
        load(Root, tmp_path / "absent.toml")


def test_null_stands_for_an_optional_value_only() -> None:
    """JSON's null is None where the dataclass allows None, and an error elsewhere."""
    data = {"title": "t", "share": 1, "flag": True, "leaves": [], "table": {}, "extra": None}
    assert decode(Root, data, Path("some.json")).extra is None
    with pytest.raises(InputError, match=r"some\.json: title: found None, expected a string"):
        decode(Root, data | {"title": None}, Path("some.json"))
