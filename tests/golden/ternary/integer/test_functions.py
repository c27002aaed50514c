# SPDX-License-Identifier: Apache-2.0
"""The laws of the units: against exact fractions, and against float formulas over dense grids, within stated errors."""

import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from golden.fixed.wide import Wide
from golden.ternary.integer import functions, profile
from golden.ternary.integer.attention import Part, attend, products, weighted
from golden.ternary.integer.model import LayerCache
from golden.ternary.integer.scale import Scale, real
from golden.ternary.integer.taps import Tap
from golden.ternary.integer.widths import limits_up_to

P = profile.load()
WORD = st.integers(-(1 << 31), (1 << 31) - 1) | st.integers(-40, 40)
WEIGHT = st.integers(-(1 << 15) + 1, (1 << 15) - 1)
TAP = Tap(limits_up_to(P))


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def scalar_norm_quantize(x: list[int], w: list[int], eps: int) -> tuple[list[int], int, int]:
    """The law on Python integers: q, and mantissa and exponent of the scale."""
    y = [a * b for a, b in zip(x, w, strict=True)]
    peak = max(map(abs, y))
    if peak == 0:
        return [0] * len(y), 0, 0
    s = peak.bit_length() - 16
    near = [(v + (1 << s >> 1)) >> s if s > 0 else v << -s for v in y]
    a = (peak + (1 << s >> 1)) >> s if s > 0 else peak << -s
    r = (127 << 32) // a
    q = []
    for v in near:
        whole, rest = divmod(v * r, 1 << 32)
        q.append(whole + (rest > 1 << 31 or (rest == 1 << 31 and whole % 2 == 1)))
    total = sum(v * v for v in x) + eps
    e = (total.bit_length() - 1) >> 1
    n = (total << 22) >> (2 * e)
    table = [round(2**20 / math.sqrt(i / 64)) for i in range(64, 257)]
    i, rest = (n >> 16) - 64, n & 0xFFFF
    m = a * ((table[i] - (((table[i] - table[i + 1]) * rest) >> 16) + 16) >> 5)
    right = m.bit_length() - 16
    return q, m >> right if right >= 0 else m << -right, right + s - 15 - e


@given(st.lists(st.tuples(WORD, WEIGHT), min_size=1, max_size=30), st.integers(1, 1 << 60))
def test_norm_quantize_is_the_stated_law(pairs: list[tuple[int, int]], eps: int) -> None:
    """Integers, scale and sum of magnitudes, for vectors of any size; |q - 127 y / A| <= 1/2 + 2^-9."""
    x, w = [a for a, _ in pairs], [b for _, b in pairs]
    q, s, total = functions.norm_quantize(torch.tensor(x), torch.tensor(w), Wide.of(eps))
    assert (q.tolist(), int(s.m), int(s.e)) == scalar_norm_quantize(x, w, eps)
    assert int(total) == sum(map(abs, q.tolist()))
    peak = max(abs(a * b) for a, b in pairs)
    for found, (a, b) in zip(q.tolist(), pairs, strict=True):
        assert peak == 0 or abs(found - Fraction(127 * a * b, peak)) <= Fraction(1, 2) + Fraction(1, 512)
    assert peak == 0 or int(q.abs().max()) == 127


def test_ties_go_to_the_even_level() -> None:
    """Where 127 y / A is exactly between two levels and the reciprocal exact: 63.5 is 64, and -63.5 is -64."""
    x = torch.tensor([1 << 15, -(1 << 14), 1 << 14])
    assert functions.norm_quantize(x, torch.ones(3).long(), Wide.of(1))[0].tolist() == [127, -64, 64]


@pytest.mark.parametrize("width", [1, 96, 2560, 6912])
@pytest.mark.parametrize("size", [2.0**k for k in range(4, 31, 2)])
def test_scale_is_that_of_float_rmsnorm(width: int, size: float) -> None:
    """q times the scale is RMSNorm's result to half a level, at every size of the vector: nothing small is lost."""
    x = (torch.randn(8, width, generator=generator(width)) * size / 5).round().clamp(-(2.0**31), 2.0**31 - 1)
    w = torch.randint(20000, 32767, (width,), generator=generator(1))
    q, s, _ = functions.norm_quantize(x.long(), w, Wide.of(1))
    wanted = x.double() * w / (x.double().square().sum(-1, keepdim=True) + 1).sqrt()
    unit = s.value / 127
    assert bool(((q * unit[:, None] - wanted).abs() <= unit[:, None] * (0.5 + 2.0**-6)).all())


