# SPDX-License-Identifier: Apache-2.0
"""Knobs and stimuli: repeatable by seed, every class reachable, and each is what its name says."""

from itertools import islice
from typing import ClassVar

import numpy as np
import pytest
import torch

from golden.spec.configs import load_config
from golden.spec.gen.tern_matvec import ErrorCode
from golden.ternary.arguments import argument_error
from golden.ternary.packing import LEGAL_BYTES, unpack_weights, unpack_x
from harness.uvm import stimuli
from harness.uvm.items import Action, Arguments, Stimulus
from harness.uvm.knobs import (
    BLOCK_CLASSES,
    ILLEGAL,
    ILLEGAL_NAMES,
    SKEWS,
    TILE_CLASSES,
    W_NAMES,
    X_NAMES,
    Knobs,
    draw,
)
from harness.uvm.stalls import Access, StallKind
from tests.harness.uvm.knob_contract import KnobContract

CFG = load_config("tern_matvec", "sim")
BASES = tuple(0x1_0000_0000 * (port + 1) for port in range(CFG.ports))
ARENA = 1 << 20
DRAWN = tuple(islice(draw(7), 300))

EXPECTED = {
    "no_tiles": ErrorCode.BAD_ROW_TILES,
    "no_blocks": ErrorCode.BAD_COL_BLOCKS,
    "no_vectors": ErrorCode.BAD_VECTORS,
    "too_many_blocks": ErrorCode.BAD_COL_BLOCKS,
    "too_many_vectors": ErrorCode.BAD_VECTORS,
    "odd_x_off": ErrorCode.BAD_OFFSET,
    "odd_w_off": ErrorCode.BAD_OFFSET,
    "odd_y_off": ErrorCode.BAD_OFFSET,
    "odd_base": ErrorCode.BAD_OFFSET,
}


def knobs(**changes: object) -> Knobs:
    plain = {
        "tiles": "few",
        "blocks": "few",
        "full_rows": False,
        "full_cols": False,
        "vectors": 2,
        "w_name": "random",
        "x_name": "random",
        "stalls": StallKind.NONE,
        "stall_percent": 10,
        "action": Action.RUN,
        "illegal": "no_tiles",
        "skew": 3,
    }
    return Knobs(**(plain | changes))  # type: ignore[arg-type]


def stimulus(seed: int = 5, **changes: object) -> Stimulus:
    return stimuli.make("start", knobs(**changes), CFG, BASES, ARENA, np.random.default_rng(seed))


def code(arguments: Arguments) -> ErrorCode:
    offsets = (arguments.x_off, arguments.w_off, arguments.y_off)
    return argument_error(
        arguments.row_tiles, arguments.col_blocks, arguments.vectors, offsets, arguments.port_base, CFG
    )


class TestKnobs(KnobContract):
    """Of `tern_matvec`."""

    KNOBS, DRAWN = Knobs, DRAWN
    CLASSES: ClassVar = {
        "tiles": TILE_CLASSES,
        "blocks": BLOCK_CLASSES,
        "full_rows": (False, True),
        "full_cols": (False, True),
        "w_name": W_NAMES,
        "x_name": X_NAMES,
        "stalls": tuple(StallKind),
        "action": tuple(Action),
        "illegal": ILLEGAL_NAMES,
        "skew": SKEWS,
        "row_pad": ("any",),
        "col_pad": ("any",),
    }
    BOUNDED: ClassVar = {"vectors": (1, 255), "stall_percent": (5, 90)}
    draw = staticmethod(draw)


def test_plain_starts_are_most_frequent() -> None:
    """The weights work: RUN leads, and no other action is as frequent."""
    counts = {action: sum(each.action is action for each in DRAWN) for action in Action}
    assert counts[Action.RUN] > 2 * max(n for action, n in counts.items() if action is not Action.RUN)


def test_shapes_follow_their_classes() -> None:
    """Tiles, blocks and paddings of a shape are those of the drawn classes; vectors fit the configuration."""
    rng = np.random.default_rng(1)
    bounds = {"one": (1, 1), "few": (2, 4), "some": (5, 16), "two_row_blocks": (CFG.acc_depth + 1, CFG.acc_depth + 3)}
    blocks = {"one": (1, 1), "few": (2, 3), "many": (4, 12)}
    for each in DRAWN:
        rows, cols, vectors = each.shape(CFG, rng)
        assert bounds[each.tiles][0] <= CFG.tiles(rows) <= bounds[each.tiles][1]
        assert blocks[each.blocks][0] <= CFG.blocks(cols) <= blocks[each.blocks][1]
        assert (rows % CFG.outs == 0) == each.full_rows
        assert (cols % CFG.block == 0) == each.full_cols
        assert 1 <= vectors <= CFG.t_cols


