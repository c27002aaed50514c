# SPDX-License-Identifier: Apache-2.0
"""Environment of a design with ready/valid streams: agents, scoreboards in order, clock and reset."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Any, TypeVar

import cocotb
from cocotb.triggers import Event
from pyuvm import uvm_component, uvm_env, uvm_root, uvm_subscriber, uvm_test

from golden.errors import CheckError
from harness.uvm.stream import SinkAgent, SourceAgent, StreamBeat
from harness.uvm.stream_pins import Bench, Port, Stall, always


class StreamScoreboard(uvm_subscriber):
    """Beats of one output against golden's, in order, each as it comes; keeps the first divergence of a lane."""

    def __init__(self, name: str, parent: uvm_component, port: str, lanes: int = 1) -> None:
        super().__init__(name, parent)
        self._port = port
        self.failures: list[str] = []
        self.compared = 0
        self._expected: list[list[int]] = [[] for _ in range(lanes)]
        self._seen = [0] * lanes
        self._silent = False
        self._diverged: set[int] = set()

    def expect(self, beats: Sequence[int], lane: int = 0) -> None:
        """Append what golden says that comes next; no beats at all say that the output stays silent."""
        self._expected[lane].extend(beats)
        self._silent = self._silent or not beats

    def drop(self) -> None:
        """Forget what is still expected; call it when the design is reset. What was compared counts on."""
        for expected in self._expected:
            expected.clear()
        self._seen = [0] * len(self._expected)
        self._diverged.clear()

    def write(self, beat: StreamBeat) -> None:
        """Compare a beat with golden's next one."""
        number, expected = self._seen[beat.lane], self._expected[beat.lane]
        self._seen[beat.lane] += 1
        self.compared += 1
        golden = expected[number] if number < len(expected) else None
        if golden != beat.data and beat.lane not in self._diverged:
            self._diverged.add(beat.lane)
            found = "no beat" if golden is None else f"{golden:#x}"
            where = f"port {self._port}, lane {beat.lane}, beat {number}, cycle {beat.cycle}"
            self.failures.append(f"{where}: golden {found}, RTL {beat.data:#x}")

    @property
    def complete(self) -> bool:
        """Whether every expected beat came, right or wrong."""
        return all(seen >= len(expected) for seen, expected in zip(self._seen, self._expected, strict=True))

    @property
    def missing(self) -> list[str]:
        """A line for each lane of which beats are still to come."""
        return [
            f"port {self._port}, lane {lane}, beat {seen}: golden {expected[seen]:#x}, RTL no beat"
            for lane, (seen, expected) in enumerate(zip(self._seen, self._expected, strict=True))
            if seen < len(expected)
        ]

    def check_phase(self) -> None:
        """Fail on a divergence, on beats that never came, and when nothing was compared."""
        raise_first([*self.failures, *self.missing])
        if not (self.compared or self._silent):
            raise CheckError(f"port {self._port}: the scoreboard compared nothing")


def raise_first(failures: Sequence[str]) -> None:
    """Raise the first failure, if there is one.

    Raises:
        CheckError: there is one.
    """
    if failures:
        more = f" (and {len(failures) - 1} more failures)" if len(failures) > 1 else ""
        raise CheckError(failures[0] + more)


