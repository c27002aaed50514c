# SPDX-License-Identifier: Apache-2.0
"""Which arcs the logic of a module allows a state register, asked of Yosys.

Its `fsm_detect` passes over one-hot registers and over those of m2_seq, so the question goes to its SAT solver: every
pair of states in two cycles in a row, while inputs and all other registers are free.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.coverage.machines import Machine
from harness.paths import VERILOG
from harness.synth import yosys

_PAIR = re.compile(r" 1 \\krait_at +\S+ +\S+ +([01]+)\n.*\n +2 \\krait_at +\S+ +\S+ +([01]+)\n")


def possible(machines: Sequence[Machine], work: Path, root: Path = VERILOG) -> tuple[frozenset[tuple[str, str]], ...]:
    """Return for each machine the arcs that its module allows from active cycles outside reset.

    That is with default parameters, and with each of the machine's variants; a next value that is no state is left out.

    Args:
        machines: the machines, in files below `root`.
        work: a folder for the scripts and logs.
        root: folder of the units.

    Raises:
        CheckError: Yosys refuses a module.
        MachineError: Yosys is missing or does not start.
    """
    work.mkdir(parents=True, exist_ok=True)
    script, logs = "", []
    for machine in machines:
        logs.append(tuple(_write(machine, (root / machine.unit).read_text(encoding="utf-8"), work)))
        script += "\n".join(_script(machine, log, yosys.headers(work)) for log in logs[-1])
    yosys.run(script, work)
    return tuple(
        frozenset(arc for log in of_machine for arc in _arcs(machine, log.read_text(encoding="utf-8")))
        for machine, of_machine in zip(machines, logs, strict=True)
    )


def _write(machine: Machine, text: str, work: Path) -> Iterator[Path]:
    """Write the marked module for the defaults and every variant; yield the logs that its questions are to leave."""
    for index, params in enumerate(({}, *machine.variants)):
        log = work / f"{machine.module}-{machine.register}-{index}.log"
        log.with_suffix(".v").write_text(_marked(machine, text, params))
        yield log


def _marked(machine: Machine, text: str, params: dict[str, int]) -> str:
    """Return a module with other defaults, a wire with a bit for each state, and one for a state in an active cycle."""
    for name, value in params.items():
        text = re.sub(rf"(\bparameter\b[^,;)]*?\b{name} *= *)\w+", rf"\g<1>{value}", text)
    head, _, _ = text.rpartition("endmodule")
    return (
        f"{head}  wire [{len(machine.next) - 1}:0] krait_at = {machine.states};\n"
        f"  wire krait_active = |krait_at && ({machine.active});\nendmodule\n"
    )


def _script(machine: Machine, log: Path, headers: str) -> str:
    """Return the question about a module: its flip-flop and the logic around that, up to the next flip-flops."""
    return f"""
        read_verilog {headers} {log.with_suffix(".v").name}
        proc
        cd {machine.module}
        select -set ff w:{machine.register} %ci1:+$dff
        select -set cone @ff %ci1 w:krait_active %u %ci*:-$dff @ff %u
        tee -q -o {log.name} sat -seq 2 -all -set-at 1 krait_active 1 -set-at 1 rst 0 -show krait_at @cone
        cd ..
        design -reset
        """


def _arcs(machine: Machine, log: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs of different states in the solver's answer."""
    names = {f"{1 << index:0{len(machine.next)}b}": state for index, state in enumerate(machine.next)}
    for first, second in _PAIR.findall(log):
        if first != second and second in names:
            yield names[first], names[second]
