# SPDX-License-Identifier: Apache-2.0
"""From knobs to numbers: model, prompt, caches, memory image and arguments of one start."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from numpy.random import Generator
from torch import Tensor

from golden.spec import TernAccelConfig
from golden.spec.gen.ternary_accel import MAX_BATCH, ErrorCode
from golden.ternary.accel import image
from golden.ternary.accel.arguments import Arguments, Build, argument_error, build_of, whole
from golden.ternary.accel.cache import Room
from golden.ternary.accel.layout import angle_rows
from golden.ternary.accel.outcome import HALVES
from golden.ternary.accel.start import REGIONS, Plan, Run, cache_parts, plan, token_beats
from golden.ternary.config import BitNetConfig
from golden.ternary.integer import extremes, store, synthetic
from golden.ternary.integer.block import prefill
from golden.ternary.integer.model import Cache, IntegerModel, Layer, LayerCache, Requests, Rows, empty_cache
from golden.ternary.integer.packing import LINEARS
from golden.ternary.packing import LEGAL_BYTES, TRITS
from harness.uvm import model_stimuli
from harness.uvm.model_start import Action
from harness.uvm.model_stimuli import GUARD, bad_prompt, faulty, spoilt, stalled
from harness.uvm.stalls import Access
from harness.uvm.starts import SENTINEL
from harness.uvm.ternary.items import Stimulus
from harness.uvm.ternary.knobs import ILLEGAL, LONGEST, Knobs, shapes
from harness.uvm.ternary.streams import places, traffic

EXPONENTS = {"near": (-12, 12), "far": (-127, 127)}
"""Of drawn keys and values."""
NO_EXPONENT = -128
"""Of a head of zeros."""


def make_model(style: str, cfg: BitNetConfig, seed: int, trits: bool = False) -> IntegerModel:
    """Return a model of a style of `knobs.STYLES`; with `trits` a head of its own is ternary."""
    if style != "synthetic":
        model = extremes.make(next(name for name in extremes.STYLES if name == style), seed, cfg)
        return replace(model, head=_signs(model.head), ternary_head=True) if trits and model.head else model
    head: store.Head = "tied" if cfg.tie_word_embeddings else "ternary" if trits else "int8"
    with tempfile.TemporaryDirectory(prefix="krait-") as folder:
        return store.resident(store.load(synthetic.write(Path(folder) / "model", cfg, seed=seed, head=head)))


def _signs(rows: Rows) -> Rows:
    """Ternary rows with the scales of int8 ones."""
    return Rows(rows.w.sign(), rows.scale)


# ---- what lies where


def place(laid: Plan, cfg: TernAccelConfig, bases: tuple[int, ...], arena: int, skew: int) -> Arguments:
    """Return a plan's arguments with every region placed anew, `skew` beats and a guard between neighbours."""
    offsets, at = {}, skew
    for name in REGIONS:
        offsets[f"{name}_off"] = at * cfg.port_bytes
        at += laid.beats[name] + (skew + GUARD) * (laid.beats[name] > 0)
    if not laid.beats["h"]:
        offsets["h_off"] = offsets["e_off"]
    return replace(laid.arguments, **offsets, arena_bytes=arena, bases=bases)  # type: ignore[arg-type]  # by name


def start(
    name: str,
    model: IntegerModel,
    cfg: TernAccelConfig,
    bases: tuple[int, ...],
    arena: int,
    run: Run,
    prompt: tuple[int, ...],
    before: Requests,
    room: Room | None = None,
    skew: int = 0,
) -> Stimulus:
    """Return a plain start of a model behind a cache."""
    laid = plan(model, cfg, run, room)
    a = place(laid, cfg, bases, arena, skew)
    regions = {
        "w": torch.cat(list(image.weights(model, cfg))),
        "e": torch.cat(list(image.embedding(model, cfg))),
        "a": angle_rows(model, cfg)[: laid.beats["a"]],
        "tok": token_beats(prompt, cfg),
    }
    if laid.beats["h"]:
        regions["h"] = torch.cat(list(image.head(model, cfg)))
    s = Stimulus(name=name, cfg=cfg, model=model, prompt=prompt, arguments=a, legal=a, regions=regions, before=before)
    return replace(s, regions=regions | {"k": cache_region(s, before)})


def cache_region(s: Stimulus, found: Requests) -> Tensor:
    """The region of caches, uint8 [beats, WIDE]: what is found there, and the sentinel where nothing is cached."""
    there = positions_mask(s, len(found.prefix[0]), [len(own[0]) for own in found.own])
    return torch.where(there, _packed(s, found), torch.tensor(SENTINEL, dtype=torch.uint8))


