# SPDX-License-Identifier: Apache-2.0
"""Laws that printed figures must keep among themselves. One that fails is a footnote; no figure is dropped for it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, permutations

from boards.facts import known_boards, load_board
from golden.mamba2.accel import roof as mamba2_roof
from golden.mamba2.published import NAMES as MAMBA2
from golden.mamba2.published import published as mamba2
from golden.spec.citations import Paper, Quantity, Run, load_papers, runs
from golden.ternary.accel import roof as ternary_roof
from golden.ternary.published import NAMES as BITNET
from golden.ternary.published import published as bitnet

ROUNDING = 0.02
"""Figures are printed with two or three digits; products of two of them keep so much."""
BOUND = 0.05
"""How far from half the rate twice the bits may be, where memory decides."""
SAME = 0.01
"""How far apart two sources may print one figure."""


@dataclass(frozen=True)
class Finding:
    """A law applied to a run of a source: whether it holds, and what was found against what was expected."""

    law: str
    paper: str
    run: str
    text: str
    good: bool


Law = Callable[[tuple[Paper, ...], Mapping[str, float]], Iterator[Finding]]


def check(papers: tuple[Paper, ...] | None = None, peaks: Mapping[str, float] | None = None) -> tuple[Finding, ...]:
    """Apply every law to every run that has what it needs; `peaks` are memories in GB/s by board."""
    papers = load_papers() if papers is None else papers
    peaks = peak_rates() if peaks is None else peaks
    return tuple(finding for law in LAWS for finding in law(papers, peaks))


def peak_rates() -> dict[str, float]:
    """Peak of each physical board's memory, 1e9 bytes a second, as the board's facts declare it."""
    boards = [load_board(name) for name in known_boards()]
    return {board.name: board.memory.peak_gbs for board in boards if not board.virtual}


def linear_weights(model: str) -> int | None:
    """Weights of all linear layers without the head, of a published shape; None for another model."""
    name = model.lower()
    if name in MAMBA2:
        return mamba2_roof.layer_macs(mamba2(name))
    return ternary_roof.layer_macs(bitnet(name)) if name in BITNET else None


# ---- laws


def energy(papers: tuple[Paper, ...], _: Mapping[str, float]) -> Iterator[Finding]:
    """Tokens a joule times watts are tokens a second."""
    for paper, run in runs(papers):
        rate, power, efficiency = (_value(run, each) for each in ("rate", "power", "efficiency"))
        if rate and power and efficiency:
            made = efficiency * power
            text = f"{efficiency:g} tok/J x {power:g} W = {made:.4g} tok/s, printed {rate:g}"
            yield Finding("energy", paper.title, run.name, text, _near(made, rate, ROUNDING))


def bandwidth(papers: tuple[Paper, ...], peaks: Mapping[str, float]) -> Iterator[Finding]:
    """Decode reads every weight of the linear layers for each token, at no more than the memory's peak."""
    for paper, run in runs(papers):
        rate, weights, peak = _value(run, "rate"), linear_weights(run.model), peaks.get(run.board)
        if run.work == "decode" and rate and weights and peak:
            used = rate * weights * run.weight_bits / 8e9
            text = f"{rate:g} tok/s x {weights * run.weight_bits / 8e6:.1f} MB = {used:.3g} GB/s of {peak:g}"
            yield Finding("bandwidth", paper.title, run.name, text, used <= peak)


def halves(papers: tuple[Paper, ...], _: Mapping[str, float]) -> Iterator[Finding]:
    """Where memory decides, weights of twice the bits halve the rate of decode."""
    for paper in papers:
        for one, other in combinations((run for run in paper.runs if run.work == "decode"), 2):
            few, many = sorted((one, other), key=lambda run: run.weight_bits)
            fast, slow = _value(few, "rate"), _value(many, "rate")
            same = (few.board, few.model) == (many.board, many.model) and many.weight_bits == 2 * few.weight_bits
            if same and fast and slow:
                text = f"{fast:g} tok/s at {few.precision}, {slow:g} at {many.precision}: {fast / slow:.3g} times"
                yield Finding("halves", paper.title, many.name, text, _near(fast / slow, 2, BOUND))


