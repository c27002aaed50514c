# SPDX-License-Identifier: Apache-2.0
"""Derived widths: no golden run leaves them, the ranges are reached, and a broken bound is named."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.errors import CheckError, InputError
from golden.fixed.interval import Interval
from golden.fixed.pot import Pot
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import functions
from golden.mamba2.integer.block import forward
from golden.mamba2.integer.build import LIMITS, build_widths
from golden.mamba2.integer.linear import linear
from golden.mamba2.integer.model import AdditiveScale, ChannelScale, IntegerModel, Linear
from golden.mamba2.integer.parameters import parameter
from golden.mamba2.integer.profile import NAMES, Mamba2Profile, check, load
from golden.mamba2.integer.taps import Tap, checking
from golden.mamba2.integer.widths import SPAN, derive, limits
from golden.mamba2.published import NAMES as PUBLISHED
from golden.mamba2.published import published
from tests.golden.mamba2.integer_models import SMALL, STYLES, Style, make
from tests.golden.mamba2.integer_runs import extremes, mixed, ran, seen, taps, tokens

BUILD = 2560, 5120, 128, 4
OFF: dict[str, str | int] = {"hadamard": "off"}
EACH = pytest.mark.parametrize("p", [load(name) for name in NAMES], ids=lambda p: p.name)
EVERY = pytest.mark.parametrize(
    "p", [load(name, changes) for name in NAMES for changes in ({}, OFF)], ids=lambda p: f"{p.name}-{p.hadamard}"
)


@EVERY
@pytest.mark.parametrize("style", STYLES)
def test_no_run_leaves_the_limits(p: Mamba2Profile, style: Style) -> None:
    """Parameters at their bounds, random and 0, texts cut in two, residuals at their limits: every tap is content."""
    for seed in range(2):
        ran(p, style, seed)


@EVERY
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_adversarial_recurrence_leaves_the_limits(p: Mamba2Profile, seed: int) -> None:
    """Inputs of few extreme values (ends, 0, the minimum of SiLU) on states at their limits: every tap is content."""
    mixed(p, seed)


@EACH
def test_ranges_are_reached(p: Mamba2Profile) -> None:
    """The widths are not loose: adversarial runs need the full width of nearly every tap, of all but 2 bits in each."""
    derived = {row.name: row.bits for row in derive(p, SMALL)}
    spare = {name: derived[name] - x.bits for name, x in taps(seen(p)).items()}
    assert {name: bits for name, bits in spare.items() if bits > 2} == {}
    assert sum(bits == 0 for bits in spare.values()) > 0.8 * len(spare)


def between(p: Mamba2Profile) -> dict[str, Interval]:
    """What the rows without a tap are made of, from the ranges that the taps saw and from the parameters' bounds."""
    x, cfg = seen(p), SMALL
    q, a = Interval.signed(p.ssm_bits), Interval.signed(p.a_bits)
    return {
        "conv_product_q": x["xBC.q"] * q,
        "conv_acc": x["conv_product"].sum(cfg.d_conv) + parameter("conv_bias", p),
        "decay_exponent_q": x["dt.q"] * a,
        "decay_exponent_wide": x["dt"] * parameter("A", p),
        "dt_b_q": x["dt.q"] * x["B.q"],
        "dt_b_wide": x["dt"] * x["B"],
        "dt_b_x_q": x["dB.q"] * x["x.q"],
        "dt_b_x_wide": x["dB"] * x["x"],
        "decayed_q": x["decay.q"] * x["state.q"],
        "decayed_wide": x["decay"] * x["state"],
        "state_sum_wide": x["decayed"] + x["dt_b_x"],
        "readout_product_q": x["state_read.q"] * x["C.q"],
        "readout_acc": x["readout_product"].sum(cfg.d_state),
        "skip_q": x["x.q"] * q,
        "skip_wide": x["x"] * parameter("D", p),
        "y_sum_wide": x["readout"] + x["skip"],
        "gate_q": x["y.q"] * x["z.q"],
        "gate_wide": x["y"] * x["z"],
        "in_hadamard": x["norm"].hadamard(p.block(cfg.d_model) if p.hadamard == "both" else 1),
        "out_hadamard": x["gate_norm"].hadamard(p.block(cfg.d_inner)),
        "residual_wide": x["residual"] + x["out_proj"],
    }


