# SPDX-License-Identifier: Apache-2.0
"""Reads the contract header of a Verilog module, and evaluates its expressions over the module's parameters."""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from golden.errors import InputError
from harness.paths import VERILOG

KEYS = ("Function", "Format", "Latency", "Throughput", "Back-pressure", "Golden", "Test")
SPDX = "// SPDX-License-Identifier: Apache-2.0"

_OPERATORS: dict[type[ast.AST], Callable[..., object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: Fraction(a) / Fraction(b),
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_FUNCTIONS: dict[str, Callable[..., object]] = {
    "clog2": lambda n: max(math.ceil(n) - 1, 0).bit_length(),
    "max": max,
    "min": min,
}


@dataclass(frozen=True)
class Contract:
    """The header of one module.

    Attributes:
        module: name in the first line.
        purpose: what follows the name.
        fields: text of each key, continuation lines joined.
        why: text after "Why:".
        parameters: default of each parameter, as written.
    """

    module: str
    purpose: str
    fields: Mapping[str, str]
    why: str
    parameters: Mapping[str, str]

    def value(self, key: str, params: Mapping[str, int]) -> Fraction | None:
        """Return a key's expression over the parameters, or None where the header says that it varies, and why."""
        text = self.fields[key]
        if text.startswith("variable:"):
            return None
        return evaluate(text.split(";")[0], self._complete(params))

    def absorbs(self, params: Mapping[str, int]) -> Fraction | None:
        """Return the beats that the module accepts while its output is stalled, or None where none are named."""
        match = re.search(r"absorbs (?:exactly )?(.+?) (?:narrow |wide )?beats?\b", self.fields["Back-pressure"])
        return evaluate(match[1], self._complete(params)) if match else None

    @property
    def ready_is_registered(self) -> bool:
        """Whether the header promises that no input reaches the ready within a cycle."""
        return self.fields["Back-pressure"].startswith("registered ready")

    def _complete(self, params: Mapping[str, int]) -> dict[str, int]:
        defaults = {name: int(text) for name, text in self.parameters.items() if re.fullmatch(r"-?\d+", text)}
        return defaults | dict(params)


def evaluate(text: str, names: Mapping[str, int]) -> Fraction:
    """Return the value of an expression of numbers, names, + - * / // %, comparisons, if-else, clog2, max and min.

    Raises:
        InputError: the text is not such an expression.
    """
    try:
        return Fraction(_value(ast.parse(text.strip(), mode="eval").body, names))  # type: ignore[arg-type]
    except (SyntaxError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"contract expression {text.strip()!r}: {error!r}; names are {sorted(names)}") from error


def _value(node: ast.AST, names: Mapping[str, int]) -> object:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_value(node.left, names), _value(node.right, names))
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _OPERATORS[type(node.ops[0])](_value(node.left, names), _value(node.comparators[0], names))
    if isinstance(node, ast.IfExp):
        return _value(node.body if _value(node.test, names) else node.orelse, names)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _FUNCTIONS[node.func.id](*(_value(argument, names) for argument in node.args))
    raise TypeError(ast.dump(node))


def parse(path: Path) -> Contract:
    """Return the contract of a Verilog file.

    Raises:
        InputError: the header departs from the form; says where and how.
    """
    text = path.read_text()
    header = re.match(r"(?://.*\n)+", text)
    lines = header[0].splitlines() if header else []
    if len(lines) < 3 or lines[0] != SPDX or lines[1] != "//":
        raise InputError(f"{path}: starts with {lines[:2]}; expected {SPDX!r} and an empty comment line")
    title = re.fullmatch(r"// (\w+) - (\S.*[^.])\.", lines[2])
    if not title:
        raise InputError(f"{path}:3: found {lines[2]!r}; expected '// <module> - <one line: what it is for>.'")
    fields, why = _fields(path, lines[3:])
    return Contract(title[1], title[2], fields, why, _parameters(text))


def _fields(path: Path, lines: list[str]) -> tuple[dict[str, str], str]:
    """Return the keyed lines and the text after Why; a line that continues a key is indented below its text."""
    fields: dict[str, str] = {}
    last = ""
    for number, line in enumerate(lines, start=4):
        body = line.removeprefix("//").strip()
        key = re.match(r"// ([A-Z][a-z-]+) *: (\S.*)$", line)
        if key and (key[1] in KEYS or key[1] == "Why") and key[1] not in fields:
            last = key[1]
            fields[last] = key[2].strip()
        elif body and last:
            fields[last] += " " + body
        elif body:
            raise InputError(f"{path}:{number}: found {line!r}; expected one of {', '.join(KEYS)} or Why, and ':'")
    missing = [key for key in (*KEYS, "Why") if key not in fields]
    if missing:
        raise InputError(f"{path}: the header lacks {', '.join(missing)}")
    if tuple(fields) != (*KEYS, "Why"):
        raise InputError(f"{path}: keys are in order {', '.join(fields)}; expected {', '.join(KEYS)}, Why")
    return fields, fields.pop("Why")


def _parameters(text: str) -> dict[str, str]:
    code = re.sub(r"//.*", "", text)
    found = re.findall(r"^\s*parameter\s+(?:signed\s+|integer\s+)?(?:\[.*?\]\s*)?(\w+)\s*=\s*([^,\n)]+)", code, re.M)
    return {name: value.strip() for name, value in found}


def modules() -> dict[str, Path]:
    """Return every hand-written module's file, by the file's name."""
    return {path.stem: path for path in sorted(VERILOG.rglob("*.v")) if VERILOG / "gen" not in path.parents}


def contract(module: str) -> Contract:
    """Return the contract of a module by name."""
    return parse(modules()[module])
