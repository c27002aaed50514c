# SPDX-License-Identifier: Apache-2.0
"""The cocotb runner passes only what ran and passed."""

import re
import subprocess
import time
from pathlib import Path

import pytest

from golden.errors import CheckError, InputError
from harness.build import VerilatorBuild
from harness.sim.results import CocotbResult
from harness.sim.runner import derive_seed, run_cocotb, run_seed, simulate

RTL = Path(__file__).parent / "rtl"
MODULE = "tests.harness.cocotb_toy"
BOTH = pytest.mark.parametrize("sim", ["verilator", pytest.param("icarus", marks=pytest.mark.icarus)])


def toy(sim: str, workdir: Path, testcase: str | None = None, timeout_s: float = 60, **more) -> CocotbResult:
    """Run the tests on toy_counter; a named test may be one of the bad ones."""
    env = {"TOY_BAD": "1"} if testcase else {}
    return simulate(
        "toy_counter",
        [RTL / "toy_counter.v"],
        **({"params": {"WIDTH": 8}, "test_module": MODULE} | more),
        testcase=testcase,
        sim=sim,
        includes=[RTL],
        env=env | more.pop("env", {}),
        workdir=workdir,
        timeout_s=timeout_s,
    )


@BOTH
def test_good_tests_pass(sim, tmp_path):
    """Passing tests are listed by name, and the skipped ones are not among them."""
    assert toy(sim, tmp_path).passed == (f"{MODULE}.counts", f"{MODULE}.draws")


@BOTH
def test_wide_parameters_arrive(sim, tmp_path):
    """A 64-bit parameter value reaches the design unchanged on both simulators."""
    env = {"TOY_WIDTH": "64", "TOY_START": "0xfedcba9876543210"}
    params = {"WIDTH": 64, "START": 0xFEDCBA9876543210}
    result = simulate(
        "toy_counter", [RTL / "toy_counter.v"], params, MODULE, "counts", sim, includes=[RTL], env=env, workdir=tmp_path
    )
    assert result.passed == (f"{MODULE}.counts",)


@BOTH
def test_failing_test_fails_the_run(sim, tmp_path):
    """The message has the test's name, its reason, the log that exists and a command that fails again."""
    with pytest.raises(CheckError, match=rf"{MODULE}\.fails: .*toy value is not 99") as caught:
        toy(sim, tmp_path, "fails")
    message = str(caught.value)
    assert "\n" not in message
    assert Path(re.search(r"log: (\S+);", message)[1]).is_file()
    (tmp_path / "results.xml").unlink()
    subprocess.run(message.split("repeat: ")[1], shell=True, check=False, capture_output=True)
    assert "toy value is not 99" in (tmp_path / "results.xml").read_text()


def gone(pid: int) -> bool:
    """Wait for a killed process to disappear (or to be a zombie that nobody reaps)."""
    state = Path(f"/proc/{pid}/stat")
    for _ in range(100):
        if not state.exists() or state.read_text().split()[2] == "Z":
            return True
        time.sleep(0.1)
    return False


@BOTH
def test_hang_is_killed_with_its_children(sim, tmp_path):
    """The wall-clock limit kills the simulator and what the test started, and fails the run."""
    with pytest.raises(CheckError, match="killed after 10 s"):
        toy(sim, tmp_path, "hangs", timeout_s=10)
    assert gone(int((tmp_path / "child.pid").read_text()))


@BOTH
@pytest.mark.parametrize(
    ("testcase", "reason"),
    [
        ("crashes", "died of SIGABRT"),
        ("leaves", "without a results file"),
        ("there_is_no_such_test", "no test was executed"),
    ],
)
def test_run_without_a_verdict_fails(sim, testcase, reason, tmp_path):
    """A crash, an exit with status 0 but no results, and an empty selection are failures."""
    with pytest.raises(CheckError, match=reason):
        toy(sim, tmp_path, testcase)


@BOTH
def test_stale_results_do_not_count(sim, tmp_path):
    """Results of an earlier run in the same folder never become those of a run that left none."""
    toy(sim, tmp_path)
    with pytest.raises(CheckError, match="without a results file"):
        toy(sim, tmp_path, "leaves")


