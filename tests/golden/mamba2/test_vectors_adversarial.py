# SPDX-License-Identifier: Apache-2.0
"""Adversarial generators provoke what their names say, and units that are wrong in one detail are caught by them."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from golden.errors import CheckError
from golden.fixed import norm_tables
from golden.fixed.pot import Pot, quantize
from golden.fixed.rounding import bit_length, limits
from golden.mamba2.integer import block, functions, laws
from golden.mamba2.integer import profile as profiles
from golden.mamba2.vectors import arguments, bundles, elements, recurrence
from golden.mamba2.vectors.adversarial import POTS, VALUES, Domain, PotDomain
from golden.mamba2.vectors.sample import randomness
from tests.golden.mamba2 import vector_bundles

DOMAINS = {
    "int32 to 8 bits, groups of 8, last one short": Domain(16, 44, 32, 8, 8, 15),
    "int32 to 4 bits, groups of 8": Domain(16, 40, 32, 4, 8, 15),
    "24 bits to 8, one group a row": Domain(48, 64, 24, 8, 0, 15),
    "24 bits to 16, groups of 8, last one short": Domain(16, 44, 24, 16, 8, 15),
}
each_domain = pytest.mark.parametrize("d", DOMAINS.values(), ids=DOMAINS)


def made(name: str, d: Domain, seed: int = 1) -> Tensor:
    return VALUES[name](d, randomness(seed, name))


def quantized(name: str, d: Domain) -> tuple[Tensor, Pot]:
    x = made(name, d)
    return x, quantize(x, d.bits, d.group, d.max_shift)


def peaks(x: Tensor, d: Domain) -> Tensor:
    """Element of greatest magnitude of each group [rows, groups], with its sign."""
    short = -d.width % d.size
    grouped = torch.nn.functional.pad(x, (0, short)).unflatten(-1, (d.groups, d.size))
    return grouped.gather(-1, grouped.abs().argmax(-1, keepdim=True))[..., 0]


@each_domain
@pytest.mark.parametrize("name", VALUES)
def test_values_are_legal_and_repeat(name: str, d: Domain) -> None:
    """int64 [rows, width] within value_bits; the same seed gives the same numbers."""
    x = made(name, d)
    low, high = limits(d.value_bits)
    assert x.dtype == torch.int64
    assert x.shape == (d.rows, d.width)
    assert low <= int(x.min()) <= int(x.max()) <= high
    assert torch.equal(x, made(name, d))


@each_domain
def test_saturation_reaches_all_ends(d: Domain) -> None:
    """Both ends of the format occur; where the greatest shift can't hold them, both ends of q do."""
    x, pot = quantized("saturation", d)
    assert (int(x.min()), int(x.max())) == limits(d.value_bits)
    if d.value_bits > d.bits + d.max_shift:
        assert (int(pot.q.min()), int(pot.q.max())) == limits(d.bits)
        assert int((x - pot.value).abs().max()) >= 1 << d.max_shift


@each_domain
def test_zero_groups_are_zero(d: Domain) -> None:
    """Whole groups are zero, others hold a single one or a single end."""
    x, pot = quantized("zero_groups", d)
    found = set(peaks(x, d).flatten().tolist())
    assert {0, 1, -1, *limits(d.value_bits)} == found
    assert (pot.s[peaks(x, d) == 0] == 0).all()


@each_domain
def test_lone_elements_are_alone(d: Domain) -> None:
    """One element of each row is not zero; both ends occur."""
    x = made("lone_elements", d)
    assert ((x != 0).sum(-1) == 1).all()
    assert (int(x.min()), int(x.max())) == limits(d.value_bits)


@each_domain
def test_alternating_maxima_alternate(d: Domain) -> None:
    """Next to each loud group stands a silent one, and the loud come with both signs."""
    x, pot = quantized("alternating_maxima", d)
    shifts = pot.s.flatten()
    assert ((shifts[1:] == 0) != (shifts[:-1] == 0)).all()
    loud = peaks(x, d)[pot.s > 0]
    assert int(loud.min()) < 0 < int(loud.max())


@each_domain
@pytest.mark.parametrize(("name", "sign"), [("positive_powers", 1), ("negative_powers", -1)])
def test_powers_are_exact(d: Domain, name: str, sign: int) -> None:
    """The maximum of each group is sign * 2^k exactly, every k below the sign occurs."""
    x = made(name, d)
    tops = (peaks(x, d) * sign).flatten().tolist()
    assert {1 << k for k in range(d.value_bits - 1)} == {top for top in tops if top > 1} | {1}
    if sign > 0:
        q = quantize(x, d.bits, d.group, d.max_shift).q
        assert int(q.max()) == limits(d.bits)[1]


@each_domain
def test_neighbours_of_powers(d: Domain) -> None:
    """Maxima of 2^k - 1 and of 2^k + 1 occur with both signs, for most k."""
    tops = set(peaks(made("beside_powers", d), d).flatten().tolist())
    for offset in (-1, 1):
        hit = [k for k in range(4, d.value_bits - 2) if {(1 << k) + offset, -(1 << k) - offset} & tops]
        assert len(hit) >= (d.value_bits - 6) // 2, offset


