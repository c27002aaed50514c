# SPDX-License-Identifier: Apache-2.0
"""Baselines in the report: krait, PyTorch, papers side by side, each figure with its source, each conflict noted."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from golden.spec.citations import runs
from harness.bench.baseline_record import Agreement, BaselineRecord
from harness.provenance import collect
from reports import baselines, consistency, html
from reports.document import Section, Table
from tests.boards.power.test_energy import measured as energy_of
from tests.boards.power.test_energy import step
from tests.harness.samples import mamba2_record, ternary_record

TEXTS = (*baselines.NUMBERS, "model", "workload", "system", "device", "precision", "LM head", "how", "notes")


def measured(**changes: Any) -> BaselineRecord:
    fields: dict[str, Any] = {
        "schema": 2,
        "model": "mamba2-2.7b",
        "origin": "random checkpoint, seed 1",
        "workload": "tg16",
        "work": "decode",
        "prompt": 1,
        "tokens": 16,
        "device": "cpu",
        "kind": "measured",
        "reason": "",
        "device_name": "a CPU",
        "dtype": "float32",
        "threads": 2,
        "library": "transformers 5",
        "way": "eager",
        "weight_bytes": 1,
        "agreement": Agreement(8, 8, 0.0, 1e-4),
        "samples": (4.0, 4.0, 4.0),
        "warm_up": (9.0,),
        "ended": "narrow",
        "provenance": collect({}),
    }
    return BaselineRecord(**(fields | changes))


GONE = measured(
    device="gpu", kind="n/a", reason="no CUDA GPU here", device_name="", threads=0, way="", agreement=None, samples=()
)


def tables(of: Section) -> list[Table]:
    return [block for block in of.blocks if isinstance(block, Table)]


def rows(of: Section) -> Iterator[tuple[dict[str, str], str | None]]:
    table = tables(of)[0]
    for each in table.rows:
        cells = dict(zip((c.title for c in table.columns), (c.text for c in each.cells), strict=True))
        assert set(cells) == set(TEXTS)
        yield cells, each.source


def one(of: Section, **wanted: str) -> tuple[dict[str, str], str | None]:
    (found,) = [(cells, source) for cells, source in rows(of) if wanted.items() <= cells.items()]
    return found


def test_every_figure_has_its_source() -> None:
    """krait simulated, PyTorch measured, papers quoted, what nobody prints estimated; the head is told in every row."""
    section = baselines.section((mamba2_record(),), (measured(), GONE))
    assert one(section, system="krait")[1] == "simulated"
    cells, source = one(section, system="PyTorch", device="a CPU")
    assert (cells["tok/s"], cells["W"], cells["tok/J"], source) == ("4.00 (4.00 .. 4.00)", "n/a", "n/a", "measured")
    assert "8 of 8 tokens as the golden float model" in cells["how"]
    assert one(section, system="FastMamba (decode)")[1] == "quoted"
    assert one(section, system="FastMamba (prefill)")[1] == "estimated"
    assert all(cells["LM head"] in ("in", "out", "not told") for cells, _ in rows(section))


def test_what_is_missing_is_said() -> None:
    """A GPU that is not here has no figure, no zero and no source; measured energy is shown, other and bad is n/a."""
    here = measured()
    good = replace(energy_of(step()), run=here.run)
    section = baselines.section((), (GONE, here), (good,))
    cells, source = one(section, device="GPU")
    assert [cells[each] for each in baselines.NUMBERS] == ["n/a"] * 4
    assert (cells["how"], source) == ("no CUDA GPU here", None)
    cells, _ = one(section, device="a CPU")
    assert (cells["W"], cells["tok/J"]) == ("30", "0.5333")  # 8 tokens in 15 J
    for other in (replace(good, run="another"), replace(good, active=good.idle)):
        cells, _ = one(baselines.section((), (here,), (other,)), device="a CPU")
        assert (cells["W"], cells["tok/J"]) == ("n/a", "n/a")


def test_rows_are_sorted() -> None:
    """By model, decode before prefill, the fastest first, what has no rate last."""
    slow = measured(samples=(64.0, 64.0, 64.0), dtype="bfloat16")
    section = baselines.section((), (slow, GONE, measured()))
    found = [cells for cells, _ in rows(section)]
    assert [cells["model"] for cells in found] == sorted(cells["model"] for cells in found)
    of = [cells["system"].split(" (")[0] for cells in found if cells["model"] == "mamba2-2.7b"]
    light, fast, ours = "LightMamba", "FastMamba", "PyTorch"  # 138, 111, 93, 65, 7.21, 7.06, 5.68, 4, 3.61, 0.25, n/a
    assert of == [light, fast, light, light, light, f"{light}'s notebook", fast, ours, light, ours, ours]


def test_every_citation_and_every_conflict_is_there() -> None:
    """No run is left out; each note number has its footnote; each broken law is one; figures stay."""
    section = baselines.section((), (measured(),))
    quoted = [cells for cells, source in rows(section) if source in ("quoted", "estimated")]
    assert len(quoted) == len(list(runs()))
    notes = {row.cells[0].text: row.cells[1].text for row in tables(section)[1].rows}
    used = {mark for cells in quoted for mark in cells["notes"].split(", ") if mark}
    assert used == set(notes)
    broken = [each for each in consistency.check() if not each.good]
    assert broken
    for each in broken:
        assert any(each.text in note for note in notes.values())
    cells, _ = one(section, system="FastMamba (decode)")
    assert (cells["tok/s"], cells["tok/J"]) == ("5.68", "0.61")
    assert any("printed 0.61 over 0.37 = 1.65" in notes[mark] for mark in cells["notes"].split(", "))


def test_prompts_count_the_head() -> None:
    """krait's rate of a prompt is over the time to the first choice, as PyTorch's: not over the layers alone."""
    start = mamba2_record(work="prefill", prompt=16, generated=1, workload="pp16")
    cells, _ = one(baselines.section((start,), ()), system="krait")
    assert cells["tok/s"] == f"{16 / start.first_s:,.2f}"
    assert start.rate > 16 / start.first_s


def test_like_with_like() -> None:
    """Several texts and shares of the layers are no row; names of workloads are those of baselines; newest alone."""
    assert not [c for c, _ in rows(baselines.section((ternary_record(own=(1, 2)),), (GONE,))) if c["system"] == "krait"]
    named = replace(mamba2_record(), workload="tg1@1024")
    assert one(baselines.section((named,), ()), system="krait")[0]["workload"] == "tg1@d1024"
    section = baselines.section((), (measured(), measured(samples=(8.0, 8.0, 8.0))))
    assert one(section, system="PyTorch")[0]["tok/s"].startswith("2.00")


def test_other_work_is_a_problem() -> None:
    """A baseline whose tokens are not golden's is told on top of the section."""
    section = baselines.section((), (measured(agreement=Agreement(8, 3, 0.4, 1e-4)),))
    (problem,) = section.problems
    assert "3 of 8 tokens" in problem
    assert "NOT THE SAME WORK" in problem


def test_in_the_page() -> None:
    """The section stands in the report; where neither krait's models nor baselines ran it says what would fill it."""
    section = baselines.section((mamba2_record(),), (measured(),))
    page = html.page(html.document(None, (), models=(mamba2_record(),), more=(section,)))
    assert 'id="baselines"' in page
    assert "One model, krait and others" in page
    empty = baselines.section((), ())
    assert (empty.blocks, empty.command) == ((), "krait bench --baseline all")
