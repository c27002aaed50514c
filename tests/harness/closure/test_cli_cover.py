# SPDX-License-Identifier: Apache-2.0
"""`krait cover` on a toy kernel, which stands in for an accelerator: simulations, files, resuming, exit codes."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from harness import sources
from harness.cli import app
from harness.closure import kernels, record, smoke
from harness.regress import graded, suites
from harness.regress.store import MARK
from harness.uvm.job import Job
from tests.harness.closure import cocotb_covering
from tests.harness.regress import toys


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel of two knobs; its build is the toy counter on Icarus."""
    monkeypatch.delenv("KRAIT_SEED", raising=False)
    monkeypatch.setitem(suites.MODULES, "toy", cocotb_covering.__name__)
    monkeypatch.setattr(sources, "cocotb_build", lambda *_: toys.spec())
    monkeypatch.setitem(kernels._KNOWN, "toy", (cocotb_covering.__name__, ("sim",), 5))
    monkeypatch.setattr(kernels, "load_config", lambda *_: None)


def cover(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["cover", "--kernel", "toy", "-j", "2", "--out", str(folder), *options])


def found(folder: Path) -> record.Closure:
    closure = record.read(folder / "toy" / record.FILE)
    assert closure is not None
    return closure


@pytest.mark.icarus
def test_a_closure_and_its_resumption(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine starts of ten cycles in two simulations have fifteen bins; interrupted in the second, it takes the same way.

    The minimal list runs again with the same bins, and lies where the smoke suite takes it from.
    """
    monkeypatch.setattr(smoke.install, "__defaults__", (tmp_path / "smoke.toml",))
    done = cover(tmp_path, "--write-smoke")
    assert done.exit_code == 0, done.output
    assert "toy: 15 of 15 bins in 90 simulated cycles, goal reached; 2 simulations keep them" in done.output
    first = found(tmp_path)
    assert [each.starts for batch in first.closure.batches for each in batch] == [4, 5]
    assert [each.kernel for each in graded.read(tmp_path / "smoke.toml")] == ["toy", "toy"]
    jobs = sorted((tmp_path / "toy" / "jobs").glob("batch_*/*/job.json"))
    assert ["directions" in path.read_text() for path in jobs] == [True, True]

    (tmp_path / "toy" / MARK).touch()
    (jobs[1].parent / "result.json").unlink()
    again = cover(tmp_path)
    assert again.exit_code == 0, again.output
    assert "1 simulations kept from the interrupted run" in again.output
    assert replace(found(tmp_path), provenance=first.provenance) == first


@pytest.mark.icarus
def test_a_failure_is_told_and_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1, the reason, the command that repeats the simulation, and a record that says so."""
    monkeypatch.setenv(cocotb_covering.FAILS, "1")
    done = cover(tmp_path, "--starts", "9")
    assert done.exit_code == 1, done.output
    assert "FAIL batch_000_0: " in done.output
    assert "as it was asked to" in done.output
    repeat = next(line.split("bash ")[1] for line in done.output.splitlines() if "repeat: bash" in line)
    assert (tmp_path / repeat).is_file()
    assert found(tmp_path).closure.verdict == "failed"
    assert not (tmp_path / "toy" / "minimal.toml").exists()


@pytest.mark.icarus
def test_the_same_draws_without_a_lead(tmp_path: Path) -> None:
    """Pure random runs behind it with jobs that have no bias, up to the cap; a limit of cycles is exit code 1."""
    done = cover(tmp_path, "--cycles", "10", "--batch", "1", "--starts", "2", "--compare", "--cap", "1")
    assert done.exit_code == 1, done.output
    assert "limit of cycles" in done.output
    assert "missing a_x_b." in done.output
    (path,) = (tmp_path / "toy" / "jobs").glob("random_0000/*/job.json")
    assert '"bias": null' in path.read_text()
    closure = found(tmp_path)
    assert closure.random is not None
    assert (closure.closure.cycles, closure.random.cycles) == (20, 80)


@pytest.mark.parametrize(
    ("options", "seed", "word"),
    [
        (("--kernel", "abacus"), "1", "--kernel: found 'abacus', expected one of tern_matvec"),
        ((), "one", "KRAIT_SEED: found 'one', expected a number from 0 on"),
    ],
)
def test_bad_input_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], seed: str, word: str
) -> None:
    """Exit code 2, and nothing is written."""
    monkeypatch.setenv("KRAIT_SEED", seed)
    done = cover(tmp_path / "out", *options)
    assert isinstance(done.exception, Exception)
    assert word in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_a_job_without_a_bias_is_read_as_before() -> None:
    """The field is optional: job files of older runs stay valid."""
    plain = Job("sim", "bulk", 1, 2, "", "out")
    assert plain.bias is None
