# SPDX-License-Identifier: Apache-2.0
"""A kernel's start as a load: kernel time from its counter and the measured clock."""

from types import SimpleNamespace

import pytest

from boards.power.energy import measure
from boards.power.load import KernelLoad
from golden.errors import InputError
from harness.bench.energy import figures
from tests.boards.power.fakes import Meter, Time
from tests.boards.power.test_energy import step, timing
from tests.harness.samples import PROVENANCE


class FakeKernel:
    """A driver whose starts take 0.5 s of the host, 0.4 s of them in the kernel at the 199 MHz that it measures."""

    def __init__(self, time: Time) -> None:
        self._time, self.started = time, []

    def run(self, arguments: str, timeout_s: float) -> None:
        self._time.sleep(0.5)
        self.started.append(arguments)

    def counters(self) -> SimpleNamespace:
        return SimpleNamespace(cycles=79_600_000)

    def check_clock(self) -> float:
        return 199.0


def test_kernel_time_is_cycles_over_the_measured_clock() -> None:
    """Not over the declared one, and nothing of the host; the first start is not counted."""
    time = Time()
    kernel = FakeKernel(time)
    load = KernelLoad("tg8", "decode", 8, kernel, "arguments")
    assert (kernel.started, load.clock_mhz) == (["arguments"], 199.0)
    assert load.run() == pytest.approx(0.4)
    time.now = 0.0
    record = measure("u280", "measured", Meter(time, step()), load, PROVENANCE, timing=timing(time))
    found = figures(record)
    assert found is not None
    assert found.busy == pytest.approx(0.8)
    assert found.paper_j_per_token == pytest.approx(30 * 0.4 / 8)
    assert record.clock_mhz == 199.0


def test_a_load_has_tokens() -> None:
    with pytest.raises(InputError, match="tg0: found 0 tokens, expected at least 1"):
        KernelLoad("tg0", "decode", 0, FakeKernel(Time()), "arguments")
