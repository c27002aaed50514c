# SPDX-License-Identifier: Apache-2.0
"""Sequences of the accelerator: each start as it is sent, against golden's law and its own description."""

from itertools import islice

import pytest

from golden.spec import TernAccelConfig
from golden.spec.gen.ternary_accel import ErrorCode
from harness.uvm.model_knobs import ZOO
from harness.uvm.model_sequences import Bed
from harness.uvm.model_start import Action
from harness.uvm.ternary import sequences
from harness.uvm.ternary.knobs import ILLEGAL_NAMES
from harness.uvm.ternary.scoreboard import COMPARISON
from tests.harness.uvm.ternary.starts import ARENA, CONFIGS


class Memory:
    """What a sequence asks of a memory."""

    size = ARENA

    def base(self, port: int) -> int:
        """Return an address above 4 GiB."""
        return 0x1_0000_0000 * (port + 1)


def bed(config: str = "sim") -> Bed:
    """What starts are made for."""
    cfg = CONFIGS[config]
    assert isinstance(cfg, TernAccelConfig)
    return Bed(cfg, Memory(), 3, "a test")  # type: ignore[arg-type]  # size and base are all that is asked


def test_random_models_are_starts_for_ever() -> None:
    """A draw is a start; each has a name of its own and the command that repeats it."""
    found = [start for starts in islice(sequences.random_models(bed()), 4) for start in starts]
    assert [start.name for start in found] == [f"start {index}; a test" for index in range(4)]


@pytest.mark.parametrize("config", CONFIGS)
def test_the_least_model_is_small_and_plain(config: str) -> None:
    """One layer, one token in and one out, one position in front: so that a four-state simulator ends."""
    ((start,),) = islice(sequences.random_models(bed(config), least=True), 1)
    a = start.legal
    assert (start.action, a.d_model, a.model_layers, a.batch, a.context, a.generate) == (Action.RUN, 32, 1, 1, 2, 1)


@pytest.mark.parametrize("config", CONFIGS)
def test_refusals_are_all_and_stand_between_two_runs(config: str) -> None:
    """Every name is refused as itself; the first start and the last one are the same legal one."""
    first, *refused, last = sequences.refusals(bed(config))
    assert [start.illegal for start in refused] == list(ILLEGAL_NAMES)
    assert {start.action for start in refused} == {Action.ILLEGAL}
    assert (first.action, last.action, first.arguments) == (Action.RUN, Action.RUN, last.arguments)
    assert first.refusal is ErrorCode.NONE


def test_bitnet_tiny_decodes_alone_and_side_by_side() -> None:
    """Held-out text of one and of four behind what they share; all that is compared is there."""
    alone, side = sequences.decoding(bed(), 1)
    assert (alone.legal.batch, side.legal.batch, side.legal.prefix) == (1, 4, sequences.SHARED)
    for start in (alone, side):
        expected = COMPARISON.predict(start)
        assert start.style == ZOO
        assert expected.error is ErrorCode.NONE
        assert expected.index is not None
        assert len(expected.index) == start.legal.batch * sequences.CHOSEN
        assert expected.stream is not None
        assert len(expected.stream)
