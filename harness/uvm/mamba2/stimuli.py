# SPDX-License-Identifier: Apache-2.0
"""From knobs to numbers: model, prompt, memory image and arguments of one start or of one that goes on from another."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import torch
from numpy.random import Generator
from torch import Tensor

from golden.beats import little_endian, to_beats
from golden.mamba2.accel import image
from golden.mamba2.accel.arguments import (
    TAP_BITS,
    TOKEN_BITS,
    Arguments,
    Build,
    build_of,
    counts,
    tap_beats,
    up,
    whole,
)
from golden.mamba2.accel.layout import pack_state, state_shapes
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import extremes, functions, store, synthetic
from golden.mamba2.integer.model import IntegerModel, IntegerState
from golden.mamba2.integer.profile import Mamba2Profile
from golden.spec import Mamba2AccelConfig
from harness.uvm import model_stimuli
from harness.uvm.mamba2.items import Stimulus
from harness.uvm.mamba2.knobs import ILLEGAL, Knobs, Shape, shapes
from harness.uvm.mamba2.streams import traffic
from harness.uvm.model_start import Action
from harness.uvm.model_stimuli import GUARD, bad_prompt, faulty, spoilt, stalled
from harness.uvm.stalls import Access


def plain(shape: Shape) -> Arguments:
    """Return legal arguments of a shape that a build takes: one layer, one token, everything in memory."""
    cfg = Mamba2Config(shape.d_model, n_layer=1, vocab_size=8, d_state=shape.d_state, headdim=shape.headdim)
    return replace(whole(cfg), ngroups=shape.ngroups, arena_bytes=1 << 40, s_bytes=1 << 30, bases=(0,))


def make_model(style: str, cfg: Mamba2Config, p: Mamba2Profile, seed: int) -> IntegerModel:
    """Return a model of a style of `knobs.STYLES`."""
    if style != "synthetic":
        return extremes.make(p, next(name for name in extremes.STYLES if name == style), seed, cfg)
    with tempfile.TemporaryDirectory(prefix="krait-") as folder:
        model = store.load(synthetic.write(Path(folder) / "model", cfg, p, seed))
        return replace(model, layers=tuple(model.layers))  # read before the folder goes


def model_regions(model: IntegerModel, cfg: Mamba2AccelConfig) -> dict[str, Tensor]:
    """Return what a model alone decides: parameters, weights, embedding."""
    return {
        "p": torch.cat(list(image.parameters(model, cfg))),
        "w": torch.cat(list(image.weights(model, cfg))),
        "e": image.embedding(model, cfg),
    }


def of_model(model: IntegerModel, cfg: Mamba2AccelConfig, bases: tuple[int, ...], arena: int) -> Arguments:
    """Return the arguments that follow from a model; all layers, states on chip, nothing to do and nothing placed."""
    eps_d, eps_i = functions.eps_sums(model)
    return replace(
        whole(model.cfg), mem_first=model.cfg.n_layer, eps_d=eps_d, eps_i=eps_i, arena_bytes=arena, bases=bases
    )


def place(a: Arguments, cfg: Mamba2AccelConfig, regions: Mapping[str, Tensor], skew: int) -> Arguments:
    """Return the arguments with every region placed, `skew` beats and a guard between neighbours."""
    c, wide = counts(a, build_of(cfg)), 8 * cfg.wide_bytes
    state = a.model_layers * c.chunks * c.chunk_beats if a.mem_first < a.model_layers else 0
    beats = {name: len(region) for name, region in regions.items()}
    beats |= {"s": state, "out": a.generate, "tap": up(TAP_BITS * tap_beats(a, c), wide)}
    offsets, at = {}, skew
    for name, size in beats.items():
        offsets[f"{name}_off"] = at * cfg.port_bytes
        at += size + skew + GUARD
    return replace(a, **{"tok_off": 0} | offsets, s_bytes=state * cfg.port_bytes)  # type: ignore[arg-type] # bytes


def start(
    name: str,
    model: IntegerModel,
    cfg: Mamba2AccelConfig,
    a: Arguments,
    prompt: tuple[int, ...],
    rows: Tensor | None = None,
    states: tuple[IntegerState, ...] | None = None,
    skew: int = 0,
) -> Stimulus:
    """Return a plain start of `model` with the arguments `a`, placed; `states` are those of the run's layers before."""
    regions = model_regions(model, cfg)
    if rows is not None:
        regions["e"] = image.raw_rows(rows, cfg)
    else:
        regions["tok"] = to_beats(little_endian(torch.tensor(prompt), TOKEN_BITS), cfg)
    a = place(replace(a, keep=states is not None, raw=rows is not None), cfg, regions, skew)
    s = Stimulus(name, cfg, model, prompt, a, a, regions, rows=rows, states=states)
    return replace(s, regions=regions | {"s": _states(s, states)}) if states and s.state_layers else s


