# SPDX-License-Identifier: Apache-2.0
"""Code coverage of many runs adds up point by point, in any order."""

from pathlib import Path

import pytest

from golden.errors import InputError
from harness.build import build
from harness.regress.code_coverage import add, read
from harness.sim.runner import run_cocotb
from tests.harness.regress import toys

LINE, TOGGLE = "C '\x01t\x02line\x01f\x02a.v\x01l\x02{}' {}\n", "C '\x01t\x02toggle\x01f\x02a.v\x01o\x02q' {}\n"


def write(path: Path, *lines: str) -> Path:
    path.write_text("# SystemC::Coverage-3\n" + "".join(lines))
    return path


def test_hits_add_up(tmp_path: Path) -> None:
    """Points that only one part has, and points without a hit, are there; the order of the parts does not matter."""
    one = write(tmp_path / "one", LINE.format(3, 2), LINE.format(4, 0), TOGGLE.format(0))
    two = write(tmp_path / "two", TOGGLE.format(5), LINE.format(3, 1))
    add([one, two], tmp_path / "sum")
    add([two, one], tmp_path / "again")
    assert (tmp_path / "sum").read_bytes() == (tmp_path / "again").read_bytes()
    texts = (line.format(*at, 0).split("'")[1] for line, at in ((LINE, (3,)), (LINE, (4,)), (TOGGLE, ())))
    assert read(tmp_path / "sum") == dict(zip(texts, (3, 0, 5), strict=True))


def test_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"bad:2: found 'hello"):
        read(write(tmp_path / "bad", "hello\n"))


def test_what_verilator_writes(tmp_path: Path) -> None:
    """A run's file is read to the last point; the same twice has twice the hits."""
    from dataclasses import replace

    spec = replace(toys.spec("verilator"), coverage=True)
    build(spec)
    run_cocotb(spec, toys.MODULE, "passes", workdir=tmp_path).check()
    part = tmp_path / "coverage.dat"
    add([part, part], tmp_path / "sum")
    once, twice = read(part), read(tmp_path / "sum")
    assert all(any(f"\x01t\x02{kind}" in point for point in once) for kind in ("line", "toggle"))
    assert len(once) == len(part.read_text().splitlines()) - 1
    assert twice == {point: 2 * count for point, count in once.items()}
    assert once.total() > 0
