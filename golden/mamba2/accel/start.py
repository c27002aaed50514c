# SPDX-License-Identifier: Apache-2.0
"""A start of `mamba2_accel`: how a model and a run lie in every port's arena, and the arguments that say so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from golden.beats import little_endian, to_beats
from golden.errors import InputError
from golden.mamba2.accel import image, layout
from golden.mamba2.accel.arguments import (
    TAP_BITS,
    Arguments,
    Build,
    argument_error,
    build_of,
    counts,
    tap_beats,
    whole,
)
from golden.mamba2.accel.layout import StateShape
from golden.mamba2.accel.roof import layers_on_chip
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import functions
from golden.mamba2.integer.model import IntegerModel
from golden.mamba2.integer.profile import Mamba2Profile, load
from golden.spec import Mamba2AccelConfig
from golden.spec.gen.mamba2_accel import MAX_LAYERS, MAX_TOKENS, MAX_VOCAB, ErrorCode

PAGE = 4096
"""Bytes to whose multiples every region is aligned, so that its first burst is a whole one."""
REGIONS = ("p", "w", "e", "tok", "s", "out", "tap")
"""Regions in the order in which they lie; region `x` begins at the argument `x_off`."""


@dataclass(frozen=True)
class Run:
    """What a start is to do.

    Attributes:
        prompt: tokens read, or residual rows where `raw`.
        generate: tokens to choose; none leaves out final norm and head.
        raw: rows of residual values stand in the embedding's place.
        keep: states go on from the start before.
        tap_point: what is captured, 0 nothing; numbers of the register TAP.
        tap_layer: the layer that is captured, None for all.
    """

    prompt: int
    generate: int
    raw: bool = False
    keep: bool = False
    tap_point: int = 0
    tap_layer: int | None = None


@dataclass(frozen=True)
class Plan:
    """A model with room for a run in a configuration's arena.

    Attributes:
        arguments: of that run; `bases` are the arena's own business.
        beats: wide beats that each region has room for.
        state: how the state of a layer is cut.
        machine: the configuration.
    """

    arguments: Arguments
    beats: Mapping[str, int]
    state: StateShape
    machine: Mamba2AccelConfig

    @property
    def arena_bytes(self) -> int:
        """Bytes of every port."""
        return self.arguments.arena_bytes

    def start(self, run: Run) -> Arguments:
        """Arguments of another run of the same model, which stays where it is.

        Raises:
            InputError: the run is illegal, or needs more room than the first one.
        """
        if run.raw != self.arguments.raw:
            raise InputError("run: raw rows and the embedding share a region; expected a plan of the same kind")
        a = replace(self.arguments, **_fields(run))
        refuse(a, self.machine)
        for name, needed in _run_beats(a, self.machine).items():
            if needed > self.beats[name]:
                raise InputError(f"run: region {name} needs {needed} wide beats, the plan has {self.beats[name]}")
        return a


def plan(model: IntegerModel, machine: Mamba2AccelConfig, run: Run) -> Plan:
    """Lay out a model and a run. Nothing of the model's weights is read.

    Raises:
        InputError: the configuration does not take the model or the run; the message names the dimension.
    """
    shape, p = model.cfg, model.profile
    if p != load(machine.profile):
        raise InputError(
            f"configuration {machine.name} has profile {machine.profile}, the model is of {p.name} "
            "or of other choices in it; quantize it for this profile"
        )
    return lay_out(shape, p, functions.eps_sums(model), machine, run)


def fits(shape: Mamba2Config, machine: Mamba2AccelConfig, run: Run) -> None:
    """Refuse a shape that the configuration does not take, before there is an integer model; errors as for `plan`."""
    lay_out(shape, load(machine.profile), (1, 1), machine, run)


def lay_out(shape: Mamba2Config, p: Mamba2Profile, eps: tuple[int, int], machine: Mamba2AccelConfig, run: Run) -> Plan:
    """Lay out a model of a shape whose norms' eps are known; errors as for `plan`."""
    on_chip = layers_on_chip(shape, machine.state_depth, machine.tiles) if _has_tiles(shape, machine) else 0
    state = cut(shape, p, machine, needed=False)
    memory_beats = shape.n_layer * state.chunks * state.beats if on_chip < shape.n_layer else 0
    a = replace(
        whole(shape),
        chunk_heads=state.heads,
        mem_first=on_chip,
        eps_d=eps[0],
        eps_i=eps[1],
        s_bytes=memory_beats * machine.port_bytes,
        **_fields(run),
    )
    size = image.sections(shape, p, machine)
    beats = {
        "p": size.parameters(shape.n_layer),
        "w": size.weights(shape.n_layer),
        "e": run.prompt * size.raw_row if run.raw else shape.vocab_size * size.row,
        "s": memory_beats,
        **_run_beats(a, machine),
    }
    placed = _place(a, beats, machine)
    if _error(placed, machine) in (ErrorCode.NONE, ErrorCode.BAD_STATE):
        cut(shape, p, machine, needed=on_chip < shape.n_layer)
    refuse(placed, machine)
    return Plan(placed, beats, state, machine)


