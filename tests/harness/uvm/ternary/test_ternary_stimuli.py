# SPDX-License-Identifier: Apache-2.0
"""Knobs and stimuli of the accelerator: repeatable by seed, every class reachable, each what its name says."""

from dataclasses import fields, replace
from itertools import islice, pairwise
from typing import Any, ClassVar

import pytest
import torch

from golden.spec.gen.ternary_accel import ErrorCode
from golden.ternary.accel import image
from golden.ternary.accel.arguments import build_of
from golden.ternary.accel.start import model_parts
from harness.uvm.arena import contents, wide
from harness.uvm.model_knobs import GENERATE, LAYERS, PROMPTS, SKEWS
from harness.uvm.model_start import Action
from harness.uvm.stalls import Access, StallKind
from harness.uvm.ternary import stimuli
from harness.uvm.ternary.items import Stimulus
from harness.uvm.ternary.kernel import written
from harness.uvm.ternary.knobs import (
    BAD,
    BATCHES,
    CACHED,
    HEADS,
    ILLEGAL_NAMES,
    LENGTHS,
    OWNS,
    SHARES,
    SLACKS,
    STYLES,
    VOCABS,
    Knobs,
    draw,
    shapes,
)
from harness.uvm.ternary.streams import places
from tests.harness.uvm.knob_contract import KnobContract
from tests.harness.uvm.model_contract import StartContract
from tests.harness.uvm.ternary.starts import ARENA, CONFIGS, KERNEL, start

DRAWN = tuple(islice(draw(7), 500))
CLASSES: dict[str, tuple[Any, ...]] = {
    "share": SHARES,
    "layers": LAYERS,
    "vocab": VOCABS,
    "head": HEADS,
    "batch": BATCHES,
    "prefix": LENGTHS,
    "slack": SLACKS,
    "cached": CACHED,
    "prompt": PROMPTS,
    "generate": GENERATE,
    "tap": (0, 1, 2, 3),
    "tap_all": (False, True),
    "style": STYLES,
    "stalls": tuple(StallKind),
    "action": tuple(Action),
    "illegal": ILLEGAL_NAMES,
    "bad": BAD,
    "skew": SKEWS,
}
ZEROS = 121
"""The byte of five zeros."""
ARGUMENT_ERRORS = {code for code in ErrorCode if code.name.startswith("BAD_")} - {
    ErrorCode.BAD_TOKEN,
    ErrorCode.BAD_WEIGHT,
}


class TestKnobs(KnobContract):
    """Of `ternary_accel`."""

    KNOBS, DRAWN, CLASSES, TUPLES = Knobs, DRAWN, CLASSES, ("own",)
    BOUNDED: ClassVar = {"stall_percent": (5, 80)} | dict.fromkeys(("shape", "region", "port"), (0, 255))
    draw = staticmethod(draw)


class TestStarts(StartContract):
    """Of `ternary_accel`."""

    kernel = KERNEL


