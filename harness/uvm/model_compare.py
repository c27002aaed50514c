# SPDX-License-Identifier: Apache-2.0
"""Where the results of an accelerator of whole models first differ from golden's, one line each."""

from collections.abc import Callable, Mapping
from typing import Protocol

from torch import Tensor

from harness.uvm.inorder import window_failures
from harness.uvm.model_start import ModelOutcome


class Results(Protocol):
    """Records and captured stream, of golden or of the device."""

    @property
    def index(self) -> Tensor | None:
        """Chosen tokens, int64 [records, 8]."""

    @property
    def value(self) -> Tensor | None:
        """Their logits."""

    @property
    def stream(self) -> Tensor | None:
        """Captured beats, int64 [beats, 8]."""


Locate = Callable[[int, int], tuple[str, int]]
"""Where a value of the captured stream, of beat and lane, belongs, and the fraction bits that it has."""


def laws(counters: Mapping[str, int], bounded: tuple[str, ...]) -> list[str]:
    """Return violations of: beats + stalls = window <= cycles, and no counter of `bounded` is above the cycles.

    The first token comes within the cycles; where none does, its counter runs to the end.
    """
    stalls = sum(counters[f"STALL_{cause}"] for cause in ("WEIGHTS", "ACTS", "OUT"))
    cycles = counters["CYCLES"]
    first, tokens = counters["FIRST_TOKEN"], counters["TOKENS_DONE"]
    lines = window_failures(counters, stalls)
    if first != cycles and not (tokens and 0 < first < cycles):
        lines.append(f"register FIRST_TOKEN: RTL {first}, with {tokens} tokens in {cycles} CYCLES")
    return lines + [
        f"register {name}: RTL {counters[name]}, more than CYCLES {cycles}"
        for name in bounded
        if counters[name] > cycles
    ]


def stream_divergence(expected: Tensor, found: Tensor, point: int, locate: Locate) -> str | None:
    """Return one line about the first captured value that differs, None if none does."""
    if len(expected) != len(found):
        return f"stream of tap point {point}: golden {len(expected)} beats, RTL {len(found)}"
    different = (expected != found).nonzero()
    if not len(different):
        return None
    beat, lane = (int(i) for i in different[0])
    where, frac = locate(beat, lane)
    return f"stream {where}: {values(expected[beat, lane], found[beat, lane], frac)}; {share(different, expected)}"


def record_divergence(
    index: Tensor, value: Tensor, found: ModelOutcome, whole: bool, frac: int, batch: int = 1
) -> list[str]:
    """Return one line each about the first index and logit that differ, of the records that were finished.

    Records are steps of `batch` texts each; logits have `frac` fraction bits.
    """
    count = len(index) if whole else found.counters["TOKENS_DONE"]
    if count > len(index):
        return [f"register TOKENS_DONE: RTL {count}, more than there are records, {len(index)}"]
    lines = []
    for what, golden, rtl, bits in (("index", index, found.index, 0), ("logit", value, found.value, frac)):
        different = (golden[:count] != rtl[:count]).nonzero()
        if len(different):
            record, rank = (int(i) for i in different[0])
            step, text = divmod(record, batch)
            of = f" of text {text}" if batch > 1 else ""
            place = f"record of chosen token {step}{of}, {what} of rank {rank}"
            lines.append(
                f"{place}: {values(golden[record, rank], rtl[record, rank], bits)}; {share(different, golden[:count])}"
            )
    return lines


def fed_back(expected: Results, found: Results, batch: int, chosen: Callable[[int], int]) -> bool:
    """Whether what differs first is a record, and the stream only behind the tokens that it feeds back.

    Records are steps of `batch` texts each; `chosen` gives the steps in front of a captured beat.
    """
    if expected.stream is None or expected.index is None or expected.value is None:
        return False
    beat, *records = (_first(getattr(expected, name), getattr(found, name)) for name in ("stream", "index", "value"))
    steps = [record // batch for record in records if record is not None]
    return beat is not None and bool(steps) and min(steps) < chosen(beat)


def _first(expected: Tensor, found: Tensor) -> int | None:
    """The first row of what both have that differs."""
    rows = min(len(expected), len(found))
    different = (expected[:rows] != found[:rows]).any(1).nonzero()
    return int(different[0]) if len(different) else None


def values(golden: Tensor, rtl: Tensor, frac: int) -> str:
    """Both values raw, and where they have fraction bits as numbers."""
    want, have = int(golden), int(rtl)
    if not frac:
        return f"golden {want}, RTL {have}"
    return f"golden {want} ({want / (1 << frac):.6g}), RTL {have} ({have / (1 << frac):.6g})"


def share(different: Tensor, of: Tensor) -> str:
    """How many values differ of how many."""
    return f"{len(different)} of {of.numel()} values differ"
