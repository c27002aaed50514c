# SPDX-License-Identifier: Apache-2.0
"""The fewest simulations that keep a coverage, as TOML that the smoke suite takes (harness/regress/graded.py)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from golden.errors import CheckError
from harness.atomic import replace_text
from harness.closure.grade import Ran, union
from harness.closure.loop import Run
from harness.closure.plan import Batch
from harness.regress import graded, suites
from harness.regress.suites import Entry


def named(kernel: str, chosen: Iterable[Ran]) -> tuple[Entry, ...]:
    """Return the entries of simulations under names that last: those of the kernel's random tests, counted from 0."""
    prefix = "" if kernel == "tern_matvec" else f"{kernel.removesuffix('_accel')}_"
    return tuple(
        replace(each.entry, name=f"{prefix}random_bulk_closed_{index}", again="") for index, each in enumerate(chosen)
    )


def toml(entries: Iterable[Entry]) -> str:
    """Return entries as the file that `graded.read` takes."""
    return graded.HEAD + "".join(f"\n{_table(each)}" for each in entries)


def _table(entry: Entry) -> str:
    """An entry's table: plain keys, then weights and directions as inline tables."""
    words = ("name", "test", "config", "items", "seed", "kernel")
    lines = ["[[simulations]]", *(f"{word} = {json.dumps(getattr(entry, word))}" for word in words)]
    if entry.bias is not None:
        lines.append(f"weights = {_inline({knob: list(each) for knob, each in entry.bias.weights.items()})}")
        lines += ["directions = [", *(f"    {_inline(each)}," for each in entry.bias.directions), "]"]
    return "\n".join(lines) + "\n"


def _inline(values: Mapping[str, object]) -> str:
    """An inline table of texts and lists of numbers, which JSON and TOML write alike."""
    return f"{{ {', '.join(f'{key} = {json.dumps(value)}' for key, value in values.items())} }}"


def install(path: Path, kernel: str, into: Path = graded.FILE) -> Path:
    """Put the list of a kernel into the smoke suite, in place of the one that is there; return the suite's file."""
    kept = [each for each in graded.read(into) if each.kernel != kernel]
    rows = sorted((*kept, *graded.read(path)), key=lambda each: each.kernel)
    replace_text(into, toml(suites.entry(each) for each in rows))
    return into


def check(entries: tuple[Entry, ...], chosen: Iterable[Ran], run: Run) -> None:
    """Run entries anew. CheckError: they do not have the bins that they were chosen for."""
    wanted, ran = union(chosen), run(Batch(entries))
    bad = next((each for each in ran if each.status != "PASS"), None)
    if bad is not None:
        raise CheckError(f"{bad.entry.name}: {bad.status} {bad.reason}, expected PASS as when it was chosen")
    if found := wanted ^ union(ran):
        raise CheckError(f"minimal list: {len(found)} bins differ when it is run again, the first {min(found)}")
