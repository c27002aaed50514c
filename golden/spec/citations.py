# SPDX-License-Identifier: Apache-2.0
"""What papers print, as versioned citations: one TOML file a source, each figure with what it is and where it was read.

Nothing here was measured by krait. A figure that contradicts another stays as it is printed; the contradiction is a
note, or found by `reports.consistency`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

from golden.errors import InputError
from golden.spec.strict import load, require, show_path

FOLDER = Path(__file__).parent / "citations"
NOT_TOLD = "not told"

Quantity = Literal["rate", "first_token", "power", "efficiency", "speedup", "energy_gain"]
UNITS: dict[Quantity, str] = {
    "rate": "tok/s",
    "first_token": "s",
    "power": "W",
    "efficiency": "tok/J",
    "speedup": "times",
    "energy_gain": "times",
}
How = Literal["measured", "simulated", "estimated", "not told"]
"""What the source says its figure is."""
Tag = Literal["A", "N", "R", "H"]
TAGS: dict[Tag, str] = {
    "A": "abstract or first page",
    "N": "somebody's notes that quote the paper",
    "R": "the authors' repository",
    "H": "arithmetic that fits; nobody prints it",
}
Limit = Literal["", "at most", "at least"]
Head = Literal["in", "out", "not told"]
Work = Literal["decode", "prefill"]


@dataclass(frozen=True)
class Figure:
    """One printed number; `limit` where the source gives a bound, `over` names the device that it is compared with."""

    quantity: Quantity
    value: float
    unit: str
    how: How
    tag: Tag
    limit: Limit = ""
    over: str = ""

    def __post_init__(self) -> None:
        require(self.value > 0, "value", self.value, "more than 0; what is not printed is left out")
        unit = UNITS[self.quantity]
        require(self.unit == unit, "unit", self.unit, f"{unit!r}, the unit of {self.quantity}")
        compares = self.quantity in ("speedup", "energy_gain")
        require(bool(self.over) == compares, "over", self.over, "a device where times are told, and nothing else")
        require(self.tag != "H" or self.how == "estimated", "how", self.how, "'estimated' of a figure tagged H")

    def __str__(self) -> str:
        return " ".join(each for each in (self.limit, f"{self.value:g} {self.unit}") if each)


@dataclass(frozen=True)
class Run:
    """A design, or a baseline, at one work: `weight_bits` without scales; `system` where it is not the source's own.

    `prompt` tokens are read, `context` positions lie in the cache; 0 is not told.
    """

    name: str
    board: str
    model: str
    precision: str
    weight_bits: float
    work: Work
    head: Head
    said: str
    figures: tuple[Figure, ...]
    system: str = ""
    prompt: int = 0
    context: int = 0
    clock_mhz: float | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(self.weight_bits > 0, "weight_bits", self.weight_bits, "more than 0")
        require(min(self.prompt, self.context) >= 0, "prompt, context", (self.prompt, self.context), "0 or more")
        require(bool(self.figures), "figures", "none", "at least one")
        names = [f"{each.quantity} {each.over}".strip() for each in self.figures]
        require(len(names) == len(set(names)), "figures", ", ".join(names), "each quantity once")

    def figure(self, quantity: Quantity) -> Figure | None:
        """The printed figure of a quantity, the first where several devices are compared."""
        return next((each for each in self.figures if each.quantity == quantity), None)


@dataclass(frozen=True)
class Module:
    """Cells of a part of a design, or of all of it."""

    lut: int
    ff: int
    dsp: int
    bram36: int
    name: str = ""


@dataclass(frozen=True)
class Resources:
    """A printed table of cells, with the total that it prints."""

    board: str
    tag: Tag
    total: Module
    modules: tuple[Module, ...]


@dataclass(frozen=True)
class Paper:
    """A source in the version that was read; `notes` by the name under which runs refer to them."""

    name: str
    where: str
    version: str
    read: str
    runs: tuple[Run, ...]
    year: int | None = None
    notes: dict[str, str] = field(default_factory=dict)
    resources: tuple[Resources, ...] = ()

    def __post_init__(self) -> None:
        used = {note for run in self.runs for note in run.notes}
        apart = sorted(used ^ set(self.notes))
        require(not apart, "notes", ", ".join(apart), "each note used by a run, and none that is missing")
        names = [run.name for run in self.runs]
        require(len(names) == len(set(names)), "runs", ", ".join(names), "a name for each")

    @property
    def title(self) -> str:
        """Name and where it is found."""
        return f"{self.name}, {self.where}"

    def system_of(self, run: Run) -> str:
        """Whose figures a run's are: those of one system may stand in several sources."""
        return run.system or self.name

    def notes_of(self, run: Run) -> tuple[str, ...]:
        """What has to be said beside a run's figures."""
        return tuple(self.notes[each] for each in run.notes)


@lru_cache
def load_papers(folder: Path = FOLDER) -> tuple[Paper, ...]:
    """Read all citations, by file name. InputError names file, key, found and expected, a name that comes twice too."""
    found: dict[str, Paper] = {}
    for path in sorted(folder.glob("*.toml")):
        paper = load(Paper, path)
        if paper.name in found:
            raise InputError(f"{show_path(path)}: name: found {paper.name!r} again, expected a name for each file")
        found[paper.name] = paper
    if not found:
        raise InputError(f"{show_path(folder)}: found no *.toml, expected a citation a file")
    return tuple(found.values())


def runs(papers: tuple[Paper, ...] | None = None) -> Iterator[tuple[Paper, Run]]:
    """Yield every run with its source."""
    for paper in load_papers() if papers is None else papers:
        yield from ((paper, run) for run in paper.runs)


def find(board: str, model: str, work: str, quantity: Quantity) -> Iterator[tuple[Paper, Run, Figure]]:
    """Yield what sources print of their own system's work on a board, in the order of `load_papers`."""
    for paper, run in runs():
        figure = run.figure(quantity)
        if figure and not run.system and (run.board, run.model, run.work) == (board, model, work):
            yield paper, run, figure
