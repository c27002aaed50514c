# SPDX-License-Identifier: Apache-2.0
"""A design against its device: shares of what the shell leaves, and the longest path against the board's limit."""

from dataclasses import dataclass
from typing import Protocol

from harness.synth.cells import Resources
from harness.synth.mapping import Summary

SHARE = 0.8
"""Of a device that a design may take; a fuller one does not route at speed."""


class Device(Protocol):
    """Capacities of a device; None where nobody could source one (`boards.facts.Resources`)."""

    @property
    def lut(self) -> int | None:
        """LUTs."""

    @property
    def ff(self) -> int | None:
        """Flip-flops."""

    @property
    def dsp(self) -> int | None:
        """DSP slices."""

    @property
    def bram36(self) -> int | None:
        """RAM blocks of 36 Kb."""

    @property
    def uram(self) -> int | None:
        """RAM blocks of 288 Kb."""


@dataclass(frozen=True)
class Budget:
    """What a board offers: its device less `shell_share` of every kind, and `levels` at the board's clock."""

    device: Device
    shell_share: float
    levels: int

    def offered(self, kind: str) -> int | None:
        """Return how many cells of a kind the shell leaves."""
        whole: int | None = getattr(self.device, kind)
        return None if whole is None else int(whole * (1 - self.shell_share))


@dataclass(frozen=True)
class Line:
    """One kind of cell: what is taken, what there is, and whether that is too much."""

    kind: str
    used: float
    offered: int | None

    @property
    def share(self) -> float | None:
        """Return used over offered; None where one is not known."""
        return self.used / self.offered if self.offered else None

    @property
    def fits(self) -> bool:
        """Return whether the design keeps its share; what is not known is not judged."""
        return self.share is None or self.share <= SHARE


def in_full(cells: float) -> str:
    """Return a number of cells in full; half a RAM block is a cell too."""
    return f"{cells:.1f}".removesuffix(".0")


def lines(summary: Summary, budget: Budget | None) -> list[Line]:
    """Return one line a kind of cell."""
    total = summary.total
    return [Line(kind, getattr(total, kind), budget.offered(kind) if budget else None) for kind in Resources.names()]


def failures(name: str, summary: Summary, budget: Budget) -> list[str]:
    """Return one line for each limit that the design does not keep."""
    found = [
        f"{name}: {in_full(line.used)} {line.kind} are {line.share:.1%} of {line.offered}, expected at most {SHARE:.0%}"
        for line in lines(summary, budget)
        if not line.fits and line.share is not None
    ]
    slowest = summary.slowest
    if slowest.longest.levels > budget.levels:
        found.append(
            f"{name}: a path of {slowest.longest.levels} levels in {slowest.source}, expected at most {budget.levels}"
        )
    return found


def table_row(kernel: str, config: str, summary: Summary, budget: Budget | None, proxy: bool) -> str:
    """Return a configuration's row of the table in README.md: cells with their shares, and levels."""
    cells = [
        in_full(line.used) + ("" if line.share is None else f" ({100 * line.share:.1f} %)")
        for line in lines(summary, budget)
    ]
    levels = f"{summary.slowest.longest.levels}" + (f" (of {budget.levels})" if budget else "")
    label = "proxy" if proxy else "-" if budget is None else "own"
    return f"| `{kernel}` `{config}` | {label} | {' | '.join([*cells, levels])} |"
