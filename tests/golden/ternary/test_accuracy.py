# SPDX-License-Identifier: Apache-2.0
"""The integer model of bitnet-tiny keeps its loss and its greedy tokens; the evaluation is what it says."""

import json
from pathlib import Path

import pytest
import torch

from golden.errors import InputError
from golden.ternary import accuracy
from golden.zoo import corpus, measure

TINY = Path(corpus.__file__).parent / "bitnet-tiny"
NAME = "ternary-b158"


@pytest.fixture(scope="module")
def found() -> accuracy.Evaluation:
    """Four windows of 256 bytes, half of each counted."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    steps: list[tuple[int, int]] = []
    result = accuracy.evaluate(TINY, limit=512, progress=lambda *step: steps.append(step))
    torch.set_num_threads(threads)
    assert steps == [(i + 1, 4) for i in range(4)]
    return result


def test_goals_are_met(found: accuracy.Evaluation) -> None:
    """At most 1 % more bits per byte, at least 95 % equal greedy tokens; the same for the wider caches."""
    rows = {row.name: row for row in found.rows}
    assert list(rows) == ["float", *accuracy.DEFAULT]
    for name in accuracy.DEFAULT:
        assert rows[name].loss_percent <= 1.0
        assert rows[name].greedy_percent >= 95.0
        assert rows[name].loss_percent != 0.0
    assert rows[NAME].met is True
    assert rows[f"{NAME}:cache_bits=16"].met is None
    assert (rows["float"].loss_percent, rows["float"].greedy_percent) == (0.0, 100.0)
    assert found.good


def test_missed_goals_show(found: accuracy.Evaluation) -> None:
    """A loss or an agreement on the wrong side of its goal makes the evaluation no good."""
    from dataclasses import replace

    row = found.rows[1]
    for change in ({"loss_percent": 1.01}, {"greedy_percent": 94.9}):
        bad = replace(found, rows=(found.rows[0], replace(row, **change)))
        assert not bad.good


def test_the_float_row_is_the_reference_measure(tmp_path: Path) -> None:
    """On a whole text it is golden.zoo.measure's figure; another text has no goals; the report is JSON."""
    from golden.ternary.model import forward, load

    text = corpus.HELDOUT.read_text(encoding="utf-8")[:700]
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    result = accuracy.evaluate(TINY, [], tmp_path / "text.txt", context=64, limit=None)
    model = load(TINY)
    tokens = torch.tensor(list(text.encode()))
    wanted = measure.bits_per_byte(lambda rows: torch.stack([forward(model, r) for r in rows]), tokens, 64, 32)
    assert result.rows[0].bits_per_byte == pytest.approx(wanted, rel=1e-5)
    assert result.whole
    assert json.loads(result.to_json())["rows"][0]["goal_loss_percent"] is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fastmamba-w8a8", "profile: found 'fastmamba-w8a8', expected ternary-b158"),
        (f"{NAME}:cache_bits", "found setting 'cache_bits', expected CHOICE=NUMBER"),
        (f"{NAME}:cache_bits=x", "found setting 'cache_bits=x'"),
        (f"{NAME}:cache_bits=9", "cache_bits: found 9, expected one of 8, 16"),
        (f"{NAME}:hadamard=1", "found choice 'hadamard'"),
    ],
)
def test_unknown_profiles_are_refused(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        accuracy.parse_profile(name)
