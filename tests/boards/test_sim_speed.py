# SPDX-License-Identifier: Apache-2.0
"""The comparison of the virtual board with a bare C++ loop compares the same work."""

from dataclasses import replace

import pytest

from boards.sim.open import open_board
from boards.sim.speed import MatvecSpeed
from golden.errors import MachineError
from harness.bench.sim_speed import bare_build, line, measure, run_bare, write_script
from harness.build import build
from harness.provenance import collect


@pytest.fixture
def speed():
    with open_board("sim", "sim512", memory="model") as board:
        subject = MatvecSpeed(board, 768, 4096)
        with board.kernel.memory:
            yield subject


def test_both_sides_simulate_the_same_cycles(speed):
    """Both do the same starts under the same memory model; the record keeps every sample and tells the ratio."""
    record = measure(speed, 1, collect({}), rounds=2)
    assert len(record.ours) == len(record.theirs) == 2
    assert min(record.ours + record.theirs) > 0
    assert f"ratio {record.ratio:.2f} (goal 0.50" in line(record)


def test_other_work_is_refused(speed, monkeypatch):
    """A bare loop that does half of the work is no yardstick."""
    work = speed.work()
    half = tuple((at, value // 2 if at == 0x10 else value) for at, value in work.arguments)
    monkeypatch.setattr(speed, "work", lambda: replace(work, arguments=half))
    with pytest.raises(MachineError, match="not the same work"):
        measure(speed, 1, collect({}), rounds=1)


def test_a_failing_kernel_fails_the_loop(speed, tmp_path):
    """A kernel that reports an error ends the bare loop with exit code 3 and a line that says so."""
    work = speed.work()
    wrong = tuple((at, 0 if at == 0x10 else value) for at, value in work.arguments)
    script = write_script(replace(work, arguments=wrong), 1, tmp_path)
    with pytest.raises(MachineError, match="the kernel reports an error"):
        run_bare(build(bare_build("tern_matvec", "sim512")), script)
