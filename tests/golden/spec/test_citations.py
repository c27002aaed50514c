# SPDX-License-Identifier: Apache-2.0
"""Citations are read strictly, and hold what the sources print."""

import re
from pathlib import Path

import pytest

from golden.errors import InputError
from golden.spec.citations import FOLDER, TAGS, UNITS, Paper, find, load_papers, runs
from harness.paths import ROOT

WHOLE = (FOLDER / "tellme-v2.toml").read_text(encoding="utf-8")


def read(folder: Path, text: str) -> Paper:
    (folder / "paper.toml").write_text(text, encoding="utf-8")
    load_papers.cache_clear()
    return load_papers(folder)[0]


def test_every_figure_says_what_it_is() -> None:
    """Its unit, what the source calls it, where it was read; and each run, whether the head is in."""
    seen = 0
    for paper, run in runs():
        assert paper.version
        assert run.said
        assert run.head in ("in", "out", "not told")
        for figure in run.figures:
            assert figure.unit == UNITS[figure.quantity]
            assert figure.tag in TAGS
            seen += 1
    assert seen > 30


def test_known_figures() -> None:
    """A few, typed here from the abstracts a second time."""
    assert {paper.name for paper in load_papers()} >= {"FastMamba", "LightMamba", "TeLLMe v1", "TeLLMe v2", "PD-Swap"}
    found = [(paper.name, str(figure)) for paper, _, figure in find("kv260", "bitnet-0.73b", "decode", "rate")]
    assert found == [("PD-Swap", "27.8 tok/s"), ("TeLLMe v1", "at most 9 tok/s"), ("TeLLMe v2", "at most 25 tok/s")]
    (light,) = find("u280", "mamba2-2.7b", "decode", "rate")
    assert (light[2].value, light[2].how, light[1].head) == (93, "simulated", "not told")
    assert not list(find("u280", "mamba2-130m", "decode", "rate"))


def test_what_one_source_prints_of_another_is_not_its_own() -> None:
    """PD-Swap's row of TeLLMe is not found as PD-Swap's prefill, and belongs to TeLLMe."""
    assert not [paper for paper, _, _ in find("kv260", "bitnet-0.73b", "prefill", "rate") if paper.name == "PD-Swap"]
    assert {paper.system_of(run) for paper, run in runs() if paper.name == "PD-Swap"} == {"PD-Swap", "TeLLMe v2"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('unit = "W"', 'unit = "kW"', "runs[0].figures[1].unit: found 'kW', expected 'W', the unit of power"),
        ("value = 4.8", "value = 0", "runs[0].figures[1].value: found 0.0, expected more than 0"),
        ('how = "measured"', 'how = "guessed"', "how: found 'guessed', expected one of 'measured', 'simulated'"),
        ('tag = "A"', 'tag = "M"', "tag: found 'M', expected one of 'A', 'N', 'R', 'H'"),
        ('tag = "A"', 'tag = "H"', "how: found 'measured', expected 'estimated' of a figure tagged H"),
        ('tag = "A"', 'tag = "A", over = "rtx-2070"', "over: found 'rtx-2070', expected a device where times are told"),
        ('tag = "A"', 'tag = "A", page = 3', "page: found 3, expected no such key"),
        ('head = "not told"\n', "", "runs[0].head: found nothing, expected this key to be given"),
        ('head = "not told"', 'head = "perhaps"', "runs[0].head: found 'perhaps', expected one of 'in', 'out'"),
        (', "memory"', "", "notes: found 'memory', expected each note used"),
        ('"head", "power"', '"heads", "power"', "notes: found 'heads', expected each note used by a run"),
        (
            'quantity = "power", value = 4.8, unit = "W"',
            'quantity = "rate", value = 2, unit = "tok/s"',
            "each quantity once",
        ),
        ('name = "64 tokens"', 'name = "decode"', "runs: found 'decode, decode, 128 tokens'"),
    ],
)
def test_a_wrong_citation_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    """One line with file, key, found and expected."""
    assert old in WHOLE
    with pytest.raises(InputError) as error:
        read(tmp_path, WHOLE.replace(old, new, 1))
    assert words in str(error.value)
    assert "paper.toml" in str(error.value)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    """A second file for a source would silently double its figures; an empty folder is no citations."""
    with pytest.raises(InputError, match="found no"):
        load_papers(tmp_path)
    (tmp_path / "again.toml").write_text(WHOLE, encoding="utf-8")
    with pytest.raises(InputError, match="found 'TeLLMe v2' again"):
        read(tmp_path, WHOLE)


@pytest.mark.parametrize(
    ("words", "board", "model", "system"),
    [
        ("LightMamba simulates", "u280", "mamba2-2.7b", "LightMamba"),
        ("LightMamba measures", "vck190", "mamba2-2.7b", "LightMamba"),
        ("FastMamba reports", "vc709", "mamba2-2.7b", "FastMamba"),
        ("TeLLMe v2 reports at most", "kv260", "bitnet-0.73b", "TeLLMe v2"),
    ],
)
def test_the_readme_quotes_the_citations(words: str, board: str, model: str, system: str) -> None:
    """What the README's table says of a paper is what its citation holds."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = {float(each) for each in re.findall(rf"{words} (\d+(?:\.\d+)?)", readme)}
    printed = [figure.value for paper, _, figure in find(board, model, "decode", "rate") if paper.name == system]
    assert found == {printed[0]}
