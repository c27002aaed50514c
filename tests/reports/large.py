# SPDX-License-Identifier: Apache-2.0
"""A report of 10,000 starts and 10,000 readings of power: made up, as large as a long day of benchmarks.

`python -m tests.reports.large` writes it, loads it in Chromium and says how large it is and how long it takes to show.
"""

import math
import statistics
import tempfile
from pathlib import Path

from harness.bench.energy_record import EnergyRecord, Repetition, SourceFacts
from harness.bench.power_trace import Column, PowerTrace
from reports import energy, html
from reports.document import Document
from tests.harness.samples import PROVENANCE, mamba2_record, record, regression, result, sample, ternary_record
from tests.reports import browser

SAMPLES = 10_000
RECORDS = 4
LAYERS = 50
PERIOD_S = 0.01
REPEATS = 7


def document() -> Document:
    """Return the report: 10,000 starts in four records, 10,000 readings, 200 tests."""
    each = SAMPLES // RECORDS
    starts = tuple(
        sample(f"model.layers.{i % LAYERS}.proj.{i // LAYERS}", cycles=160 + i * 7919 % 977) for i in range(each)
    )
    records = tuple(record(*starts, workload=f"workload {i}") for i in range(RECORDS))
    run = regression(*(result(f"random_{i}", seed=i * 7919) for i in range(200)), coverage={"g": {"p": {"b": 1}}})
    more = (energy.section((_measured(),)),)
    return html.document(run, records, (), (mamba2_record(),), (ternary_record(),), more)


def _measured() -> EnergyRecord:
    facts = SourceFacts("made up", "board", ("in",), None)
    repetitions = tuple(Repetition(2.5 + i, 3.5 + i, 0.9) for i in range(46))
    half = SAMPLES // 2
    return EnergyRecord(
        schema=1,
        workload="tg128",
        work="decode",
        board="u280",
        kind="measured",
        reason="",
        source=facts,
        tokens=128,
        inferences=1,
        discard_s=2.0,
        clock_mhz=200.0,
        unprogrammed=None,
        unprogrammed_reason="not recorded",
        idle=_trace(20.0, half),
        active=_trace(40.0, half),
        repetitions=repetitions,
        seed=1,
        provenance=PROVENANCE,
    )


def _trace(watts: float, count: int) -> PowerTrace:
    times = tuple(i * PERIOD_S for i in range(count))
    values = tuple((watts + math.sin(12.9898 * i),) for i in range(count))
    return PowerTrace(("in",), PERIOD_S, (Column("in", "W"),), times, values, {})


def shown_ms(page: browser.Page, path: Path) -> float:
    """Return the milliseconds from the start of the navigation until a frame has been drawn behind the load event."""
    page.open(path)
    frame = "new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(performance.now()))))"
    return float(page.run(frame))


def main() -> None:
    """Say the size and the times."""
    program = browser.find()
    if program is None:
        raise SystemExit(f"large: found none of {', '.join(browser.NAMES)} on PATH; install Chromium")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.html"
        path.write_text(html.page(document()), encoding="utf-8")
        with browser.launched(program, Path(folder) / "profile") as page:
            times = [shown_ms(page, path) for _ in range(REPEATS + 1)][1:]
        low, high = min(times), max(times)
        print(
            f"{path.stat().st_size / 1e6:.2f} MB; shown in {statistics.median(times):.0f} ms ({low:.0f} .. {high:.0f})"
        )


if __name__ == "__main__":
    main()
