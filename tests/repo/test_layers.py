# SPDX-License-Identifier: Apache-2.0
"""Dependencies point one way: golden <- harness <- boards <- reports; cocotb and pynq stay where they belong."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from harness.paths import ROOT

LAYERS = ("golden", "harness", "boards", "reports")
ROOT_OF_COMPOSITION = ("harness/cli.py", "harness/cli_*.py")
COCOTB = {"cocotb", "cocotb_bus", "cocotbext", "pyuvm", "vsc"}  # cocotb_tools runs outside: builds ask it for paths
COCOTB_HOMES = ("harness/sim/", "harness/uvm/", "tests/")
PYNQ = {"pynq", "pynqmetadata", "pynqutils"}
PYNQ_HOMES = ("boards/", "tests/boards/")


def imports(source: str, package: str) -> Iterator[str]:
    """Yield the dotted name of every module that the source imports, at its top or inside functions.

    `from a import b` yields a.b, because b may be a module; relative imports are resolved against `package`.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            stem = ".".join([*parents, *([node.module] if node.module else [])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def names(path: Path) -> list[str]:
    return list(imports(path.read_text(), ".".join(path.relative_to(ROOT).parent.parts)))


def violations(path: str, modules: list[str]) -> list[str]:
    """Return the imports of the file at `path` (from the repository's root) that the rules forbid."""
    top = {name: name.split(".")[0] for name in modules}
    layer = path.split("/")[0]
    composes = any(fnmatch(path, pattern) for pattern in ROOT_OF_COMPOSITION)
    above = LAYERS[LAYERS.index(layer) + 1 :] if layer in LAYERS and not composes else ()
    return [
        name
        for name in modules
        if top[name] in above
        or (layer in LAYERS and top[name] == "tests")
        or (top[name] in COCOTB and not path.startswith(COCOTB_HOMES))
        or (top[name] in PYNQ and not path.startswith(PYNQ_HOMES))
    ]


@pytest.mark.parametrize("layer", [*LAYERS, "tests"])
def test_no_file_imports_what_stands_above_it(layer: str) -> None:
    """golden imports no other package, harness only golden, boards these two; none imports tests, cocotb or pynq."""
    found = files(layer)
    assert found
    wrong = {str(path.relative_to(ROOT)): violations(str(path.relative_to(ROOT)), names(path)) for path in found}
    assert {path: bad for path, bad in wrong.items() if bad} == {}


@pytest.mark.parametrize(
    ("path", "source", "bad"),
    [
        ("golden/a.py", "import harness.paths", "harness.paths"),
        ("golden/a.py", "def f():\n    from boards import facts", "boards.facts"),
        ("harness/a.py", "from reports.html import write", "reports.html.write"),
        ("harness/regress/a.py", "import cocotb", "cocotb"),
        ("boards/a.py", "from pyuvm import uvm_test", "pyuvm.uvm_test"),
        ("harness/sim/a.py", "from pynq import Overlay", "pynq.Overlay"),
        ("boards/a.py", "from tests.harness import samples", "tests.harness.samples"),
        ("harness/clients.py", "from boards import facts", "boards.facts"),
        ("harness/bench/a.py", "if True:\n    from boards.sim import open", "boards.sim.open"),
    ],
)
def test_a_violation_is_seen(path: str, source: str, bad: str) -> None:
    """Imports anywhere in a file count, in every form."""
    assert violations(path, list(imports(source, path.rpartition("/")[0].replace("/", ".")))) == [bad]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("harness/cli.py", "from reports.html import write"),
        ("harness/cli_synth.py", "from boards.facts import load_board"),
        ("harness/uvm/a.py", "import cocotb\nimport pyuvm"),
        ("boards/sim/a.py", "import pynq\nfrom harness import build"),
        ("reports/a.py", "from boards import facts\nfrom harness import build\nimport golden"),
        ("golden/a.py", "from golden.errors import InputError\nimport torch"),
    ],
)
def test_what_is_allowed_is_allowed(path: str, source: str) -> None:
    """The composition root, the simulator's side, the boards, and looking down."""
    assert violations(path, list(imports(source, path.rpartition("/")[0].replace("/", ".")))) == []


def test_relative_imports_are_resolved() -> None:
    assert list(imports("from . import a\nfrom .b import c\nfrom .. import d", "harness.uvm")) == [
        "harness.uvm.a",
        "harness.uvm.b.c",
        "harness.d",
    ]