@each_domain
def test_ties_are_ties(d: Domain) -> None:
    """At most shifts, elements lie exactly between two values of q, of both signs; half up and half even differ."""
    x, pot = quantized("ties", d)
    wide = pot.shift
    tied = (wide > 0) & ((x & ((1 << wide) - 1)) == (1 << wide >> 1))
    assert len(wide[tied].unique()) >= min(d.max_shift, d.value_bits - d.bits) - 1
    assert int(x[tied].min()) < 0 < int(x[tied].max())
    even = ((x >> wide) & 1 == 0) & tied
    assert even.any()


@each_domain
def test_random_magnitudes_use_every_shift(d: Domain) -> None:
    """Every shift that the format needs occurs."""
    d = replace(d, rows=200)
    _, pot = quantized("random_magnitudes", d)
    assert set(pot.s.flatten().tolist()) == set(range(min(d.max_shift, d.value_bits - d.bits) + 1))


@pytest.mark.parametrize("name", POTS)
@pytest.mark.parametrize(("low", "high"), [(-(1 << 40), 1 << 40), (-1141, 8388607), (0, 16384), (-100, 0)])
def test_pots_keep_their_bounds(name: str, low: int, high: int) -> None:
    """Integers of their bits, shifts up to the greatest, values within the bounds."""
    pot = POTS[name](PotDomain(3, 12, 8, 8, 15, low, high), randomness(1, name))
    assert limits(8)[0] <= int(pot.q.min()) <= int(pot.q.max()) <= limits(8)[1]
    assert 0 <= int(pot.s.min()) <= int(pot.s.max()) <= 15
    assert low <= int(pot.value.min()) <= int(pot.value.max()) <= high


def test_pots_reach_the_limits_of_a_state() -> None:
    """Greatest and least: all q at an end with the greatest shift."""
    d = PotDomain(2, 12, 8, 8, 15, -(1 << 40), 1 << 40)
    for name, end in (("greatest", 127), ("least", -128)):
        pot = POTS[name](d, randomness(1, name))
        assert (pot.value == end << 15).all()


@pytest.mark.parametrize("profile", profiles.NAMES)
@pytest.mark.parametrize("unit", ["m2_silu", "m2_softplus", "m2_exp"])
def test_borders_change_the_function(profile: str, unit: str) -> None:
    """Among the borders stands every argument of a fine grid at which the approximation's step or slope changes."""
    p = profiles.load(profile)
    law = {"m2_silu": functions.silu, "m2_softplus": functions.softplus, "m2_exp": functions.exponential}[unit]
    frac = p.exp_in_frac if unit == "m2_exp" else p.proj_frac
    low, high = -(8 << frac), 0 if unit == "m2_exp" else 8 << frac
    points = arguments.borders(unit, p, -(1 << 40), 1 << 40)
    assert torch.equal(points, points.unique())
    if p.nonlinear == "table":
        x = torch.arange(low, high)
        y = law(x, p)
        steps = x[1:][y[1:] != y[:-1]]
        assert torch.isin(steps, points).all()
        assert torch.isin(steps - 1, points).all()
    else:
        assert int(((points > low) & (points < high)).sum()) >= 8 * 3


@pytest.mark.parametrize("profile", profiles.NAMES)
@pytest.mark.parametrize("unit", ["m2_norm", "m2_gated_norm"])
def test_sums_stand_at_the_edges(profile: str, unit: str) -> None:
    """Rows come in pairs whose sums of squares (and eps) differ by one, the second a step of the reciprocal."""
    bundle = vector_bundles.bundle(profile)
    case = next(each for each in bundle.manifest.cases if each.unit == unit and each.name.endswith("edges"))
    x = bundle.tensors[case.inputs["x"]].long()
    sums = (x * x).sum(-1).tolist()
    eps = int(case.parameters.get("eps_sum", 0))
    pairs = [each + eps for each in sums if each - 1 in sums]
    assert len(pairs) >= 24
    if eps:
        assert all(pair >> (pair.bit_length() - 8) << (pair.bit_length() - 8) == pair for pair in pairs)
    else:
        table = (norm_tables.rms1_table if unit == "m2_norm" else norm_tables.rms2_table)(x.shape[-1])
        assert set(table.alpha) & set(pairs)
        values = norm_tables.reciprocal(table, torch.tensor(pairs))
        before = norm_tables.reciprocal(table, torch.tensor(pairs) - 1)
        assert int((values != before).sum()) >= 12


def _peak_as_it_is(x: Tensor, bits: int, group: int = 8, max_shift: int = 15) -> Pot:
    """The quantizer without the -1: an exact power of two takes one shift more."""
    good = quantize(x, bits, group, max_shift)
    n = x.shape[-1]
    size = group or n
    grouped = torch.nn.functional.pad(x, (0, -n % size)).unflatten(-1, (-1, size))
    s = (bit_length(grouped.abs().amax(-1)) - (bits - 1)).clamp(0, max_shift)
    wide = s.repeat_interleave(size, -1)[..., :n]
    return Pot(((x + (1 << wide >> 1)) >> wide).clamp(*limits(bits)), s, good.group)