@pytest.mark.parametrize("log_size", range(-20, 21, 5))
def test_eps_weighs_as_in_float(log_size: int) -> None:
    """eps over the square of the product's scale: a vector of any unit gets the norm of the numbers it stands for."""
    x = torch.randint(-3000, 3000, (64,), generator=generator(3))
    unit = real(2.0**log_size * 1e-3)
    wanted = x.double() * unit.value
    factor = 1 / (wanted.square().sum() + 64e-5).sqrt()
    eps = functions.product_eps(real(64e-5), unit)
    _, s, _ = functions.norm_quantize(x, torch.ones(64).long() << 14, eps)
    found = float(s.value) / 2.0**14 / 127 * 127 / float(x.abs().max()) / float(unit.value)
    assert found == pytest.approx(float(factor), rel=3e-4)


@given(st.integers(1, 20), st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=1, max_size=20))
def test_squared_relu_is_exact_to_one_rounding(bits: int, pairs: list[tuple[float, float]]) -> None:
    """relu(g)^2 u in 32 bits, half a unit off at most, for sums up to their bound."""
    total = (1 << bits) - 1
    gate, up = (torch.tensor([[round(pair[i] * total) for pair in pairs]]) for i in (0, 1))
    s = Scale(torch.tensor([40000]), torch.tensor([-20]))
    h, unit = functions.squared_relu(gate, up, torch.tensor([total]), s, s)
    drop = max(0, 3 * bits - 31)
    for found, g, u in zip(h[0].tolist(), gate[0].tolist(), up[0].tolist(), strict=True):
        assert abs(found * (1 << drop) - max(g, 0) ** 2 * u) <= 1 << drop >> 1
        assert -(1 << 31) <= found < 1 << 31
    assert float(unit.value) == pytest.approx(float(s.value) ** 3 * 2.0**drop, rel=2.0**-13)


def test_silu_product_is_silu_times_up() -> None:
    """On 40,001 gates from -40 to 40: 7e-5 of gate times up off, the sigmoid's error, and a rounding."""
    gate = torch.linspace(-400000, 400000, 40001).round().long()[None]
    up = torch.randint(-400000, 400001, gate.shape, generator=generator(5))
    s, total = real(torch.tensor([1e-4])), torch.tensor([400000])
    h, unit, _ = functions.silu_product(gate, up, total, s, s, P)
    x, y = gate.double() * s.value, up.double() * s.value
    error = (h * unit.value - torch.nn.functional.silu(x) * y).abs()
    assert bool((error <= (7e-5 + 2.0**-13) * (x * y).abs() + unit.value).all())
    assert bool((h.abs() < 1 << 31).all())


def test_rotation_is_the_float_one() -> None:
    """Angles over the whole circle: 2^-14 of the pair's length off, and half a unit."""
    angles = torch.linspace(0, 2 * math.pi, 4001, dtype=torch.float64)[:, None]
    cos, sin = ((f(angles) * 2.0**P.rope_frac).round().long() for f in (torch.cos, torch.sin))
    x = torch.randint(-(1 << 19), 1 << 19, (4001, 1, 2), generator=generator(7))
    found = functions.rotate(x, cos, sin, P)[:, 0].double() / 2.0**P.rope_guard
    low, high = x[:, 0].double().unbind(-1)
    a, b = angles[:, 0].cos(), angles[:, 0].sin()
    wanted = torch.stack((low * a - high * b, high * a + low * b), -1)
    bound = wanted.norm(dim=-1, keepdim=True) * 2.0**-14 + 2.0**-P.rope_guard
    assert bool(((found - wanted).abs() <= bound).all())


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("log_size", [*range(0, 26, 3), 25])
def test_heads_keep_their_values(bits: int, log_size: int) -> None:
    """A quantized head is its numbers to half a step of the power of two, and a step where the greatest one clips."""
    x = (torch.rand(50, 3, 96, generator=generator(log_size)) * 2 - 1) * 2.0**log_size
    x = x.round().long()
    s = real(torch.rand(50, dtype=torch.float64, generator=generator(2)) + 0.01)
    q, e = functions.quantize_heads(x, s, bits, P)
    wanted = x.double() * s.value[:, None, None] * 2.0**-P.rope_guard
    step = torch.exp2(e.double())[..., None]
    assert bool((((q * step - wanted).abs() <= 1.01 * step) | (wanted == 0)).all())
    assert int(q.abs().max()) <= 1 << bits - 1


def test_zero_heads_have_the_least_exponent() -> None:
    """A head of zeros must not raise the greatest exponent of a row; one with a huge scale saturates."""
    x = torch.tensor([[[0, 0], [5, -3]]])
    assert functions.quantize_heads(x, Scale(torch.tensor([40000]), torch.tensor([150])), 8, P)[1].tolist() == [
        [-128, 127]
    ]
    assert functions.quantize_heads(x, Scale(torch.tensor([40000]), torch.tensor([-180])), 8, P)[1].tolist() == [
        [-128, -127]
    ]


