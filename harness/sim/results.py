# SPDX-License-Identifier: Apache-2.0
"""Reads what a cocotb run left behind; whatever is missing or unreadable is a failure, never a pass."""

import re
import signal
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from golden.errors import CheckError
from harness.sim.process import Exit, Limits

READ_BYTES = 4 << 20
"""Of a log's begin, and of its end, so much is searched for reasons."""
POWER_UP = "harness.sim.power_up"
"""The test before all others that gives registers values; no test of the design."""
DESIGN_ERROR = r"%(Error|Fatal)|^(FATAL|ERROR):"  # as Verilator and Icarus print $error and $fatal


@dataclass(frozen=True)
class Failure:
    """One failed test: its name and the line that says why."""

    test: str
    line: str


@dataclass(frozen=True)
class CocotbResult:
    """The outcome of one simulation.

    Attributes:
        passed: names of the tests that passed.
        failed: tests that failed, or the run itself as one failure.
        results_xml: cocotb's report; may be missing when the run crashed.
        log: everything that the simulator printed.
        repeat: shell command that repeats the run.
        exit: how the simulator's process ended.
    """

    passed: tuple[str, ...]
    failed: tuple[Failure, ...]
    results_xml: Path
    log: Path
    repeat: str
    exit: Exit = field(default=Exit(0, False))

    @property
    def ok(self) -> bool:
        """Whether at least one test ran and all passed."""
        return bool(self.passed) and not self.failed

    def check(self) -> None:
        """Raise on failure.

        Raises:
            CheckError: names the first failing test, its error line, the log and the command that repeats it.
        """
        if self.ok:
            return
        first = self.failed[0]
        more = f" (and {len(self.failed) - 1} more)" if len(self.failed) > 1 else ""
        raise CheckError(f"{first.test}: {first.line}{more}; log: {self.log}; repeat: {self.repeat}")


def judge(results_xml: Path, log: Path, exit_: Exit, limits: Limits, repeat: str) -> CocotbResult:
    """Return the outcome from the exit status, cocotb's report and the log."""
    passed, failed = _read(results_xml, log)
    if exit_.timed_out:
        failed.insert(0, Failure("simulation", f"killed after {limits.seconds:g} s of wall-clock time; {_last(log)}"))
    elif exit_.flooded:
        most = f"{limits.log_bytes / (1 << 20):g} MiB"
        failed.insert(0, Failure("simulation", f"killed as its log passed {most}; {_last(log)}"))
    elif exit_.code and not failed:
        failed.append(Failure("simulation", f"{_status(exit_.code)}; {_error_line(log)}"))
    elif not results_xml.is_file():
        failed.append(Failure("simulation", f"ended without a results file; {_error_line(log)}"))
    elif not passed and not failed:
        failed.append(Failure("simulation", "no test was executed; check the test module and the test's name"))
    return CocotbResult(tuple(passed), tuple(failed), results_xml, log, repeat, exit_)


def _read(results_xml: Path, log: Path) -> tuple[list[str], list[Failure]]:
    passed: list[str] = []
    failed: list[Failure] = []
    try:
        cases = list(ElementTree.parse(results_xml).iter("testcase"))
    except FileNotFoundError:
        return passed, failed
    except ElementTree.ParseError as error:
        return passed, [Failure("simulation", f"{results_xml}: not XML ({error})")]
    for case in cases:
        name = f"{case.get('classname')}.{case.get('name')}"
        bad = [child for kind in ("failure", "error") for child in case.findall(kind)]
        if bad:
            reason = _reason(bad[0])
            ended = "simulation ended prematurely" in reason
            failed.append(Failure(name, f"the design ended the simulation: {_design_line(log)}" if ended else reason))
        elif case.find("skipped") is None and case.get("classname") != POWER_UP:
            passed.append(name)
    return passed, failed


def _reason(element: ElementTree.Element) -> str:
    kind = element.get("error_type") or element.get("type")
    message = element.get("error_msg") or element.get("message")
    text = " ".join(filter(None, [kind, message])) or element.text or "failed without a message"
    return " | ".join(line.strip() for line in text.strip().splitlines()[:4] if line.strip())


def _status(code: int) -> str:
    if code >= 0:
        return f"simulator exited with status {code}"
    return f"simulator died of {signal.Signals(-code).name}"


def _error_line(log: Path) -> str:
    """Return the line that says why a run ended: the design's own message, else a Python error, else the last one."""
    lines = _lines(log)
    for pattern in (DESIGN_ERROR, r"\b(ERROR|CRITICAL|\w*Error)\b"):
        match = next((line for line in lines if re.search(pattern, line)), None)
        if match:
            return match
    return _last(log)


def _design_line(log: Path) -> str:
    match = next((line for line in _lines(log) if re.search(DESIGN_ERROR, line)), None)
    return match or "no error in the log, so probably $finish, or no clock running"


def _last(log: Path) -> str:
    lines = [line for line in _lines(log) if line]
    return f"last line: {lines[-1]}" if lines else "the log is empty"


def _lines(log: Path) -> list[str]:
    """Return the lines of a log, of a very long one those of its begin and its end."""
    with log.open("rb") as handle:
        text = handle.read(READ_BYTES)
        rest = log.stat().st_size - len(text)
        if rest > READ_BYTES:
            handle.seek(-READ_BYTES, 2)
        text += handle.read()
    return [line.strip() for line in text.decode(errors="replace").splitlines()]
