# SPDX-License-Identifier: Apache-2.0
"""closure.json: what it says of a run, of random beside it, and of what is missing."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from golden.errors import InputError
from harness.closure import record
from harness.closure.loop import Until
from harness.closure.plan import Size
from harness.closure.record import Closure, Missing
from harness.closure.run import Asked, close, undirected
from tests.harness.closure import synthetic
from tests.harness.samples import PROVENANCE


def closed(cap: float = 20.0, odd: bool = False) -> Closure:
    """A closure of the synthetic kernel beside pure random; with `odd` a bin is never met."""
    kernel = synthetic.kernel(synthetic.steering(odd={"never": None}) if odd else None)
    asked = Asked(1, Size(2, 4), Until(100, 2))
    found = close(kernel, asked, synthetic.run)
    return record.made(PROVENANCE, kernel, 1, 100, found, undirected(kernel, asked, found, cap, synthetic.run))


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Through its file; none where there is none."""
    folder = tmp_path / "toy"
    folder.mkdir()
    found = closed()
    assert record.read(record.save(folder, found)) == found
    assert record.read_all(tmp_path) == (found,)
    assert record.read(tmp_path / "none.json") is None


def test_what_a_record_says() -> None:
    """Sixteen starts in two batches, all directed, 24 bins; the minimal list is all four simulations."""
    found = closed()
    ours = found.closure
    assert (ours.verdict, ours.cycles, ours.bins, found.bins) == ("goal", 160, 24, 24)
    assert [(each.starts, each.directed) for batch in ours.batches for each in batch] == [(4, 4)] * 4
    assert sum(each.new for batch in ours.batches for each in batch) == 24
    assert sorted(found.minimal) == ["batch_000_0", "batch_000_1", "batch_001_0", "batch_001_1"]


def test_random_is_judged_by_its_curve() -> None:
    """To the goal its cycles up to the simulation that got there; a bound where none did."""
    found = closed()
    assert found.random is not None
    reached = next(step.cycles for step in found.random.curve if step.bins == 24)
    assert found.to_goal == (reached / 160, False)
    assert found.speedup == reached / 160
    short = closed(cap=0.5)
    assert short.random is not None
    assert short.random.verdict == "cycles"
    assert short.to_goal == (short.random.cycles / 160, True)
    assert replace(short, random=None).to_goal is None
    assert replace(short, random=None).speedup is None


def test_what_is_missing_is_told() -> None:
    """A bin that no knob steers, one that was tried for; random says the same of its own."""
    (never,) = closed(odd=True).closure.missing
    assert never.text == "odd.never: no knob steers it"
    tried = Missing("a.1", 3, {"a": ("1", "2", "3", "4", "5"), "b": ("0",)})
    assert tried.text == "a.1: tried in 3 batches with a 1 or 2 or 3 or 4 or 1 more, b 0"
    assert Missing("a.1", 3, {}).text == "a.1: tried in 3 batches with any start"


@pytest.mark.parametrize(
    ("text", "word"),
    [("{", "cannot be read"), ('{"schema": 9}', "schema: found 9, expected 1; run krait cover again")],
)
def test_a_record_that_is_none_is_refused(tmp_path: Path, text: str, word: str) -> None:
    """The line names the file."""
    path = tmp_path / "closure.json"
    path.write_text(text)
    with pytest.raises(InputError, match=f"closure.json: {word}"):
        record.read(path)


def test_an_unknown_key_is_refused(tmp_path: Path) -> None:
    """A record of another krait is not half-read."""
    path = record.save(tmp_path, closed())
    path.write_text(json.dumps(json.loads(path.read_text()) | {"colour": "red"}))
    with pytest.raises(InputError, match="colour"):
        record.read(path)