def test_every_text_ends_at_every_border() -> None:
    """The four lengths are drawn apart."""
    assert all({each.own[text] for each in DRAWN} == set(OWNS) for text in range(4))


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("share", SHARES)
def test_shapes_are_legal_and_many(config: str, share: int) -> None:
    """Golden takes each; several widths of heads and of the MLP, and more than one head of keys where that goes."""
    found = shapes(build_of(CONFIGS[config]), share)
    assert len({shape.width for shape in found}) >= 2
    assert len({shape.feed for shape in found}) >= 4
    assert max(shape.heads // shape.share for shape in found) >= 2
    assert all(a.trits <= b.trits for a, b in pairwise(found))


@pytest.mark.parametrize("config", CONFIGS)
def test_drawn_starts_are_legal_but_for_their_fault(config: str) -> None:
    """Whatever is drawn: regions lie apart in the arena, only ILLEGAL is refused, and the image holds the regions."""
    for seed, knobs in enumerate(DRAWN[:40]):
        s = start(config, seed, **{field.name: getattr(knobs, field.name) for field in fields(Knobs)})
        assert replace(s, arguments=s.legal).refusal is ErrorCode.NONE
        assert (s.refusal is not ErrorCode.NONE) == (s.action is Action.ILLEGAL)
        check_places(s)


def check_places(s: Stimulus) -> None:
    """Everything that is read or written has a place of its own, inside the arena."""
    step = s.cfg.port_bytes
    spans = [(getattr(s.legal, f"{name}_off"), len(beats) * step) for name, beats in s.regions.items()]
    mask = written(s, ARENA)
    mask[:, s.legal.k_off : s.legal.k_off + len(s.regions["k"]) * step] = False
    ends = sorted((at, at + size) for at, size in spans if size)
    assert all(end <= after for (_, end), (after, _) in pairwise(ends))
    assert ends[-1][1] <= ARENA
    assert not any(mask[:, at:end].any() for at, end in ends)
    arena = contents(s, ARENA)
    if s.meant is None:
        for at, section in model_parts(s.model, s.laid):
            assert torch.equal(wide(arena, at, len(section), s.cfg), section)


@pytest.mark.parametrize("config", CONFIGS)
def test_every_argument_error_is_reached(config: str) -> None:
    """Each name gives a start that golden refuses, and together they give all codes."""
    plain = start(config, layers=1, cached="near", action=Action.ILLEGAL)
    found = {name: stimuli.refused(plain, name) for name in ILLEGAL_NAMES}
    assert [name for name, s in found.items() if s.illegal != name] == []
    assert {s.refusal for s in found.values()} == ARGUMENT_ERRORS


def test_several_texts_read_a_token_each() -> None:
    """Whatever prompt is drawn."""
    assert {start(prompt=prompt, batch=3).legal.prompt for prompt in PROMPTS} == {3}


def test_positions_end_around_tiles_and_blocks() -> None:
    """Two positions are a tile of 64 bytes, 32 a block of exponents."""
    found = {name: start(prefix=name, own=(name if name in OWNS else "none",) * 4).legal for name in LENGTHS}
    lengths = dict(zip(LENGTHS, (0, 1, 2, 3, 30, 31, 32, 33, 67), strict=True))
    assert {name: a.prefix for name, a in found.items()} == lengths
    assert {name: found[name].own[0] for name in OWNS} == {name: lengths[name] for name in OWNS}


@pytest.mark.parametrize("cached", CACHED)
def test_caches_hold_what_their_name_says(cached: str) -> None:
    """Exponents near each other or of all sizes; a head of zeros has none. What golden has read is as it read it."""
    s = start(cached=cached, prefix="two_blocks_and_3")
    layer = s.before.prefix[0]
    exponents = layer.k_exp[layer.k_exp != -128].long()
    limit = {"read": 127, "near": 12, "far": 127}[cached]
    assert int(exponents.abs().max()) <= limit
    assert (int(exponents.abs().max()) > 100) == (cached == "far")
    if cached != "read":
        assert bool((layer.k[layer.k_exp == -128] == 0).all())


@pytest.mark.parametrize(("action", "access"), [(Action.READ_ERROR, Access.READ), (Action.WRITE_ERROR, Access.WRITE)])
def test_faults_hit_what_is_accessed(action: Action, access: Access) -> None:
    """A read fault lies in a region that the run reads, a write fault where it writes, on a port that exists."""
    hit = set()
    for seed in range(24):
        s = start(seed=seed, action=action, generate=seed // 6 % 2, tap=seed % 4, region=seed, head="own")
        assert s.fault is not None
        assert s.fault.access is access
        assert 0 <= s.fault.port < s.cfg.ports
        hit.add(s.hit)
        step = s.cfg.port_bytes
        if access is Access.READ:
            name = s.hit.removesuffix("_read")
            beat = (s.fault.start - getattr(s.legal, f"{name}_off")) // step
            assert 0 <= beat < len(s.regions[name])
            spans = places(s)[name]
            assert any(first <= beat < first + beats and s.fault.port < ports for first, beats, ports in spans)
        else:
            assert written(s, ARENA)[:, s.fault.start : s.fault.start + step].any()
    regions = ("tok", "w", "h", "k", "e", "a") if access is Access.READ else ("out", "k", "tap")
    assert hit == {f"{name}_{access.value}" for name in regions}


def test_a_bad_weight_is_one_byte() -> None:
    """Of the image one byte differs, which is none of five trits; golden takes five zeros for it."""
    for seed in range(12):
        s, plain = start(seed=seed, action=Action.BAD_DATA, bad="weight"), start(seed=seed)
        different = (s.regions["w"] != plain.regions["w"]).nonzero()
        assert len(different) == 1
        beat, byte = different[0]
        assert s.regions["w"][beat, byte] > 242
        assert s.meant is not None
        meant = torch.cat(list(image.weights(s.meant, s.cfg)))
        assert int(meant[beat, byte]) == ZEROS
        meant[beat, byte] = plain.regions["w"][beat, byte]
        assert torch.equal(meant, plain.regions["w"])
