# SPDX-License-Identifier: Apache-2.0
"""A `ternary_accel` in which the golden model stands in the place of the hardware: all it knows, it reads from memory
and registers, but the model itself, whose bytes it compares."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch

from golden.schedule import jobs
from golden.spec.gen import ternary_accel as regs
from golden.ternary.accel.arguments import Arguments, argument_error, build_of, counts
from golden.ternary.accel.cache import Room
from golden.ternary.accel.layout import pack_cache
from golden.ternary.accel.outcome import BEST, outcome
from golden.ternary.accel.reads import start_beats
from golden.ternary.accel.start import Plan, cache_of, model_parts
from golden.ternary.integer.model import Cache, IntegerModel, Requests
from tests.boards.fake_accel import FakeDevice

PLAIN = ("d_model", "heads", "kv_heads", "feed", "batch", "vocab", "model_layers", "prefix", "prefix_room", "own_room")
LONG = ("eps", "w_off", "e_off", "h_off", "a_off", "k_off", "tok_off", "out_off", "tap_off", "arena_bytes")


def arguments_of(device: FakeDevice) -> Arguments:
    """What a start finds in the registers."""
    words, at = device.words, regs.Offset
    return Arguments(
        **{name: words[at[name.upper()]] for name in (*PLAIN, "prompt", "generate", "feed_eps", "head_scale")},
        **{name: device.word(at[name.upper()]) for name in LONG},
        own=tuple(words[at[f"OWN_{text}"]] for text in range(regs.MAX_BATCH)),
        head=bool(words[at.MODE] >> 2 & 1),
        ternary_head=bool(words[at.MODE] >> 3 & 1),
        residual_frac=words[at.FRAC] & 31,
        logit_frac=words[at.FRAC] >> 8 & 31,
        tap_point=words[at.TAP] & 3,
        tap_all=bool(words[at.TAP] >> 2 & 1),
        tap_layer=words[at.TAP] >> 8,
        bases=tuple(device.word(regs.PORT_BASE[port]) for port in range(device.cfg.ports)),
    )


@dataclass
class GoldenKernel:
    """Steps of a run for `FakeDevice`. `spoil` may change a record's words, by its number in the run.

    Attributes:
        EXTRA: beats that each port counts more than the port before.
        runs: arguments of all starts.
    """

    model: IntegerModel
    spoil: Callable[[int, torch.Tensor], None] = lambda number, words: None
    EXTRA: ClassVar[int] = 0

    def __post_init__(self) -> None:
        self.runs: list[Arguments] = []

    def __call__(self, device: FakeDevice) -> Iterator[bool]:
        a, cfg = arguments_of(device), device.cfg
        self.runs.append(a)
        build = build_of(cfg)
        error = argument_error(a, build)
        prompt = [] if error else device.load(a.tok_off, -(-a.prompt * 4 // cfg.wide_bytes)).reshape(-1)
        tokens = prompt.view(torch.int32)[: a.prompt].tolist() if not error else []
        if any(not 0 <= token < a.vocab for token in tokens):
            error = regs.ErrorCode.BAD_TOKEN
        device.words |= {regs.Offset.ERROR: int(error), regs.Offset.TOKENS_DONE: 0, regs.Offset.TAP_BEATS: 0}
        return iter(()) if error else self._run(device, a, tokens, counts(a, build).angle_beats)

    def _run(self, device: FakeDevice, a: Arguments, tokens: list[int], angle_beats: int) -> Iterator[bool]:
        beats = {"a": angle_beats * a.context}
        laid = Plan(a, beats, Room(a.prefix_room, a.own_room), a.batch, self.model.cfg, device.cfg)
        for at, section in model_parts(self.model, laid):
            assert torch.equal(device.load(at, len(section)), section)
        yield True
        requests = Requests(
            self._read(device, laid, 0, a.prefix),
            tuple(self._read(device, laid, 1 + text, length) for text, length in enumerate(a.texts)),
        )
        found = outcome(self.model, tokens, a.generate, device.cfg.t_cols, requests)
        self._write(device, laid, found.requests)
        if a.tap_point:
            assert a.tap_all
            self._tap(device, a, found.streams[a.tap_point - 1])
        order = jobs(a.prompt, a.generate, range(2 * a.model_layers), device.cfg.t_cols, 1, batch=a.batch)
        listed = start_beats(order, self.model.cfg, laid.room, a.prefix, a.texts, device.cfg)
        device.words |= {regs.RD_BEATS[port]: beats + self.EXTRA * port for port, beats in enumerate(listed)}
        passed = {regs.Offset.CYCLES: 900, regs.Offset.WEIGHT_BEATS: 7, regs.Offset.TOKENS_RUN: a.prompt}
        device.words |= passed
        pairs = torch.stack([found.index, found.value], -1).reshape(-1, 2 * BEST).to(torch.int32)
        for number, words in enumerate(pairs):
            yield True
            self.spoil(number, words)
            wide = np.full(device.cfg.wide_bytes, 0xEE, np.uint8)
            wide[: 8 * BEST] = words.numpy().view(np.uint8)
            device.store(a.out_off + number * device.cfg.port_bytes, wide)
            cycles = 1000 + 10 * number
            device.words |= {regs.Offset.TOKENS_DONE: number + 1, regs.Offset.CYCLES: cycles}
            device.words.setdefault(regs.Offset.FIRST_TOKEN, cycles)

    def _read(self, device: FakeDevice, laid: Plan, part: int, length: int) -> Cache:
        places = [laid.place(part, layer) for layer in range(len(self.model.layers))]
        return tuple(cache_of(device.load(each.offset, each.beats), length, each, laid) for each in places)

    def _write(self, device: FakeDevice, laid: Plan, requests: Requests) -> None:
        """What the texts have now; the shared part is never written."""
        for text, cache in enumerate(requests.own):
            for layer, each in enumerate(cache):
                place = laid.place(1 + text, layer)
                device.store(place.offset, pack_cache(each, place.positions, device.cfg))

    def _tap(self, device: FakeDevice, a: Arguments, stream: torch.Tensor) -> None:
        bytes_ = stream.to(torch.int32).numpy().view(np.uint8).reshape(-1)
        wide = np.zeros(-(-len(bytes_) // device.cfg.wide_bytes) * device.cfg.wide_bytes, np.uint8)
        wide[: len(bytes_)] = bytes_
        device.store(a.tap_off, wide)
        device.words[regs.Offset.TAP_BEATS] = len(stream)


def golden_device(model: IntegerModel, config: str = "sim") -> tuple[FakeDevice, GoldenKernel]:
    """A device with that kernel, and the kernel."""
    kernel = GoldenKernel(model)
    return FakeDevice(config, kernel, kernel="ternary_accel"), kernel


def careless(laid: Plan, **changes: object) -> Plan:
    """A plan whose starts have other arguments, which nobody checks."""

    class Careless(Plan):
        def start(self, run: object) -> Arguments:
            return replace(laid.arguments, **changes)

    return Careless(**vars(laid))
