# SPDX-License-Identifier: Apache-2.0
"""Plans from Hjson: imports, wildcards, and one line for whatever is wrong, with file, line and key."""

from pathlib import Path

import pytest

from golden.errors import InputError
from harness.testplan import read
from tests.harness.testplan.small import TEXT


def plan(folder: Path, text: str = TEXT, name: str = "small") -> Path:
    path = folder / f"{name}_testplan.hjson"
    path.write_text(text)
    return path


def test_a_plan(tmp_path: Path) -> None:
    """A wildcard becomes each of its values, a text of several lines becomes one."""
    (found,) = read.read_all(plan(tmp_path).parent)
    (point,) = found.testpoints
    assert (found.name, point.name, point.stage, point.desc) == ("small", "alive", "V1", "It lives.")
    assert point.tests == ("tests/rtl/test_a.py", "tests/rtl/test_b.py", "registers")


def test_imports(tmp_path: Path) -> None:
    """What is imported comes first, with the importing plan's wildcards; alone it is no plan."""
    plan(tmp_path, TEXT.replace("  name: small\n", "").replace('  who: ["a", "b"]\n', ""), "shared")
    mine = '{ name: mine\n who: x\n import_testplans: ["shared_testplan.hjson"]\n covergroups: [{name: g\n desc: d\n}]}'
    plan(tmp_path, mine, "mine")
    (found,) = read.read_all(tmp_path)
    assert [point.tests for point in found.testpoints] == [("tests/rtl/test_x.py", "registers")]
    assert [group.name for group in found.covergroups] == ["g"]


def test_places_take_wildcards(tmp_path: Path) -> None:
    point = "{ name: p\n stage: V3\n kind: perf\n desc: d\n records: '{family}'\n at: { board: '{board}' } }"
    path = plan(tmp_path, f"{{ name: n\n board: sim\n family: ternary\n testpoints: [{point}] }}")
    (found,) = read.read(path).testpoints
    assert (found.records, found.at) == ("ternary", {"board": "sim"})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("stage: V1", "stage: V4", ":7: stage: found 'V4', expected one of 'V1', 'V2', 'V3'"),
        ("stage: V1", "", ":7: stage: found nothing, expected this key to be given"),
        ("stage: V1", "stage: V1\n      level: 3", ":7: level: found 3, expected no such key"),
        ("stage: V1", "stage: V1\n      stage: V2", "stage: found the key twice, expected it once"),
        ("{who}", "{whom}", ":7: tests/rtl/test_{whom}.py: found no key 'whom'"),
        ('"registers"]', '"registers", 3]', ":7: tests[3]: found 3, expected a string"),
        ("testpoints: [", "testpoints: [3, ", "the file: found 3, expected a table"),
        ('who: ["a", "b"]', "who: [1]", "who: found [1], expected a text or a list of texts"),
        ('who: ["a", "b"]', 'import_testplans: ["no.hjson"]', "import_testplans: found no file no.hjson"),
        ('who: ["a", "b"]', 'import_testplans: ["small_testplan.hjson"]', "found it importing itself"),
        ('who: ["a", "b"]', "import_testplans: x", "import_testplans: found 'x', expected a list"),
        ("name: small", "name: 3", "name: found 3, expected the plan's name"),
        ("      stage: V1", "      ]stage: V1", ":8: not Hjson: "),
        ("  ]\n}", "{ name: alive\n desc: d\n stage: V1\n }\n  ]\n}", "testpoint alive: found it twice"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    """One line: the file, the line where it is known, the key, what was found, what was expected."""
    assert old in TEXT
    path = plan(tmp_path, TEXT.replace(old, new))
    with pytest.raises(InputError) as error:
        read.read(path)
    assert str(error.value).startswith(str(path))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_no_plan(tmp_path: Path) -> None:
    """An empty folder, a name that no plan has, a file that is no text."""
    with pytest.raises(InputError, match="found no test plan"):
        read.read_all(tmp_path)
    plan(tmp_path)
    with pytest.raises(InputError, match="no plan is called 'big'; known are small"):
        read.read_all(tmp_path, ["big"])
    assert len(read.read_all(tmp_path, ["sm*"])) == 1
    plan(tmp_path).write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        read.read_all(tmp_path)
