# SPDX-License-Identifier: Apache-2.0
"""Starts of `mamba2_accel` on tiny models: what lies in memory before, the arguments, and what must lie there after.

Knows no simulator: the in-process bench and the cocotb test both use it.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from golden.beats import little_endian, to_beats
from golden.mamba2.accel import image, layout
from golden.mamba2.accel.arguments import Arguments, argument_error, build_of, counts, tap_beats, up, whole
from golden.mamba2.accel.outcome import Outcome, outcome
from golden.mamba2.accel.start import PAGE, REGIONS
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import functions, profile, store, synthetic
from golden.mamba2.integer.model import IntegerModel, IntegerState
from golden.schedule import Job, Kind, jobs
from golden.spec import Mamba2AccelConfig, load_config
from golden.spec.gen import mamba2_accel as regs

BEST = 8
"""Logits of a token record; values of a captured beat."""
GUARD = 0xA5
"""Byte of everything that the kernel alone writes, before it does."""
STALLS = ("STALL_WEIGHTS", "STALL_ACTS", "STALL_OUT")
COUNTERS = (
    "CYCLES", "WEIGHT_BEATS", "WINDOW", *STALLS, "SSM_BEATS", "STALL_STATE", "FIRST_TOKEN",
    "TOKENS_DONE", "TOKENS_RUN", "LAYERS_DONE", "TAP_BEATS",
)  # fmt: skip
"""Counters that are one register each."""


def smallest(slots: int, config: str = "sim_w8a8") -> Mamba2AccelConfig:
    """Return a build for four-state simulation: what SHAPE needs, and not more.

    The usual one has the profile without large tables, which Icarus takes seconds each to fill.
    """
    most = {"d_max": 32, "i_max": 64, "h_max": 4, "n_max": 8, "p_max": 16, "g_max": 1, "norm_width": 32}
    depths = {"w_depth": 16, "p_depth": 16, "s_depth": 16, "conv_depth": 32, "state_depth": 16, "x_heads": 2}
    return replace(load_config("mamba2_accel", config), slots=slots, t_cols=2, t_par=1, **most, **depths)


SHAPE = Mamba2Config(d_model=32, n_layer=1, vocab_size=9, d_state=8, headdim=16)
"""Of a model with 4 heads and one tile of state a row."""


def tiny(folder: Path, name: str, shape: Mamba2Config, seed: int = 1) -> IntegerModel:
    """Return a synthetic model of a profile."""
    return store.load(synthetic.write(folder / f"{name}-{abs(hash(shape))}-{seed}", shape, profile.load(name), seed))


@dataclass(frozen=True)
class Start:
    """A start of a whole model, or of some of its layers.

    Attributes:
        tap: point that is copied.
        on_chip: layers whose state is kept on chip.
        chunk_heads: heads of a chunk of the state in memory.
        states: to go on from; the kernel has them from the start before.
        layers: those that run.
        raw: rows of the residual stream [L, D] in the place of the prompt's tokens.
    """

    cfg: Mamba2AccelConfig
    model: IntegerModel
    prompt: Sequence[int]
    generate: int
    tap: int = 0
    on_chip: int = 0
    chunk_heads: int = 1
    states: Sequence[IntegerState] | None = None
    layers: range | None = None
    raw: Tensor | None = None

    @property
    def run_layers(self) -> range:
        return self.layers or range(self.model.cfg.n_layer)

    @cached_property
    def arguments(self) -> Arguments:
        """The registers' values; the arenas' bases are the bench's."""
        eps_d, eps_i = functions.eps_sums(self.model)
        bare = replace(
            whole(self.model.cfg),
            layer_first=self.run_layers.start,
            layer_count=len(self.run_layers),
            prompt=len(self.prompt),
            generate=self.generate,
            raw=self.raw is not None,
            keep=self.states is not None,
            head=self.generate > 0,
            chunk_heads=self.chunk_heads,
            mem_first=self.on_chip,
            eps_d=eps_d,
            eps_i=eps_i,
            tap_point=self.tap,
            tap_all=True,
            bases=(0,) * self.cfg.ports,
        )
        placed = self._place(bare)
        error = argument_error(placed, build_of(self.cfg))
        assert error is regs.ErrorCode.NONE, error.name
        return placed

    def _place(self, a: Arguments) -> Arguments:
        """Give every region its offset, with a free beat behind it."""
        c, size, top, at = counts(a, build_of(self.cfg)), self.cfg.port_bytes, 0, {}
        states = a.model_layers * c.chunks * c.chunk_beats if a.mem_first < a.model_layers else 0
        given = {name: len(wide) for name, wide in self.regions.items()}
        made = {"s": states, "out": a.generate, "tap": up(tap_beats(a, c) * 32, self.cfg.wide_bytes)}
        for name in REGIONS:
            at[f"{name}_off"] = top
            top += ((given | made)[name] + 1) * size
            top = -(-top // PAGE) * PAGE if name == "e" else top
        return replace(a, **at, arena_bytes=top, s_bytes=states * size)

    @cached_property
    def regions(self) -> Mapping[str, Tensor]:
        """What the kernel reads: uint8 [beats, WIDE] by name."""
        ids = little_endian(torch.tensor(list(self.prompt)), 32)
        rows = image.embedding(self.model, self.cfg) if self.raw is None else image.raw_rows(self.raw, self.cfg)
        return {
            "p": torch.cat(list(image.parameters(self.model, self.cfg))),
            "w": torch.cat(list(image.weights(self.model, self.cfg))),
            "e": rows,
            "tok": to_beats(ids, self.cfg),
        }

    @cached_property
    def expected(self) -> Outcome:
        """What golden gives for the whole model; a start of some layers has its own expectation."""
        return outcome(self.model, self.prompt, self.generate, self.cfg, self.states)

    @property
    def captured(self) -> Tensor:
        """What the tap copies, int64 [beats, 8]."""
        return self.expected.streams[self.tap - 1]

    @property
    def jobs(self) -> list[Job]:
        """The jobs of the start, in order."""
        carry, cfg = self.states is not None, self.cfg
        return list(jobs(len(self.prompt), self.generate, self.run_layers, cfg.t_cols, cfg.slots, carry))

    @property
    def weight_beats(self) -> int:
        """Weight beats of all jobs, once for each pass of `t_par` tokens."""
        c = counts(self.arguments, build_of(self.cfg))
        beats = {Kind.IN: c.tiles_in * c.kd, Kind.OUT: c.tiles_out * c.ki, Kind.HEAD: c.tiles_head * c.kd}
        return sum(beats.get(job.kind, 0) * up(job.tokens, self.cfg.t_par) for job in self.jobs)


def registers(a: Arguments) -> Mapping[int, int]:
    """Return the 32-bit words of a start's arguments by their offsets, without the ports' bases."""
    mode = regs.MODE_CONTINUE.put(a.keep, regs.MODE_RAW.put(a.raw, regs.MODE_HEAD.put(a.head, 0)))
    tap = regs.TAP_POINT.put(a.tap_point, regs.TAP_ALL_LAYERS.put(a.tap_all, regs.TAP_LAYER.put(a.tap_layer, 0)))
    words = {regs.Offset.MODE: mode, regs.Offset.TAP: tap}
    for field in fields(a):
        at = regs.Offset.__members__.get(field.name.upper())
        if at is None:
            continue
        value = getattr(a, field.name)
        words[at] = value & 0xFFFFFFFF
        if field.name.endswith(("_off", "_bytes")):
            words[at + 4] = value >> 32
    return words


def outputs(start: Start) -> Mapping[str, tuple[int, int]]:
    """Return where the kernel writes: byte offset and wide beats of "s", "out" and "tap"; a free beat follows each."""
    a = start.arguments
    taps = up(tap_beats(a, counts(a, build_of(start.cfg))) * 32, start.cfg.wide_bytes)
    return {
        "s": (a.s_off, a.s_bytes // start.cfg.port_bytes),
        "out": (a.out_off, a.generate),
        "tap": (a.tap_off, taps),
    }


def check(start: Start, memory: Mapping[str, Tensor]) -> None:
    """Compare what a run left in its `outputs`, each with the beat behind it, with golden."""
    for name, wide in memory.items():
        assert (wide[-1] == GUARD).all(), f"wrote behind region {name!r}"
    want = start.expected
    records = memory["out"][:-1, : 8 * BEST].contiguous().view(torch.int32).reshape(-1, BEST, 2).long()
    same("best logits", records[..., 1], want.value)
    same("their indices", records[..., 0], want.index)
    if start.tap:
        stream = start.captured
        flat = memory["tap"][:-1].reshape(-1)
        same(f"tap {start.tap}", flat[: stream.numel() * 4].view(torch.int32).reshape(-1, BEST).long(), stream)
        assert not flat[stream.numel() * 4 :].any(), "the tail of the last captured beat is not zero"
    if start.arguments.s_bytes:
        _check_states(start, memory["s"][:-1])


def check_counters(start: Start, count: Mapping[str, int]) -> None:
    """Compare `COUNTERS` of a run with its jobs; each cycle of the window is a beat of weights or one stall."""
    words = counts(start.arguments, build_of(start.cfg)).words
    want = {
        "TOKENS_DONE": start.generate,
        "TOKENS_RUN": len(start.prompt) + max(start.generate - 1, 0),
        "LAYERS_DONE": sum(job.kind is Kind.OUT for job in start.jobs),
        "TAP_BEATS": len(start.captured) if start.tap else 0,
        "WEIGHT_BEATS": start.weight_beats,
        "SSM_BEATS": sum(job.tokens for job in start.jobs if job.kind is Kind.IN) * start.arguments.heads * words,
        "WINDOW": count["WEIGHT_BEATS"] + sum(count[name] for name in STALLS),
    }
    got = {name: count[name] for name in want}
    assert got == want, f"counters {got}, expected {want}"
    assert count["CYCLES"] > count["WINDOW"]
    assert count["CYCLES"] >= count["SSM_BEATS"] + count["STALL_STATE"]
    assert count["FIRST_TOKEN"] <= count["CYCLES"]


def _check_states(start: Start, wide: Tensor) -> None:
    a, c = start.arguments, counts(start.arguments, build_of(start.cfg))
    shape = layout.StateShape(a.chunk_heads, c.chunks, c.sb, c.qb)
    for index, beats in enumerate(wide.split(c.chunks * c.chunk_beats)):
        if index < start.on_chip:
            assert (beats == GUARD).all(), f"layer {index} keeps its state on chip, and wrote it to memory"
            continue
        got = layout.unpack_state(beats, start.model.cfg, start.model.profile, shape, start.cfg)
        ssm = start.expected.states[index].ssm
        same(f"state of layer {index}", got.q, ssm.q[0])
        same(f"shifts of the state of layer {index}", got.s, ssm.s[0])


def same(what: str, got: Tensor, want: Tensor) -> None:
    """Raise with the first difference."""
    assert got.shape == want.shape, f"{what}: shape {tuple(got.shape)}, golden {tuple(want.shape)}"
    wrong = (got != want).nonzero()
    if len(wrong):
        at = tuple(wrong[0].tolist())
        raise AssertionError(
            f"{what}: at {list(at)} RTL {int(got[at])}, golden {int(want[at])}; {len(wrong)} of {got.numel()} differ"
        )


def draw(cfg: Mamba2AccelConfig, models: Sequence[IntegerModel], rng: random.Random) -> Start:
    """Return a random start: any model, prompt, number of tokens, tap, and place of the states."""
    model = rng.choice(list(models))
    shape = model.cfg
    cuts = [cut.heads for cut in layout.state_shapes(shape, model.profile, cfg) if cut.beats <= cfg.s_depth]
    return Start(
        cfg,
        model,
        [rng.randrange(shape.vocab_size) for _ in range(rng.randint(1, 9))],
        rng.randint(0, 3),
        tap=rng.randint(0, 3),
        on_chip=rng.randint(0, shape.n_layer),
        chunk_heads=rng.choice(cuts),
    )
