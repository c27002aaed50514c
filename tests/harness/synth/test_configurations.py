# SPDX-License-Identifier: Apache-2.0
"""What whole configurations take of their devices, against the table of harness/synth/README.md.

To accept a change, write the row that the failure prints into the table.
"""

import re

import pytest

from boards.facts import load_board
from golden.spec import load_config, load_configs
from harness.paths import ROOT, build_dir
from harness.sim.model import kernel_sources
from harness.synth.budget import Budget, failures, table_row
from harness.synth.elaborate import elaborate
from harness.synth.mapping import summarize

README = (ROOT / "harness" / "synth" / "README.md").read_text()
KERNELS = ("mamba2_accel", "ternary_accel", "tern_matvec")
ALL = [(kernel, config) for kernel in KERNELS for config in load_configs(kernel)]
SHARE, CELLS = 0.05, 4


def numbers(row: str) -> list[float]:
    """Return the figures of a row of the table: cells by kind, then levels; shares and labels left out."""
    fields = [re.sub(r"\(.*?\)", "", field) for field in row.split("|")[3:9]]
    return [float(field.replace(",", "")) for field in fields]


ROWS = dict(re.findall(r"^(\| `\w+` `\w+` \|)(.*)$", README, re.M))


def key(kernel: str, config: str) -> str:
    return f"| `{kernel}` `{config}` |"


def test_rows_are_those_of_configurations() -> None:
    """Each configuration has a row with all figures, and it says of a stand-in family that it is one."""
    known = {key(kernel, config): (kernel, config) for kernel, config in ALL}
    assert ROWS.keys() == known.keys()
    for begin, rest in ROWS.items():
        rules = load_board(load_config(*known[begin]).board).synthesis
        assert len(numbers(begin + rest)) == 6
        assert ("proxy" in rest) == bool(rules and rules.proxy)


@pytest.mark.nightly
@pytest.mark.parametrize(("kernel", "config"), ALL)
def test_configuration(kernel: str, config: str) -> None:
    """A configuration fits its device, keeps its board's levels, and takes what the table says.

    Modules that did not change come from build/synth; one that did may take minutes, all of them an hour.
    """
    board = load_board(load_config(kernel, config).board)
    rules, folder = board.synthesis, build_dir() / "synth"
    files = [file for file in kernel_sources(kernel, config) if file.suffix == ".v"]
    design = elaborate(files, f"{kernel}_{config}", folder / f"{kernel}_{config}")
    summary = summarize(design, rules.family if rules else "xcup", folder / "modules")
    budget = Budget(board.resources, rules.shell_share, rules.levels) if rules and board.resources else None
    assert (failures(f"{kernel} {config}", summary, budget) if budget else []) == []
    row = table_row(kernel, config, summary, budget, bool(rules and rules.proxy))
    assert key(kernel, config) in ROWS, f"no such row in harness/synth/README.md: {row}"
    found, expected = numbers(row), numbers(key(kernel, config) + ROWS[key(kernel, config)])
    near = [abs(a - b) <= max(SHARE * b, CELLS) for a, b in zip(found[:-1], expected[:-1], strict=True)]
    assert all(near), row
    assert found[-1] <= expected[-1], row
