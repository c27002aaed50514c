# SPDX-License-Identifier: Apache-2.0
"""Scoreboard of any kernel: outcomes against predictions, in order; every failure kept, told at the end of the test."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pyuvm import uvm_component, uvm_scoreboard, uvm_tlm_analysis_fifo

from golden.errors import CheckError
from harness.uvm.abstract import AbstractComponent
from harness.uvm.starts import StartItem


class Expected(Protocol):
    """What the scoreboard needs of any kernel's prediction."""

    @property
    def runs(self) -> int:
        """Runs that end."""


class Status(Protocol):
    """Error and counters of a prediction; of `error` the name counts."""

    @property
    def error(self) -> Any:
        """Error code."""

    @property
    def error_port(self) -> int | None:
        """Port of the error; None: not known."""

    @property
    def counters(self) -> dict[str, int]:
        """Those that are exactly known."""


class InOrderScoreboard(uvm_scoreboard, metaclass=AbstractComponent):
    """Base: a kernel's own scoreboard says in `differences` how an outcome deviates from its prediction."""

    def __init__(self, name: str, parent: uvm_component, cfg: Any) -> None:
        self._cfg = cfg
        self.failures: list[str] = []
        self.compared = 0
        super().__init__(name, parent)

    @abstractmethod
    def differences(self, item: StartItem, prediction: Any) -> list[str]:
        """Return one line for each deviation, the item's name in it."""

    def build_phase(self) -> None:
        """Make the two inputs."""
        self.predicted = uvm_tlm_analysis_fifo("predicted", self)
        self.done = uvm_tlm_analysis_fifo("done", self)

    async def run_phase(self) -> None:
        """Compare each finished item with its prediction."""
        while True:
            item = await self.done.get()
            announced, prediction = await self.predicted.get()
            if announced is not item:
                self.failures.append(f"item {item.get_name()} finished, but {announced.get_name()} was announced")
                continue
            self._compare(item, prediction)
            self.compared += 1

    def _compare(self, item: StartItem, prediction: Expected) -> None:
        if item.runs != prediction.runs or item.outcome is None:
            found = [f"{item.runs} runs ended, expected {prediction.runs} [{item.get_name()}]"]
        else:
            found = self.differences(item, prediction)
        for line in found:
            self.logger.error(line)
        self.failures.extend(found)

    def check_phase(self) -> None:
        """Fail the test on any failure, and when nothing was compared."""
        if self.failures:
            more = f" (and {len(self.failures) - 1} more failures)" if len(self.failures) > 1 else ""
            raise CheckError(self.failures[0] + more)
        if not self.compared:
            raise CheckError("the scoreboard compared nothing")


def status_failures(expected: Status, found: Any) -> list[str]:
    """Return deviations of protocol, error code and port, and counters that are exactly known."""
    failures = [f"protocol: {line}" for line in found.violations]
    if found.error is not expected.error:
        failures.append(f"register ERROR.CODE: golden {expected.error.name}, RTL {found.error.name}")
    elif expected.error_port is not None and found.error_port != expected.error_port:
        failures.append(f"register ERROR.PORT: golden {expected.error_port}, RTL {found.error_port}")
    for counter, value in expected.counters.items():
        if found.counters[counter] != value:
            failures.append(f"register {counter}: golden {value}, RTL {found.counters[counter]}")
    return failures


def window_failures(counters: Mapping[str, int], stalls: int) -> list[str]:
    """Return violations of: beats + stalls = window <= cycles."""
    window, cycles, beats = counters["WINDOW"], counters["CYCLES"], counters["WEIGHT_BEATS"]
    failures = []
    if beats + stalls != window:
        failures.append(f"register WINDOW: RTL {window}, but WEIGHT_BEATS {beats} + stalls {stalls} = {beats + stalls}")
    if window > cycles:
        failures.append(f"register CYCLES: RTL {cycles}, less than WINDOW {window}")
    return failures


def port_beats(ports: int, reads: int, writes: int, left_out: Sequence[int] = ()) -> dict[str, int]:
    """Return the beats of every port, which work in lockstep, under the names of their registers.

    `left_out` has for each port the beats that it did not take part in reading; none where it is empty.
    """
    missed = left_out or [0] * ports
    beats = {f"RD_BEATS_{port:02d}": reads - missed[port] for port in range(ports)}
    return beats | {f"WR_BEATS_{port:02d}": writes for port in range(ports)}
