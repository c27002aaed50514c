# SPDX-License-Identifier: Apache-2.0
"""Measurements in the report: figures by hand, beside what the virtual board found, and every failure by its name."""

from dataclasses import replace

import pytest

from harness.bench.measured import Asked, CaseRecord, Preflight, Times
from harness.bench.record import Record
from harness.bench.statistics import Rule
from harness.bench.ternary_record import TernaryRecord
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


def start(**changes: object) -> TernaryRecord:
    """What the virtual VC709 found for the start of `samples.model_case`: 19,950 cycles."""
    facts = {"board": "sim:vc709", "config_hash": "1" * 16, "prompt": 1, "generated": 5, "prefix": 0, "own": (8,)}
    return samples.ternary_record(**{**facts, "counters": samples.ternary_counters(cycles=19950), **changes})


def test_a_model_by_hand() -> None:
    """7,980 cycles to the first of five tokens, then 3,990 a step: 50,000 tok/s at 199.5 MHz; 19,950 were predicted."""
    section = boards.section((samples.model_case(),), (), (start(),))
    assert [block.title for block in section.blocks] == ["Checked before the first number", "Whole models"]
    found = cells(section, 1)
    assert found["model and workload"] == "bitnet-tiny ternary-b158 tg4@d9"
    assert found["cycles"] == "23,940 [23,940, 23,940]"
    assert (found["predicted"], found["measured / predicted"]) == ("19,950", "1.200")
    assert found["kernel, ms"] == "0.120 [0.120, 0.120]"
    assert (found["cycles a step"], found["tok/s"]) == ("3,990", "50,000.00 [50,000.00, 50,000.00]")
    assert (found["host, ms"], found["copies, ms"]) == ("0.300 [0.300, 0.300]", "0.030 [0.030, 0.030]")


def test_a_prompt_by_hand() -> None:
    """40 tokens until the first choice after 7,980 cycles, head included, are 1 M tok/s; it has no steps."""
    case = samples.model_case()
    assert case.start is not None
    prompt = replace(case, case="pp40", start=replace(case.start, work="prefill", prompt=40, generated=1))
    found = cells(boards.section((prompt,), ()), 1)
    assert found["tok/s"] == "1,000,000.00 [1,000,000.00, 1,000,000.00]"
    assert (found["cycles a step"], found["predicted"]) == ("n/a", "n/a")


@pytest.mark.parametrize(
    "change",
    [
        {"memory": "ideal"}, {"config_hash": "2" * 16}, {"board": "sim:u280"}, {"generated": 6}, {"own": (9,)},
        {"prefix": 1}, {"model": "bitnet-0.73b"}, {"whole_layers": 5}, {"profile": "other"},
    ],
)  # fmt: skip
def test_only_the_same_start_of_a_model_is_a_prediction(change: dict[str, object]) -> None:
    """Another memory, configuration, board, model, share of its layers, length or cache predicts nothing."""
    found = cells(boards.section((samples.model_case(),), (), (start(**change),)), 1)
    assert (found["predicted"], found["measured / predicted"]) == ("n/a", "n/a")


def test_a_state_has_no_positions() -> None:
    """A start of Mamba2 at a depth stands beside the decode from nothing, and says so: its state has one size."""
    case = samples.model_case()
    assert case.start is not None
    at = replace(case.start, kernel="mamba2_accel", model="mamba2-tiny", profile="lightmamba-w4a4", own=(0,))
    virtual = samples.mamba2_record(board="sim:vc709", config_hash="1" * 16, generated=5)
    for own, predicted in (((0,), "1,000"), ((8,), "1,000 (of tg4)")):
        shown = cells(boards.section((replace(case, start=replace(at, own=own)),), (), (virtual,)), 1)
        assert shown["predicted"] == predicted


def test_a_share_of_the_layers_is_told() -> None:
    """The row's name says how many layers ran."""
    case = samples.model_case()
    assert case.start is not None
    found = cells(boards.section((replace(case, start=replace(case.start, part=(1, 4))),), ()), 1)
    assert found["model and workload"] == "bitnet-tiny (1 of 4 layers) ternary-b158 tg4@d9"


def test_models_and_matrices_stand_apart() -> None:
    """Each kind has its table; one that failed has its name and no figure."""
    hung = samples.model_case(verdict="failed", detail="not done", samples=(), warm_up=())
    section = boards.section((case(), hung), ())
    assert [block.title for block in section.blocks][1:] == ["Cases", "Whole models"]
    assert section.problems == ("vc709, bitnet-tiny ternary-b158 tg4@d9: FAILED: not done",)
    assert set(cells(section, 2).values()) == {"bitnet-tiny ternary-b158 tg4@d9", "vc709", "n/a", "failed"}


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
