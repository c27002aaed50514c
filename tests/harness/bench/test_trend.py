# SPDX-License-Identifier: Apache-2.0
"""Figures of records by hand: what is followed, in which unit and source, and why one does not count."""

from dataclasses import replace
from typing import Any

import pytest

from harness.bench.baseline_record import Agreement, BaselineRecord
from harness.bench.energy_record import unmeasured
from harness.bench.history import entry
from harness.bench.measured import Asked, CaseRecord, ModelStart, Times
from harness.bench.speed import SpeedRecord
from harness.bench.statistics import Rule
from harness.bench.trend import JOULES, figures
from tests.boards.power.test_energy import measured, step
from tests.harness.samples import PROVENANCE, mamba2_record, overhead, record, sample, ternary_record

ASKED = Asked("random", "vc709", "measured", "vc709", "11", "b1", "random-1", Rule())


def case(**changes: Any) -> CaseRecord:
    """A case of three repetitions of 100, 102 and 101 cycles, 2 to 4 ms on the host."""
    samples = tuple(Times(cycles, 0.1, ms / 1e3, 0.1) for cycles, ms in ((100, 2), (102, 4), (101, 3)))
    found = CaseRecord(1, ASKED.run, ASKED, "w.0", 640, "exact", "", None, None, (), samples, "narrow", PROVENANCE)
    return replace(found, **changes)


def baseline(**changes: Any) -> BaselineRecord:
    """Two decode steps in 2, 4 and 3 s."""
    found = BaselineRecord(
        2, "bitnet-tiny", "zoo", "tg2", "decode", 1, 2, "cpu", "measured", "", "a CPU", "float32", 1, "t 1", "eager", 9,
        Agreement(2, 2, 0.0, 0.0), (2.0, 4.0, 3.0), (9.0,), "narrow", PROVENANCE,
    )  # fmt: skip
    return replace(found, **changes)


def test_a_replay() -> None:
    """Cycles of all starts, simulated and exact."""
    (found,) = figures(entry("records", record()))
    assert found.key == ("tiny", "sim sim, ideal memory", "cycles")
    assert (found.samples, found.unit, found.source, found.exact) == ((500.0,), "cycles", "simulated", True)
    assert (found.note, found.host, found.judged) == ("", "", True)
    (wrong,) = figures(entry("records", record(sample(exact=False))))
    assert wrong.note == "its results differ from golden's"


def test_other_work_is_other_work() -> None:
    """More starts or other matrices under one name are not the same work; slower ones are."""
    work = figures(entry("records", record()))[0].work
    assert figures(entry("records", record(sample(), sample(cycles=9))))[0].work == work
    for other in (record(sample()), record(sample(), replace(sample(), rows=17))):
        assert figures(entry("records", other))[0].work != work


def test_whole_models() -> None:
    """(1,000 - 400) cycles over three steps, over the two texts of the BitNet; of a prompt those to the first token."""
    (decode,) = figures(entry("mamba2", mamba2_record()))
    assert (decode.name, decode.samples) == ("cycles a token", (200.0,))
    assert decode.key[:2] == ("mamba2-tiny lightmamba-w4a4 tg3", "sim sim, model memory")
    (texts,) = figures(entry("ternary", ternary_record()))
    assert texts.samples == (100.0,)
    (prompt,) = figures(entry("mamba2", mamba2_record(work="prefill", prompt=9)))
    assert (prompt.name, prompt.samples) == ("cycles to the first token", (400.0,))
    (wrong,) = figures(entry("mamba2", mamba2_record(divergence="layer 3")))
    assert wrong.note.endswith("layer 3")


def test_a_case_on_a_board() -> None:
    """The kernel's cycles are the board's, the host's seconds this machine's; a failed case has neither."""
    kernel, host = figures(entry("measured", case()))
    assert (kernel.samples, kernel.source, kernel.exact, kernel.host) == ((100.0, 102.0, 101.0), "measured", False, "")
    assert (host.samples, host.unit) == ((0.002, 0.004, 0.003), "s")
    assert host.host == "Linux x86_64, 2 cores, a CPU"
    (failed,) = figures(entry("measured", case(verdict="failed", detail="not done")))
    assert (failed.key, failed.samples, failed.note) == (kernel.key, (), "failed: not done")


def test_a_model_on_a_board() -> None:
    """Its name stands in what is followed, and another cache in front of it is other work."""
    start = ModelStart("ternary_accel", "bitnet-tiny", "ternary-b158", "zoo", "decode", 1, 8, 0, (64,), 9)
    found = figures(entry("measured", case(start=start)))[0]
    assert "bitnet-tiny ternary-b158 w.0" in found.subject
    assert found.samples == (100.0, 102.0, 101.0)
    assert figures(entry("measured", case(start=replace(start, own=(65,)))))[0].work != found.work


def test_pytorch_is_told_and_not_judged() -> None:
    """Seconds a token; nothing where a device is missing."""
    (found,) = figures(entry("baseline", baseline()))
    assert found.samples == (1.0, 2.0, 1.5)
    assert not found.judged
    assert found.interval is not None
    assert found.interval.value == 1.5
    missing = baseline(kind="n/a", reason="no GPU", samples=(), agreement=None)
    assert figures(entry("baseline", missing)) == ()


def test_the_harness_itself() -> None:
    """Speed as the time over the other way's; of a call its entries, which are counted, and its time, only told."""
    speed = SpeedRecord(1, "board", "ours", "a bare loop", (50.0, 80.0), (100.0, 100.0), 0.5, PROVENANCE)
    (ratio,) = figures(entry("speed", speed))
    assert (ratio.samples, ratio.place, ratio.judged) == ((2.0, 1.25), "ours over a bare loop", True)
    entries, host = figures(entry("overhead", overhead()))
    assert (entries.samples, entries.exact, entries.judged) == ((12.0,), True, True)
    assert (host.samples, host.unit, host.judged) == ((120.0, 90.0, 100.0), "us", False)
    assert host.host == "Linux x86_64, 2 cores, a CPU"


def test_energy_that_nothing_measured_is_no_figure() -> None:
    """Neither a zero nor a gap with a name."""
    assert figures(entry("energy", unmeasured("tg8", "decode", "sim", "simulated", 8, PROVENANCE))) == ()


def test_measured_energy_is_an_interval() -> None:
    """J/token of the window with the interval of its blocks; a stuck sensor's is INVALID and not compared."""
    (found,) = figures(entry("energy", measured(step())))
    assert (found.unit, found.note) == (JOULES, "")
    assert found.interval is not None
    assert found.interval.value == pytest.approx(1.875)
    (stuck,) = figures(entry("energy", measured(lambda t: 12.0)))
    assert stuck.interval is None
    assert stuck.note.startswith("INVALID: the sensor gave one value")


def test_energy_of_pytorch_is_told_and_not_judged() -> None:
    """Of one machine, and the same work however often a repetition does it; a board's is judged, wherever its host."""
    (board,) = figures(entry("energy", measured(step())))
    assert (board.judged, board.host, board.work) == (True, "", "8 tokens")
    (host,) = figures(entry("energy", replace(measured(step()), board="host", inferences=4)))
    assert (host.judged, host.host, host.work) == (False, "Linux x86_64, 2 cores, a CPU", "2 tokens")
