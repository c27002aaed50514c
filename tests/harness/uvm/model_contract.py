# SPDX-License-Identifier: Apache-2.0
"""What the tests of accelerators of whole models share: a device that is right, and laws that both kernels keep."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch

from golden.beats import little_endian, to_beats
from harness.uvm import arena as arenas
from harness.uvm import coverage as common
from harness.uvm.arena import Bytes, Mask, contents
from harness.uvm.inorder import port_beats
from harness.uvm.model_coverage import ModelCoverage
from harness.uvm.model_scoreboard import Comparison
from harness.uvm.model_start import Action, ModelItem, ModelOutcome, ModelStimulus
from harness.uvm.model_streams import chosen

ARENA = 1 << 20


def bases(cfg: Any) -> tuple[int, ...]:
    """Addresses of the ports' arenas."""
    return tuple(0x1_0000_0000 * (port + 1) for port in range(cfg.ports))


@dataclass(frozen=True)
class Kernel:
    """An accelerator as these tests need it.

    Attributes:
        start: the only start of its plain knobs, changed.
        kept_after: puts what only this kernel leaves in memory into an arena, as golden has it.
        kept: reads it from there.
        written: where a start may write, of an arena's size.
    """

    start: Callable[..., Any]
    comparison: Comparison
    counters: tuple[str, ...]
    kept_after: Callable[[Any, Bytes], None]
    kept: Callable[[Any, Bytes], Any]
    written: Callable[[Any, int], Mask]

    def memory_after(self, s: ModelStimulus) -> Bytes:
        """Return what every port's arena holds when golden has run."""
        arena = contents(s, ARENA)
        pairs = torch.stack([s.golden.index.flatten(0, -2), s.golden.value.flatten(0, -2)], dim=-1).flatten(1)
        record = little_endian(pairs, 32)
        padded = torch.nn.functional.pad(record, (0, s.cfg.wide_bytes - record.shape[1]))
        arenas.put(arena, s.legal.out_off, padded, s.cfg)
        stream = self.comparison.captured(s)
        if len(stream):
            arenas.put(arena, s.legal.tap_off, to_beats(little_endian(stream, 32), s.cfg), s.cfg)
        self.kept_after(s, arena)
        return arena

    def outcome(self, s: ModelStimulus, arena: Bytes | None = None, **changes: Any) -> ModelOutcome:
        """Return what the environment reads from a device that is right, or that left `arena` behind."""
        after = self.memory_after(s) if arena is None else arena
        counters = dict.fromkeys(self.counters, 0) | self.comparison.traffic(s)
        beats = port_beats(s.cfg.ports, counters.pop("RD_BEATS"), counters.pop("WR_BEATS"), self.comparison.left_out(s))
        counters |= {"WINDOW": counters["WEIGHT_BEATS"] + 7, "STALL_WEIGHTS": 4, "STALL_ACTS": 2, "STALL_OUT": 1}
        counters |= {"CYCLES": counters["WINDOW"] + sum(counters[name] for name in self.comparison.bounded) + 100}
        counters |= {"FIRST_TOKEN": counters["CYCLES"] - 10 * bool(counters["TOKENS_DONE"])}
        index, value = arenas.records(after, s.legal.out_off, s.batch * s.legal.generate, s.cfg)
        found = ModelOutcome(
            error=self.comparison.errors.NONE,
            error_port=0,
            counters=counters | beats,
            index=index,
            value=value,
            stream=arenas.stream(after, s.legal.tap_off, s.taps, s.cfg),
            kept=self.kept(s, after),
            changed=tuple(arenas.changes(contents(s, ARENA), after, self.written(s, ARENA))),
            violations=(),
        )
        return replace(found, **changes)

    def told(self, s: ModelStimulus, found: ModelOutcome) -> list[str]:
        """Return all lines about an outcome."""
        return self.comparison.differences(s, self.comparison.predict(s), found)

    def changed(self, s: ModelStimulus, at: int, port: int = 0) -> list[str]:
        """Return all lines about a device that got one bit of a byte wrong."""
        arena = self.memory_after(s)
        arena[port, at] ^= 1
        return self.told(s, self.outcome(s, arena))


