# SPDX-License-Identifier: Apache-2.0
"""A foreign design on the virtual board: every beat arrives, whatever stalls, and what is wrong names port and beat."""

import hashlib
import importlib
import random
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from boards.drivers import KernelError
from boards.dut_bench import open_dut, replay
from golden.errors import CheckError, InputError
from harness.atomic import replace_text
from harness.cli import app
from harness.newdut import bundle, kernel
from harness.paths import build_dir
from harness.sim.mem import Response
from tests.harness.newdut import odd_join_law as law

NO_LAST, LOST, TWICE, NO_RESET, STUCK = range(1, 6)


def cases(*counts):
    """Runs of so many beats; the last of each ends a packet, and few do before."""
    rng = random.Random("odd_join")
    for count in counts:
        beats = [beat & 0xFFF | (rng.random() < 0.1) << 12 for beat in bundle.noise(rng, 13, count)]
        beats[-1:] = [beat | 1 << 12 for beat in beats[-1:]]
        yield f"of-{count}", {"a": beats, "b": [0] * count}


def version():
    """Of what a folder is made from: what is written once is not written anew."""
    files = sorted(path for path in Path(kernel.__file__).parent.rglob("*.*") if path.suffix in (".py", ".j2"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in (*files, law.VERILOG))).hexdigest()[:12]


@pytest.fixture(scope="module")
def folder():
    """The design's folder with its kernel, on the path as pytest puts it there; test processes share its simulator."""
    made = build_dir() / "tests" / f"odd_join-{version()}"
    kernel.write(made, law.declare(made, "sim"))
    replace_text(made / "odd_join_golden.py", "from tests.harness.newdut.odd_join_law import expected\n")
    sys.path.insert(0, str(made))
    yield made
    sys.path.remove(str(made))


@pytest.fixture(scope="module")
def driver(folder):
    return importlib.import_module("odd_join_driver").OddJoinKernel


@pytest.fixture(scope="module")
def vectors(folder):
    """A bundle of runs of 0, 1, 17 and 150 beats."""
    return bundle.write(folder, law.declare(folder, "sim"), cases(0, 1, 17, 150), law.expected, 1)


@pytest.fixture
def board(driver):
    with open_dut(driver) as opened:
        yield opened


def pins(fault=0):
    return {"step": law.STEP << 20, "fault": fault}


@pytest.mark.parametrize("stalls", [0.0, 0.9])
def test_every_beat_is_goldens(driver, vectors, stalls):
    """Two inputs, one without data, two outputs of other widths, a run of no beat; figures are said to be simulated."""
    with open_dut(driver, stalls=stalls) as board:
        lines = list(replay(board, vectors, pins()))
        run = board.kernel.run({"a": [0] * 300, "b": [0] * 300}, {"m": 300, "ends": 0}, pins())
    assert {name for name, count in run.waited.items() if count} == ({"m"} if stalls else set())  # the widest places
    assert run.cycles > run.active >= 300
    assert [line.split(":")[1] for line in lines] == [" case of-0", " case of-1", " case of-17", " case of-150"]
    assert all(line.endswith("at 200 MHz [simulated]") for line in lines)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (NO_LAST, "sim: case of-1: port m, beat 0: golden 0x17"),
        (LOST, "sim: case of-17: port m, beat 5: golden 0x"),
        (TWICE, "sim: case of-1: port m, beat 1: found one more than the 1 that golden gives"),
        (NO_RESET, "sim: case of-17: port m, beat 0: golden 0x"),
        (STUCK, "sim: case of-17: port m, beat 5: missing, 5 of 17 have moved; port ends, beat"),
    ],
)
def test_a_fault_of_the_design_is_named(board, vectors, fault, said):
    """Case, port and beat of the first difference; the kernel is as good as new for the next run."""
    with pytest.raises(CheckError) as error:
        list(replay(board, vectors, pins(fault)))
    assert str(error.value).startswith(said), error.value
    assert len(list(replay(board, vectors, pins()))) == 4 or fault == NO_RESET


