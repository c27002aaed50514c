# SPDX-License-Identifier: Apache-2.0
"""Knobs and stimuli of the accelerator: repeatable by seed, every class reachable, each what its name says."""

from dataclasses import fields, replace
from itertools import islice, pairwise
from typing import Any, ClassVar

import pytest
import torch

from golden.mamba2.accel.arguments import build_of
from golden.spec.gen.mamba2_accel import ErrorCode
from harness.uvm.arena import contents
from harness.uvm.mamba2.items import Stimulus
from harness.uvm.mamba2.kernel import written
from harness.uvm.mamba2.knobs import ILLEGAL_NAMES, KINDS, PARTS, PLACES, STYLES, VOCABS, Knobs, draw, shapes
from harness.uvm.model_knobs import GENERATE, LAYERS, PROMPTS, SKEWS
from harness.uvm.model_start import Action
from harness.uvm.stalls import Access, StallKind
from tests.harness.uvm.knob_contract import KnobContract
from tests.harness.uvm.mamba2.starts import ARENA, CONFIGS, KERNEL, start, starts
from tests.harness.uvm.model_contract import StartContract

DRAWN = tuple(islice(draw(7), 400))
CLASSES: dict[str, tuple[Any, ...]] = {
    "two_groups": (False, True),
    "layers": LAYERS,
    "part": PARTS,
    "vocab": VOCABS,
    "prompt": PROMPTS,
    "generate": GENERATE,
    "place": PLACES,
    "kind": KINDS,
    "tap": (0, 1, 2, 3),
    "tap_all": (False, True),
    "style": STYLES,
    "stalls": tuple(StallKind),
    "action": tuple(Action),
    "illegal": ILLEGAL_NAMES,
    "skew": SKEWS,
}
ARGUMENT_ERRORS = {code for code in ErrorCode if code.name.startswith("BAD_")} - {ErrorCode.BAD_TOKEN}


class TestKnobs(KnobContract):
    """Of `mamba2_accel`."""

    KNOBS, DRAWN, CLASSES = Knobs, DRAWN, CLASSES
    BOUNDED: ClassVar = {"stall_percent": (5, 80)} | dict.fromkeys(("shape", "region", "port"), (0, 255))
    draw = staticmethod(draw)


class TestStarts(StartContract):
    """Of `mamba2_accel`."""

    kernel = KERNEL


@pytest.mark.parametrize("config", CONFIGS)
def test_shapes_are_legal_and_many(config: str) -> None:
    """Golden takes each; one and two state groups, short and several groups of heads are among them."""
    found = shapes(build_of(CONFIGS[config]))
    assert {shape.ngroups for shape in found} == {1, 2}
    assert len({shape.d_model for shape in found}) >= 4
    assert any(shape.heads % 8 for shape in found)
    assert any(shape.heads > 8 for shape in found)


@pytest.mark.parametrize("config", CONFIGS)
def test_drawn_starts_are_legal_but_for_their_fault(config: str) -> None:
    """Whatever is drawn: regions lie apart in the arena, only ILLEGAL is refused, and the image holds the regions."""
    for seed, knobs in enumerate(DRAWN[:40]):
        for s in starts(config, seed, **{field.name: getattr(knobs, field.name) for field in fields(Knobs)}):
            assert replace(s, arguments=s.legal).refusal is ErrorCode.NONE
            assert (s.refusal is not ErrorCode.NONE) == (s.action is Action.ILLEGAL)
            check_places(s)


def check_places(s: Stimulus) -> None:
    """Everything that is read or written has a place of its own."""
    step = s.cfg.port_bytes
    spans = [(getattr(s.legal, f"{name}_off"), len(wide) * step) for name, wide in s.regions.items() if name != "s"]
    spans += list(written(s).items())
    ends = sorted((at, at + size) for at, size in spans if size)
    assert all(end <= after for (_, end), (after, _) in pairwise(ends))
    assert ends[-1][1] <= ARENA
    arena = contents(s, ARENA)
    port = 1
    for name, wide in s.regions.items():
        at = getattr(s.legal, f"{name}_off")
        assert (arena[port, at : at + step] == wide[0, port * step : (port + 1) * step].numpy()).all()


@pytest.mark.parametrize("config", CONFIGS)
def test_every_argument_error_is_reached(config: str) -> None:
    """Each name gives a start that golden refuses, and together they give all codes (BAD_EPS without tables)."""
    found = {name: start(config, action=Action.ILLEGAL, illegal=name) for name in ILLEGAL_NAMES}
    other = [name for name, s in found.items() if s.illegal != name]
    tables = CONFIGS[config].profile.startswith("lightmamba")
    assert other == (["no_eps_d", "no_eps_i"] if tables else [])
    assert {s.refusal for s in found.values()} == ARGUMENT_ERRORS - ({ErrorCode.BAD_EPS} if tables else set())


@pytest.mark.parametrize(("place", "layers"), [("chip", []), ("memory", [0, 1, 2]), ("mixed", [2])])
def test_places_of_the_states(place: str, layers: list[int]) -> None:
    """Layers from MEM_FIRST on are in memory."""
    assert list(start(place=place, layers=3).state_layers) == layers


def test_raw_rows_take_the_embeddings_place() -> None:
    """A raw start has rows instead of ids, and chooses at most one token."""
    s = start(kind="raw", generate=3)
    assert s.rows is not None
    assert (s.legal.raw, s.legal.generate, "tok" in s.regions) == (True, 1, False)
    assert torch.equal(s.part.embedding[list(s.read_tokens)], s.rows)


def test_a_refused_start_may_stand_between_two() -> None:
    """A continuing pair with an illegal start in its middle: the refused one may not disturb what is kept."""
    first, refused, second = starts(kind="continued", action=Action.ILLEGAL)
    assert [s.action for s in (first, refused, second)] == [Action.RUN, Action.ILLEGAL, Action.RUN]
    assert (second.legal.keep, first.legal.keep) == (True, False)


@pytest.mark.parametrize(("action", "access"), [(Action.READ_ERROR, Access.READ), (Action.WRITE_ERROR, Access.WRITE)])
def test_faults_hit_what_is_accessed(action: Action, access: Access) -> None:
    """A read fault lies in a region that the run reads, a write fault in one that it writes, on a port that exists."""
    for seed in range(20):
        s = start(seed=seed, action=action, generate=seed % 2, tap=seed % 4)
        assert s.fault is not None
        assert s.fault.access is access
        assert 0 <= s.fault.port < s.cfg.ports
        step = s.cfg.port_bytes
        regions = {name: getattr(s.legal, f"{name}_off") for name in s.regions}
        reads = [(at, at + len(s.regions[name]) * step) for name, at in regions.items()]
        writes = [(at, at + size) for at, size in written(s).items()]
        spans = reads if access is Access.READ else writes
        assert any(at <= s.fault.start < s.fault.stop <= end for at, end in spans)