def first_token(papers: tuple[Paper, ...], _: Mapping[str, float]) -> Iterator[Finding]:
    """Tokens a second of a prompt times seconds to the first token are the prompt's tokens."""
    for paper, run in runs(papers):
        rate, seconds = _value(run, "rate"), _value(run, "first_token")
        if rate and seconds and run.prompt:
            made = rate * seconds
            text = f"{rate:g} tok/s x {seconds:g} s = {made:.4g} tokens of {run.prompt}"
            yield Finding("first token", paper.title, run.name, text, _near(made, run.prompt, ROUNDING))


def gains(papers: tuple[Paper, ...], _: Mapping[str, float]) -> Iterator[Finding]:
    """Times over a device are the ratio of both printed figures, where the source prints the device's too."""
    of: dict[str, Quantity] = {"speedup": "rate", "energy_gain": "efficiency"}
    for paper, run in runs(papers):
        for figure in run.figures:
            if figure.quantity not in of:
                continue
            quantity = of[figure.quantity]
            like = (
                each for each in paper.runs if (each.board, each.model, each.work) == (figure.over, run.model, run.work)
            )
            other = next((value for each in like if (value := _value(each, quantity))), None)
            ours = _value(run, quantity)
            if ours and other:
                ratio = ours / other
                text = f"{figure} over {figure.over}, printed {ours:g} over {other:g} = {ratio:.3g}"
                good = _near(ratio, figure.value, ROUNDING)
                yield Finding(figure.quantity.replace("_", " "), paper.title, run.name, text, good)


def modules(papers: tuple[Paper, ...], _: Mapping[str, float]) -> Iterator[Finding]:
    """Cells of the modules add up to the printed total."""
    for paper in papers:
        for table in paper.resources:
            for kind in ("lut", "ff", "dsp", "bram36"):
                added, total = sum(getattr(each, kind) for each in table.modules), getattr(table.total, kind)
                text = f"{kind.upper()}: modules add to {added:,}, the total says {total:,}"
                yield Finding("modules", paper.title, f"resources on {table.board}", text, added == total)


def agreement(papers: tuple[Paper, ...], _: Mapping[str, float]) -> Iterator[Finding]:
    """Two sources print the same of one system at one work; a prompt that is not told may be any."""
    for (paper, run), (second, again) in permutations(runs(papers), 2):
        same = (paper.system_of(run), *_what(run)) == (second.system_of(again), *_what(again))
        if paper is second or not same or (run.prompt != again.prompt and run.prompt and again.prompt):
            continue
        for figure in run.figures:
            other = next((f for f in again.figures if (f.quantity, f.over) == (figure.quantity, figure.over)), None)
            if other:
                text = f"{figure}; {second.title} prints {other} ({again.said})"
                yield Finding("agreement", paper.title, run.name, text, _near(figure.value, other.value, SAME))


LAWS: tuple[Law, ...] = (energy, bandwidth, halves, first_token, gains, modules, agreement)


def failures(findings: Iterable[Finding]) -> dict[tuple[str, str], tuple[str, ...]]:
    """What contradicts itself, by title of the source and name of the run."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for each in findings:
        if not each.good:
            key = (each.paper, each.run)
            found[key] = (*found.get(key, ()), f"{each.law}: {each.text}.")
    return found


def _what(run: Run) -> tuple[str, str, str, str]:
    return (run.board, run.model, run.precision, run.work)


def _value(run: Run, quantity: Quantity) -> float | None:
    figure = run.figure(quantity)
    return figure.value if figure else None


def _near(found: float, expected: float, share: float) -> bool:
    return abs(found - expected) <= share * max(found, expected)
