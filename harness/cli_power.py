# SPDX-License-Identifier: Apache-2.0
"""`krait board power`: read the sensors of a board, of this machine or of a GPU, and say what they say."""

from typing import TYPE_CHECKING, Annotated

import typer

from golden.errors import MachineError
from harness import console

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from boards.facts import Board
    from boards.power.source import PowerSource
    from harness.bench.power_trace import PowerTrace


def power(
    name: Annotated[str, typer.Argument(help="Board, such as u280; host for this machine's processors; gpu.")],
    seconds: Annotated[float, typer.Option(min=0.1, help="For how long.")] = 5.0,
    period: Annotated[float, typer.Option(min=0.001, help="Seconds between two readings.")] = 0.1,
    bdf: Annotated[str | None, typer.Option(help="PCI address of an Alveo card, such as 0000:01:00.1.")] = None,
    via: Annotated[
        str | None, typer.Option(help="Words that run a command on a VCK190's system controller: 'ssh USER@HOST'.")
    ] = None,
) -> None:
    """Read a board's power sensors and print every rail. Exit code 3 where nothing measures or a sensor is silent."""
    from boards.power import open as opening
    from boards.power.energy import Timing, watch

    source = opening.open_source(name, bdf=bdf, via=via, sysfs=opening.SYSFS)
    source.read()  # a source that does not answer at all says so itself
    trace = watch(source, seconds, Timing(period_s=period))
    for line in lines(source, trace):
        console.say(line)
    if trace.ended:
        raise MachineError(f"{source.name}: {trace.ended}")


def info(board: "Board") -> str:
    """Return what measures a board's power, or n/a with the reason."""
    if board.virtual:
        return "n/a (simulated)"
    return "n/a (no sensor is declared)" if board.power is None else board.power.line()


def lines(source: "PowerSource", trace: "PowerTrace") -> list[str]:
    """Return a trace as lines: every quantity of every rail, the total, and how good the samples are."""
    declared = "not declared" if source.refresh_s is None else f"{source.refresh_s:g} s declared"
    seen = "too few changes to tell" if trace.refresh_s is None else f"{trace.refresh_s:.3g} s seen"
    shown = [f"{source.name} ({source.scope}): refresh {declared}, {seen}"]
    for column in trace.columns:
        values = trace.rail_watts(column.rail) if column.unit == "J" else trace.series(column.rail, column.unit)
        shown.append(_line(column.rail, "W" if column.unit == "J" else column.unit, values))
    shown.append(_line("total", "W", trace.watts))
    times = f"{trace.times[-1] - trace.times[0]:.1f} s" if trace.times else "no time"
    distinct = trace.distinct(trace.times[0], trace.times[-1]) if trace.times else 0
    counts = f"{len(trace.times)} readings in {times}, {distinct} distinct, {trace.failed} failed, {trace.late} late"
    failures = [f"  failed {count} times: {reason}" for reason, count in trace.failures.items()]
    left_out = getattr(source, "left_out", ())
    return [*shown, counts, *failures, *([f"  silent: {', '.join(left_out)}"] if left_out else [])]


def _line(rail: str, unit: str, values: "NDArray[np.float64]") -> str:
    values = values[values == values]  # where nothing was measured there is NaN
    if not len(values):
        return f"  {rail:16} n/a"
    mean, low, high = values.mean(), values.min(), values.max()
    return f"  {rail:16} {mean:10.4f} {unit}   {low:.4f} .. {high:.4f}, deviation {values.std():.4f}"
