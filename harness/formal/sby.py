# SPDX-License-Identifier: Apache-2.0
"""One run of SymbiYosys: sources in, a verdict out, kept under the hash of everything that it depends on."""

import hashlib
import json
import os
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from golden.errors import InputError, MachineError
from golden.spec.strict import decode
from harness.atomic import publish_dir
from harness.formal.proofs import Mode, Proof, library, mutate
from harness.formal.tools import Prover
from harness.paths import VERILOG, build_dir
from harness.synth.yosys import elaboration
from harness.verilog import with_children

FORMAT = 1  # of what is kept: raise it when the same inputs give another result
LIMIT_S = 3600
"""After so long a run is given up; a guard against a solver that hangs."""

Verdict = Literal["proved", "bounded", "refuted", "open"]
"""For all time; for `depth` cycles from a reset; not at all; for `depth` cycles, while the induction does not close."""

_VERDICTS: dict[tuple[Mode, str], Verdict] = {
    ("prove", "PASS"): "proved",
    ("bmc", "PASS"): "bounded",
    ("prove", "FAIL"): "refuted",
    ("bmc", "FAIL"): "refuted",
    ("prove", "UNKNOWN"): "open",
}


@dataclass(frozen=True)
class Outcome:
    """What came out: the verdict, for how many cycles, how long it took; of what is refuted the cycle and the assertion
    (file:line) that fails."""

    verdict: Verdict
    depth: int
    seconds: float
    failed: str


@dataclass(frozen=True)
class Run:
    """A proof, or its mutant, as SymbiYosys gets it: sources and headers by file name, and its own script."""

    name: str
    mode: Mode
    depth: int
    sources: Mapping[str, str]
    script: str

    def key(self, versions: Mapping[str, str]) -> str:
        """Return the hash of everything that the outcome depends on."""
        inputs = (FORMAT, sorted(versions.items()), sorted(self.sources.items()), self.script)
        return hashlib.sha256(repr(inputs).encode()).hexdigest()[:20]


def of_proof(proof: Proof, depth: int | None = None) -> Run:
    """Return the run of a proof, to its own depth or another one."""
    return _run(proof, proof.name, _sources(proof), proof.mode, depth or proof.depth)


def of_mutant(proof: Proof) -> Run:
    """Return the run of a proof's mutant: bounded, as it only looks for a cycle in which a property fails.

    Raises:
        InputError: the mutant's text does not stand in its file exactly once.
    """
    depth = proof.mutant_depth or max(proof.depth, 8)
    return _run(proof, f"{proof.name}_mutant", mutate(_sources(proof), proof.mutant), "bmc", depth)


def _sources(proof: Proof) -> dict[str, str]:
    files = with_children(proof.top_file, library())
    folders = (VERILOG / "common", VERILOG / "gen", VERILOG)
    wanted = {name for path in files for name in re.findall(r'`include "([^"]+)"', path.read_text())}
    headers = {name: folder / name for name in wanted for folder in folders if (folder / name).is_file()}
    return {path.name: path.read_text() for path in files} | {
        name: path.read_text() for name, path in sorted(headers.items())
    }


def _run(proof: Proof, name: str, sources: dict[str, str], mode: Mode, depth: int) -> Run:
    return Run(name, mode, depth, sources, script(proof, sources, mode, depth))


def script(proof: Proof, sources: Mapping[str, str], mode: Mode, depth: int) -> str:
    """Return what SymbiYosys reads.

    The design is flattened, so that wires of the properties can be tied to nets of the unit; its memories become
    registers where there are such wires.
    """
    design, properties = ([name for name in sources if Path(name).suffix == suffix] for suffix in (".v", ".sv"))
    commands = [
        f"read_verilog -formal {' '.join(design)}",
        f"read_verilog -formal -sv {' '.join(properties)}",
        *elaboration(proof.top, proof.params).split("; "),
        "proc",
        "flatten",
        *(["memory_collect", "memory_map"] if proof.peeks else []),
        *(f"connect -set \\{wire} {_net(net)}" for wire, net in proof.peeks.items()),
        f"prep -top {proof.top}",
    ]
    parts = {
        "options": [f"mode {mode}", f"depth {depth}", f"timeout {LIMIT_S}"],
        "engines": ["smtbmc z3"],
        "script": commands,
        "files": [f"{name} sources/{name}" for name in sources],
    }
    return "\n\n".join("\n".join([f"[{title}]", *lines]) for title, lines in parts.items()) + "\n"


def _net(name: str) -> str:
    """Return a net as Yosys calls it; of mem[0..3] all words side by side, the last highest."""
    words = re.fullmatch(r"(.+)\[(\d+)\.\.(\d+)\]", name)
    if words is None:
        return f"\\{name}"
    return ",".join(f"\\{words[1]}[{word}]" for word in range(int(words[3]), int(words[2]) - 1, -1))


def prove(run: Run, prover: Prover) -> tuple[Outcome, Path]:
    """Return the outcome of a run and the folder with its log and, if it was refuted, its waveform.

    Raises:
        InputError: SymbiYosys or Yosys refuses the sources, or the assumptions exclude each other.
        MachineError: it does not start, or gives up after its time limit.
    """
    folder = build_dir() / "formal" / "runs" / f"{run.name}-{run.key(prover.versions)}"
    publish_dir(folder, lambda work: _fill(run, prover, work))
    path = folder / "outcome.json"
    return decode(Outcome, json.loads(path.read_text()), path), folder


def _fill(run: Run, prover: Prover, work: Path) -> None:
    for name, text in run.sources.items():
        (work / "sources" / name).parent.mkdir(parents=True, exist_ok=True)
        (work / "sources" / name).write_text(text)
    (work / "proof.sby").write_text(run.script)
    command = [*prover.command, "-f", "-d", "sby", "proof.sby"]
    environment = os.environ | prover.environment
    started = time.monotonic()
    try:
        done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        raise MachineError(f"{command[0]}: does not start ({error.strerror})") from error
    seconds = time.monotonic() - started
    outcome = judge(run, done.stdout + done.stderr, seconds)
    (work / "outcome.json").write_text(json.dumps(asdict(outcome), indent=1) + "\n")


def judge(run: Run, log: str, seconds: float) -> Outcome:
    """Return what the log of a run says. Raises as `prove`."""
    status = re.findall(r"DONE \((\w+), rc=\d+\)", log)
    if status and status[-1] == "TIMEOUT":
        raise MachineError(f"formal: {run.name}: no answer from the solver in {LIMIT_S} s; choose a smaller --depth")
    verdict = _VERDICTS.get((run.mode, status[-1])) if status else None
    if verdict is None:
        raise InputError(f"formal: {run.name}: {_reason(log)}")
    failed = re.findall(r"Assert failed in .*?: (\S+?:\d+)", log) if verdict == "refuted" else []
    steps = re.findall(r"assertions in step (\d+)", log) if verdict == "refuted" else []
    return Outcome(verdict, int(steps[-1]) if steps else run.depth, seconds, failed[0] if failed else "")


def _reason(log: str) -> str:
    """Return the line that says what went wrong, or the last one."""
    lines = [line.strip() for line in log.splitlines() if line.strip()] or ["SymbiYosys said nothing"]
    wrong = [line for line in lines if re.search(r"ERROR|PREUNSAT|unsatisfiable|Traceback|Unexpected response", line)]
    return (wrong or lines[-1:])[0]
