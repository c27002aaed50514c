# SPDX-License-Identifier: Apache-2.0
"""Speed of the virtual board against a bare C++ loop around the same Verilated model, bus accesses and memory.

Both do the same starts on the same data. The board's time includes everything that a user pays between starts: PYNQ,
driver, copies of vectors and results; compiling and loading weights is outside both.
"""

import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from golden.errors import MachineError
from harness.bench.speed import SCHEMA, SpeedRecord
from harness.build import VerilatorBuild, build
from harness.provenance import Provenance
from harness.sim.model import CPP, MEMORY_CPP, kernel_build
from harness.sim.timing import MemoryTiming

GOAL = 0.5
ROUNDS = 3


@dataclass(frozen=True)
class PortImage:
    """Memory of one port: where it lies, and the bytes from its beginning that matter."""

    base: int
    size: int
    data: NDArray[np.uint8]


@dataclass(frozen=True)
class Work:
    """A prepared start, as the bare loop repeats it: memory, its timing, registers once and before each start."""

    images: tuple[PortImage, ...]
    timing: MemoryTiming
    writes: tuple[tuple[int, int], ...]
    arguments: tuple[tuple[int, int], ...]


class SpeedBoard(Protocol):
    """A virtual board with a product loaded (`boards.sim.speed` has it)."""

    @property
    def name(self) -> str:
        """The board and its configuration, for the record."""

    @property
    def config(self) -> tuple[str, str]:
        """Kernel and configuration."""

    def work(self) -> Work:
        """Return what one start needs, for the bare loop."""

    def run(self, starts: int) -> tuple[int, float]:
        """Start, wait and fetch results `starts` times; return simulated cycles and seconds of wall time."""


def measure(board: SpeedBoard, starts: int, provenance: Provenance, rounds: int = ROUNDS) -> SpeedRecord:
    """Return the speed of a board against the bare loop, from alternating rounds after one warm-up of each.

    Raises:
        MachineError: the bare loop fails, or does not simulate the same cycles within 5 %.
    """
    program = build(bare_build(*board.config))
    with tempfile.TemporaryDirectory(prefix="krait-speed-") as folder:
        script = write_script(board.work(), starts, Path(folder))
        samples = [(board.run(starts), run_bare(program, script)) for _ in range(rounds + 1)][1:]
    for (ours, _), (theirs, _) in samples:
        if abs(ours - theirs) > 0.05 * theirs:
            raise MachineError(f"speed of {board.name}: {ours} cycles, the bare loop {theirs}; not the same work")
    return SpeedRecord(
        schema=SCHEMA,
        name=f"{board.name}: simulated cycles per second",
        ours_name="virtual board",
        theirs_name="bare C++ loop",
        ours=tuple(cycles / seconds for (cycles, seconds), _ in samples),
        theirs=tuple(cycles / seconds for _, (cycles, seconds) in samples),
        goal=GOAL,
        provenance=provenance,
    )


def bare_build(kernel: str, config: str) -> VerilatorBuild:
    """Return the build of the bare loop: that of the virtual board with another main."""
    return replace(kernel_build(kernel, config), kind="exe", cpp=(*MEMORY_CPP, CPP / "bare_main.cpp"))


def write_script(work: Work, starts: int, folder: Path) -> Path:
    """Write the script of bare_main.cpp and the memory images; return its path."""
    lines = []
    for port, image in enumerate(work.images):
        path = folder / f"port{port}.bin"
        image.data.tofile(path)
        lines += [f"attach {port} {image.base} {image.size}", f"load {port} 0 {path}"]
        lines += _timing_lines(work.timing, port, len(work.images))
    lines += [f"write {address} {value}" for address, value in work.writes]
    lines += [f"argument {address} {value}" for address, value in work.arguments]
    script = folder / "script"
    script.write_text("\n".join([*lines, f"start {starts}", ""]))
    return script


def _timing_lines(timing: MemoryTiming, port: int, ports: int) -> list[str]:
    gaps = enumerate((timing.page, timing.refresh))
    return [
        f"timing {port} {timing.latency} {timing.rate!r} {timing.turnaround} {timing.queue_depth}",
        *(f"gap {port} {kind} {gap.period} {gap.cycles} {port * gap.period // ports}" for kind, gap in gaps),
    ]


def run_bare(program: Path, script: Path) -> tuple[int, float]:
    """Run the bare loop; return simulated cycles and seconds.

    Raises:
        MachineError: it failed; the message has what it printed.
    """
    done = subprocess.run([program, script], capture_output=True, text=True, check=False)
    if done.returncode:
        raise MachineError(f"{program.name}: {done.stderr.strip() or f'ended with {done.returncode}'}")
    cycles, seconds = done.stdout.split()
    return int(cycles), float(seconds)


def line(record: SpeedRecord) -> str:
    """Return the record as one line for people."""
    ours, theirs = (sorted(each)[len(each) // 2] for each in (record.ours, record.theirs))
    verdict = "reached" if record.met else "MISSED"
    return (
        f"{record.name}: {record.ours_name} {ours:,.0f}, {record.theirs_name} {theirs:,.0f}, "
        f"ratio {record.ratio:.2f} (goal {record.goal:.2f} {verdict})"
    )