@EACH
def test_rows_without_a_tap_hold_what_goes_into_them(p: Mamba2Profile) -> None:
    """Products and sums of what the taps saw fit the rows between the taps, and need all but 2 of their bits."""
    rows = {row.name: row for row in derive(p, SMALL)}
    for name, x in between(p).items():
        assert rows[name].low <= x.low, name
        assert x.high <= rows[name].high, name
        assert x.bits >= rows[name].bits - 2, name


@EACH
def test_a_broken_bound_is_named(p: Mamba2Profile) -> None:
    """Each tap in turn with a bound one below what it saw: the run stops with a CheckError that names it."""
    model, text = make(p, "signs", 3), tokens(3)
    tap = checking(model, ("*",))
    forward(text, model, tap=tap)
    ranges = taps(extremes(iter([tap])))
    assert len(ranges) >= 34
    for name, x in ranges.items():
        if x.low == x.high:
            continue
        broken = Tap({**limits(p, SMALL), name: (x.low, x.high - 1)})
        with pytest.raises(
            CheckError, match=rf"^(layers\.\d\.)?{name}: found .* {x.high}, outside the derived {x.low} "
        ):
            forward(text, model, tap=broken)


@EACH
def test_rows_are_named_once(p: Mamba2Profile) -> None:
    """Names stay distinct in capitals, every range needs exactly its bits, and every tap has a row."""
    rows = derive(p, SMALL)
    assert len({row.name.upper() for row in rows}) == len(rows)
    assert all(Interval(row.low, row.high).bits == row.bits for row in rows)
    assert all(row.doc.endswith(".") for row in rows)
    assert set(taps(seen(p))) <= limits(p, SMALL).keys()
    assert limits(p, SMALL) is limits(p, SMALL)


