# SPDX-License-Identifier: Apache-2.0
"""The report: everything that is known, tagged with its source, in one file that needs no network."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from golden.errors import InputError, MachineError
from harness.bench import record as records
from harness.bench.speed import SCHEMA, SpeedRecord
from harness.bench.workloads import WORKLOADS
from harness.regress import results
from reports import figures, text
from reports.html import document, page, render, write
from tests.harness.samples import PROVENANCE, mamba2_record, overhead, record, regression, result, sample

COVERAGE = {"tern_matvec.start": {"w": {"plus": 3, "minus": 0}, "x": {"zero": 1}}}
FAILING = result("random_1", status="FAIL", reason="tensor y: row 3 < 5 & <script>alert(1)</script>")
RUN = regression(result(), FAILING, result("icarus", status="NOT-RUN", reason="no Icarus"), coverage=COVERAGE)
WITH_GOALS = next(workload for workload in WORKLOADS if workload.goals)
MEASURED = record(workload=WITH_GOALS.name, board=WITH_GOALS.board, memory=WITH_GOALS.memory)
SPEED = SpeedRecord(SCHEMA, "board", "the board", "a bare loop", (60.0,), (100.0,), 0.5, PROVENANCE)


def rows(html: str) -> list[str]:
    return re.findall(r"<tr>.*?</tr>", html, re.S)


def test_every_test_has_a_row_with_its_status() -> None:
    """Name, status and seed stand in one row; a test that did not run says why."""
    html = render(RUN, ())
    section = html.split('<section id="tests"')[1].split("</section>")[0]
    for each in RUN.results:
        found = [row for row in rows(section) if f"<td>{each.name}</td>" in row]
        assert len(found) == 1
        assert f">{each.status}</td>" in found[0]
        assert f">{each.seed}</td>" in found[0]
    assert "no Icarus" in html
    assert section.count("Each test is one simulation") == 1


def test_a_failure_shows_reason_and_repeat_command() -> None:
    """The reason is text, never markup, and the command that repeats the run stands beside it."""
    html = render(RUN, ())
    assert "row 3 &lt; 5 &amp; &lt;script&gt;" in html
    assert "<script>alert" not in html
    assert f"<code>{FAILING.repeat}</code>" in html


def test_failures_are_grouped_by_signature() -> None:
    """A row for each status and signature with its number, its tests and the command that repeats the first."""
    one, two = (result(name, status="FAIL", reason=f"row {name}", signature="row *") for name in ("a", "b"))
    killed = result("c", status="KILLED", reason="too long", signature="too long", note="a note", waves="c/dump.fst")
    html = render(regression(result(), one, two, killed), ())
    section = html.split('<section id="failures"')[1].split("</section>")[0]
    groups = [row for row in rows(section) if "<code>row *</code>" in row]
    assert len(groups) == 1
    assert ">2</td>" in groups[0]
    assert "<td>a, b</td>" in groups[0]
    assert f"<code>{one.repeat}</code>" in groups[0]
    assert "a note" in section
    assert "<code>c/dump.fst</code>" in section
    assert "By signature" not in render(regression(result()), ())


def test_waived_and_flaky_are_told_on_top() -> None:
    """A waived test is none that had to pass; a flaky one is."""
    run = regression(result(), *(result(status, status=status) for status in ("WAIVED", "FLAKY", "BLOCKED")))
    cards = {card.label: (card.text, card.tone) for card in document(run, ()).cards}
    assert cards["tests passed"] == ("1 / 3", "bad")
    assert (cards["waived"], cards["flaky"]) == (("1", "warn"), ("1", "bad"))


@pytest.mark.parametrize(
    ("run", "made", "word"),
    [
        (RUN, (), "failed"),
        (regression(result()), (), "passed"),
        (regression(result()), (record(sample(exact=False)),), "failed"),
        (regression(result(status="NOT-RUN")), (), "failed"),
        (None, (record(),), "passed"),
    ],
    ids=["test-failed", "all-good", "inexact", "nothing-ran", "benchmark-alone"],
)
def test_the_verdict(run: results.Regression | None, made: tuple[records.Record, ...], word: str) -> None:
    """Passed only if something ran, no test failed and every replayed start was exact."""
    heading = re.search(r"<h1>.*?</h1>", render(run, made), re.S)
    assert heading
    assert f">{word}</span>" in heading[0]


@pytest.mark.parametrize("kind", ["simulated", "measured"])
def test_every_figure_of_a_record_says_its_source(kind: str) -> None:
    """Replays, goals, charts, bars and layers carry the record's own tag; no other but that of computed roofs."""
    made = replace(MEASURED, kind=kind, samples=(sample("a.0"), sample("b.0")))
    html = render(None, (made,)).split('<section id="performance"')[1].split('<section id="harness"')[0]
    tagged = [
        part
        for part in (*rows(html), *re.findall(r"<figcaption.*?</figcaption>|<div>.*?<div", html, re.S))
        if made.workload in part
    ]
    assert len(tagged) >= 2 + len(WITH_GOALS.goals)
    tag = f'<span class="tag">{kind}</span>'
    assert all(tag in part for part in tagged)
    assert set(re.findall(r'<span class="tag">(\w+)</span>', html)) == {kind, "estimated"}


