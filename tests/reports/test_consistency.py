# SPDX-License-Identifier: Apache-2.0
"""The laws between printed figures: what they find in the citations, and that each sees its own violation."""

from dataclasses import replace

import pytest

from golden.spec.citations import UNITS, Figure, Limit, Paper, Quantity, Run, load_papers
from reports.consistency import Finding, check, failures, linear_weights, peak_rates

PEAKS = {"u280": 460.0}


def figure(quantity: Quantity, value: float, over: str = "", limit: Limit = "") -> Figure:
    return Figure(quantity, value, UNITS[quantity], "measured", "A", limit, over)


RUN = Run("decode", "u280", "mamba2-2.7b", "W4A4", 4, "decode", "in", "here", (figure("rate", 100.0),))


def paper(*given: Run, name: str = "Paper") -> Paper:
    return Paper(name, "arXiv 0", "v1", "all", given)


def only(law: str, *papers: Paper) -> list[Finding]:
    return [finding for finding in check(papers, PEAKS) if finding.law == law]


def test_the_citations_contradict_themselves_where_they_are_known_to() -> None:
    """These and no others; what holds is among the findings too, so that a law that sees nothing is noticed."""
    findings = check()
    wrong = {(each.law, each.paper.split(",")[0]) for each in findings if not each.good}
    assert wrong == {
        ("energy gain", "FastMamba"),
        ("modules", "FastMamba"),
        ("agreement", "LightMamba"),
        ("agreement", "LightMamba's notebook"),
        ("agreement", "PD-Swap"),
        ("agreement", "TeLLMe v2"),
        ("agreement", "TerEffic v1"),
        ("agreement", "TerEffic v2"),
    }
    held = {each.law for each in findings if each.good}
    assert held == {"energy", "bandwidth", "halves", "first token", "speedup", "modules", "agreement"}


def test_known_numbers() -> None:
    """Weights, peaks and a few lines, worked out by hand from the papers' shapes."""
    assert linear_weights("mamba2-2.7b") == 2_571_632_640
    assert linear_weights("bitnet-0.73b") == 679_477_248
    assert linear_weights("370M, ternary") is None
    assert peak_rates()["u280"] == pytest.approx(460)
    assert "sim" not in peak_rates()
    texts = {each.text for each in check()}
    assert "93 tok/s x 1285.8 MB = 120 GB/s of 460" in texts
    assert "DSP: modules add to 3,064, the total says 3,333" in texts
    assert "6 times over rtx-3090, printed 0.61 over 0.37 = 1.65" in texts


@pytest.mark.parametrize(("power", "good"), [(20.0, True), (20.3, True), (22.0, False)])
def test_energy(power: float, good: bool) -> None:
    """100 tok/s at 5 tok/J are 20 W, to rounding."""
    run = replace(RUN, figures=(figure("rate", 100), figure("efficiency", 5), figure("power", power)))
    assert [each.good for each in only("energy", paper(run))] == [good]


@pytest.mark.parametrize(("rate", "good"), [(357.0, True), (358.0, False)])
def test_bandwidth(rate: float, good: bool) -> None:
    """460 GB/s carry 1.2858 GB 357.7 times a second; an unknown board or model says nothing."""
    run = replace(RUN, figures=(figure("rate", rate),))
    assert [each.good for each in only("bandwidth", paper(run))] == [good]
    assert not only("bandwidth", paper(replace(run, board="rtx-2070")), paper(replace(run, model="370M"), name="other"))


@pytest.mark.parametrize(("slow", "good"), [(50.0, True), (70.0, False)])
def test_halves(slow: float, good: bool) -> None:
    """Twice the bits, half the rate."""
    wide = replace(RUN, name="wide", precision="W8A8", weight_bits=8, figures=(figure("rate", slow),))
    assert [each.good for each in only("halves", paper(wide, RUN))] == [good]


@pytest.mark.parametrize(("seconds", "good"), [(0.64, True), (0.7, False)])
def test_first_token(seconds: float, good: bool) -> None:
    """100 tok/s read 64 tokens in 0.64 s."""
    run = replace(RUN, work="prefill", prompt=64, figures=(figure("rate", 100), figure("first_token", seconds)))
    assert [each.good for each in only("first token", paper(run))] == [good]


@pytest.mark.parametrize(("times", "good"), [(4.0, True), (6.0, False)])
def test_gains(times: float, good: bool) -> None:
    """100 tok/s are 4 times the GPU's 25; over a device without a figure nothing is said."""
    gpu = replace(RUN, name="GPU", board="rtx-2070", weight_bits=16, figures=(figure("rate", 25),))
    run = replace(RUN, figures=(*RUN.figures, figure("speedup", times, "rtx-2070"), figure("speedup", 9, "rtx-4090")))
    assert [each.good for each in only("speedup", paper(run, gpu))] == [good]


@pytest.mark.parametrize(("rate", "good"), [(100.5, True), (103.0, False)])
def test_agreement(rate: float, good: bool) -> None:
    """Both sources of one system get the finding; another system's figure is no contradiction."""
    again = replace(RUN, system="Paper", figures=(figure("rate", rate),))
    found = only("agreement", paper(RUN), paper(again, name="Other"))
    assert [(each.paper, each.good) for each in found] == [("Paper, arXiv 0", good), ("Other, arXiv 0", good)]
    assert not only("agreement", paper(RUN), paper(replace(again, system=""), name="Other"))
    assert bool(failures(found)) is not good


def test_a_contradiction_drops_no_figure() -> None:
    """Every figure of a run with failures is still in the citations."""
    failed = failures(check())
    kept = [run for each in load_papers() for run in each.runs if (each.title, run.name) in failed]
    assert len(kept) >= 8
    assert all(run.figures for run in kept)