def _floors(x: Tensor, bits: int, group: int = 8, max_shift: int = 15) -> Pot:
    """The quantizer without rounding."""
    good = quantize(x, bits, group, max_shift)
    return Pot((x >> good.shift).clamp(*limits(bits)), good.s, good.group)


def _wraps(x: Tensor, bits: int, group: int = 8, max_shift: int = 15) -> Pot:
    """The quantizer without the clip: the carry of rounding is lost."""
    good = quantize(x, bits, group, max_shift)
    q = (x + (1 << good.shift >> 1)) >> good.shift
    return Pot(((q + (1 << (bits - 1))) & ((1 << bits) - 1)) - (1 << (bits - 1)), good.s, good.group)


def _sequency(x: Tensor, size: int) -> Tensor:
    """The transform with its results in bit-reversed order."""
    from golden.fixed.hadamard import transform

    bits = size.bit_length() - 1
    order = torch.tensor([int(format(i, f"0{bits}b")[::-1], 2) for i in range(size)])
    return transform(x, size).unflatten(-1, (-1, size))[..., order].flatten(-2)


def _later_ties(logits: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Top-k that takes the higher index of equal logits."""
    values, indices = torch.sort(logits.flip(-1), dim=-1, descending=True, stable=True)
    return (logits.shape[-1] - 1 - indices)[..., :k], values[..., :k]


def _half_up(law: Callable[..., Tensor], extra: int) -> Callable[..., Tensor]:
    """A law whose shift rounds half up instead of flooring: `extra` is added to its first factor's product."""
    return lambda a, b, p: law(a, b, p) + extra * ((a * b) & 1)


def _late_bias(acc: Tensor, bias: Tensor, p: profiles.Mamba2Profile) -> Tensor:
    """The convolution with sum and bias shortened one by one."""
    return (acc >> p.param_frac) + (bias >> p.param_frac)


MUTANTS: dict[str, tuple[str, object, str, object]] = {
    "peak not less 1": ("m2_quant", elements, "quantize", _peak_as_it_is),
    "quantizer floors": ("m2_quant", elements, "quantize", _floors),
    "quantizer wraps": ("m2_quant", elements, "quantize", _wraps),
    "transform in another order": ("m2_hadamard", elements, "transform", _sequency),
    "transform floors": ("m2_hadamard", elements, "round_shift", lambda x, right, mode: x >> right),
    "scale not saturated": ("m2_scale", elements, "saturate", lambda x, bits: x),
    "ties to the higher index": ("m2_topk", elements.topk, "topk", _later_ties),
    "norm not saturated": ("m2_norm", elements, "saturate", lambda x, bits: x),
    "gate not saturated": ("m2_gate", elements, "saturate", lambda x, bits: x),
    "gate one off": ("m2_gate", laws, "gate", _half_up(laws.gate, 1)),
    "residual wraps": ("m2_residual", elements, "saturate", lambda x, bits: x),
    "dt B one off": ("m2_dt_b", laws, "dt_b", _half_up(laws.dt_b, 1)),
    "exponent one off": ("m2_decay", laws, "decay_exponent", _half_up(laws.decay_exponent, -1)),
    "decay quantized by floor": ("m2_decay", elements, "quantize", _floors),
    "decayed state one off": ("m2_ssm", laws, "decayed", _half_up(laws.decayed, 1)),
    "state quantized by floor": ("m2_ssm", block, "quantize", _floors),
    "state clips nothing": ("m2_ssm", block, "quantize", _wraps),
    "y quantized by floor": ("m2_ssm", recurrence, "quantize", _floors),
    "conv floors its input": ("m2_conv", block, "quantize", _floors),
    "conv adds the bias late": (
        "m2_conv",
        laws,
        "conv",
        lambda acc, bias, p: (acc >> p.param_frac) + (bias >> p.param_frac),
    ),
    "layer floors an activation": ("m2_layer", block, "quantize", _floors),
    "head takes the last of equals": ("m2_head", recurrence.topk, "topk", _later_ties),
}


NO_DIFFERENCE = {("scale not saturated", "lightmamba-w4a4"), ("gate not saturated", "lightmamba-w4a4")}
"""Mutants that are no mistakes: with 4-bit activations these results stay within the 32 bits to which they saturate."""


@pytest.mark.parametrize(
    ("name", "profile"),
    [(name, profile) for name in MUTANTS for profile in profiles.NAMES if (name, profile) not in NO_DIFFERENCE],
)
def test_a_wrong_unit_is_caught(name: str, profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit with one detail wrong differs from its vectors, in every profile, and the check names a case of it."""
    unit, module, attribute, wrong = MUTANTS[name]
    bundle = vector_bundles.only(vector_bundles.bundle(profile), lambda each: each == unit)
    bundles.check_results(bundle)
    monkeypatch.setattr(module, attribute, wrong)
    with pytest.raises(CheckError, match=rf"case {unit}\."):
        bundles.check_results(bundle)
