# SPDX-License-Identifier: Apache-2.0
"""Rooflines, utilisation and stalls by hand-computed examples."""

from dataclasses import replace

import pytest

from golden.spec import load_config
from reports import roofline
from reports.document import Bar
from tests.harness.samples import mamba2_record, record, sample, ternary_record

SIM = load_config("tern_matvec", "sim")
KNOWN = record(config_hash=f"{SIM.config_hash:016x}")


def parts(bars: tuple[Bar, ...], label: str) -> dict[str, float]:
    (found,) = [bar for bar in bars if bar.label.endswith(label)]
    return {part.name: part.share for part in found.segments}


def test_a_replay_by_hand() -> None:
    """5,120 MACs in 500 cycles of 5 ns; 456 beats of 32 bytes; two ports that deliver 0.8 beats a cycle at 200 MHz."""
    work = roofline.of_record(record())
    assert work.operations == 2 * 5120
    assert work.moved == 456 * 32
    assert work.intensity == pytest.approx(10240 / 14592)
    assert work.rate == pytest.approx(10240 / 2.5e-6)
    assert work.delivered == pytest.approx(10.24e9)


def test_multipliers_of_a_replay() -> None:
    """Five trits a weight byte, each with the vectors of a pass; of a build that is not this one they are not known."""
    assert roofline.of_record(KNOWN).peak == 2 * (2 * 32 * 5 * SIM.t_cols) * 200e6
    assert roofline.of_record(record()).peak is None
    assert roofline.of_record(record(config="gone")).peak is None


def test_a_model_by_hand() -> None:
    """Every token that ran, its linear layers; all beats of all ports; 256 multipliers at 200 MHz."""
    made = mamba2_record()
    work = roofline.of_model(made, "mamba2_accel")
    assert work.operations == 2 * 4 * made.token_macs()
    assert work.moved == 32 * 720
    assert (work.seconds, work.peak) == (pytest.approx(5e-6), 2 * 256 * 200e6)
    assert work.delivered == pytest.approx(10.24e9)


def test_roofs_meet_at_the_ridge() -> None:
    """Bytes times bandwidth up to the ridge, flat behind it; a point for each record, tagged as the record."""
    (chart,) = roofline.rooflines([roofline.of_record(KNOWN)])
    roof, point = chart.series
    work = roofline.of_record(KNOWN)
    assert work.peak
    begin, ridge, end = roof.points
    assert begin.y == pytest.approx(begin.x * work.delivered / 1e9)
    assert ridge.x == pytest.approx(work.peak / work.delivered)
    assert ridge.y == end.y == pytest.approx(work.peak / 1e9)
    assert begin.x < point.points[0].x < end.x
    assert (roof.source, point.source) == ("estimated", "simulated")
    assert chart.x.log
    assert chart.y.log


def test_a_roof_without_known_multipliers_is_the_memorys_alone() -> None:
    (chart,) = roofline.rooflines([roofline.of_record(record())])
    assert {point.text for point in chart.series[0].points} == {"memory roof"}


def test_one_chart_for_each_build_and_board() -> None:
    """Its memories are roofs of the same chart; what did nothing has no point."""
    nothing = replace(record(), samples=(replace(sample(), rows=0),))
    made = [
        roofline.of_record(r) for r in (record(), record(memory="model", deliverable=0.5), record(board="b"), nothing)
    ]
    charts = list(roofline.rooflines(made))
    assert [chart.title for chart in charts] == ["Roofline: tern_matvec sim, sim", "Roofline: tern_matvec sim, b"]
    assert [series.name for series in charts[0].series] == [
        "ideal memory, 10.24 GB/s",
        "model memory, 6.4 GB/s",
        "tiny",
        "tiny",
    ]


def test_stalls_account_for_every_cycle_of_a_unit() -> None:
    """Work, causes and the rest add up to one; units of a kernel stand apart."""
    bars = roofline.stalls((record(),), (mamba2_record(), ternary_record())).bars
    assert len(bars) == 5
    for bar in bars:
        assert sum(part.share for part in bar.segments) == pytest.approx(1)
    tern = parts(bars[:1], "linear layers")
    assert tern["working"] == pytest.approx(200 / 500)
    assert (tern["no weights"], tern["no tables"], tern["no room"]) == pytest.approx((60 / 500, 40 / 500, 20 / 500))
    assert parts(bars, "recurrence") == pytest.approx({"working": 0.3, "no state": 0.02, "rest": 0.68})
    assert parts(bars, "attention") == pytest.approx({"no cache": 0.02, "rest": 0.98})
    linear = parts(bars[1:3], "linear layers")
    assert linear == pytest.approx(
        {"working": 0.6, "no weights": 0.1, "no activations": 0.05, "no room": 0.01, "rest": 0.24}
    )


def test_every_stall_counter_has_a_cause() -> None:
    """A counter of stalls that a kernel gains is not left out of the chart."""
    known = {name for counters in roofline.UNITS.values() for name, _ in counters}
    for made in (sample().counters, mamba2_record().counters, ternary_record().counters):
        assert {name for name in vars(made) if name.startswith("stall_")} <= known


def test_utilisation_is_that_of_the_records() -> None:
    """Share of the memory in decode, of the multipliers in prefill, and of what the ports can carry."""
    decode, prefill = mamba2_record(), mamba2_record(work="prefill", workload="pp16", prompt=16)
    bars = roofline.utilisation((record(),), (decode, prefill)).bars
    assert bars[0].segments[0].share == pytest.approx(record().window_of_deliverable)
    assert [bar.segments[0].name for bar in bars[1:]] == [
        "of the memory's roof", "of what the ports can carry", "of the multipliers", "of what the ports can carry",
    ]  # fmt: skip
    assert bars[1].segments[0].share == pytest.approx(decode.share)
    assert bars[3].segments[0].share == pytest.approx(prefill.useful)
    assert bars[2].segments[0].share == pytest.approx(decode.ports_busy)