@BOTH
@pytest.mark.parametrize(
    ("end", "line"), [("$fatal(1)", r"(%Fatal|FATAL):.*toy_counter\.v:25"), ("$finish", "probably .finish")]
)
def test_design_that_ends_the_simulation_fails(sim, end, line, tmp_path):
    """$fatal and an early $finish in the design fail the run; the message is the design's own."""
    with pytest.raises(CheckError, match=rf"counts: the design ended the simulation: .*{line}"):
        toy(sim, tmp_path, "counts", defines={"TOY_END": end})


def test_error_in_the_design_fails(tmp_path):
    """$error stops the run and is the reason given."""
    with pytest.raises(CheckError, match=r"counts: the design ended the simulation: .*%Error: toy_counter\.v:25"):
        toy("verilator", tmp_path, "counts", defines={"TOY_END": "$error"})


@BOTH
def test_missing_test_module_fails(sim, tmp_path):
    """A test module that cannot be imported fails the run and is named."""
    with pytest.raises(CheckError, match="cocotb_nowhere"):
        toy(sim, tmp_path, test_module="tests.harness.cocotb_nowhere")


def test_unknown_simulator_is_refused(tmp_path):
    """Another simulator than the two is the caller's mistake."""
    with pytest.raises(InputError, match="verilator or icarus"):
        toy("vcs", tmp_path)


def test_seed_decides_the_stimuli(tmp_path):
    """The same seed draws the same values, another one others."""

    def drawn(seed: int) -> str:
        return re.search(r"DRAWN (\d+)", toy("verilator", tmp_path, "draws", seed=seed).log.read_text())[1]

    assert drawn(1) == drawn(1) != drawn(2)


def test_seed_derives_from_the_name(monkeypatch):
    """A run's seed depends on KRAIT_SEED and on its own name only."""
    monkeypatch.setenv("KRAIT_SEED", "5")
    first = derive_seed("a")
    assert first == derive_seed("a") != derive_seed("b")
    monkeypatch.setenv("KRAIT_SEED", "6")
    assert derive_seed("a") != first


def test_a_given_seed_goes_before_the_environments(monkeypatch):
    """The option, else KRAIT_SEED, else the default; a KRAIT_SEED that is no number is refused."""
    monkeypatch.delenv("KRAIT_SEED", raising=False)
    assert (run_seed(None), run_seed(None, 7), run_seed(3, 7)) == (1, 7, 3)
    monkeypatch.setenv("KRAIT_SEED", "5")
    assert (run_seed(None, 7), run_seed(0)) == (5, 0)
    monkeypatch.setenv("KRAIT_SEED", "x")
    with pytest.raises(InputError, match="KRAIT_SEED: found 'x'"):
        run_seed(None)


def test_python_reaches_dpi_code(tmp_path):
    """C++ given to a build is linked in, and Python in the simulator calls it through ctypes.CDLL(None)."""
    result = simulate(
        "toy_dpi", [RTL / "toy_dpi.sv"], {}, MODULE, cpp=[RTL / "toy_dpi.cpp"], includes=[], workdir=tmp_path
    )
    assert result.passed == (f"{MODULE}.stores",)


def test_coverage_and_waves_land_in_the_work_folder(tmp_path):
    """A build with coverage writes coverage.dat, one with waves dump.vcd, into the run's folder."""
    spec = VerilatorBuild(
        "toy_counter", (RTL / "toy_counter.v",), {"WIDTH": 8}, includes=(RTL,), coverage=True, trace=True
    )
    run_cocotb(spec, MODULE, "counts", workdir=tmp_path).check()
    assert "toy_counter.v" in (tmp_path / "coverage.dat").read_text()
    assert "value_q" in (tmp_path / "dump.vcd").read_text()


@pytest.mark.icarus
def test_icarus_writes_waves(tmp_path):
    """Waves work with Icarus, too."""
    toy("icarus", tmp_path, trace=True)
    assert "value_q" in (tmp_path / "dump.vcd").read_text()
