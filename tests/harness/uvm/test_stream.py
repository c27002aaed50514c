# SPDX-License-Identifier: Apache-2.0
"""Stream agents: they pass good traffic, tell the first divergence, and fail where nothing was compared."""

import re
from itertools import count
from pathlib import Path

import pytest
from pyuvm import uvm_component

from golden.errors import CheckError
from harness.sim.runner import simulate
from harness.uvm.stream import StreamBeat, StreamMonitor
from harness.uvm.stream_env import StreamScoreboard
from harness.uvm.stream_pins import Port
from tests.rtl.dut import SIMS, sources

NAMES = count()
MODULE = "tests.harness.uvm.cocotb_stream"
BAD = {
    "planted": r"port m, lane 0, beat 7, cycle \d+: golden 0xf, RTL 0xe",
    "one_short": r"port m, lane 0, beat 39: golden 0xae, RTL no beat",
    "one_more": r"port m, lane 0, beat 39, cycle \d+: golden no beat, RTL 0xae",
    "never_done": r"every beat came, and after 200 cycles the test is not done",
    "nothing": r"port m: the scoreboard compared nothing",
    "left_offered": r"port m(, lane 0, beat 2|: a beat is offered after the last one)",
}


def play(sim: str, testcase: str | None = None, bad: bool = False, workdir: Path | None = None) -> None:
    env = {"STREAM_BAD": "1"} if bad else {}
    simulate(
        "strm_skid", sources("strm_skid"), {"DATA_W": 8}, MODULE, testcase, sim, env=env, opt="-O0", workdir=workdir
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("sim", SIMS)
def test_good_traffic_passes(sim: str) -> None:
    """Beats are published, items bring their stalls, and there is a reset that drops everything."""
    play(sim)


@pytest.mark.parametrize("sim", SIMS)
def test_bad_traffic_fails(sim: str, tmp_path: Path) -> None:
    """Every planted fault fails its test, in drain or at the end, and the log says where golden and RTL differ."""
    with pytest.raises(CheckError):
        play(
            sim,
            ",".join(["never_done", "nothing", "left_offered", "drain=True", "drain=False"]),
            bad=True,
            workdir=tmp_path,
        )
    log = (tmp_path / "sim.log").read_text()
    for line in BAD.values():
        assert re.search(line, log), line
    assert "PASS=0 FAIL=9" in log


class Pin:
    """A handle without a simulator."""

    def __init__(self, value: int = 0) -> None:
        self.value = value


def parent() -> uvm_component:
    return uvm_component(f"stream{next(NAMES)}", None)


class TestMonitor:
    def monitor(self, shared: bool = False) -> tuple[StreamMonitor, Pin, Pin, Pin]:
        valid, ready, data = Pin(), Pin(), Pin()
        port = Port(valid, ready, [(data, 8)], lanes=2, shared=shared)
        return StreamMonitor("monitor", parent(), port), valid, ready, data

    def test_takes_what_has_valid_and_ready(self) -> None:
        """Each lane on its own, with its own part of the data, and the cycle."""
        monitor, valid, ready, data = self.monitor()
        for cycle, (valid.value, ready.value, data.value) in enumerate(
            [(1, 2, 0xBBAA), (3, 1, 0xBBAA), (2, 3, 0xBB00)]
        ):
            monitor.sample(cycle)
        assert monitor.taken == [[(1, 0xAA)], [(2, 0xBB)]]

    def test_lanes_may_share_their_data(self) -> None:
        monitor, valid, ready, data = self.monitor(shared=True)
        valid.value, ready.value, data.value = 3, 3, 0x5A
        monitor.sample(4)
        assert monitor.taken == [[(4, 0x5A)], [(4, 0x5A)]]

    def test_a_beat_that_changes_is_told(self) -> None:
        """S3: an offered beat keeps its data until it moves."""
        monitor, valid, ready, data = self.monitor()
        valid.value, data.value = 1, 0xAA
        monitor.sample(1)
        assert monitor.waiting
        data.value, ready.value = 0xAB, 1
        with pytest.raises(CheckError, match=r"lane 0, cycle 2: 0xaa became 0xab \(S3\)"):
            monitor.sample(2)

    def test_a_valid_that_falls_is_told(self) -> None:
        """S3: an offered beat stays until it moves; a clear, as reset does it, lets it go."""
        monitor, valid, _, _ = self.monitor()
        valid.value = 2
        monitor.sample(1)
        valid.value = 0
        with pytest.raises(CheckError, match=r"lane 1, cycle 2: valid fell"):
            monitor.sample(2)
        monitor.clear()
        monitor.sample(3)
        assert not monitor.waiting


class TestScoreboard:
    def board(self, *lanes: list[int]) -> StreamScoreboard:
        board = StreamScoreboard("board", parent(), "m", len(lanes))
        for lane, beats in enumerate(lanes):
            board.expect(beats, lane)
        return board

    def test_each_lane_counts_for_itself(self) -> None:
        """The first divergence of a lane is told once, with the lane's own count of beats."""
        board = self.board([1, 2], [5, 6, 7])
        for cycle, (lane, data) in enumerate([(0, 1), (1, 5), (1, 9), (0, 2), (1, 8)]):
            board.write(StreamBeat("m", lane, cycle, data))
        assert board.failures == ["port m, lane 1, beat 1, cycle 2: golden 0x6, RTL 0x9"]
        assert (board.complete, board.compared) == (True, 5)
        with pytest.raises(CheckError, match="beat 1"):
            board.check_phase()

    def test_a_missing_beat_fails(self) -> None:
        board = self.board([1, 2])
        board.write(StreamBeat("m", 0, 1, 1))
        with pytest.raises(CheckError, match="port m, lane 0, beat 1: golden 0x2, RTL no beat"):
            board.check_phase()

    def test_nothing_compared_fails(self) -> None:
        """But an output of which golden says that it is silent has nothing to compare."""
        board = StreamScoreboard("board", parent(), "m")
        with pytest.raises(CheckError, match="compared nothing"):
            board.check_phase()
        self.board([]).check_phase()

    def test_drop_forgets_what_was_expected(self) -> None:
        """Counts begin anew, and what was found before stays found."""
        board = self.board([1, 2, 3])
        board.write(StreamBeat("m", 0, 1, 9))
        board.drop()
        board.expect([4])
        board.write(StreamBeat("m", 0, 9, 4))
        assert board.complete
        assert len(board.failures) == 1