def _states(s: Stimulus, states: tuple[IntegerState, ...]) -> Tensor:
    """The region of states as a continuing start finds it; layers that are not in the run's memory stay zero."""
    beats = s.counts.chunks * s.counts.chunk_beats
    region = torch.zeros(s.legal.model_layers, beats, s.cfg.wide_bytes, dtype=torch.uint8)
    for layer in s.state_layers:
        ssm = states[layer - s.legal.layer_first].ssm
        state = type(ssm)(ssm.q[0], ssm.s[0], ssm.group)
        region[layer] = pack_state(state, s.model.cfg, s.model.profile, s.state_shape, s.cfg)
    return region.flatten(0, 1)


def make(
    name: str, knobs: Knobs, cfg: Mamba2AccelConfig, bases: tuple[int, ...], arena: int, rng: Generator
) -> Iterator[Stimulus]:
    """Turn one set of knobs into a complete start; in front of a continuing one the start that it goes on from."""
    build = build_of(cfg)
    model = make_model(knobs.style, _shape(knobs, build), build.profile, int(rng.integers(1 << 31)))
    a = _arguments(knobs, model, cfg, bases, arena, rng)
    first = _start(name, knobs, model, cfg, a, None, rng)
    if knobs.kind != "continued":
        yield _spoil(first, knobs, rng)
        return
    yield _spoil(first, replace(knobs, action=Action.RUN), rng)
    if knobs.action is Action.ILLEGAL:
        yield _spoil(replace(first, name=f"{name}, refused"), knobs, rng)
    alone = (Action.ILLEGAL, Action.RESET, Action.RESTART)
    again = replace(knobs, action=Action.RUN if knobs.action in alone else knobs.action)
    yield _spoil(_start(f"{name}, continued", again, model, cfg, a, first.golden.states, rng), again, rng)


def _shape(knobs: Knobs, build: Build) -> Mamba2Config:
    """The drawn shape, of two state groups if asked for and legal."""
    legal = shapes(build)
    chosen = [shape for shape in legal if (shape.ngroups == 2) == knobs.two_groups] or legal
    shape = chosen[knobs.shape % len(chosen)]
    return Mamba2Config(
        d_model=shape.d_model,
        n_layer=knobs.layers,
        vocab_size=knobs.vocab,
        d_state=shape.d_state,
        headdim=shape.headdim,
        ngroups=shape.ngroups,
    )


