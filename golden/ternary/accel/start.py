# SPDX-License-Identifier: Apache-2.0
"""A start of `ternary_accel`: how a model, its cache and a run lie in every port's arena, and the arguments for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from golden.beats import little_endian, to_beats
from golden.errors import InputError
from golden.spec import TernAccelConfig
from golden.spec.gen.ternary_accel import (
    MAX_BATCH,
    MAX_LAYERS,
    MAX_ROOM,
    MAX_TOKENS,
    MAX_VOCAB,
    ErrorCode,
)
from golden.ternary.accel import image
from golden.ternary.accel.arguments import (
    Arguments,
    Build,
    argument_error,
    build_of,
    counts,
    region_beats,
    whole,
)
from golden.ternary.accel.cache import Room, parts
from golden.ternary.accel.layout import angle_rows, pack_cache, unpack_cache
from golden.ternary.config import BitNetConfig
from golden.ternary.integer import profile as profiles
from golden.ternary.integer.model import IntegerModel, LayerCache, Requests
from golden.ternary.integer.scale import MANTISSA, Scale

PAGE = 4096
"""Bytes to whose multiples every region is aligned, so that its first burst is a whole one."""
REGIONS = ("w", "e", "h", "a", "k", "tok", "out", "tap")
"""Regions in the order in which they lie; region `x` begins at the argument `x_off`."""
RUNS = ("tok", "out", "tap")
"""Regions whose size follows from the run."""


@dataclass(frozen=True)
class Run:
    """What a start is to do.

    Attributes:
        prompt: tokens read; of several texts one of each.
        generate: tokens to choose for each text; none leaves out final norm and head.
        prefix: cached positions that all texts share.
        own: cached positions of each text behind them; as many texts as there are numbers.
        tap_point: what is captured, 0 nothing; numbers of the register TAP.
        tap_layer: the layer of the run that is captured (2 l attention, 2 l + 1 MLP), None for all.
    """

    prompt: int
    generate: int
    prefix: int = 0
    own: tuple[int, ...] = (0,)
    tap_point: int = 0
    tap_layer: int | None = None


@dataclass(frozen=True)
class Place:
    """Where a layer of a part of the cache lies: byte offset in every port's arena, wide beats, positions."""

    offset: int
    beats: int
    positions: int


@dataclass(frozen=True)
class Plan:
    """A model with room for its cache and for a run in a configuration's arena.

    Attributes:
        arguments: of that run; `bases` are the arena's own business.
        beats: wide beats that each region has room for.
        room: positions that the cache has room for.
        texts: texts that it has room for.
        shape: the model's.
        machine: the configuration.
    """

    arguments: Arguments
    beats: Mapping[str, int]
    room: Room
    texts: int
    shape: BitNetConfig
    machine: TernAccelConfig

    @property
    def arena_bytes(self) -> int:
        """Bytes of every port."""
        return self.arguments.arena_bytes

    def start(self, run: Run) -> Arguments:
        """Arguments of another run of the same model, which stays where it is, and so does its cache.

        Raises:
            InputError: the run is illegal, or needs more room than there is; the message names what.
        """
        if len(run.own) > self.texts:
            raise InputError(f"run: {len(run.own)} texts, the plan has room for {self.texts}")
        a = replace(self.arguments, **_fields(run))
        _refuse_context(a, self.shape)
        for name, needed in _regions(a, self.machine).items():
            if name in RUNS and needed > self.beats[name]:
                raise InputError(f"run: region {name} needs {needed} wide beats, the plan has {self.beats[name]}")
        refuse(a, self.machine)
        return a

    @property
    def of_prefix(self) -> "Plan":
        """The same memory with the shared part of the cache as that of a text: its starts read a prefix into it."""
        arguments = replace(self.arguments, prefix_room=0, own_room=self.room.prefix)
        return replace(self, arguments=arguments, room=Room(0, self.room.prefix), texts=1)

    def place(self, part: int, layer: int) -> Place:
        """Where the cache of a layer lies: of part 0, the prefix, or of text `part` - 1."""
        prefix, own = parts(self.shape, self.room, self.machine)
        size = own if part else prefix
        before = (prefix.whole + (part - 1) * own.whole) if part else 0
        at = self.arguments.k_off + (before + layer * size.layer) * self.machine.port_bytes
        return Place(at, size.layer, self.room.own if part else self.room.prefix)


