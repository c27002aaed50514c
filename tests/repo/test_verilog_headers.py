# SPDX-License-Identifier: Apache-2.0
"""Rules of hw/verilog that a reader relies on: complete contract headers, one module a file, no silent waivers."""

import importlib
import re
from pathlib import Path

import pytest

from golden.errors import InputError
from harness.paths import ROOT, VERILOG
from tests.rtl.contract import SPDX, Contract, evaluate, modules, parse

MODULES = modules()
HEADERS = sorted(path for path in VERILOG.rglob("*.vh") if VERILOG / "gen" not in path.parents)
WAIVERS = 3  # lint_off in hand-written Verilog; raise it only together with the reason on the waiver's line
RATES = ("Latency", "Throughput")
each_module = pytest.mark.parametrize("path", MODULES.values(), ids=list(MODULES))


@each_module
def test_header_is_complete_and_names_the_module(path: Path) -> None:
    """Every key is present, in order; the header, the file and its only module bear one name."""
    contract = parse(path)
    declared = re.findall(r"^\s*module\s+(\w+)", path.read_text(), re.M)
    assert (contract.module, declared) == (path.stem, [path.stem])
    assert all(contract.fields.values())
    assert contract.why


@each_module
def test_latency_and_throughput_are_expressions_or_say_why_not(path: Path) -> None:
    """Both evaluate over the parameters' defaults, or read 'variable: <why>'."""
    contract = parse(path)
    for key in RATES:
        text = contract.fields[key]
        if text.startswith("variable:"):
            assert len(text) > len("variable: why"), f"{key} of {path.stem} gives no reason"
        else:
            assert contract.value(key, {}) >= 0


@each_module
def test_golden_function_exists(path: Path) -> None:
    """The header's Golden imports, from the package golden."""
    name = parse(path).fields["Golden"].split(";")[0].split()[0]
    assert name.startswith("golden."), name
    module, _, symbol = name.rpartition(".")
    assert callable(getattr(importlib.import_module(module), symbol)), name


@each_module
def test_stated_test_exists(path: Path) -> None:
    """The header's Test is a file of the repository."""
    assert (ROOT / parse(path).fields["Test"].split(";")[0].strip()).is_file()


@each_module
def test_default_nettype_none_first_and_wire_last(path: Path) -> None:
    """A typo cannot become a wire, and the setting does not leak into the next file."""
    code = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("//")]
    assert code[0] == "`default_nettype none"
    assert code[-1] == "`default_nettype wire"


@pytest.mark.parametrize("path", HEADERS, ids=lambda path: path.name)
def test_include_files_carry_the_licence(path: Path) -> None:
    assert path.read_text().startswith(SPDX + "\n")


def test_lint_waivers_are_counted_and_explained() -> None:
    """Each lint_off has a reason on its line, and their number is the one written down here."""
    lines = [
        f"{path.name}:{number}: {line.strip()}"
        for path in (*MODULES.values(), *HEADERS)
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if "lint_off" in line
    ]
    silent = [line for line in lines if not re.search(r"lint_off \w+ *(\*/)? *//? *\S.{10,}", line)]
    assert not silent
    assert len(lines) == WAIVERS, lines


def test_ram_attributes_stand_only_in_mem_modules() -> None:
    """Inference of memories is decided in one place."""
    users = [name for name, path in MODULES.items() if "ram_style" in path.read_text()]
    assert [name for name in users if not name.startswith("mem_")] == []


def test_readme_lists_every_module() -> None:
    """The catalogue has a row for each module and no row for anything else."""
    rows = re.findall(r"^\| `(\w+)`", (VERILOG / "README.md").read_text(), re.M)
    assert sorted(rows) == sorted(MODULES)


GOOD = (MODULES["strm_fifo"]).read_text()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("// Latency ", "// Lateness ", "lacks Latency|Lateness"),
        ("// Throughput   : 1\n", "", "lacks Throughput"),
        ("// SPDX", "// SPDY", "starts with"),
        ("strm_fifo - queue", "strm_fifo: queue", "expected '// <module> - "),
        ("// Why: ", "// Because: ", "lacks Why"),
        ("// Format       : opaque bits.\n// Latency", "// Latency", "lacks Format"),
    ],
)
def test_a_broken_header_is_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    """The parser names what is missing, so that the rules above cannot pass on an empty reading."""
    assert old in GOOD
    broken = tmp_path / "strm_fifo.v"
    broken.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        parse(broken)


def test_expressions_follow_the_parameters() -> None:
    """The header's language: arithmetic, comparison, if-else, clog2, max, min; nothing else."""
    assert evaluate("1 if DEPTH < 64 else 2", {"DEPTH": 64}) == 2
    assert evaluate("max(clog2(N), 1) + 3 * 2", {"N": 5}) == 9
    assert evaluate("1 / RATIO", {"RATIO": 4}) * 4 == 1
    assert evaluate("clog2(W / 3)", {"W": 16}) == 3
    for text in ("open('x')", "DEPTH.real", "1 +", "UNKNOWN"):
        with pytest.raises(InputError):
            evaluate(text, {"DEPTH": 1})


def test_parameters_are_read_with_their_defaults() -> None:
    contract: Contract = parse(MODULES["strm_fifo"])
    assert dict(contract.parameters) == {"DATA_W": "8", "DEPTH": "16", "ULTRA": "0"}