def positions_mask(s: Stimulus, prefix: int, own: Sequence[int]) -> Tensor:
    """Bytes of the region of caches that so many positions have, bool [beats, WIDE]."""
    a = s.legal

    def part(length: int) -> Cache:
        q = torch.full((a.kv_heads, length, a.d_model // a.heads), -1, dtype=torch.int8)
        return (LayerCache(q, q[..., 0], q, q[..., 0]),) * a.model_layers

    return _packed(s, Requests(part(prefix), tuple(part(length) for length in own))) == 0xFF


def _packed(s: Stimulus, requests: Requests) -> Tensor:
    """The region of caches with these, absent positions 0."""
    region = torch.zeros(s.counts.part0 + s.legal.batch * s.counts.part1, s.cfg.wide_bytes, dtype=torch.uint8)
    for at, beats in cache_parts(requests, s.laid):
        first = (at - s.legal.k_off) // s.cfg.port_bytes
        region[first : first + len(beats)] = beats
    return region


# ---- drawn starts


def make(
    name: str, knobs: Knobs, cfg: TernAccelConfig, bases: tuple[int, ...], arena: int, rng: Generator
) -> Iterator[Stimulus]:
    """Turn one set of knobs into a complete start."""
    legal = shapes(build_of(cfg), knobs.share)
    shape = legal[knobs.shape % len(legal)].config(knobs.layers, knobs.vocab, cfg.activation, knobs.head == "tied")
    model = make_model(knobs.style, shape, int(rng.integers(1 << 31)), knobs.head == "ternary")
    run, room = _run(knobs, shape, cfg, rng)
    before = requests(knobs.cached, model, run.prefix, run.own, rng)
    prompt = _tokens(model, run.prompt, rng)
    s = start(name, model, cfg, bases, arena, run, prompt, before, room, knobs.skew)
    s = stalled(replace(s, cached=knobs.cached), knobs, rng)
    yield spoilt(s, knobs, rng, _SPOIL)


def _run(knobs: Knobs, shape: BitNetConfig, cfg: TernAccelConfig, rng: Generator) -> tuple[Run, Room]:
    """What is asked for, and for how many positions there is room. A tapped layer may lie behind the last one."""
    prefix, own = knobs.positions(cfg.wide_bytes)
    generate = max(knobs.generate, 1) if knobs.action is Action.WRITE_ERROR else knobs.generate
    layer = None if knobs.tap_all else int(rng.integers(HALVES * knobs.layers + 1))
    run = Run(knobs.tokens(cfg.t_cols), generate, prefix, own, knobs.tap, layer)
    added = (run.prompt if len(own) == 1 else 1) + max(generate - 1, 0)
    own_room = max(own) + added + knobs.slack
    if knobs.prefix == LONGEST:
        run = replace(run, prefix=longest(run, own_room, shape, build_of(cfg)))
        return run, Room(run.prefix, own_room)
    return run, Room(prefix + knobs.slack * (prefix > 0), own_room)


def longest(run: Run, own_room: int, shape: BitNetConfig, build: Build) -> int:
    """The longest prefix that golden takes in front of a run."""
    own = (*run.own, *(0,) * (MAX_BATCH - len(run.own)))
    texts = {"batch": len(run.own), "own": own, "own_room": own_room}
    asked = {"prompt": run.prompt, "generate": run.generate, "head": run.generate > 0}
    a = replace(whole(shape), **texts, **asked)  # type: ignore[arg-type]  # by name
    fits = (n for n in range(build.positions_max, -1, -1) if cache_fits(replace(a, prefix=n, prefix_room=n), build))
    return next(fits)


def cache_fits(a: Arguments, build: Build) -> bool:
    """Whether golden takes the positions of a start, wherever it lies."""
    return argument_error(a, build) is not ErrorCode.BAD_CACHE


def _tokens(model: IntegerModel, count: int, rng: Generator) -> tuple[int, ...]:
    return tuple(int(token) for token in rng.integers(model.cfg.vocab_size, size=count))


def requests(cached: str, model: IntegerModel, prefix: int, own: tuple[int, ...], rng: Generator) -> Requests:
    """Caches of `knobs.CACHED`."""
    empty = empty_cache(model)
    if cached != "read":
        return Requests(_drawn(cached, model, prefix, rng), tuple(_drawn(cached, model, length, rng) for length in own))

    def read(count: int, before: Cache) -> Cache:
        return prefill(torch.tensor(_tokens(model, count, rng)), model, before)[1] if count else before

    shared = read(prefix, empty)
    return Requests(shared, tuple(tuple(layer.behind(prefix) for layer in read(length, shared)) for length in own))


def _drawn(cached: str, model: IntegerModel, length: int, rng: Generator) -> Cache:
    """Keys and values of any size; every eighth is a head of zeros."""
    heads, width = model.cfg.num_key_value_heads, model.cfg.head_dim
    low, high = EXPONENTS[cached]

    def half() -> tuple[Tensor, Tensor]:
        silent = torch.from_numpy(rng.integers(8, size=(heads, length)) == 0)
        q = torch.from_numpy(rng.integers(-127, 128, (heads, length, width)))
        e = torch.from_numpy(rng.integers(low, high + 1, (heads, length)))
        return q.masked_fill(silent[..., None], 0).to(torch.int8), e.masked_fill(silent, NO_EXPONENT).to(torch.int8)

    return tuple(LayerCache(*half(), *half()) for _ in range(model.cfg.num_hidden_layers))


# ---- what goes wrong


def refused(s: Stimulus, name: str) -> Stimulus:
    """The start with an illegal argument, or the next one that golden refuses here."""
    return model_stimuli.refused(s, name, ILLEGAL, build_of(s.cfg))


def _spoil_data(s: Stimulus, knobs: Knobs, rng: Generator) -> Stimulus:
    return _spoil_token(s, rng) if knobs.bad == "token" else _spoil_weight(s, rng)


def _spoil_token(s: Stimulus, rng: Generator) -> Stimulus:
    prompt = bad_prompt(s, rng)
    return replace(s, prompt=prompt, regions={**s.regions, "tok": token_beats(prompt, s.cfg)})


def _spoil_weight(s: Stimulus, rng: Generator) -> Stimulus:
    """A byte above those of five trits, which counts as five zeros; two models that differ there show where it lies."""
    name, layer = LINEARS[int(rng.integers(len(LINEARS)))], int(rng.integers(s.legal.model_layers))
    rows, columns = getattr(s.model.layers[layer], name).w.shape
    row, column = int(rng.integers(rows)), TRITS * int(rng.integers(columns // TRITS))
    low, high, zero = (_with(s.model, layer, name, row, column, trit) for trit in (-1, 1, 0))
    one, other = (torch.cat(list(image.weights(model, s.cfg))) for model in (low, high))
    w = s.regions["w"].masked_fill(one != other, int(rng.integers(LEGAL_BYTES, 256)))
    return replace(s, meant=zero, regions={**s.regions, "w": w})


def _with(model: IntegerModel, index: int, name: str, row: int, column: int, trit: int) -> IntegerModel:
    """The model with five neighbouring weights of a matrix set."""
    layer: Layer = model.layers[index]
    linear = getattr(layer, name)
    w = linear.w.clone()
    w[row, column : column + TRITS] = trit
    layers = list(model.layers)
    layers[index] = replace(layer, **{name: replace(linear, w=w)})
    return replace(model, layers=tuple(layers))


def _spoil_reads(s: Stimulus, knobs: Knobs, rng: Generator) -> Stimulus:
    """An error in what the run surely reads."""
    found = places(s)
    name = list(found)[knobs.region % len(found)]
    first, beats, ports = found[name][int(rng.integers(len(found[name])))]
    knobs = replace(knobs, port=knobs.port % s.cfg.ports % ports)
    return faulty(s, knobs, Access.READ, name, first + int(rng.integers(beats)))


def _spoil_writes(s: Stimulus, knobs: Knobs, rng: Generator) -> Stimulus:
    """An error in the first record, the first copied beats or the first position that joins a cache."""
    fresh = grown(s).any(dim=1).nonzero()
    found = {"out": 0, "k": int(fresh[0])}
    if traffic(s)["TAP_BEATS"]:
        found["tap"] = 0
    name = list(found)[knobs.region % len(found)]
    return faulty(s, knobs, Access.WRITE, name, found[name])


def grown(s: Stimulus) -> Tensor:
    """Bytes of the region of caches that a run writes, bool [beats, WIDE]."""
    a = s.legal
    before = positions_mask(s, a.prefix, a.texts)
    return positions_mask(s, a.prefix, [own + a.added for own in a.texts]) & ~before


def _in_flight(s: Stimulus, knobs: Knobs, rng: Generator) -> Stimulus:
    """A reset before the run can have ended: each beat that it moves takes a cycle at least."""
    return replace(s, delay=int(rng.integers(1, traffic(s)["RD_BEATS"])))


_SPOIL: model_stimuli.Ways[Stimulus] = {
    Action.ILLEGAL: lambda s, knobs, rng: refused(s, knobs.illegal),
    Action.RESET: _in_flight,
    Action.BAD_DATA: _spoil_data,
    Action.READ_ERROR: _spoil_reads,
    Action.WRITE_ERROR: _spoil_writes,
}