def cut(shape: Mamba2Config, p: Mamba2Profile, machine: Mamba2AccelConfig, needed: bool = True) -> StateShape:
    """How the states in memory are cut: the queue of states holds three chunks; fewest beats, then largest chunks.

    With one chunk at a time in the queue the recurrence waits for each: 8 % of a step of 2.7B on U280, simulated.

    Raises:
        InputError: `needed`, and no chunk of whole beats fits.
    """
    shapes = list(layout.state_shapes(shape, p, machine))
    fitting = [each for each in shapes if each.beats <= machine.s_depth]
    if not fitting and needed:
        found = ", ".join(f"{each.heads} heads {each.beats} beats" for each in shapes) or "no whole beats"
        raise InputError(
            f"configuration {machine.name} does not take the model: headdim {shape.headdim} x d_state {shape.d_state}: "
            f"a chunk of states is {found}, expected at most {machine.s_depth} beats"
        )
    ahead = [each for each in fitting if 3 * each.beats <= machine.s_depth] or fitting[-1:]
    return min(ahead, key=lambda each: each.chunks * each.beats, default=StateShape(1, shape.nheads, 0, 0))


def model_parts(model: IntegerModel, laid: Plan) -> Iterator[tuple[int, Tensor]]:
    """Every section of the model with its byte offset, uint8 [beats, WIDE]; each is made when it is asked for."""
    a, machine = laid.arguments, laid.machine
    for at, sections in ((a.p_off, image.parameters(model, machine)), (a.w_off, image.weights(model, machine))):
        for section in sections:
            yield at, section
            at += len(section) * machine.port_bytes
    if not a.raw:
        yield a.e_off, image.embedding(model, machine)


def token_beats(tokens: Sequence[int], machine: Mamba2AccelConfig) -> Tensor:
    """Token ids of a prompt as the region `tok`: uint8 [beats, WIDE]."""
    return to_beats(little_endian(torch.tensor(list(tokens)), 32), machine)


# ---- what is refused


def refuse(a: Arguments, machine: Mamba2AccelConfig) -> None:
    """Raise InputError when a start with these arguments would be refused; it names the dimension."""
    error = _error(a, machine)
    if error is not ErrorCode.NONE:
        why = explain(error, a, build_of(machine))
        raise InputError(f"configuration {machine.name} does not take the model: {why} ({error.name})")


