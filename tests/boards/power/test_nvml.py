# SPDX-License-Identifier: Apache-2.0
"""NVML: units, and one line where package, driver or GPU are missing. The library is a fake with NVML's names."""

import sys
from types import SimpleNamespace

import pytest

from boards.power.nvml import Nvml
from golden.errors import MachineError


class FakeNVMLError(Exception):
    """As `pynvml.NVMLError`."""


def library(**changes: object) -> SimpleNamespace:
    functions = {
        "NVMLError": FakeNVMLError,
        "NVML_TEMPERATURE_GPU": 0,
        "nvmlInit": lambda: None,
        "nvmlDeviceGetHandleByIndex": lambda index: f"handle {index}",
        "nvmlDeviceGetHandleByUUID": lambda uuid: f"handle of {uuid}",
        "nvmlDeviceGetName": lambda handle: b"A GPU",
        "nvmlDeviceGetTotalEnergyConsumption": lambda handle: 1_234_567,
        "nvmlDeviceGetPowerUsage": lambda handle: 75_250,
        "nvmlDeviceGetTemperature": lambda handle, sensor: 41,
    }
    return SimpleNamespace(**(functions | changes))


def fail(*_: object) -> None:
    raise FakeNVMLError("Not Supported")


def test_units() -> None:
    """The counter of millijoules is the rail; milliwatts and degrees stand beside it."""
    source = Nvml(0, library())
    rail, sensor = source.read()
    assert (source.name, source.rails, source.scope) == ("NVML A GPU", ("gpu",), "gpu")
    assert (rail.rail, rail.joules, rail.watts, rail.celsius) == ("gpu", 1234.567, None, 41.0)
    assert sensor.watts == 75.25


def test_a_gpu_by_its_uuid() -> None:
    """Its own, not the first one: NVML counts GPUs that a program may not have been shown."""
    asked: list[object] = []
    names = library(nvmlDeviceGetName=lambda handle: asked.append(handle) or "B GPU")
    assert Nvml("GPU-1234", names).name == "NVML B GPU"
    Nvml(1, names)
    assert asked == ["handle of GPU-1234", "handle 1"]


def test_what_is_missing_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Package, driver, GPU, and a function that the GPU does not support."""
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with pytest.raises(MachineError, match=r"gpu: nvidia-ml-py is not installed; pip install -e '\.\[gpu\]'"):
        Nvml()
    for name in ("nvmlInit", "nvmlDeviceGetHandleByIndex"):
        with pytest.raises(MachineError, match="gpu: NVML: Not Supported; expected a driver and GPU 3"):
            Nvml(3, library(**{name: fail}))
    with pytest.raises(MachineError, match="NVML A GPU: Not Supported"):
        Nvml(0, library(nvmlDeviceGetTotalEnergyConsumption=fail)).read()
