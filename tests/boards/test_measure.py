# SPDX-License-Identifier: Apache-2.0
"""Measuring on a board: what is checked first, what is kept, and that nothing that goes wrong is lost or ends the rest.

The boards are the devices of the contract: a Verilated kernel behind the virtual board and behind the fakes of drivers.
"""

import json
from dataclasses import replace

import pytest
from pynq import Overlay

from boards import measure
from boards.drivers.base import KraitIP
from boards.open import OpenBoard
from boards.preflight import check_arena
from boards.target import TimedTarget
from golden import vectors
from golden.errors import InputError, InvalidError, MachineError
from golden.spec import load_config
from harness import bundles
from harness.bench import measured
from harness.bench.statistics import Rule
from tests.boards import designs
from tests.boards.device_kinds import KINDS

RULE = Rule(relative=10.0, warm_up=1, least=2, repeats=2, seconds=60.0)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def board(request, tmp_path, monkeypatch):
    """A board of each kind with the smallest tern_matvec. Clocks of fakes stand still, so theirs is not measured."""
    monkeypatch.setattr(KraitIP, "check_clock", lambda self: self.clock_mhz)
    bench = request.param.bench(tmp_path)
    path = request.param.overlay_file(tmp_path, designs.matvec())
    yield OpenBoard(bench.device, Overlay(str(path), device=bench.device), load_config("tern_matvec", "sim"))
    bench.device.close()
    bench.destroy()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return vectors.load(bundles.make_random(20, 90, 3, "sim", out=tmp_path_factory.mktemp("bundles")))


def run(board, bundle, path, **more):
    return measure.run_opened(board, bundle, path, RULE, **more)


def test_every_case_is_measured_and_exact(board, bundle, tmp_path):
    """A record a case, with its raw samples, warm-up apart, and what was checked before; buffers are given back."""
    path = tmp_path / "measured.jsonl"
    assert run(board, bundle, path)
    found = measured.read(path)
    assert [each.case for each in found] == [case.name for case in bundle.manifest.cases]
    for each in found:
        assert (each.verdict, len(each.warm_up), len(each.samples), each.detail) == ("exact", 1, 2, "")
        assert each.preflight.bitstream == board.device.loaded.sha256
        assert each.preflight.clock_measured_mhz == 200
        assert all(t.cycles > 0 and min(t.to_device_s, t.kernel_s, t.from_device_s) > 0 for t in each.samples)
        assert each.device_s.value == pytest.approx(each.samples[0].cycles / 200e6)
    board.device.check_leaks()


def test_a_wrong_result_is_a_verdict(board, bundle, tmp_path):
    """A case that differs from its bundle says where, and the others are measured."""
    tensors = dict(bundle.tensors)
    first, *others = bundle.manifest.cases
    tensors[first.y] = tensors[first.y].clone()
    tensors[first.y][3, 0] += 1
    assert not run(board, replace(bundle, tensors=tensors), tmp_path / "m.jsonl")
    found = measured.read(tmp_path / "m.jsonl")
    assert [each.verdict for each in found] == ["differs", *["exact"] * len(others)]
    assert "row 3, vector 0: golden" in found[0].detail
    assert "1 of 20 elements differ" in found[0].detail
    assert not found[0].samples


def test_a_hang_ends_its_case_alone(board, bundle, tmp_path, monkeypatch):
    """A start that does not end has its registers in the record; the overlay is loaded again and the rest measured."""
    waited, wait = [], KraitIP.wait

    def hangs_once(self, timeout_s):
        waited.append(timeout_s)
        if len(waited) == 1:
            raise MachineError(f"{self.name}: not done within {timeout_s:g} s; {self.dump()}")
        wait(self, timeout_s)

    monkeypatch.setattr(KraitIP, "wait", hangs_once)
    assert not run(board, bundle, tmp_path / "m.jsonl", timeout_s=5.0)
    found = measured.read(tmp_path / "m.jsonl")
    assert [each.verdict for each in found] == ["failed", "exact", "exact"]
    assert "not done within 5 s; CTRL=" in found[0].detail
    board.device.check_leaks()


