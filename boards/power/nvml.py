# SPDX-License-Identifier: Apache-2.0
"""Power of an NVIDIA GPU by its driver's library (`nvidia-ml-py`, an extra of krait's): the baseline beside a board.

From Ampere on, but for GA100, `power` is a mean over the last second and `energy` a counter since the driver was loaded
(NVML's documentation of nvmlDeviceGetPowerUsage and nvmlDeviceGetTotalEnergyConsumption). The counter is the rail.
"""

from typing import Any

from boards.power.source import Reading
from golden.errors import MachineError
from harness.bench.energy_record import Scope


class Nvml:
    """One GPU: energy counter, power beside it, temperature.

    Args:
        gpu: its index in NVML's order, or its UUID ("GPU-..."), which says the same GPU to programs that see fewer.
        library: the module `pynvml`; without it the one that is installed.

    Raises:
        MachineError: the package or the driver is missing, or there is no such GPU.
    """

    scope: Scope = "gpu"
    refresh_s: float | None = None  # differs by generation; the sampler estimates it

    def __init__(self, gpu: int | str = 0, library: Any = None) -> None:
        self._nvml = library if library is not None else _import()
        try:
            self._nvml.nvmlInit()
            by_uuid = isinstance(gpu, str)
            find = self._nvml.nvmlDeviceGetHandleByUUID if by_uuid else self._nvml.nvmlDeviceGetHandleByIndex
            self._gpu = find(gpu)
            self.name = f"NVML {_text(self._nvml.nvmlDeviceGetName(self._gpu))}"
        except self._nvml.NVMLError as error:
            raise MachineError(f"gpu: NVML: {error}; expected a driver and GPU {gpu}") from None
        self.rails: tuple[str, ...] = ("gpu",)

    def read(self) -> tuple[Reading, ...]:
        """Read counter, power and temperature. Raises MachineError."""
        nvml = self._nvml
        try:
            joules = nvml.nvmlDeviceGetTotalEnergyConsumption(self._gpu) * 1e-3
            watts = nvml.nvmlDeviceGetPowerUsage(self._gpu) * 1e-3
            celsius = float(nvml.nvmlDeviceGetTemperature(self._gpu, nvml.NVML_TEMPERATURE_GPU))
        except nvml.NVMLError as error:
            raise MachineError(f"{self.name}: {error}") from None
        return (Reading("gpu", joules=joules, celsius=celsius), Reading("gpu sensor", watts=watts))


def _import() -> Any:
    try:
        import pynvml
    except ImportError:
        raise MachineError("gpu: nvidia-ml-py is not installed; pip install -e '.[gpu]'") from None
    return pynvml


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name
