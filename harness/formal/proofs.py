# SPDX-License-Identifier: Apache-2.0
"""What is proved: `proofs.toml` as dataclasses, and the choice of those that a name or pattern means."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from golden.errors import InputError
from golden.spec.strict import load, require
from harness.paths import VERILOG

HERE = Path(__file__).parent
PROPERTIES = HERE / "properties"
DECLARED = HERE / "proofs.toml"

Mode = Literal["prove", "bmc"]


@dataclass(frozen=True)
class Mutant:
    """A fault: in `file` (of hw/verilog) the text `old`, which stands there once, becomes `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Proof:
    """One proof.

    Attributes:
        name: of the proof; several may be of one unit, with other parameters.
        unit: RTL module; its properties are the module formal_<unit> in properties/.
        laws: what holds, for people.
        mode: "prove" by induction for all time, "bmc" for the cycles from a reset that `depth` tells.
        depth: cycles.
        mutant: a fault in the RTL that the properties refute.
        mutant_depth: cycles that it takes at most; `depth` without it.
        params: of formal_<unit>.
        peeks: wires of formal_<unit> that show nets below it, for induction; mem[0..3] means words of a memory.
        nightly: it takes too long for every run of the tests.
    """

    name: str
    unit: str
    laws: str
    mode: Mode
    depth: int
    mutant: Mutant
    mutant_depth: int | None = None
    params: dict[str, int] = field(default_factory=dict)
    peeks: dict[str, str] = field(default_factory=dict)
    nightly: bool = False

    def __post_init__(self) -> None:
        """Check what can be checked without a tool."""
        require(re.fullmatch(r"[a-z]\w*", self.name) is not None, "name", self.name, "a name such as strm_fifo_block")
        require(self.depth > 0, "depth", self.depth, "a positive number of cycles")
        require(self.top_file.is_file(), "unit", self.unit, f"a unit with {self.top_file.name} in properties/")

    @property
    def top(self) -> str:
        """The module with the properties, which holds the unit as u_dut."""
        return f"formal_{self.unit}"

    @property
    def top_file(self) -> Path:
        """Its file."""
        return PROPERTIES / f"{self.top}.sv"


@dataclass(frozen=True)
class _Declared:
    proof: tuple[Proof, ...]

    def __post_init__(self) -> None:
        names = [proof.name for proof in self.proof]
        require(len(names) == len(set(names)), "proof", sorted(names), "names that differ")


def all_proofs(path: Path = DECLARED) -> tuple[Proof, ...]:
    """Return every declared proof. InputError names a malformed key."""
    return load(_Declared, path).proof


def choose(patterns: Sequence[str], proofs: Sequence[Proof]) -> tuple[Proof, ...]:
    """Return the proofs whose name or unit is among the patterns (`strm_*`); all without patterns.

    Raises:
        InputError: a pattern means none.
    """
    for pattern in patterns:
        if not any(_meant(proof, pattern) for proof in proofs):
            known = ", ".join(proof.name for proof in proofs)
            raise InputError(f"formal: no proof is called {pattern!r}; known are {known}")
    return tuple(proof for proof in proofs if not patterns or any(_meant(proof, pattern) for pattern in patterns))


def _meant(proof: Proof, pattern: str) -> bool:
    return fnmatchcase(proof.name, pattern) or fnmatchcase(proof.unit, pattern)


def library() -> tuple[Path, ...]:
    """Return the files in which a proof's modules are looked for: the RTL, and the properties."""
    return (*sorted(VERILOG.rglob("*.v")), *sorted(PROPERTIES.glob("*.sv")))


def mutate(texts: Mapping[str, str], mutant: Mutant) -> dict[str, str]:
    """Return sources, by file name, with the fault in them.

    Raises:
        InputError: the file is not among them, or `old` does not stand in it exactly once.
    """
    found = texts.get(mutant.file, "").count(mutant.old)
    if found != 1:
        where = f"the mutant of {mutant.file}"
        raise InputError(f"{DECLARED.name}: {where}: found {mutant.old!r} {found} times, expected it once")
    return {**texts, mutant.file: texts[mutant.file].replace(mutant.old, mutant.new)}
