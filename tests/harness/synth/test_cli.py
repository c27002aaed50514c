# SPDX-License-Identifier: Apache-2.0
"""`krait synth`: what it prints and how it ends, over sums made by hand."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from golden.errors import CheckError
from harness.cli import app
from harness.synth import elaborate, mapping, record
from harness.synth.cells import Pins, Resources
from harness.synth.levels import Path as Longest
from harness.synth.mapping import Mapped, Summary


def summary(lut: float, levels: int) -> Summary:
    leaf = Mapped("\\leaf", "leaf", Resources(lut=lut / 2), Longest(levels, ("end", "begin")), Pins({}, {}), {})
    top = Mapped("\\top", "top", Resources(), Longest(0, ()), Pins({}, {}), {})
    return Summary(Resources(lut=lut), ((leaf, 2), (top, 1)))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Run the command over a summary, Yosys left out."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path))
    (tmp_path / "synth").mkdir()

    def invoke(found: Summary, *options: str):  # type: ignore[no-untyped-def]
        monkeypatch.setattr(elaborate, "elaborate", lambda *_: None)
        monkeypatch.setattr(mapping, "summarize", lambda *_: found)
        return CliRunner().invoke(app, ["synth", *options])

    return invoke


def test_sums_shares_and_levels(run) -> None:  # type: ignore[no-untyped-def]
    """Each kind of cell with its share of what the shell leaves, the levels with their limit; all of it estimated."""
    done = run(summary(389880 * 0.5, 6), "--config", "vc709", "--modules", "--path")
    assert done.exit_code == 0, done.output
    assert "estimated by Yosys" in done.output
    assert re.search(r"lut +194940 +50\.0% of 389880", done.output)
    assert re.search(r"levels +6 +in leaf, at most 6", done.output)
    assert re.search(r"leaf +x2 +lut 97470", done.output)
    assert "    begin" in done.output


def test_stand_in_families_are_labelled(run) -> None:  # type: ignore[no-untyped-def]
    """VCK190's figures are another family's, and say so."""
    assert "proxy" in run(summary(1000, 6), "--config", "vck190").output
    assert "proxy" not in run(summary(1000, 6), "--config", "vc709").output


def test_a_record_is_left_for_the_report(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Also of a configuration that takes too much, with what there is and which family stood in."""
    run(summary(1000, 7), "--config", "vc709")
    run(summary(2000, 6), "--config", "vck190")
    vc709, vck190 = record.read_all(tmp_path / "synth")
    assert (vc709.top, vc709.board, vc709.family) == ("mamba2_accel_vc709", "vc709", "own")
    assert (vc709.cells[0].used, vc709.cells[0].offered, vc709.levels, vc709.most_levels) == (1000, 389880, 7, 6)
    assert vck190.family == "proxy"


@pytest.mark.parametrize(
    ("lut", "levels", "word"), [(389880 * 0.81, 6, "81.0% of 389880"), (1000, 7, "a path of 7 levels in leaf")]
)
def test_too_much_fails(lut: float, levels: int, word: str, run) -> None:  # type: ignore[no-untyped-def]
    """A configuration above its device's share or its board's levels is a failed check that says by what."""
    done = run(summary(lut, levels), "--config", "vc709")
    assert isinstance(done.exception, CheckError)
    assert word in str(done.exception)
