# SPDX-License-Identifier: Apache-2.0
"""The LightMamba oracle against published facts of the release, and against what the released C++ model computed.

The digests of `lightmamba_released.json` were computed with the authors' released C++ model on generated layers; the
oracle was written without that code, so equal digests say that the description of the arithmetic is right.
"""

import math
import random

import pytest

from tests.golden.mamba2 import lightmamba_layers as layers
from tests.golden.mamba2 import lightmamba_oracle as oracle
from tests.golden.mamba2 import lightmamba_tables as tables

TOKENS = 2
"""Of the five there are: a token takes seconds in plain Python. The golden model is compared on all of them."""

SMALL = oracle.Dims(d_model=20, d_inner=48, d_state=8, headdim=16)
"""Groups of 8 and of 128 are short here: 20 inputs, 3 heads."""


@pytest.mark.parametrize("case", layers.released_cases(), ids=lambda c: f"seed{c.seed}")
def test_every_intermediate_equals_the_released_model(case: layers.ReleasedCase) -> None:
    """All 32 intermediates of two tokens, the state included, are those of the released model, bit for bit."""
    dims = oracle.RELEASED
    arrays = oracle.random_arrays(case.seed, dims, extreme=case.extreme)
    inputs = oracle.random_inputs(case.seed, dims, len(case.digests), extreme=case.extreme)
    assert layers.stimuli_digest(arrays, inputs) == case.stimuli
    layer, state = arrays.lists(), oracle.OracleState.zero(dims)
    for r, want in zip(inputs[:TOKENS], case.digests[:TOKENS], strict=True):
        got = oracle.step(layer, dims, r, state).values
        assert {name: oracle.digest(values) for name, values in got.items()} == want


def test_tables_equal_the_release() -> None:
    """All five regenerated tables have every entry of the released ones."""
    got = {
        "silu": tables.silu_lut().values,
        "softplus": tables.softplus_lut().values,
        "exp": tables.exp_lut().values,
        "rms1": sum(tables.rms1_lut(2560).values, ()),
        "rms2": sum(tables.rms2_lut(5120).values, ()),
    }
    assert {name: oracle.digest(values) for name, values in got.items()} == layers.released_tables()


@pytest.mark.parametrize("bits", [4, 8])
def test_quantizer_rounds_to_the_nearest_and_clips_only_plus_two_to_the_k(bits: int) -> None:
    """|x - (q << s)| is at most half a step, ties go up, unless the value is clipped at the positive end."""
    rng = random.Random(bits)
    for _ in range(2000):
        top = 1 << rng.randrange(1, bits + 14)
        x = [rng.choice((rng.randint(-top, top), -top, top)) for _ in range(rng.randint(1, 8))]
        q, (s,) = tables.quantize(x, bits)
        for v, w in zip(x, q, strict=True):
            exact = (2 * v + (1 << s)) // (2 << s) if s else v
            assert w == min(exact, (1 << (bits - 1)) - 1) >= -(1 << (bits - 1))
            assert exact - w <= 1
        assert s == 0 or max(map(abs, x)) > 1 << (bits - 2 + s)


def test_quantizer_corners() -> None:
    """A maximum of +2^k loses one step, -2^k does not; the shift ends at 15; -2^31 is refused; groups may be short."""
    assert tables.quantize([256, 0], 8) == ([127, 0], [1])
    assert tables.quantize([-256, 3], 8) == ([-128, 2], [1])
    assert tables.quantize([-3, 256], 8) == ([-1, 127], [1])
    assert tables.quantize([2**31 - 1, -(2**31) + 1], 8) == ([127, -128], [15])
    assert tables.quantize([0] * 8, 4) == ([0] * 8, [0])
    assert tables.quantize([9] * 8 + [1, -1], 4) == ([5] * 8 + [1, -1], [1, 0])
    with pytest.raises(OverflowError):
        tables.quantize([-(2**31)], 8)


def test_activation_tables_have_the_published_errors() -> None:
    """Errors of the three tables, exp(0) = 1, softplus 0 far left, and saturation at the top."""
    silu, softplus, exp = tables.silu_lut(), tables.softplus_lut(), tables.exp_lut()
    span = range(-8192, 8193)
    assert max(abs(exp(x) / 64 - math.exp(x / 1024)) for x in range(-20480, 1)) < 0.0137
    assert max(abs(softplus(x) / 1024 - math.log1p(math.exp(x / 1024))) for x in span) < 0.064
    assert max(abs(silu(x) / 1024 - x / 1024 / (1 + math.exp(-x / 1024))) for x in span) < 0.091
    assert exp(0) == 64
    assert softplus(-7800) == softplus(-(2**31)) == silu(-(2**31)) == 0
    assert silu(104 << 10) == silu(2**31 - 1) == 103 << 10
    assert softplus(39 << 10) == softplus(2**31 - 1) == 78 << 9


def test_norm_tables_choose_by_the_integer_alpha_and_have_no_eps() -> None:
    """A sum equal to alpha enters the next table; below the first alpha, entry 0 holds; beyond the last, entry 511."""
    table = tables.rms1_lut(2560)
    assert (table.alphas[0], table.alphas[1], table.alphas[7]) == (104, 10066434, 2638827906767)
    assert table(0) == table(103) == table(104) == 158 << 17
    assert table(table.alphas[1]) == table.values[1][0] << 9
    assert table(table.alphas[1] - 1) == table.values[0][307] << 17
    assert table(2**60) == table.values[7][511]


def test_state_and_drive_saturate() -> None:
    """The shift's end makes the stored state saturate near 8 (Q.19) and dt B near 4 (Q.20)."""
    (q,), (s,) = tables.quantize([1 << 24], 8)
    assert 7.9 < (q << s) / 2**19 < 8
    (q,), (s,) = tables.quantize([-(1 << 24)], 8)
    assert (q << s) / 2**20 == -4


def test_state_carries_and_groups_may_be_short() -> None:
    """A layer with short groups runs; without its state, the second token's result differs."""
    layer = oracle.random_layer(3, SMALL)
    first, second = oracle.random_inputs(3, SMALL, 2)
    state = oracle.OracleState.zero(SMALL)
    oracle.step(layer, SMALL, first, state)
    carried = oracle.step(layer, SMALL, second, state).values
    fresh = oracle.step(layer, SMALL, second, oracle.OracleState.zero(SMALL)).values
    assert carried["zxbcdt"] == fresh["zxbcdt"]
    assert carried["conv"] != fresh["conv"]
    assert carried["y"] != fresh["y"]
    assert len(carried["dt_s"]) == 1
    assert len(carried["h_q"]) == 48 * 8


def test_a_value_beyond_its_width_is_an_error() -> None:
    """The release stops at an overflow; so does the oracle."""
    layer = oracle.random_layer(3, SMALL)
    with pytest.raises(OverflowError):
        oracle.step(layer, SMALL, [2**31 - 1] * 20, oracle.OracleState.zero(SMALL))


def test_host_tail() -> None:
    """Embedding toward zero; norm without eps; a penalty per occurrence; the first maximum."""
    assert oracle.embed([-0.0015, 0.0015, 1.0]) == [-1, 1, 1024]
    assert oracle.final_norm([1024, -1024], [1.0, 2.0]) == [1.0, -2.0]
    assert oracle.logits([1.0, 2.0], [[1.0, 1.0], [0.5, 0.0]]) == [3.0, 0.5]
    assert oracle.penalize([1.44, -1.0, 5.0], [0, 0, 1]) == pytest.approx([1.0, -1.2, 5.0])
    assert oracle.argmax([1.0, 3.0, 3.0]) == 1