def _arguments(
    knobs: Knobs,
    model: IntegerModel,
    cfg: Mamba2AccelConfig,
    bases: tuple[int, ...],
    arena: int,
    rng: Generator,
) -> Arguments:
    """Everything but the prompt, which differs between a start and one that goes on from it."""
    a, build = of_model(model, cfg, bases, arena), build_of(cfg)
    first, end = _layers(knobs, rng)
    words = a.heads * counts(a, build).words
    on_chip = {"chip": knobs.layers, "memory": 0, "mixed": max(end - 1, 1)}[knobs.place]
    whole = sorted(cut.heads for cut in state_shapes(model.cfg, model.profile, cfg) if cut.beats <= cfg.s_depth)
    return replace(
        a,
        layer_first=first,
        layer_count=end - first,
        mem_first=min(on_chip, build.state_depth // words),
        chunk_heads=int(rng.choice(whole)),
        tap_point=knobs.tap,
        tap_all=knobs.tap_all,
        tap_layer=int(rng.integers(knobs.layers)),
    )


def _layers(knobs: Knobs, rng: Generator) -> tuple[int, int]:
    """The run's first layer and the one behind its last; of one layer there is no part, of two no middle.

    States in two places take two layers where there are as many.
    """
    layers = knobs.layers
    front = knobs.part in ("front", "middle") and layers > 1
    back = knobs.part in ("back", "middle") and layers > 1 + front
    least = 2 if knobs.place == "mixed" and layers > 1 + front + back else 1
    first = int(rng.integers(1, layers - front - least + 1)) if back else 0
    end = int(rng.integers(first + least, layers)) if front else layers
    return first, end


def _start(
    name: str,
    knobs: Knobs,
    model: IntegerModel,
    cfg: Mamba2AccelConfig,
    a: Arguments,
    states: tuple[IntegerState, ...] | None,
    rng: Generator,
) -> Stimulus:
    """One start with a prompt of its own, stalls and all, but with nothing wrong."""
    length, vocab = knobs.tokens(cfg.t_cols), model.cfg.vocab_size
    raw = knobs.kind == "raw" and knobs.action is not Action.BAD_DATA
    generate = min(knobs.generate, 1) if raw else knobs.generate
    if knobs.action is Action.WRITE_ERROR:
        generate = max(generate, 1)
    a = replace(a, prompt=length, generate=generate, head=generate > 0, raw=raw)
    prompt = tuple(int(token) for token in rng.integers(vocab, size=length))
    rows = _rows(knobs, model, length, rng) if raw else None
    return stalled(start(name, model, cfg, a, prompt, rows, states, knobs.skew), knobs, rng)


def _rows(knobs: Knobs, model: IntegerModel, length: int, rng: Generator) -> Tensor:
    """Residual values of raw rows: near 1 for an imitated model, else of any size."""
    bits = model.profile.residual_frac + 2 if knobs.style == "synthetic" else model.profile.value_bits
    values = rng.integers(-(1 << bits - 1), 1 << bits - 1, (length, model.cfg.d_model))
    return torch.from_numpy(values >> rng.integers(0, 3))


# ---- what goes wrong


def _spoil(s: Stimulus, knobs: Knobs, rng: Generator) -> Stimulus:
    return spoilt(s, knobs, rng, _SPOIL)


def refused(s: Stimulus, name: str) -> Stimulus:
    """The start with an illegal argument, or the next one that golden refuses here (0 as eps is legal for tables)."""
    return model_stimuli.refused(s, name, ILLEGAL, build_of(s.cfg))


def _spoil_token(s: Stimulus, knobs: Knobs, rng: Generator) -> Stimulus:
    prompt = bad_prompt(s, rng)
    tokens = to_beats(little_endian(torch.tensor(prompt), TOKEN_BITS), s.cfg)
    return replace(s, prompt=prompt, regions={**s.regions, "tok": tokens})


def _spoil_reads(s: Stimulus, knobs: Knobs, rng: Generator) -> Stimulus:
    """An error in what the run surely reads: rows, ids, parameters or weights of its layers, states it goes on from."""
    a, c = s.legal, s.counts
    row = int(rng.integers(a.prompt)) if a.raw else s.read_tokens[int(rng.integers(a.prompt))]
    layers = {"p": c.p_in + c.p_out, "w": c.w_in + c.w_out}
    places = [("e", row * c.row_beats, c.row_beats), *(("tok", 0, 1),) * (not a.raw)]
    places += [(name, a.layer_first * beats, a.layer_count * beats) for name, beats in layers.items()]
    if s.states and s.state_layers:
        places.append(("s", s.state_layers[0] * c.chunks * c.chunk_beats, c.chunk_beats))
    name, first, beats = places[knobs.region % len(places)]
    return faulty(s, knobs, Access.READ, name, first + int(rng.integers(beats)))


def _spoil_writes(s: Stimulus, knobs: Knobs, rng: Generator) -> Stimulus:
    """An error in the first record, the first copied beats or the first chunk of a state."""
    places = [("out", 0), *[("tap", 0)] * (s.taps > 0)]
    if s.state_layers:
        places.append(("s", s.state_layers[0] * s.counts.chunks * s.counts.chunk_beats))
    return faulty(s, knobs, Access.WRITE, *places[knobs.region % len(places)])


def _in_flight(s: Stimulus, knobs: Knobs, rng: Generator) -> Stimulus:
    """A reset before the run can have ended: each beat that it moves takes a cycle at least."""
    moved = traffic(s)
    return replace(s, delay=int(rng.integers(1, max(moved["RD_BEATS"], moved["WEIGHT_BEATS"], moved["SSM_BEATS"]))))


_SPOIL: model_stimuli.Ways[Stimulus] = {
    Action.ILLEGAL: lambda s, knobs, rng: refused(s, knobs.illegal),
    Action.RESET: _in_flight,
    Action.BAD_DATA: _spoil_token,
    Action.READ_ERROR: _spoil_reads,
    Action.WRITE_ERROR: _spoil_writes,
}