@pytest.mark.parametrize("name", ILLEGAL_NAMES)
def test_every_illegal_argument_is_refused_for_its_own_reason(name: str) -> None:
    """Each way to spoil a legal start gives exactly its error code under the law of golden.ternary.arguments."""
    legal = stimulus().arguments
    assert code(legal) is ErrorCode.NONE
    assert code(ILLEGAL[name](legal, CFG)) is EXPECTED[name]
    assert code(stimulus(action=Action.ILLEGAL, illegal=name).arguments) is EXPECTED[name]


def test_illegal_arguments_cover_every_argument_error() -> None:
    """Every code that refuses a start is reached, but for nothing else than illegal arguments."""
    assert set(EXPECTED) == set(ILLEGAL)
    assert set(EXPECTED.values()) == {each for each in ErrorCode if each.name.startswith("BAD_")} - {
        ErrorCode.BAD_WEIGHT
    }


def test_a_start_is_repeatable() -> None:
    """The same knobs and generator give the same bytes, arguments and stalls."""
    first, again, other = stimulus(5), stimulus(5), stimulus(6)
    assert torch.equal(first.weights, again.weights)
    assert torch.equal(first.activations, again.activations)
    assert (first.arguments, first.stalls, first.delay) == (again.arguments, again.stalls, again.delay)
    assert not torch.equal(first.w, other.w[: first.rows, : first.cols]) or first.w.shape != other.w.shape


@pytest.mark.parametrize("w_name", W_NAMES)
@pytest.mark.parametrize("x_name", X_NAMES)
def test_bytes_hold_the_matrices(w_name: str, x_name: str) -> None:
    """What goes to memory unpacks to the golden operands, whatever the value profile."""
    made = stimulus(w_name=w_name, x_name=x_name)
    assert torch.equal(unpack_weights(made.weights, made.rows, made.cols, CFG), made.w)
    assert torch.equal(unpack_x(made.activations, made.cols, made.vectors, CFG), made.x)
    assert set(made.w.unique().tolist()) <= {-1, 0, 1}


@pytest.mark.parametrize("skew", SKEWS)
def test_regions_do_not_touch(skew: int) -> None:
    """x, weights and results lie apart, aligned and inside the arena, with guards around the results."""
    made = stimulus(skew=skew, tiles="two_row_blocks", blocks="many", vectors=CFG.t_cols)
    arguments, step = made.arguments, CFG.port_bytes
    x_end = arguments.x_off + len(made.activations) * step
    w_end = arguments.w_off + len(made.weights) * step
    y_beats = -(-arguments.row_tiles * made.vectors * CFG.outs * 4 // CFG.wide_bytes)
    assert x_end <= arguments.w_off
    assert w_end <= arguments.y_off - stimuli.GUARD
    assert arguments.y_off + y_beats * step + stimuli.GUARD <= ARENA
    assert not any(offset % step for offset in (arguments.x_off, arguments.w_off, arguments.y_off))


@pytest.mark.parametrize("seed", range(20))
def test_a_bad_weight_is_one_illegal_byte(seed: int) -> None:
    """One byte is no code, and the golden matrix has zeros in its place."""
    made = stimulus(seed, action=Action.BAD_WEIGHT)
    bad = (made.weights >= LEGAL_BYTES).nonzero()
    assert len(bad) == 1
    healed = made.weights.clone()
    healed[tuple(bad[0])] = stimuli.ZERO_BYTE
    assert torch.equal(unpack_weights(healed, made.rows, made.cols, CFG), made.w)


@pytest.mark.parametrize(("action", "access"), [(Action.READ_ERROR, Access.READ), (Action.WRITE_ERROR, Access.WRITE)])
def test_faults_hit_what_is_accessed(action: Action, access: Access) -> None:
    """A read fault lies inside the weights, a write fault on the first result, on a port that exists."""
    for seed in range(20):
        made = stimulus(seed, action=action)
        fault, arguments = made.fault, made.arguments
        assert fault is not None
        assert fault.access is access
        assert 0 <= fault.port < CFG.ports
        start = arguments.w_off if access is Access.READ else arguments.y_off
        size = len(made.weights) * CFG.port_bytes if access is Access.READ else 1
        assert start <= fault.start < fault.stop <= start + size