class ScoreboardContract:
    """A right device is silent, every fault is one line. A kernel's own has what only it compares besides."""

    kernel: Kernel
    bad_data: tuple[tuple[dict[str, Any], str, str], ...]
    """Changes of the knobs, error code, where a value of beat 3 of the residual stream belongs."""
    side: dict[str, Any]
    """Changes of the knobs that give several texts, where a kernel has them."""

    @pytest.fixture
    def good(self) -> ModelOutcome:
        """What a right device does of a plain start."""
        return self.kernel.outcome(self.kernel.start())

    @pytest.mark.parametrize(
        ("name", "change", "word"),
        [
            ("RD_BEATS_01", 1, "register RD_BEATS_01: golden"),
            ("TOKENS_RUN", 1, "register TOKENS_RUN: golden"),
            ("TAP_BEATS", 1, "register TAP_BEATS: golden"),
            ("STALL_ACTS", 1, "register WINDOW: RTL"),
            ("FIRST_TOKEN", 1 << 40, "register FIRST_TOKEN: RTL"),
            ("FIRST_TOKEN", -(1 << 40), "register FIRST_TOKEN: RTL"),
        ],
    )
    def test_counters_are_compared(self, good: ModelOutcome, name: str, change: int, word: str) -> None:
        """Every counter that follows from the arguments is exact, and the window is what its causes add up to."""
        found = replace(good, counters=good.counters | {name: good.counters[name] + change})
        (line,) = self.kernel.told(self.kernel.start(), found)
        assert line.startswith(word)

    def test_counters_of_the_kernel_alone_are_compared(self, good: ModelOutcome) -> None:
        """Its beats are exact, its stalls no more than the cycles."""
        stalls, beats = self.kernel.comparison.bounded
        for name, value, word in ((beats, good.counters[beats] + 1, "golden"), (stalls, 1 << 40, "RTL")):
            (line,) = self.kernel.told(self.kernel.start(), replace(good, counters=good.counters | {name: value}))
            assert line.startswith(f"register {name}: {word}")

    def test_outside_of_the_results(self) -> None:
        """A byte where nothing may be written, be it a guard or a weight."""
        s = self.kernel.start(tap=0)
        for at in (s.legal.out_off - 1, s.legal.w_off):
            (line,) = self.kernel.changed(s, at, port=1)
            assert line == f"memory: 1 bytes of port 1 changed where the start may not write, the first at {at:#x}"

    @pytest.mark.parametrize("last", [False, True])
    def test_both_ends_of_what_is_captured_are_compared(self, last: bool) -> None:
        """One wrong bit of the stream's first or last beat, or of the first or last record, is one line."""
        s = self.kernel.start()
        arena_bytes = s.cfg.port_bytes
        beats, records = self.kernel.comparison.captured(s), s.batch * s.legal.generate
        values = 4 * beats.numel() - 4 if last else 0
        row, byte = divmod(values, s.cfg.wide_bytes)
        port, at = divmod(byte, arena_bytes)
        (line,) = self.kernel.changed(s, s.legal.tap_off + row * arena_bytes + at, port)
        assert line.startswith("stream ")
        (line,) = self.kernel.changed(s, s.legal.out_off + (records - 1) * arena_bytes * last)
        assert line.startswith(f"record of chosen token {s.legal.generate - 1 if last else 0}")

    @pytest.mark.parametrize("side", [False, True])
    def test_a_record_comes_before_what_it_feeds_back(self, side: bool) -> None:
        """A wrong choice is told first, unless the stream differs in front of it, down to the choice's own logits."""
        s = self.kernel.start(generate=3, **(self.side if side else {}))
        good = self.kernel.outcome(s)
        steps = [chosen(self.kernel.comparison.segments, s, beat) for beat in range(len(good.stream))]
        index = good.index.clone()
        index[s.batch, 0] += 1  # of step 1
        for step, word in ((0, "stream"), (1, "stream"), (2, "record of chosen token 1")):
            one = torch.zeros_like(good.stream)
            one[steps.index(step), 5] = 1
            told = self.kernel.told(s, replace(good, index=index, stream=good.stream + one))
            assert told[0].startswith(word)

    def test_a_refused_start_moves_nothing(self) -> None:
        """An illegal argument: its code, counters of 0, and not a byte of memory may change."""
        s = self.kernel.start(action=Action.ILLEGAL, illegal="no_heads")
        expected = self.kernel.comparison.predict(s)
        assert expected.error is self.kernel.comparison.errors.BAD_HEADS
        assert (expected.index, expected.kept, set(expected.counters.values())) == (None, None, {0})
        mask = self.kernel.written(s, ARENA)
        assert not mask.any()
        assert arenas.changes(contents(s, ARENA), self.kernel.memory_after(s), mask)

    @pytest.mark.parametrize(("action", "code"), [(Action.READ_ERROR, "AXI_READ"), (Action.WRITE_ERROR, "AXI_WRITE")])
    def test_a_fault_names_its_port(self, action: Action, code: str) -> None:
        """What a damaged run computes is open; its code and its port are not."""
        s = self.kernel.start(action=action, port=1)
        expected, error = self.kernel.comparison.predict(s), self.kernel.comparison.errors[code]
        assert (expected.error, expected.error_port, expected.counters) == (error, 1, {})
        found = self.kernel.outcome(s, error=error, error_port=1)
        assert self.kernel.told(s, found) == []
        assert self.kernel.told(s, replace(found, error=self.kernel.comparison.errors.NONE))
        assert self.kernel.told(s, replace(found, error_port=0))

    def test_bad_data_have_another_in_their_place(self) -> None:
        """Row 0 for a token, zeros for a weight: what was finished is compared, what was not is left open."""
        for changes, code, place in self.bad_data:
            s = self.kernel.start(action=Action.BAD_DATA, tap=2, **changes)
            assert (max(s.prompt) >= s.legal.vocab) == (code == "BAD_TOKEN")
            assert max(s.read_tokens) < s.legal.vocab
            good = self.kernel.outcome(s, error=self.kernel.comparison.errors[code])
            assert self.kernel.told(s, good) == []
            done = {"TOKENS_DONE": 0, "TAP_BEATS": 4, "FIRST_TOKEN": good.counters["CYCLES"]}
            early = replace(good, counters=good.counters | done)
            wrong = good.stream.clone()
            wrong[4:] = 99
            assert self.kernel.told(s, replace(early, stream=wrong, index=good.index + 1)) == []
            wrong[3, 0] += 1
            (line,) = self.kernel.told(s, replace(early, stream=wrong))
            assert line.startswith(f"stream {place}, token 3, row 0")

    def test_a_restart_runs_twice(self) -> None:
        """A second start is written during the first."""
        assert self.kernel.comparison.predict(self.kernel.start(action=Action.RESTART)).runs == 2

    def test_without_tokens_the_first_one_is_waited_for_to_the_end(self) -> None:
        """FIRST_TOKEN equals CYCLES where nothing is chosen."""
        good = self.kernel.outcome(s := self.kernel.start(generate=0))
        assert self.kernel.told(s, good) == []
        early = {"FIRST_TOKEN": good.counters["CYCLES"] - 1}
        (line,) = self.kernel.told(s, replace(good, counters=good.counters | early))
        assert line.startswith("register FIRST_TOKEN: RTL")


