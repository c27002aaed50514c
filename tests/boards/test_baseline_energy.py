# SPDX-License-Identifier: Apache-2.0
"""Energy of PyTorch's baselines: a real model behind a sensor of known power, and what stays n/a and says why."""

import re
import sys
from pathlib import Path

import pytest

from boards.baseline_energy import follower, sensors
from boards.model_energy import Metering
from boards.power import open as opening
from harness.bench import baseline_place, baseline_record, baseline_run, energy_record
from harness.bench.baseline_place import Place
from harness.bench.energy import figures, problems
from harness.bench.statistics import Rule
from tests.boards.power.fakes import Lab
from tests.boards.power.test_nvml import library
from tests.boards.power.trees import rapl
from tests.command import Krait

TWICE = Rule(relative=1e9, warm_up=1, least=2, repeats=2, seconds=60)
GPU = Place("gpu", "cuda:0", "a fake", 1, "injected", lambda step: step, lambda: None, uuid="GPU-1")


@pytest.fixture(autouse=True)
def build(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed copies of checkpoints are made once for all tests."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path_factory.getbasetemp() / "baseline-build"))


def test_a_model_is_measured_as_a_board_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """10 W idle with the model loaded, 30 W in its loop; the record is the baseline's own, and told behind it.

    A look at the sensor's clock takes 4 s, so that whole windows pass while tiny work is done.
    """
    path, lab = tmp_path / "energy.jsonl", Lab()
    asked = baseline_run.asked("cpu", "mamba2-tiny", "tg2@d4", "float32", 1)
    assert baseline_run.run(asked, tmp_path / "baseline.jsonl", TWICE, follower(path, lambda place: lab.metering()))
    (baseline,), (found,) = baseline_record.read(tmp_path / "baseline.jsonl"), energy_record.read(path)
    assert (found.run, found.board, found.work) == (baseline.run, "host", "decode")
    assert found.workload == "mamba2-tiny tg2@d4 in PyTorch, float32"
    assert found.tokens == 2 * found.inferences
    assert (problems(found), found.unprogrammed_reason) == ((), "nothing is programmed")
    shown = figures(found)
    assert shown is not None
    assert (shown.mean_w, shown.idle_w) == pytest.approx((30, 10))
    assert 0 < sum(each.kernel_s for each in found.repetitions) < 60
    said = capsys.readouterr().out
    assert re.search(r"float32 tg2@d4, PyTorch.*\n.*\n  energy of mamba2-tiny tg2@d4 in PyTorch, float32", said)


def test_without_a_sensor_it_is_not_available(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One record with the reason, no figure; the baseline itself is untouched by it."""
    path = tmp_path / "energy.jsonl"
    asked = baseline_run.asked("cpu", "mamba2-tiny", "pp4", "float32", 1)
    follow = follower(path, lambda place: Metering(None, "host: found no RAPL package"))
    assert baseline_run.run(asked, tmp_path / "baseline.jsonl", TWICE, follow)
    (found,) = energy_record.read(path)
    assert (found.reason, found.source, found.kind) == ("host: found no RAPL package", None, "measured")
    assert figures(found) is None
    assert "  energy: n/a (host: found no RAPL package)" in capsys.readouterr().out
    assert len(baseline_record.read(tmp_path / "baseline.jsonl")) == 1


def test_each_place_has_its_sensors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The processors' counters of a CPU; of a GPU NVML's, found by the UUID that PyTorch tells."""
    asked: list[str] = []
    fake = library(nvmlDeviceGetHandleByUUID=asked.append)
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    monkeypatch.setattr(opening, "SYSFS", tmp_path)
    cpu = baseline_place.cpu(1)
    assert sensors(cpu).reason.startswith("host: found no RAPL package below")
    rapl(tmp_path)
    processors, gpu = sensors(cpu).source, sensors(GPU).source
    assert processors is not None
    assert gpu is not None
    assert (processors.rails, gpu.name, asked) == (("package-0", "package-1"), "NVML A GPU", ["GPU-1"])


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, krait: Krait) -> None:
    """`krait bench --baseline` writes both records side by side, and the report shows the one that is n/a."""
    monkeypatch.setattr(opening, "SYSFS", tmp_path / "sys")
    out = tmp_path / "bench"
    words = ("--model", "mamba2-tiny", "--workload", "tg2", "--dtype", "float32", "--threads", "1")
    ran = krait("bench", "--baseline", "cpu", *words, "--out", str(out))
    assert ran.code == 0, ran.err
    assert "  energy: n/a (host: found no RAPL package below" in ran.out
    (baseline,), (energy,) = baseline_record.read(out / "baseline.jsonl"), energy_record.read(out / "energy.jsonl")
    assert energy.run == baseline.run