def test_goals_met_and_missed() -> None:
    """Each goal of a workload with a record has a row with what was found, the bound and the verdict."""
    missed = figures.goals((MEASURED,))
    assert [row.met for row in missed] == [goal.met(MEASURED) for goal in WITH_GOALS.goals]
    counters = replace(sample().counters, cycles=100, window=100, stall_weights=0, stall_tables=0, stall_output=0)
    met = replace(MEASURED, samples=(replace(sample(), counters=counters),))
    for made, word in ((MEASURED, "missed"), (met, "met")):
        html = render(None, (made,))
        verdicts = [row for row in rows(html) if WITH_GOALS.goals[0].name in row]
        assert len(verdicts) == 1
        assert f">{word}</td>" in verdicts[0]
        assert figures.goals((made,))[0].bound.replace(">", "&gt;") in verdicts[0]


def test_goals_of_every_kernel_are_counted() -> None:
    """On top stand those of replays and of whole models together."""
    model = mamba2_record(board="sim:u280", model="mamba2-2.7b", memory="ideal")
    alone, both = (document(None, (MEASURED,), (), models).cards[-1] for models in ((), (model,)))
    assert (alone.label, both.label) == ("goals met", "goals met")
    goals = len(WITH_GOALS.goals)
    assert alone.text == f"{sum(goal.met(MEASURED) for goal in WITH_GOALS.goals)} / {goals}"
    assert int(both.text.split(" / ")[1]) > goals


def test_coverage_names_the_empty_bins() -> None:
    html = render(RUN, ())
    assert "2 of 3 bins" in html
    assert [row for row in rows(html) if "<td>w</td>" in row and "minus" in row]
    assert figures.coverage_points(COVERAGE)["tern_matvec.start"][0].empty == ("minus",)


def test_the_file_stands_alone() -> None:
    """No link, script, image or style comes from anywhere else, and the page's own policy forbids it."""
    html = render(RUN, (MEASURED, record(sample("a.0"), sample("b.0"))), (SPEED,))
    for word in ("http://", "https://", "src=", "<link", "<iframe", "@import", "url("):
        assert word not in html
    assert "default-src 'none'" in html
    assert set(re.findall(r'href="([^"]*)"', html)) <= {f"#{name}" for name in re.findall(r'id="(\w+)"', html)}


def test_missing_parts_are_said() -> None:
    """A part that was not run says so, with the command that runs it."""
    without_regression = render(None, (record(),))
    assert "krait regress" in without_regression
    without_benchmark = render(RUN, ())
    assert "Nothing has been benchmarked" in without_benchmark
    assert "krait bench --all" in without_benchmark
    assert "a bare loop" in render(RUN, (), (SPEED,))


def test_a_call_of_a_driver_stands_beside_its_goal() -> None:
    """Every form has the newest overhead of a call: the median, the goal, how often the simulation is entered."""
    older = overhead(samples_us=(999.0,))
    found = document(RUN, (), overheads=(older, overhead()))
    shown = page(found).split("beyond the simulation</")[1].split("</table>")[0]
    for word in ("met", "100 µs", "&lt;= 200 µs", "60 µs", ">12<", "3 x 200"):
        assert word in shown
    assert "999" not in shown
    for form in (text.markdown(found), text.to_json(found)):
        assert "100 µs" in form
    assert "missed" in page(document(RUN, (), overheads=(older,)))


def test_rates_by_hand() -> None:
    """5,120 MACs in 500 cycles of 5 ns; 14,080 bytes read; two ports of 32 bytes at 200 MHz, 0.8 deliverable."""
    shown = figures.performance(record())
    assert shown.macs_per_cycle == pytest.approx(10.24)
    assert shown.gmacs == pytest.approx(2.048)
    assert shown.read_gbs == pytest.approx(5.632)
    assert shown.peak_gbs == pytest.approx(10.24)


def test_only_the_newest_record_is_shown() -> None:
    """The last record of a workload, board and memory replaces earlier ones; another memory is another figure."""
    old, new, other = record(wall_s=1.0), record(wall_s=2.0), record(memory="model")
    assert figures.newest((old, other, new)) == (new, other)


class TestWrite:
    def test_reads_what_was_saved(self, tmp_path: Path) -> None:
        """Results and records go through their files."""
        results.save(tmp_path, RUN)
        records.append(tmp_path / "records.jsonl", MEASURED)
        page = write(tmp_path / "r" / "index.html", tmp_path / "results.json", tmp_path / "records.jsonl")
        assert page.read_text() == render(RUN, (MEASURED,))

    def test_nothing_to_report(self, tmp_path: Path) -> None:
        """With neither results nor records the error names both files and the commands; no page is made."""
        with pytest.raises(InputError, match="run krait regress and krait bench"):
            write(tmp_path / "index.html", tmp_path / "results.json", tmp_path / "records.jsonl")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("place", ["file/index.html", "folder"])
    def test_an_unwritable_page_leaves_nothing(self, place: str, tmp_path: Path) -> None:
        """A page that cannot be put in its place is the machine's fault, and no temporary file stays."""
        (tmp_path / "file").write_text("")
        (tmp_path / "folder").mkdir()
        results.save(tmp_path, RUN)
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(MachineError, match="choose another --out"):
            write(tmp_path / place, tmp_path / "results.json", tmp_path / "records.jsonl")
        assert sorted(tmp_path.rglob("*")) == before