class StartContract:
    """Laws of the starts that a kernel's knobs stand for."""

    kernel: Kernel

    def test_a_start_is_repeatable(self) -> None:
        """The same knobs and generator give the same bytes, arguments and stalls; another generator others."""
        first, again, other = (self.kernel.start(seed=seed) for seed in (5, 5, 6))
        assert all(torch.equal(first.regions[name], again.regions[name]) for name in first.regions)
        assert (first.arguments, first.stalls, first.delay) == (again.arguments, again.stalls, again.delay)
        assert not torch.equal(first.regions["w"], other.regions["w"])

    def test_prompts_end_around_chunks(self) -> None:
        """Lengths around one, two and three chunks of the configuration."""
        t_cols = self.kernel.start().cfg.t_cols
        lengths = {
            "one": 1,
            "chunk_less_1": t_cols - 1,
            "chunk": t_cols,
            "chunk_and_1": t_cols + 1,
            "two_chunks": 2 * t_cols,
            "two_chunks_and_1": 2 * t_cols + 1,
            "three_chunks_and_2": 3 * t_cols + 2,
        }
        assert {prompt: self.kernel.start(prompt=prompt).legal.prompt for prompt in lengths} == lengths


def sampled(kind: type[ModelCoverage], cfg: Any, items: Iterable[ModelItem]) -> dict[str, dict[str, int]]:
    """The hits that items add to a kernel's coverage, without the phases of a running simulation."""
    sampler = kind.__new__(kind)
    sampler.group = kind.GROUP(cfg.t_cols, cfg.ports)
    before = common.bins(kind.GROUP)
    for item in items:
        sampler.write(item)
    after = common.bins(kind.GROUP)
    return {name: {each: hits - before[name][each] for each, hits in bins.items()} for name, bins in after.items()}


def hit(points: dict[str, dict[str, int]]) -> dict[str, list[str]]:
    """The bins that were hit of every point."""
    return {name: [each for each, hits in bins.items() if hits] for name, bins in points.items()}


def missed(
    kind: type[ModelCoverage],
    cfg: Any,
    starts: Iterator[ModelStimulus],
    sure: tuple[str, ...],
    most: Callable[[Any], int],
) -> list[str]:
    """The bins of `sure` that starts do not meet, of all points; a reset comes within `most` cycles of its start."""

    def items() -> Iterator[ModelItem]:
        for s in starts:
            assert s.action is not Action.RESET or 1 <= s.delay < most(s)
            yield ModelItem(s)

    points = sampled(kind, cfg, items())
    return [f"{name}: {each}" for name in sure for each, hits in points[name].items() if not hits]


def corner_starts(make: Any, corners: Iterable[Any], cfg: Any, seed: int) -> Iterator[Any]:
    """The starts of corners as a job of a seed makes them."""
    rng = np.random.default_rng(seed)
    for knobs in corners:
        yield from make("corner", knobs, cfg, bases(cfg), ARENA, rng)