def test_a_wrong_number_of_beats_is_named(board, driver):
    """Golden that gives one more than the design: the beat is missing, and the inputs are said to be taken or not."""
    given = {"a": [1, 2, 3], "b": [0, 0, 0]}
    run = board.kernel.run(given, {"m": 4, "ends": 0}, pins())
    assert run.error is not None
    assert (run.error.code.name, run.error.port) == ("STALLED", 0)
    assert run.outputs["m"] == law.expected(given)["m"]
    assert (run.moved["a"], run.moved["m"], run.moved["ends"]) == (3, 3, 0)


def test_errors_of_memory_and_arguments_end_the_run(board, driver):
    """An error response on a port, and an address between memory beats: the kernel says which, and runs again."""
    board.device.model.memory.inject(write=False, response=Response.SLVERR, port=1)
    with pytest.raises(KernelError, match=r"AXI_READ .* on port 1"):
        board.kernel.run({"a": [1], "b": [0]}, {"m": 1, "ends": 0}, pins())
    board.device.model.memory.clear_injections()
    board.kernel.put64(driver.OFFSETS["OUT_ENDS_OFF"], 8)
    board.kernel.start()
    with pytest.raises(KernelError, match="BAD_OFFSET"):
        board.kernel.wait()
    assert board.kernel.run({"a": [1], "b": [0]}, {"m": 1, "ends": 0}, pins()).error is None


def test_what_a_run_is_given_is_checked(board, vectors, folder, tmp_path):
    """A beat or pin that is too wide, a pin that is none, and a bundle of another design: one line each."""
    with pytest.raises(InputError, match="beat 0: found 0x2000, expected a number of 13 bits"):
        board.kernel.run({"a": [1 << 13], "b": [0]}, {"m": 1, "ends": 0})
    with pytest.raises(InputError, match="found input mode = 0x1, expected one of fault of 3 bits, step of 40 bits"):
        board.kernel.run({"a": [1], "b": [0]}, {"m": 1, "ends": 0}, {"mode": 1})
    path = bundle.write(tmp_path, law.declare(folder, "sim"), cases(1), law.expected, 1)
    manifest = path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"m": 21', '"m": 22'))
    with pytest.raises(InputError, match="content hash"):
        list(replay(board, path))


def test_a_board_without_a_configuration_is_refused(driver):
    """The line says which boards there are, and how another is added; a board that is none is refused, too."""
    with pytest.raises(InputError, match="no configuration for board 'u280', there is sim; make it"):
        open_dut(driver, "sim:u280")
    with pytest.raises(InputError, match="nowhere"):
        open_dut(driver, "sim:nowhere")


def test_the_command(folder):
    """It replays the folder's own vectors, with pins; what differs is exit code 1, what cannot be asked for 2."""
    asked = ["replay", str(folder), "--pin", f"step={law.STEP << 20:#x}", "--seed", "3"]
    done = CliRunner().invoke(app, asked)
    assert done.exception is None
    assert done.output.count("[simulated]") == 4
    for more, kind, said in (
        (["--pin", f"fault={LOST}"], CheckError, "case random-64: port m, beat"),
        (["--pin", "fault"], InputError, "--pin: found 'fault', expected NAME=VALUE"),
        (["--board", "sim:nowhere"], InputError, "nowhere"),
        (["--board", "sim:u280"], InputError, "no configuration for board 'u280'"),
    ):
        error = CliRunner().invoke(app, [*asked, *more]).exception
        assert isinstance(error, kind)
        assert said in str(error)
    assert isinstance(CliRunner().invoke(app, ["replay", str(folder / "none")]).exception, InputError)
    error = CliRunner(env={"KRAIT_SEED": "one"}).invoke(app, asked[:-2]).exception
    assert isinstance(error, InputError)
    assert "KRAIT_SEED: found 'one', expected a number from 0 on" in str(error)


def test_registers_have_names_in_pynq(board):
    """PYNQ's register map of the kernel is that of the folder's declaration, pins among them."""
    board.kernel.put(board.kernel.OFFSETS["PIN_FAULT"], NO_RESET)
    assert int(board.kernel.register_map.PIN_FAULT) == NO_RESET
