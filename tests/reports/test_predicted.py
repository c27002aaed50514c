# SPDX-License-Identifier: Apache-2.0
"""Predictions: which start of a virtual board stands for which measurement, and which does not."""

from dataclasses import replace

import pytest

from harness.bench.measured import CaseRecord
from reports.predicted import Found, predictions
from tests.harness import samples

MAMBA2 = samples.mamba2_record(board="sim:vc709", config_hash="1" * 16, generated=5)


def of_mamba2(**changes: object) -> CaseRecord:
    """A decode of four steps of Mamba2 on VC709, behind so many tokens."""
    case = samples.model_case()
    assert case.start is not None
    facts = {"kernel": "mamba2_accel", "model": "mamba2-tiny", "profile": "lightmamba-w4a4", "own": (0,)}
    return replace(case, start=replace(case.start, **{**facts, **changes}))  # type: ignore[arg-type]


def test_a_decode_of_mamba2_at_a_depth_is_that_from_nothing() -> None:
    """A state has one size: the same cycles whatever was read before, under the name of the decode that was run."""
    expected = predictions((), (MAMBA2,))
    assert expected.of(of_mamba2()) == Found(1000)
    assert expected.of(of_mamba2(own=(1023,))) == Found(1000, "tg4")


@pytest.mark.parametrize("change", [{"generated": 6}, {"model": "mamba2-130m"}, {"work": "prefill"}, {"profile": "x"}])
def test_another_start_at_a_depth_is_predicted_by_nothing(change: dict[str, object]) -> None:
    """Other steps, another model or profile, and a prompt behind a text have no counterpart."""
    assert predictions((), (MAMBA2,)).of(of_mamba2(own=(1023,), **change)) is None


def test_a_cache_is_no_state() -> None:
    """What a BitNet has cached it reads: a decode from nothing predicts none behind positions."""
    case = samples.model_case()
    facts = {"board": "sim:vc709", "config_hash": "1" * 16, "prompt": 1, "generated": 5, "prefix": 0}
    assert predictions((), (samples.ternary_record(**{**facts, "own": (0,)}),)).of(case) is None
    assert predictions((), (samples.ternary_record(**{**facts, "own": (8,)}),)).of(case) == Found(1000)


def test_a_share_of_the_layers_predicts_the_same_share() -> None:
    """One of four layers stands for one of four, never for all of them or for two."""
    facts = {"board": "sim:vc709", "config_hash": "1" * 16, "prompt": 1, "generated": 5, "prefix": 0, "own": (8,)}
    share = samples.ternary_record(**facts)
    share = replace(share, shape=replace(share.shape, num_hidden_layers=1), whole_layers=4)
    case = samples.model_case()
    assert case.start is not None
    for part, found in ((None, None), ((1, 4), Found(1000)), ((2, 4), None)):
        assert predictions((), (share,)).of(replace(case, start=replace(case.start, part=part))) == found


def test_only_the_memory_model_predicts() -> None:
    """An ideal memory is no prediction of a board."""
    assert predictions((), (replace(MAMBA2, memory="ideal"),)).of(of_mamba2()) is None
