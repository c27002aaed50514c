# SPDX-License-Identifier: Apache-2.0
"""Measurements in the report: figures by hand, beside what the virtual board found, and every failure by its name."""

from dataclasses import replace

import pytest

from harness.bench.measured import Asked, CaseRecord, Preflight, Times
from harness.bench.record import Record
from harness.bench.statistics import Rule
from reports import boards, html, text
from reports.document import Document, Section, Table
from tests.harness import samples

ASKED = Asked("layers", "vc709", "measured", "sim", "1" * 16, "ab" * 32, "bundle-1", Rule())
PREFLIGHT = Preflight("ab" * 32, "1" * 16, 7, 200.0, 199.5, 1 << 20)
TIMES = tuple(Times(cycles, 1e-4, 3e-4, 2e-4) for cycles in (39900, 39900, 39900))


def case(**changes: object) -> CaseRecord:
    made = CaseRecord(
        1, ASKED.run, ASKED, "q_proj", 4_000_000, "exact", "", PREFLIGHT, None, TIMES[:1], TIMES[1:], "narrow",
        samples.PROVENANCE,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def virtual(**changes: object) -> Record:
    """What the virtual VC709 found for the same bundle: 38,000 cycles."""
    facts = {"board": "sim:vc709", "memory": "model", "bundle": "bundle-1", "config_hash": "1" * 16}
    return samples.record(samples.sample("q_proj", cycles=38000), **{**facts, **changes})


def cells(section: Section, block: int, index: int = 0) -> dict[str, str]:
    table = section.blocks[block]
    assert isinstance(table, Table)
    return dict(zip((c.title for c in table.columns), (c.text for c in table.rows[index].cells), strict=True))


def test_figures_by_hand() -> None:
    """39,900 cycles at 199.5 MHz are 200 us; 4 M products in these 20 GMAC/s; 38,000 were predicted."""
    found = cells(boards.section((case(),), (virtual(),)), 1)
    assert found["cycles"] == "39,900 [39,900, 39,900]"
    assert (found["predicted"], found["measured / predicted"]) == ("38,000", "1.050")
    assert found["kernel, us"] == "200.0 [200.0, 200.0]"
    assert found["GMAC/s"] == "20.00"
    assert found["host, us"] == "300.0 [300.0, 300.0]"
    assert found["copies, us"] == "300.0 [300.0, 300.0]"
    assert (found["samples"], found["verdict"]) == ("2 + 1 to warm up", "exact")


def test_what_was_checked_is_shown() -> None:
    """Bitstream, clock and memory of a run, once."""
    section = boards.section((case(), case(case="k_proj")), ())
    found = cells(section, 0)
    assert len(section.blocks[0].rows) == 1  # type: ignore[union-attr]
    assert (found["bitstream"], found["measured, MHz"]) == ("ab" * 8, "199.50")
    assert found["memory tested, bytes a port"] == "1,048,576"


@pytest.mark.parametrize(
    "change", [{"memory": "ideal"}, {"bundle": "other"}, {"config_hash": "2" * 16}, {"board": "sim:u280"}]
)
def test_only_the_same_start_is_a_prediction(change: dict[str, str]) -> None:
    """Another memory, bundle, configuration or board predicts nothing."""
    found = cells(boards.section((case(),), (virtual(**change),)), 1)
    assert (found["predicted"], found["measured / predicted"]) == ("n/a", "n/a")


def test_failures_are_problems_without_figures() -> None:
    """A case that differs or hangs, and a board that is INVALID, have their reason and no number."""
    hung = case(verdict="failed", detail="not done within 60 s; CTRL=0x1", samples=(), warm_up=())
    wrong = case(case="", verdict="invalid", detail="clock measured as 150", preflight=None, samples=(), warm_up=())
    section = boards.section((hung, wrong), ())
    assert section.problems == (
        "vc709, q_proj: FAILED: not done within 60 s; CTRL=0x1",
        "vc709, before the first case: INVALID: clock measured as 150",
    )
    assert set(cells(section, 1).values()) == {"q_proj", "vc709", "n/a", "failed"}


def test_the_newest_of_a_case_is_shown() -> None:
    """A repeated case stands once; without any, the section says what would fill it."""
    later = case(samples=tuple(replace(each, cycles=19950) for each in TIMES))
    section = boards.section((case(), later), ())
    assert len(section.blocks[1].rows) == 1  # type: ignore[union-attr]
    assert cells(section, 1)["kernel, us"].startswith("100.0")
    nothing = boards.section((), ())
    assert nothing.blocks == ()
    assert "simulated" in nothing.empty


def test_every_form_says_it() -> None:
    """The page, Markdown and JSON carry the figures and their sources."""
    section = boards.section((case(),), (virtual(),))
    found = Document("t", True, "", (), (section,))
    for form in (html.page(found), text.markdown(found), text.to_json(found)):
        assert "38,000" in form
        assert "measured / predicted" in form
