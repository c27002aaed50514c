# SPDX-License-Identifier: Apache-2.0
"""Measuring whole models on boards: each start against golden, energy in the same run, what goes wrong kept apart.

The boards are fakes of drivers with a Verilated kernel behind, the models the zoo's tiny ones, of BitNet one layer.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from boards import mamba2_measure, model_measure
from boards.drivers.base import KraitIP
from boards.drivers.model_accel import ModelAccel
from golden.errors import InputError, InvalidError, MachineError
from harness.bench import energy_record, measured
from harness.bench.energy import figures, problems
from harness.bench.measured import CaseRecord
from harness.bench.statistics import Rule
from harness.sim.mem import HANG, Channel
from reports import energy
from reports.document import Table
from tests.boards.model_boards import BOARDS, Fake, opened
from tests.boards.power.fakes import Lab
from tests.conftest import Krait

RULE = Rule(relative=10.0, warm_up=0, least=2, repeats=2)
WORK = {"mamba2_accel": "pp3,tg1@d3", "ternary_accel": "pp3,tg1@d5"}
KERNELS = tuple(WORK)
PAIRS = (("vc709", KERNELS[0]), ("vc709", KERNELS[1]), ("u280", KERNELS[0]), ("vck190", KERNELS[1]))
"""Each board and each kernel; all pairs would take twice as long."""


@pytest.fixture(autouse=True)
def still_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocks of fakes stand still between accesses, so that no measurement of them means anything."""
    monkeypatch.setattr(KraitIP, "check_clock", lambda self: self.clock_mhz)


@pytest.fixture
def fake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fake]:
    tag, kernel = request.param
    with opened(tag, kernel, tmp_path) as found:
        yield found
        found.board.device.check_leaks()


on = pytest.mark.parametrize
one = on("fake", [("vc709", "mamba2_accel")], indirect=True, ids=["vc709"])


def run(fake: Fake, path: Path, work: str | None = None, **more: Any) -> tuple[bool, tuple[CaseRecord, ...]]:
    kernel = fake.board.kernel.KERNEL
    layers = 1 if kernel == "ternary_accel" else None  # a start of all four takes seconds
    fields = {"rule": RULE, "timeout_s": 120.0, "layers": layers} | more
    good = model_measure.run_opened(fake.board, path, work=work or WORK[kernel], **fields)
    return good, measured.read(path)