def test_exponentials_are_powers_of_two() -> None:
    """Over 21 powers of two in steps of 2^-10: up to 9.5e-4 too large, floored at 2^-23 of the greatest's power."""
    t = torch.arange(-(20 << 10), (1 << 10) + 1)[None]
    found, top = functions.exponentials(t, torch.zeros_like(t), torch.ones_like(t).bool(), P)
    wanted = torch.exp2(t.double() / 1024 - top[:, None]) * 2.0**23
    assert bool((found <= wanted * (1 + 9.5e-4)).all())
    assert bool((found >= wanted * (1 - 2.0**-13) - 1).all())
    assert int(found.max()) in range(1 << 23, 1 << 24)


def cache_of(k: Tensor, v: Tensor, bits: int = 8) -> LayerCache:
    """Keys and values float [J, N, P] as a cache."""
    parts = []
    for x in (k, v):
        integers = (x * 2.0**16).round().long().transpose(0, 1)
        q, e = functions.quantize_heads(integers, real(torch.full((len(integers),), 2.0**-12)), bits, P)
        parts += [q.transpose(0, 1).to(torch.int16), e.T.to(torch.int8)]
    return LayerCache(*parts)


def values_of(q: Tensor, e: Tensor) -> Tensor:
    return q.double() * torch.exp2(e.double())[..., None]


@pytest.mark.parametrize("length", [1, 2, 33, 700, 4096])
@pytest.mark.parametrize("spread", [0.1, 1.0, 8.0])
def test_attention_is_softmax(length: int, spread: float) -> None:
    """Of the quantized operands: within 2.5e-3 of the greatest |v|, for flat and for sharp rows, at any length."""
    rng = generator(length)
    k, v = (torch.randn(2, length, 32, generator=rng) * size for size in (1.0, 3.0))
    v *= torch.exp2(torch.randint(-6, 7, (2, length, 1), generator=rng))
    cache = cache_of(k, v)
    q = torch.randint(-127, 128, (2, 5, 32), generator=rng)
    q_exp = torch.full((2, 5), round(math.log2(spread / 200)))
    seen = torch.rand(5, length, generator=rng) < 0.8
    seen[:, 0] = True
    found = attend(q, q_exp, [Part(cache, seen)], 16, P, TAP).double() / 2.0**16
    scores = values_of(q, q_exp) @ values_of(cache.k, cache.k_exp).transpose(1, 2) * math.log(2)
    weights = scores.masked_fill(~seen, -torch.inf).softmax(-1)
    values = values_of(cache.v, cache.v_exp)
    bound = 2.5e-3 * (values.abs().amax((1, 2)))[:, None, None] + 2.0**-16
    assert bool(((found - weights @ values).abs() <= bound).all())