def plan(
    model: IntegerModel, machine: TernAccelConfig, run: Run, room: Room | None = None, texts: int | None = None
) -> Plan:
    """Lay out a model, its cache and a run. Nothing of the model's weights is read.

    Args:
        room: positions of the cache; without it those of the run.
        texts: texts of the cache; without it those of the run.

    Raises:
        InputError: the configuration does not take the model or the run; the message names the dimension.
    """
    expected = replace(profiles.load(), logit_frac=model.profile.logit_frac)
    if model.profile != expected:
        raise InputError(
            f"configuration {machine.name} is built for {expected}, the model is of {model.profile}; "
            "quantize it for these choices"
        )
    numbers = {
        "ternary_head": model.ternary_head,
        "residual_frac": model.residual_frac,
        "logit_frac": model.profile.logit_frac,
        "eps": model.eps(model.residual_frac),
        "feed_eps": _word(model.product_eps),
        "head_scale": _word(model.head_scale),
    }
    return lay_out(model.cfg, numbers, machine, run, room, texts, own_head=model.head is not None)


def fits(shape: BitNetConfig, machine: TernAccelConfig, run: Run) -> None:
    """Refuse a shape that the configuration does not take, before there is an integer model; errors as for `plan`."""
    lay_out(shape, {}, machine, run, own_head=not shape.tie_word_embeddings)


def lay_out(
    shape: BitNetConfig,
    numbers: Mapping[str, Any],
    machine: TernAccelConfig,
    run: Run,
    room: Room | None = None,
    texts: int | None = None,
    own_head: bool = False,
) -> Plan:
    """Lay out a model of a shape with `numbers`, arguments that its weights give; errors as for `plan`."""
    profiles.check(shape)
    if shape.hidden_act != machine.activation:
        raise InputError(
            f"configuration {machine.name} is built for hidden_act {machine.activation!r}, the model has "
            f"{shape.hidden_act!r}; choose the board's other one"
        )
    a = replace(whole(shape), **numbers, **_fields(run))
    room = room or Room(run.prefix, max(run.own, default=0) + a.added)
    texts = len(run.own) if texts is None else texts
    if not len(run.own) <= texts <= MAX_BATCH:
        raise InputError(f"texts: found {texts}, expected {len(run.own)}, those of the run, .. {MAX_BATCH}")
    a = replace(a, prefix_room=room.prefix, own_room=room.own)
    _refuse_context(a, shape)
    beats = _regions(a, machine)
    angles = counts(a, build_of(machine)).angle_beats * min(room.prefix + room.own, shape.max_position_embeddings)
    prefix, own = parts(shape, room, machine)
    beats |= {
        "h": counts(a, build_of(machine)).head_beats if own_head else 0,
        "a": angles,
        "k": prefix.whole + texts * own.whole,
    }
    placed = _place(a, beats, machine)
    refuse(placed, machine)
    return Plan(placed, beats, room, texts, shape, machine)


def model_parts(model: IntegerModel, laid: Plan) -> Iterator[tuple[int, Tensor]]:
    """Every section of the model with its byte offset, uint8 [beats, WIDE]; each is made when it is asked for."""
    a, machine = laid.arguments, laid.machine
    regions = (
        (a.w_off, image.weights(model, machine)),
        (a.e_off, image.embedding(model, machine)),
        (a.h_off, image.head(model, machine)),
        (a.a_off, iter([angle_rows(model, machine)[: laid.beats["a"]]])),
    )
    for at, sections in regions:
        for section in sections:
            yield at, section
            at += len(section) * machine.port_bytes


def cache_parts(requests: Requests, laid: Plan) -> Iterator[tuple[int, Tensor]]:
    """Every layer of the caches of a prefix and its texts with its byte offset, uint8 [beats, WIDE].

    Raises:
        InputError: there are more texts or positions than there is room for.
    """
    if len(requests) > laid.texts:
        raise InputError(f"requests: {len(requests)} texts, the plan has room for {laid.texts}")
    for part, cache in enumerate((requests.prefix, *requests.own)):
        for layer, each in enumerate(cache):
            place = laid.place(part, layer)
            if len(each) > place.positions:
                raise InputError(f"requests: part {part} has {len(each)} positions, room for {place.positions}")
            if place.positions:
                yield place.offset, pack_cache(each, place.positions, laid.machine)


def cache_of(beats: Tensor, length: int, place: Place, laid: Plan) -> LayerCache:
    """The first `length` positions of what lies at `place`, uint8 [beats, WIDE]."""
    heads, width = laid.shape.num_key_value_heads, laid.shape.head_dim
    return unpack_cache(beats, heads, place.positions, length, width, laid.machine)


def token_beats(tokens: Sequence[int], machine: TernAccelConfig) -> Tensor:
    """Token ids of a prompt as the region `tok`: uint8 [beats, WIDE]."""
    return to_beats(little_endian(torch.tensor(list(tokens)), 32), machine)


# ---- what is refused