class StreamEnv(uvm_env):
    """Agents on named ports of a design with one clock, and a scoreboard for each output.

    Args:
        name: of the component.
        parent: of the component.
        clk: handle of the clock.
        rst: handle of the synchronous reset, active high.
        inputs: ports that are driven, by name.
        outputs: ports whose beats are compared, by name.
        rng: draws stalls and noise.
    """

    def __init__(
        self,
        name: str,
        parent: uvm_component,
        *,
        clk: Any,
        rst: Any,
        inputs: Mapping[str, Port],
        outputs: Mapping[str, Port],
        rng: Random,
    ) -> None:
        self._clk, self._rst, self._inputs, self._outputs, self.rng = clk, rst, inputs, outputs, rng
        super().__init__(name, parent)

    def build_phase(self) -> None:
        """Make an agent for each port, and a scoreboard for each output."""
        self.sources = {name: SourceAgent(name, self, port, self.rng) for name, port in self._inputs.items()}
        self.sinks = {name: SinkAgent(name, self, port, self.rng) for name, port in self._outputs.items()}
        self.scoreboards = {
            name: StreamScoreboard(f"scoreboard_{name}", self, name, port.lanes) for name, port in self._outputs.items()
        }

    def connect_phase(self) -> None:
        """Join outputs and scoreboards; hand all agents to the bench."""
        for name, sink in self.sinks.items():
            sink.monitor.ap.connect(self.scoreboards[name].analysis_export)
        self.bench = Bench(self._clk, self._rst, [*self.sources.values()], [*self.sinks.values()])

    def set_stalls(self, source: Stall = always, sink: Stall = always) -> None:
        """Give every source and every sink a profile."""
        for agent in self.sources.values():
            agent.set_stall(source)
        for taker in self.sinks.values():
            taker.set_stall(sink)

    async def reset(self, cycles: int = 3) -> None:
        """Reset the design, and drop what is under way in agents and scoreboards."""
        await self.bench.reset(cycles)
        self._drop_expected()

    def drop(self) -> None:
        """Drop what is queued, offered and expected, and forget what was taken."""
        for agent in (*self.sources.values(), *self.sinks.values()):
            agent.clear()
        self._drop_expected()

    def _drop_expected(self) -> None:
        for scoreboard in self.scoreboards.values():
            scoreboard.drop()

    @property
    def failures(self) -> list[str]:
        """Divergences so far."""
        return [line for scoreboard in self.scoreboards.values() for line in scoreboard.failures]

    @property
    def complete(self) -> bool:
        """Whether every expected beat came."""
        return all(scoreboard.complete for scoreboard in self.scoreboards.values())

    async def drain(self, limit: int, quiet: int, done: Callable[[], bool] | None = None) -> None:
        """Run until every expected beat came and `done`, at most `limit` cycles, then `quiet` ones in which none may.

        Raises:
            CheckError: the first divergence, the first missing beat, `done` never came, or a beat after the last one.
        """
        for _ in range(limit):
            if self.failures or (self.complete and (done is None or done())):
                break
            await self.bench.step()
        late = [] if done is None or done() else [f"every beat came, and after {limit} cycles the test is not done"]
        raise_first([*self.failures, *(line for board in self.scoreboards.values() for line in board.missing), *late])
        await self.bench.step(quiet)
        offered = [f"port {name}: a beat is offered after the last one" for name in self.sinks if self._offers(name)]
        raise_first([*self.failures, *offered])

    def _offers(self, name: str) -> bool:
        return self.sinks[name].monitor.waiting


E = TypeVar("E", bound=uvm_component)


@asynccontextmanager
async def played(build: Callable[[uvm_component], E]) -> AsyncIterator[E]:
    """Run a pyuvm test around a block, which gets the component that `build` makes below a parent.

    The phases up to run_phase lie before the block; check_phase and what follows come after it, unless it raises.
    """
    made: list[E] = []
    up, over = Event(), Event()

    class Played(uvm_test):
        def build_phase(self) -> None:
            made.append(build(self))

        async def run_phase(self) -> None:
            self.raise_objection()
            up.set()
            await over.wait()
            self.drop_objection()

    run = cocotb.start_soon(uvm_root().run_test(Played))
    await up.wait()
    yield made[0]
    over.set()
    await run


S = TypeVar("S", bound=StreamEnv)


@asynccontextmanager
async def running(
    build: Callable[[uvm_component], S], source: Stall = always, sink: Stall = always
) -> AsyncIterator[S]:
    """Play an environment around a block as `played` does, its ports with these stalls, behind reset."""
    async with played(build) as env:
        env.set_stalls(source, sink)
        await env.bench.start()
        yield env
