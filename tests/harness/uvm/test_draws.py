# SPDX-License-Identifier: Apache-2.0
"""How knobs are drawn: a seed alone draws what it always did, a bias changes weights and led starts and no more."""

import hashlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

from golden.errors import InputError
from harness.uvm import draws, knobs
from harness.uvm.items import Action
from harness.uvm.job import Bias
from harness.uvm.mamba2 import knobs as mamba2
from harness.uvm.stalls import StallKind
from harness.uvm.ternary import knobs as ternary


def drawn(draw: Callable[..., Iterator[Any]], count: int, bias: Bias | None = None, seed: int = 7) -> tuple[Any, ...]:
    return tuple(islice(draw(seed, bias), count))


@pytest.mark.parametrize(
    ("draw", "digest"),
    [(knobs.draw, "6d89cfd8551c8c86"), (mamba2.draw, "a07a3ac49aa62a82"), (ternary.draw, "59313f7440b9eb1d")],
    ids=["tern_matvec", "mamba2_accel", "ternary_accel"],
)
def test_a_seed_alone_draws_what_it_always_did(draw: Callable[..., Iterator[Any]], digest: str) -> None:
    """Forty draws of seed 7, as they were before there was a bias: repeat commands of older runs stay valid.

    Whoever adds a knob changes this on purpose, and the digest with it.
    """
    assert hashlib.sha256(repr(drawn(draw, 40)).encode()).hexdigest()[:16] == digest
    assert drawn(draw, 5, Bias()) == drawn(draw, 5)


def test_directions_are_those_of_the_first_starts() -> None:
    """Named values are taken, all others are as drawn; starts behind the directed ones are the seed's own."""
    asked = ({"stalls": "BURSTS", "vectors": "17"}, {"action": "RESET", "full_rows": "True"})
    plain, led = drawn(knobs.draw, 6), drawn(knobs.draw, 6, Bias(directions=asked))
    assert (led[0].stalls, led[0].vectors, led[0].tiles) == (StallKind.BURSTS, 17, plain[0].tiles)
    assert (led[1].action, led[1].full_rows, led[1].stalls) == (Action.RESET, True, plain[1].stalls)
    assert led[2:] == plain[2:]


def test_a_value_that_is_never_drawn_can_be_asked_for() -> None:
    """The longest prefix is no class that is drawn; one number of a tuple is led and leaves the others."""
    (led,) = drawn(ternary.draw, 1, Bias(directions=({"prefix": "longest", "own_1": "tile"},)))
    (plain,) = drawn(ternary.draw, 1)
    assert led.prefix == ternary.LONGEST not in {each.prefix for each in drawn(ternary.draw, 40)}
    assert led.own == (plain.own[0], "tile", *plain.own[2:])


def test_weights_stand_in_for_the_kernels_own() -> None:
    """A value of weight 0 is not drawn, one that has all of it always; knobs without new weights keep theirs."""
    weights = {"stalls": (0, 1, 0, 1, 0, 0), "w_name": (0, 0, 0, 1, 0, 0)}
    found = drawn(knobs.draw, 60, Bias(weights))
    assert {each.stalls for each in found} == {StallKind.RANDOM, StallKind.ALTERNATE}
    assert {each.w_name for each in found} == {"zero"}
    assert sum(each.action is Action.RUN for each in found) > 20


@pytest.mark.parametrize(
    ("bias", "word"),
    [
        (Bias({"colour": (1,)}), "found knob 'colour', expected one of tiles"),
        (Bias(directions=({"colour": "red"},)), "found knob 'colour', expected one of tiles"),
        (Bias({"stalls": (1, 2)}), "weights of knob stalls: found 2"),
        (Bias({"vectors": (1,) * 256}), "weights of knob vectors"),
        (Bias(directions=({"stalls": "SOME"},)), "direction of knob stalls: found 'SOME', expected one of its values"),
        (
            Bias(directions=({"vectors": "0"},)),
            "direction of knob vectors: found '0', expected one of its values, such as 1",
        ),
    ],
)
def test_a_bias_that_no_knob_has_is_refused(bias: Bias, word: str) -> None:
    """The line names the knob, what was found and what is expected."""
    with pytest.raises(InputError, match=word):
        drawn(knobs.draw, 1, bias)


def test_texts_are_names() -> None:
    """Of enumerations their names, of all else what Python shows."""
    assert [draws.text(each) for each in (StallKind.NONE, True, 3, "plus")] == ["NONE", "True", "3", "plus"]