def explain(code: ErrorCode, a: Arguments, build: Build) -> str:
    """Which argument an error code means, what it was and what is expected."""
    c = counts(a, build)
    groups = a.layer_end * (2 * c.bn8 + a.d_inner // layout.GROUP)
    widths = "that its norms and Hadamard blocks have"
    states = "states that work in parallel"
    return {
        ErrorCode.BAD_D_MODEL: f"d_model is {a.d_model}, expected a multiple of 8 up to {build.d_max} {widths}",
        ErrorCode.BAD_HEADS: f"heads are {a.heads}, expected 1 .. {build.h_max}",
        ErrorCode.BAD_HEADDIM: f"headdim is {a.headdim} and d_inner {a.d_inner}, expected multiples of 8 up to "
        f"{build.p_max} and {build.i_max} {widths}",
        ErrorCode.BAD_D_STATE: f"d_state is {a.d_state}, expected a multiple of {8 * build.tiles}, the {states}, "
        f"up to {build.n_max}",
        ErrorCode.BAD_NGROUPS: f"ngroups is {a.ngroups}, expected 1 .. {build.g_max} with whole groups of 8 heads",
        ErrorCode.BAD_VOCAB: f"vocabulary is {a.vocab}, expected 8 .. {MAX_VOCAB}",
        ErrorCode.BAD_LAYERS: f"layers {a.layer_first} .. {a.layer_end - 1} of {a.model_layers}, "
        f"expected 1 .. {MAX_LAYERS} and a range in them",
        ErrorCode.BAD_TOKENS: f"prompt is {a.prompt} and tokens to generate {a.generate}, expected 1 .. {MAX_TOKENS}",
        ErrorCode.BAD_EPS: f"eps of the norms is {a.eps_d} and {a.eps_i}, expected at least 1",
        ErrorCode.BAD_STATE: f"n_layer is {a.model_layers}: {groups} groups of histories, at most {build.conv_depth}; "
        f"{a.mem_first} layers of states on chip; {a.s_bytes} bytes for the others in chunks of {a.chunk_heads} heads, "
        f"{c.chunk_beats} beats each, at most {build.s_depth}",
        ErrorCode.BAD_OFFSET: f"offsets {a.offsets}, expected multiples of {build.port_bytes} and all regions in "
        f"{a.arena_bytes} bytes",
        ErrorCode.BAD_TOKEN: f"a token of the prompt is beyond the vocabulary of {a.vocab}",
    }.get(code, code.name)


# ---- inside


def _error(a: Arguments, machine: Mamba2AccelConfig) -> ErrorCode:
    return argument_error(replace(a, bases=(0,) * machine.ports), build_of(machine))


def _has_tiles(shape: Mamba2Config, machine: Mamba2AccelConfig) -> bool:
    """Whether a head has whole words of tiles, without which nothing can be counted."""
    return shape.headdim >= layout.GROUP and shape.d_state % (layout.GROUP * machine.tiles) == 0


def _fields(run: Run) -> dict[str, Any]:
    return {
        "prompt": run.prompt,
        "generate": run.generate,
        "raw": run.raw,
        "keep": run.keep,
        "head": run.generate > 0,
        "tap_point": run.tap_point,
        "tap_all": run.tap_layer is None,
        "tap_layer": run.tap_layer or 0,
    }


def _run_beats(a: Arguments, machine: Mamba2AccelConfig) -> dict[str, int]:
    """Wide beats of the regions whose size follows from the run."""
    values = tap_beats(a, counts(a, build_of(machine)))
    return {
        "tok": 0 if a.raw else -(-a.prompt * 4 // machine.wide_bytes),
        "out": a.generate,
        "tap": -(-values * TAP_BITS // 8 // machine.wide_bytes),
    }


def _place(a: Arguments, beats: Mapping[str, int], machine: Mamba2AccelConfig) -> Arguments:
    """Give every region its offset, each from a new page on."""
    offsets: dict[str, Any] = {}
    top = 0
    for name in REGIONS:
        offsets[f"{name}_off"] = top
        top += -(-max(beats[name], 1) * machine.port_bytes // PAGE) * PAGE
    return replace(a, **offsets, arena_bytes=top)