def scalar_attention(
    q: list[int], q_exp: int, rows: list[tuple[list[int], int, list[int], int]], frac: int
) -> list[int]:
    """The law on Python integers, for one query and the (k, exponent, v, exponent) that it sees."""
    base = [round(2 ** (k / 8) * 2**14) for k in range(8)]
    slope = [round(8 * (2 ** ((k + 1) / 8) - 2 ** (k / 8)) * 2**14) for k in range(8)]
    kept = []
    for k, k_exp, _, v_exp in rows:
        exact = Fraction(sum(a * b for a, b in zip(q, k, strict=True))) * Fraction(2) ** (q_exp + k_exp + 10)
        t = min(max(math.floor(exact + Fraction(1, 2)), -(1 << 19)), (1 << 19) - 1)
        part, rest = (t & 1023) >> 7, t & 127
        kept.append((t >> 10, (t >> 10) + v_exp, (base[part] + (slope[part] * rest >> 10)) << 9))
    top, weight_top = max(n for n, _, _ in kept), max(u for _, u, _ in kept)
    total = sum(power >> (top - n) for n, _, power in kept)
    acc = [
        sum((kept[i][2] >> (weight_top - kept[i][1])) * row[2][d] for i, row in enumerate(rows)) for d in range(len(q))
    ]
    z = total.bit_length() - 16
    scale = Fraction((1 << 31) // (total >> z)) * Fraction(2) ** (weight_top - top + frac - 31 - z)
    return [min(max(math.floor(a * scale + Fraction(1, 2)), -(1 << 31)), (1 << 31) - 1) for a in acc]


@pytest.mark.parametrize("seed", range(6))
def test_attention_is_the_stated_law(seed: int) -> None:
    """Every bit, for values and exponents of all kinds, on Python integers."""
    rng = generator(seed)

    def draw(low: int, high: int, *shape: int) -> Tensor:
        return torch.randint(low, high, shape, generator=rng)

    cache = LayerCache(draw(-128, 128, 2, 40, 8), draw(-9, 1, 2, 40), draw(-128, 128, 2, 40, 8), draw(-12, 3, 2, 40))
    q, q_exp, seen = draw(-128, 128, 2, 3, 8), draw(-9, 0, 2, 3), torch.rand(3, 40, generator=rng) < 0.6
    found = attend(q, q_exp, [Part(cache, seen)], 15, P, TAP)
    for j in range(2):
        for r in range(3):
            rows = [tuple(x[j, i].tolist() for x in vars(cache).values()) for i in range(40) if seen[r, i]]
            assert found[j, r].tolist() == scalar_attention(q[j, r].tolist(), int(q_exp[j, r]), rows, 15)  # type: ignore[arg-type]


def test_attention_knows_no_order() -> None:
    """Positions in any order and in any pieces give the same integers: lanes, tiles, prefixes are free."""
    rng = generator(11)
    k, v = (torch.randn(2, 300, 16, generator=rng) for _ in "kv")
    whole = cache_of(k, v)
    q, q_exp = torch.randint(-127, 128, (2, 6, 16), generator=rng), torch.full((2, 6), -5)
    seen = torch.rand(6, 300, generator=rng) < 0.7
    wanted = attend(q, q_exp, [Part(whole, seen)], 14, P, TAP)
    order = torch.randperm(300, generator=rng)
    pieces = [
        Part(LayerCache(*(x[:, chosen] for x in vars(whole).values())), seen[:, chosen])
        for chosen in torch.split(order, [1, 130, 169])
    ]
    assert torch.equal(attend(q, q_exp, pieces, 14, P, TAP), wanted)


def test_products_are_exact() -> None:
    """At the ends of int16 and of int8, one q for several sets of keys: every bit of the integers' sums."""
    ends = torch.tensor([-(1 << 15), (1 << 15) - 1, -128, 127, 0, 1])
    q, k = (ends[torch.randint(6, (*shape, 128), generator=generator(3))] for shape in ((1, 3), (2, 4)))
    q[0, 0] = k[0, 0] = ends[0]
    found = products(q, k.to(torch.int16))
    wanted = [
        [[sum(a * b for a, b in zip(x, y, strict=True)) for y in keys] for x in q[0].tolist()] for keys in k.tolist()
    ]
    assert found.tolist() == wanted
    assert wanted[0][0][0] == 128 << 30


def test_weighted_sums_are_exact() -> None:
    """On Python integers: as many positions as there may be, the greatest weights and values, in pieces of any size."""
    rng = generator(12)
    v = torch.randint(-128, 128, (1, 4096, 3), generator=rng).to(torch.int8)
    v[..., 0] = -128
    weight = torch.randint(0, 1 << 24, (1, 2, 4096), generator=rng)
    weight[:, 0] = (1 << 24) - 1
    none, seen = torch.zeros(1, 4096, dtype=torch.int8), torch.ones(2, 4096, dtype=torch.bool)
    whole = LayerCache(v, none, v, none)
    at = torch.split(torch.arange(4096), [1, 2000, 2095])
    pieces = [Part(LayerCache(*(x[:, chosen] for x in vars(whole).values())), seen[:, chosen]) for chosen in at]
    wanted = [
        [sum(a * b for a, b in zip(row, column, strict=True)) for column in v[0].T.tolist()]
        for row in weight[0].tolist()
    ]
    assert wanted[0][0] == -128 * ((1 << 24) - 1) * 4096
    assert weighted(weight, pieces)[0].tolist() == wanted


@given(st.integers(-(1 << 44) + 1, (1 << 44) - 1), st.integers(1 << 23, (1 << 37) - 1), st.integers(-30, 30))
def test_divide_is_a_quotient(acc: int, total: int, exponent: int) -> None:
    """acc 2^e / total to 2^-14 of it and half a unit; saturated where 32 bits do not hold it."""
    found = int(functions.divide(torch.tensor([acc]), torch.tensor(total), torch.tensor(exponent), 14))
    wanted = Fraction(acc, total) * Fraction(2) ** (exponent + 14)
    limited = min(max(wanted, -(1 << 31)), (1 << 31) - 1)
    assert abs(found - limited) <= abs(limited) / (1 << 14) + Fraction(1, 2)


def test_scores_saturate() -> None:
    """+-512 in steps of 2^-10, whatever the exponents."""
    found = functions.scores(torch.tensor([5, -5, 3, 3]), torch.tensor([60, 60, -11, -12]), P)
    assert found.tolist() == [(1 << 19) - 1, -(1 << 19), 2, 1]