def refuse(a: Arguments, machine: TernAccelConfig) -> None:
    """Raise InputError when a start with these arguments would be refused; it names the argument."""
    build = build_of(machine)
    error = argument_error(replace(a, bases=(0,) * machine.ports), build)
    if error is not ErrorCode.NONE:
        why = explain(error, a, build)
        raise InputError(f"configuration {machine.name} does not take the model or run: {why} ({error.name})")


def explain(code: ErrorCode, a: Arguments, build: Build) -> str:
    """Which argument an error code means, what it was and what is expected."""
    widths = f"32, 64, 96 or 128 dimensions, at most {build.p_max}"
    tokens = f"1 .. {MAX_TOKENS}" if a.batch == 1 else f"{a.batch}, one of each text,"
    return {
        ErrorCode.BAD_D_MODEL: f"d_model is {a.d_model}, expected a multiple of 32 up to {build.d_max}",
        ErrorCode.BAD_HEADS: f"heads are {a.heads} of d_model {a.d_model}, expected 1 .. {build.h_max} of {widths}",
        ErrorCode.BAD_KV_HEADS: f"KV heads are {a.kv_heads} for {a.heads} heads, expected 1 .. {build.j_max}, each for "
        f"the same number of heads up to {build.share_max}",
        ErrorCode.BAD_FEED: f"feed is {a.feed}, expected a multiple of {build.lanes} up to {build.f_max}",
        ErrorCode.BAD_BATCH: f"texts are {a.batch}, expected 1 .. {build.batch}",
        ErrorCode.BAD_VOCAB: f"vocabulary is {a.vocab}, expected 8 .. {MAX_VOCAB}",
        ErrorCode.BAD_LAYERS: f"layers are {a.model_layers}, expected 1 .. {MAX_LAYERS}",
        ErrorCode.BAD_TOKENS: f"prompt is {a.prompt} and tokens to generate {a.generate}, expected {tokens} and "
        f"{'1' if a.head else '0'} .. {MAX_TOKENS if a.head else 0}",
        ErrorCode.BAD_EPS: f"eps is {a.eps}, feed_eps {a.feed_eps:#x}, head_scale {a.head_scale:#x}, expected at least "
        "1 and two scales",
        ErrorCode.BAD_CACHE: f"prefix is {a.prefix} of {a.prefix_room} positions, texts {a.texts} and {a.added} new of "
        f"{a.own_room}, expected rooms up to {MAX_ROOM}, a context up to {build.positions_max}, and tiles times row "
        f"groups of two heads up to {build.score_depth}",
        ErrorCode.BAD_OFFSET: f"offsets {a.offsets}, expected multiples of {build.port_bytes} and all regions in "
        f"{a.arena_bytes} bytes",
        ErrorCode.BAD_TOKEN: f"a token of the prompt is beyond the vocabulary of {a.vocab}",
        ErrorCode.BAD_WEIGHT: "a byte of a ternary weight is above 242",
    }.get(code, code.name)


# ---- inside


def _refuse_context(a: Arguments, shape: BitNetConfig) -> None:
    if a.context > shape.max_position_embeddings:
        raise InputError(
            f"run: a context of {a.context} positions, expected at most {shape.max_position_embeddings}, "
            "the model's max_position_embeddings"
        )


def _word(s: Scale) -> int:
    return int(s.m) | (int(s.e) & 0x3FF) << MANTISSA


def _fields(run: Run) -> dict[str, Any]:
    if not run.own:
        raise InputError("run: no text; expected the cached positions of one text or more")
    return {
        "prompt": run.prompt,
        "generate": run.generate,
        "head": run.generate > 0,
        "batch": len(run.own),
        "prefix": run.prefix,
        "own": (*run.own, *(0,) * (MAX_BATCH - len(run.own))),
        "tap_point": run.tap_point,
        "tap_all": run.tap_layer is None,
        "tap_layer": run.tap_layer or 0,
    }


def _regions(a: Arguments, machine: TernAccelConfig) -> dict[str, int]:
    """Wide beats of the regions that a run uses."""
    return dict(zip(REGIONS, region_beats(a, build_of(machine)), strict=True))


def _place(a: Arguments, beats: Mapping[str, int], machine: TernAccelConfig) -> Arguments:
    """Give every region its offset, each from a new page on; a tied head is the embedding."""
    offsets: dict[str, Any] = {}
    top = 0
    for name in REGIONS:
        if name == "h" and not beats[name]:
            offsets["h_off"] = offsets["e_off"]
            continue
        offsets[f"{name}_off"] = top
        top += -(-max(beats[name], 1) * machine.port_bytes // PAGE) * PAGE
    return replace(a, **offsets, arena_bytes=top)
