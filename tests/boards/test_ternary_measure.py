# SPDX-License-Identifier: Apache-2.0
"""Workloads of BitNet models on physical boards: what their starts are, and that full-size ones fit."""

import pytest

from boards import ternary_measure
from boards.facts import load_board
from boards.ternary_measure import cases, configuration
from boards.ternary_models import shape_of
from golden.errors import InputError
from golden.spec import load_config
from golden.ternary.accel.start import Run, lay_out
from harness.bench.model_workloads import ON_BOARDS
from harness.bench.ternary_workloads import workload

SIM = load_config("ternary_accel", "sim")


@pytest.fixture(scope="module")
def tiny():
    return cases(None, SIM)


def test_names_are_llama_benchs(tiny) -> None:
    """tgN@dC stands behind C positions, the start's own token among them; either way of writing it is one case."""
    case = tiny("tg2@d9")
    assert (case.name, case.work.own, case.work.prompt, case.work.generate) == ("tg2@d9", (8,), 1, 3)
    assert tiny("tg2@9") == case
    assert (tiny("tg2").name, tiny("pp7").name, tiny("shared2@8+1").name) == ("tg2", "pp7", "shared2@8+1")
    assert workload("tg2@d9") == workload("tg2@9")


def test_what_a_record_says_of_a_start(tiny) -> None:
    """Tokens by its kind of work; the start that is repeated for energy captures nothing."""
    prompt, decode, shared = (tiny(name).start for name in ("pp7", "tg2@d9", "shared2@8+1"))
    assert (prompt.tokens, decode.tokens, shared.tokens, shared.texts) == (7, 3, 4, 2)
    assert (decode.model, decode.profile, decode.origin) == ("bitnet-tiny", "ternary-b158", "zoo, quantized")
    assert decode.compared == 2 * 4 * 128 * 3 + 16 * 3
    case = tiny("tg2@d9")
    assert (case.arguments.tap_point, case.untapped().tap_point) == (2, 0)
    assert tiny("pp7").macs == 7 * tiny("pp1").macs == 7 * tiny("tg2").macs // 3


def test_a_share_of_the_layers_says_so(tiny) -> None:
    """The first layer alone: a quarter of the work, and the record's title has it; too many are refused."""
    case = cases(None, SIM, 1)("tg2@d9")
    assert (case.start.part, case.start.title) == ((1, 4), "bitnet-tiny (1 of 4 layers) ternary-b158")
    assert case.start.compared == 2 * 128 * 3 + 16 * 3
    assert 4 * case.macs == tiny("tg2@d9").macs
    assert tiny("tg2@d9").start.part is None
    assert cases(None, SIM, 4)("pp1").start.part is None
    for layers in (0, 5):
        with pytest.raises(InputError, match=rf"--layers: found {layers}, expected 1 .. 4, those of bitnet-tiny"):
            cases(None, SIM, layers)


def test_what_does_not_fit_is_refused(tiny) -> None:
    """A context beyond the model's, a model that the configuration is not built for, an unknown one."""
    with pytest.raises(InputError, match="a context of 1152 positions, expected at most 1024"):
        tiny("tg128@d1024")
    with pytest.raises(InputError, match="built for hidden_act 'relu2', the model has 'silu'"):
        cases("bitnet-0.73b", SIM)
    with pytest.raises(InputError, match="--model: found '130m', expected one of bitnet-tiny"):
        cases("130m", SIM)


def test_the_configuration_is_that_of_the_models_activation() -> None:
    """Boards have one for each; a board without is refused."""
    for model, name in (("bitnet-0.73b", "silu"), ("bitnet-2b-4t", "relu2"), (None, "relu2")):
        found = load_config("ternary_accel", configuration("u280", model))
        assert (found.activation, found.board) == (name, "u280")
    with pytest.raises(InputError, match="does not take hidden_act"):
        configuration("vck190-stock", None)


@pytest.mark.parametrize("board", ["u280", "vck190", "vc709"])
@pytest.mark.parametrize("model", ["bitnet-0.73b", "bitnet-2b-4t"])
@pytest.mark.parametrize("name", ON_BOARDS)
def test_full_size_starts_fit(board: str, model: str, name: str) -> None:
    """All workloads that run where none is named, with what the check captures, in a memory channel of each board."""
    work, config = workload(name), load_config("ternary_accel", configuration(board, model))
    run = Run(work.prompt, work.generate, work.prefix, work.own, tap_point=ternary_measure.RESIDUAL)
    assert lay_out(shape_of(model), {}, config, run).arena_bytes < load_board(board).memory.channel_bytes