@on("fake", PAIRS, indirect=True, ids="-".join)
def test_prompt_and_decode_are_measured_and_exact(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A record a workload: device cycles, host time and copies apart, LM head in, energy n/a with its reason."""
    good, (prompt, decode) = run(fake, tmp_path / "measured.jsonl")
    said = " ".join(capsys.readouterr().out.split())
    assert good, said
    assert [each.asked.board for each in (prompt, decode)] == [fake.board.tag] * 2
    for each in (prompt, decode):
        assert (each.verdict, len(each.warm_up), len(each.samples)) == ("exact", 0, 2)
        assert each.start is not None
        assert each.start.compared > 16
        assert (each.start.mamba2 is None) == (each.start.kernel == "ternary_accel") != (each.start.ternary is None)
        for times in each.samples:
            assert times.cycles > times.first_token > 0 or each.case == "pp3"
            assert min(times.to_device_s, times.kernel_s, times.from_device_s) > 0
        assert f"{each.title}, {fake.board.tag}: exact" in said
    assert prompt.start is not None
    assert (prompt.start.prompt, prompt.start.generated) == (3, 1)
    assert decode.start is not None
    assert (decode.start.prompt, decode.start.generated) == (1, 2)
    share = None if decode.start.kernel == "mamba2_accel" else (1, 4)
    assert (prompt.start.part, decode.start.part) == (share, share)
    assert ("bitnet-tiny (1 of 4 layers) ternary-b158 pp3" in said) == (share is not None)
    assert decode.start.own == ((2,) if decode.start.kernel == "mamba2_accel" else (4,))
    assert said.count("LM head in") == 2
    assert said.count("energy: n/a (nobody asked for a sensor)") == 2
    energies = energy_record.read(tmp_path / "energy.jsonl")
    assert [(each.workload, each.work, each.run) for each in energies] == [
        (each.title, each.start.work, each.run) for each in (prompt, decode) if each.start
    ]


@one
def test_energy_is_measured_in_the_same_run(fake: Fake, tmp_path: Path) -> None:
    """Prefill and decode are two loads. Five starts span 36 s: 30 W over 3 tokens each are 72 J/token, 20 W above
    idle 48; over the 2 tokens that each decode start chooses 108 and 72."""
    good, records = run(fake, tmp_path / "m.jsonl", metering=Lab().metering())
    assert good
    energies = energy_record.read(tmp_path / "energy.jsonl")
    assert [(each.workload, each.run) for each in energies] == [(each.title, each.run) for each in records]
    assert [(each.work, each.tokens) for each in energies] == [("prefill", 3), ("decode", 2)]
    for each, per_token, above in zip(energies, (72.0, 108.0), (48.0, 72.0), strict=True):
        assert problems(each) == ()
        found = figures(each)
        assert found is not None
        assert (found.repetitions, found.idle_w) == (5, pytest.approx(10.0))
        assert found.per_token.value == pytest.approx(per_token)
        assert found.per_token_above_idle.value == pytest.approx(above)
        assert 0 < found.busy < 0.01
    shown = energy.section(energies)
    assert shown.problems == ()
    assert isinstance(shown.blocks[0], Table)
    assert len(shown.blocks[0].rows) == 2
    assert shown.blocks[0].rows[0].cells[4].text.startswith("72 [")


@one
def test_a_wrong_model_in_memory_is_a_verdict(fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One bit of a weight that is not golden's is found in the residuals; the next case, placed anew, is exact."""
    place, spoiled = mamba2_measure.Mamba2Case.place, []

    def spoils_once(self: mamba2_measure.Mamba2Case, kernel: Any) -> None:
        place(self, kernel)
        if not spoiled:
            spoiled.append(kernel.memory.read(self.arguments.w_off, 64) ^ 1)
            kernel.memory.write(self.arguments.w_off, spoiled[0])

    monkeypatch.setattr(mamba2_measure.Mamba2Case, "place", spoils_once)
    good, (prompt, decode) = run(fake, tmp_path / "m.jsonl")
    assert not good
    assert (prompt.verdict, decode.verdict) == ("differs", "exact")
    assert prompt.detail.startswith("repetition 0, residual behind layer 0, token ")
    assert [each.workload for each in energy_record.read(tmp_path / "energy.jsonl")] == [decode.title]


@pytest.fixture
def hangs_once(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first start meets a memory that never answers; it is waited for 0.2 s."""
    begin, wait, begun = ModelAccel.begin, KraitIP.wait, []

    def begins(self: Any, arguments: Any) -> None:
        if not begun:
            fake.model().memory.set_stall(HANG, 1, Channel.R)
        begun.append(arguments)
        begin(self, arguments)

    monkeypatch.setattr(ModelAccel, "begin", begins)
    monkeypatch.setattr(KraitIP, "wait", lambda self, limit: wait(self, 0.2 if len(begun) == 1 else limit))


@on("fake", [("vc709", "mamba2_accel"), ("vck190", "mamba2_accel")], indirect=True, ids="-".join)
def test_a_hang_ends_its_case_alone(fake: Fake, hangs_once: None, tmp_path: Path) -> None:
    """Registers and counters are in the record, the overlay is loaded again, the next workload is measured."""
    good, (prompt, decode) = run(fake, tmp_path / "m.jsonl")
    assert not good
    assert (prompt.verdict, decode.verdict) == ("failed", "exact")
    assert "mamba2_accel: not done within 0.2 s; CTRL=0x" in prompt.detail
    for name in ("ERROR=", "TOKENS_DONE=", "CYCLES=", "STALL_WEIGHTS="):
        assert name in prompt.detail


@on("fake", [("u280", "mamba2_accel")], indirect=True, ids="-".join)
def test_a_card_that_only_a_reset_frees_ends_the_run(fake: Fake, hangs_once: None, tmp_path: Path) -> None:
    """XRT reloads no card with a kernel in a run: the record is there, and the line says what resets it."""
    with pytest.raises(MachineError, match=r"still in a run .*xrt-smi reset"):
        run(fake, tmp_path / "m.jsonl")
    (prompt,) = measured.read(tmp_path / "m.jsonl")
    assert prompt.verdict == "failed"
    assert "CTRL=0x" in prompt.detail


@one
def test_a_run_resumes(fake: Fake, tmp_path: Path) -> None:
    """What was measured with its energy is left out; a case whose energy is missing is measured again, whole."""
    path, power = tmp_path / "m.jsonl", tmp_path / "energy.jsonl"
    run(fake, path)
    assert len(run(fake, path, resume=True)[1]) == 2
    power.write_text(power.read_text().splitlines(keepends=True)[0])
    _, records = run(fake, path, resume=True)
    assert [each.case for each in records] == ["pp3", "tg1@d3", "tg1@d3"]
    assert [each.workload for each in energy_record.read(power)] == [each.title for each in records[:2]]
    again, _ = run(fake, path, work="pp3", resume=True, rule=replace(RULE, repeats=3))
    assert again
    assert len(measured.read(path)) == 4


@one
def test_a_wrong_clock_is_invalid(fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is measured on a board that is not the declared one, and a record says why."""

    def wrong(self: Any) -> float:
        raise InvalidError("clock measured as 150.000 MHz, declared 200 MHz")

    monkeypatch.setattr(KraitIP, "check_clock", wrong)
    with pytest.raises(InvalidError, match="150"):
        run(fake, tmp_path / "m.jsonl")
    (found,) = measured.read(tmp_path / "m.jsonl")
    assert (found.verdict, found.case, found.start) == ("invalid", "", None)


@one
def test_a_model_that_does_not_fit_is_refused(fake: Fake, tmp_path: Path) -> None:
    """The configuration's limits, or the board's memory: the input's fault, and nothing is written."""
    with pytest.raises(InputError, match="--workload: found 'tg', expected"):
        run(fake, tmp_path / "m.jsonl", "tg")
    with pytest.raises(InputError, match=r"--model: found '1b', expected one of tiny, 130m, 2.7b"):
        run(fake, tmp_path / "m.jsonl", model="1b")
    assert not list(tmp_path.glob("*.jsonl"))


def test_workloads_that_do_not_fit_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Of those that nobody named, with the reason; where none fits it is an error."""

    def made(name: str) -> Any:
        if name != "pp64":
            raise InputError(f"{name} is too long")
        return name

    assert model_measure.select(made, None) == ["pp64"]
    assert "tg128 is left out: tg128 is too long" in capsys.readouterr().out
    assert model_measure.select(lambda name: name, "pp9,tg3") == ["pp9", "tg3"]  # type: ignore[arg-type,return-value]
    with pytest.raises(InputError, match="pp512 is too long"):
        model_measure.select(made, "pp64,pp512")
    with pytest.raises(InputError, match=r"none of pp64, .* fits: no"):
        model_measure.select(lambda name: (_ for _ in ()).throw(InputError("no")), None)


@on(
    ("options", "words"),
    [
        (["--model", "1b"], ["--model: found '1b'"]),
        (["--workload", "decode"], ["--workload: found 'decode'"]),
        (["--memory", "ideal"], ["--memory, --sweep and --all are for virtual boards"]),
        (["--bundle", "x"], ["--bundle is for tern_matvec"]),
        (["--board", "kv260"], ["kv260"]),
    ],
)
@on("kernel", KERNELS)
def test_what_the_command_refuses(
    krait: Krait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: str, options: list[str], words: list[str]
) -> None:
    """One line, exit code 2, before a board is opened or a record written."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    code, _, err = krait("bench", "--board", "vc709", "--kernel", kernel, "--out", tmp_path, *options)
    assert (code, err.count("\n")) == (2, 1), err
    for word in words:
        assert word in err
    assert not list(tmp_path.glob("*.jsonl"))


@on("board", BOARDS)
def test_without_the_board_the_command_says_one_line(
    krait: Krait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, board: str
) -> None:
    """Exit code 3 and no record; what is for physical boards is refused elsewhere."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    code, _, err = krait("bench", "--board", board, "--kernel", "ternary_accel", "--out", tmp_path)
    assert (code, err.count("\n")) == (3, 1), err
    assert not list(tmp_path.glob("*.jsonl"))
    code, _, err = krait("bench", "--via", "ssh x", "--out", tmp_path)
    assert (code, "are for physical boards, found --board sim" in err) == (2, True)