@st.composite
def shapes(draw: st.DrawFn) -> Mamba2Config:
    """Any shape within the build: heads of 16 to 64 channels, 1 to 8 state groups."""
    headdim, groups = draw(st.sampled_from([16, 32, 64])), draw(st.sampled_from([1, 2, 4, 8]))
    d_model = draw(st.integers(1, 2 * LIMITS.d_model // (headdim * groups))) * headdim * groups // 2
    state, taps = 8 * draw(st.integers(1, 16)), draw(st.integers(2, 4))
    return Mamba2Config(d_model, 1, 1, d_state=state, headdim=headdim, ngroups=groups, d_conv=taps)


@EVERY
@settings(max_examples=5, deadline=None)
@given(shape=shapes())
def test_a_build_holds_every_smaller_model(p: Mamba2Profile, shape: Mamba2Config) -> None:
    """Any model within the declared dimensions keeps the ranges of the build, row by row."""
    within_build(p, shape)


@EVERY
def test_a_build_holds_published_and_awkward_models(p: Mamba2Profile) -> None:
    """So do the published sizes with 1 and 8 groups, and widths next to where the norm tables step."""
    for cfg in map(published, PUBLISHED):
        within_build(p, cfg)
        within_build(p, replace(cfg, ngroups=8))
    for d_model in (1808, 1816, 2552):
        within_build(p, Mamba2Config(d_model, 1, 1, headdim=16))


def within_build(p: Mamba2Profile, shape: Mamba2Config) -> None:
    check(shape, p)
    for row, whole in zip(derive(p, shape), build_widths(p), strict=True):
        assert (row.name, row.frac) == (whole.name, whole.frac)
        assert whole.low <= row.low, row.name
        assert row.high <= whole.high, row.name


def test_the_build_is_declared_at_the_published_maxima() -> None:
    """2.7B is the largest published size; d_inner is what decides out_proj."""
    assert (LIMITS.d_model, LIMITS.d_inner, LIMITS.d_state, LIMITS.d_conv) == BUILD


@EACH
def test_every_row_fits_the_golden_computation(p: Mamba2Profile) -> None:
    """At the published maxima and at d_state 256 no row needs more than 64 bits, no linear sum more than 54."""
    for row in derive(p, replace(LIMITS, d_state=256)):
        assert row.bits <= 64, row.name
        if row.name.endswith("proj_acc") or row.name == "head_acc":
            assert row.bits <= 54, row.name


def test_a_shape_beyond_the_golden_computation_is_refused() -> None:
    """What would overflow int64 or leave float64's integers is an InputError naming row, dimensions and profile."""
    wide = Mamba2Config(d_model=8192, n_layer=1, vocab_size=1)
    with pytest.raises(InputError, match=r"lightmamba-w4a4: gate_norm_sum_exact needs 66 bits.*than 8192, 16384, 128$"):
        derive(load("lightmamba-w4a4"), wide)
    deep = replace(LIMITS, d_state=4096)
    with pytest.raises(InputError, match=r"fastmamba-w8a8: readout_acc needs 66 bits, expected at most 64"):
        derive(load("fastmamba-w8a8"), deep)
    huge = Mamba2Config(d_model=1 << 24, n_layer=1, vocab_size=1)
    with pytest.raises(InputError, match=r"quamba-w4a8: .*"):
        derive(load("quamba-w4a8"), huge)


@EACH
def test_float64_products_are_exact_at_the_ends(p: Mamba2Profile) -> None:
    """`linear` on the greatest activations and weights of the widest layer gives the sum of unbounded integers."""
    width, frac = LIMITS.d_inner, p.y_frac
    bound = {row.name: row for row in build_widths(p)}
    a = Pot(torch.full((1, width), -(1 << (p.act_bits - 1))), torch.full((1, -(-width // 8)), p.max_shift), 8)
    weights = torch.full((1, width), -(1 << (p.weight_bits - 1)), dtype=torch.int8)
    exact = width * (1 << (p.act_bits - 1 + p.max_shift)) << (p.weight_bits - 1)
    if p.weight_scale == "channel":
        scale: AdditiveScale | ChannelScale = ChannelScale(
            torch.tensor([65535]).int(), torch.tensor([1], dtype=torch.uint8)
        )
        exact = exact * 65535 + 1 >> 1
    else:
        seven = torch.full((1, -(-width // p.weight_group)), 7, dtype=torch.uint8)
        scale = AdditiveScale(seven, seven)
        exact = exact * 256 >> (frac + p.weight_frac - p.residual_frac)
    assert linear(a, Linear(weights, scale), p, frac, p.residual_frac).tolist() == [[exact]]
    assert bound["out_proj_acc"].bits <= 54


@EACH
def test_functions_are_monotone_where_only_their_ends_are_tried(p: Mamba2Profile) -> None:
    """Beyond SPAN SiLU and softplus don't turn back, and exp doesn't anywhere below 0 where it is not tried."""
    for sign, edge in ((-1, SPAN[0]), (1, SPAN[1])):
        far = torch.cat([torch.arange(4096), torch.tensor([1 << k for k in range(12, 31)])])
        x = (edge << p.proj_frac) + sign * far
        for function in (functions.silu, functions.softplus):
            steps = function(x, p).diff()
            assert bool((steps >= 0).all()) or bool((steps <= 0).all())
    if p.nonlinear == "nau":
        x = torch.arange(-(24 << p.exp_in_frac), 1)
        y = functions.exponential(x, p)
        assert bool((y.diff() >= 0).all())
        assert int(y[0]) == 0


def test_models_at_the_bounds_reach_them() -> None:
    """The models of this test are as bad as declared: parameter values attain the ends of their bounds."""
    p = load("fastmamba-w8a8")
    layer = make(p, "signs", 0).layers[0]
    for name in ("conv_weight", "conv_bias", "dt_bias", "D"):
        values, bound = getattr(layer, name).value, parameter(name, p)
        assert int(values.min()) == bound.low
        assert int(values.max()) > 0.99 * bound.high
    assert int(layer.A.value.min()) == parameter("A", p).low
    assert isinstance(make(p, "zero", 0), IntegerModel)
