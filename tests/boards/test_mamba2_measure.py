# SPDX-License-Identifier: Apache-2.0
"""Workloads of Mamba2 models on physical boards: what their starts are, and that full-size ones fit."""

from collections.abc import Callable

import pytest
import torch

from boards.facts import load_board
from boards.mamba2_measure import Mamba2Case, cases, configuration
from golden.errors import InputError
from golden.mamba2.accel.outcome import outcome
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import profile, store, synthetic
from golden.mamba2.integer.model import ChannelScale, IntegerModel, Linear
from golden.mamba2.published import published
from golden.spec import load_config
from harness.bench.model_workloads import ON_BOARDS

SIM = load_config("mamba2_accel", "sim")
SHAPE = Mamba2Config(d_model=64, n_layer=2, vocab_size=256, d_state=16, headdim=16, ngroups=1)


@pytest.fixture
def small(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Mamba2Case]:
    """Cases of a small generated model in the place of the trained one."""
    synthetic.write(tmp_path / "small", SHAPE, profile.load(SIM.profile))
    model = store.load(tmp_path / "small", resident=True)
    monkeypatch.setattr("boards.mamba2_measure.integer_model", lambda name, of: (model, "generated"))
    return cases(None, SIM)


def test_a_depth_is_read_in_front_of_the_start(small) -> None:
    """tgN@dC: the start goes on from C - 1 tokens, and what it must give is what one start of all of them gives."""
    case = small("tg2@d6")
    assert (case.name, case.behind, case.work.prompt, case.work.generate) == ("tg2@d6", 5, 1, 3)
    assert (case.arguments.keep, case.arguments.prompt) == (True, 1)
    whole = outcome(case.model, case._tokens, 3, SIM)
    assert case.expected.tokens == whole.tokens
    assert torch.equal(case.expected.value, whole.value)
    plain = small("tg2")
    assert (plain.behind, plain.arguments.keep, plain.name) == (0, False, "tg2")


def test_what_a_record_says_of_a_start(small) -> None:
    """Tokens by its kind of work; the start that is repeated for energy captures nothing."""
    prompt, decode = small("pp7").start, small("tg2@d6").start
    assert (prompt.tokens, decode.tokens, decode.own, prompt.own) == (7, 3, (5,), (0,))
    assert (decode.model, decode.profile, decode.origin) == ("mamba2-tiny", "lightmamba-w4a4", "generated")
    assert decode.compared == 2 * 64 * 3 + 16 * 3
    case = small("tg2@d6")
    assert (case.arguments.tap_point, case.untapped().tap_point) == (2, 0)
    assert small("pp7").macs == 7 * small("pp1").macs


def test_what_is_refused(small) -> None:
    """Unknown models and workloads; names of either form are models."""
    with pytest.raises(InputError, match=r"--model: found '1b', expected one of tiny, 130m, 2.7b"):
        cases("1b", SIM)
    with pytest.raises(InputError, match="--model: found 'bitnet-tiny'"):
        configuration("u280", "bitnet-tiny")
    with pytest.raises(InputError, match="--layers: found 1, expected none"):
        cases(None, SIM, 1)
    assert configuration("u280", "2.7b") == configuration("u280", "mamba2-2.7b") is None
    with pytest.raises(InputError, match="--workload: found 'shared2', expected"):
        small("shared2")


@pytest.mark.parametrize("board", ["u280", "vck190", "vc709"])
@pytest.mark.parametrize("name", ON_BOARDS)
def test_full_size_starts_fit(board: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """2.7B with all workloads that run where none is named, captures included, in a memory channel of each board."""
    cfg, none = load_config("mamba2_accel", board), torch.zeros(0)
    empty = Linear(none, ChannelScale(none, none))
    model = IntegerModel(published("mamba2-2.7b"), profile.load(cfg.profile), none, (), none, empty)
    monkeypatch.setattr("boards.mamba2_measure.integer_model", lambda name, of: (model, "none"))
    case = cases("2.7b", cfg)(name)
    assert case.arena_bytes < load_board(board).memory.channel_bytes
    assert case.arguments.keep == (name == "tg128@d1024")