def test_a_board_that_does_not_come_back_ends_the_run(board, bundle, tmp_path, monkeypatch):
    """The case's record is there before the error."""

    def fails(*arguments):
        raise MachineError("not done")

    monkeypatch.setattr(KraitIP, "wait", fails)
    monkeypatch.setattr(TimedTarget, "recover", fails)
    with pytest.raises(MachineError, match="not done"):
        run(board, bundle, tmp_path / "m.jsonl")
    assert [each.verdict for each in measured.read(tmp_path / "m.jsonl")] == ["failed"]


def test_a_run_resumes(board, bundle, tmp_path):
    """What an interrupted run measured is kept, a torn line is not, the rest is measured; another run starts anew."""
    path = tmp_path / "m.jsonl"
    assert run(board, bundle, path)
    first, second, _ = path.read_text().splitlines(keepends=True)
    path.write_text(first + second[: len(second) // 2])
    assert run(board, bundle, path, resume=True)
    found = measured.read(path)
    assert [each.case for each in found] == [case.name for case in bundle.manifest.cases]
    assert path.read_text().startswith(first)
    assert run(board, bundle, path)
    assert len(measured.read(path)) == 6


def test_a_wrong_clock_is_invalid(board, bundle, tmp_path, monkeypatch):
    """Nothing is measured on a board that is not the declared one, and a record says why."""

    def wrong(self):
        raise InvalidError("clock measured as 150.000 MHz, declared 200 MHz")

    monkeypatch.setattr(KraitIP, "check_clock", wrong)
    with pytest.raises(InvalidError, match="150"):
        run(board, bundle, tmp_path / "m.jsonl")
    (found,) = measured.read(tmp_path / "m.jsonl")
    assert (found.verdict, found.case, found.samples) == ("invalid", "", ())
    assert "150.000 MHz" in found.detail
    board.device.check_leaks()


def test_memory_that_does_not_keep_is_invalid(board):
    """A byte of the arena that reads as another is found, with its port and place."""
    with board.kernel.arena(3 << 20) as arena:
        check_arena(arena)
        assert arena.top == 0
        arena.reserve(arena.size)
        read = arena.read

        def flips(offset, size):
            data = read(offset, size)
            if offset == 2 << 20:
                data[1, 77] ^= 4
            return data

        arena.read = flips
        with pytest.raises(InvalidError, match=r"memory of port 1: 1 of .* the first at offset 0x20004d: found"):
            check_arena(arena)


def test_a_bundle_for_another_configuration_is_refused(board, tmp_path):
    """It is the input's fault, and nothing is written."""
    other = vectors.load(bundles.make_random(20, 90, 1, "sim512", out=tmp_path))
    with pytest.raises(InputError, match="made for configuration 'sim512'"):
        run(board, other, tmp_path / "m.jsonl")
    assert not (tmp_path / "m.jsonl").exists()


def test_a_board_that_answers_wrongly_is_invalid(tmp_path):
    """A kernel of another configuration is seen before the board is open: a record, and the error."""

    def opening():
        raise InvalidError("CONFIG_HASH reads 0x1, expected 0x2")

    with pytest.raises(InvalidError):
        measure.opened("vc709", tmp_path / "m.jsonl", opening)
    assert json.loads((tmp_path / "m.jsonl").read_text())["verdict"] == "invalid"


def test_records_are_read_strictly(tmp_path):
    """Another schema and a line that is no JSON are named by their number."""
    path = tmp_path / "m.jsonl"
    for text, message in (("{}\n", "m.jsonl:1: schema: found None"), ("{\n", "m.jsonl:1: not JSON")):
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            measured.read(path)
    assert measured.read(tmp_path / "none.jsonl") == ()


def test_without_the_board_bench_says_one_line(krait, tmp_path, monkeypatch):
    """`krait bench --board vc709` on a machine without it: exit code 3 and no record; what virtual boards do: 2."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    code, _, err = krait("bench", "--board", "vc709", "--out", tmp_path)
    assert code == 3
    assert err.startswith("krait: board vc709: ")
    assert err.count("\n") == 1
    assert not list(tmp_path.glob("*.jsonl"))
    code, _, err = krait("bench", "--board", "vc709", "--out", tmp_path, "--memory", "ideal")
    assert code == 2
    assert "--memory" in err
    assert krait("bench", "--resume", "--out", tmp_path)[0] == 2
