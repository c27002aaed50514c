# SPDX-License-Identifier: Apache-2.0
"""The quantizer's parts: rotations cancel, scales are the best ones, compensation lowers the error, means match."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from golden.errors import InputError
from golden.fixed import limits
from golden.fixed.hadamard import transform
from golden.fixed.pot import Pot, quantize
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import block, encode, functions, profile, store, synthetic
from golden.mamba2.integer.model import AdditiveScale, Linear, initial_states
from golden.mamba2.integer.taps import checking
from golden.mamba2.quantize import Options, fit
from golden.mamba2.quantize.gptq import compensate, damped, inverse_factor
from golden.mamba2.quantize.linears import Inputs, Place, inputs_of, quantize_linear
from golden.mamba2.quantize.options import Method
from golden.mamba2.quantize.rotation import online, random_rotation
from golden.mamba2.quantize.scales import fit_additive, fit_channel, round_to
from golden.mamba2.quantize.streams import float_scan

LIGHT, FAST = profile.load("lightmamba-w4a4"), profile.load("fastmamba-w8a8")


def normal(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def value(layer: Linear, frac: int = 10, group: int = 128) -> torch.Tensor:
    assert isinstance(layer.scale, AdditiveScale)
    sums = (layer.scale.s1.double().exp2() + layer.scale.s2.double().exp2()) * 2.0**-frac
    return layer.w.double() * sums.repeat_interleave(group, 1)[:, : layer.w.shape[1]]


def test_the_rotation_is_orthogonal_and_cancels() -> None:
    """What writes the rotated stream and what reads it together equal the same without the rotation."""
    q = random_rotation(24, 8, seed=5)
    identity = torch.eye(24, dtype=torch.float64)
    assert torch.allclose(q.inputs(identity) @ q.inputs(identity).T, identity)
    read, write = normal(5, 24), normal(24, 7, seed=2)
    assert torch.allclose(q.inputs(read) @ q.outputs(write), read @ write)
    assert torch.equal(random_rotation(24, 1, seed=5).inputs(read), read)
    assert not torch.equal(random_rotation(24, 8, seed=6).before, q.before)
    outlier = transform(q.inputs(identity[:1]), 8)  # the online transform after it must not bring an outlier back
    assert float(outlier.abs().max() / outlier.norm()) < 0.9


@pytest.mark.parametrize("block", [1, 2, 8, 16])
def test_weights_undo_the_online_transform(block: int) -> None:
    """A matrix made for transformed inputs gives the product with the plain ones, whether n is a square or not."""
    matrix, x = normal(3, 48), normal(48, seed=2)
    y = transform(x, block) * 2.0 ** -((block.bit_length() - 1) // 2)
    assert torch.allclose(online(matrix, block) @ y, matrix @ x)


def test_additive_scales_are_the_best_of_all_36() -> None:
    """No pair of shifts gives a smaller weighted squared error; round to nearest takes the least that holds all."""
    w, importance = normal(20, 16) * torch.logspace(-3, 0.2, 20, dtype=torch.float64)[:, None], normal(16, seed=2) ** 2
    sums = torch.tensor([2**a + 2**b for a, b in encode.PAIRS]) * 2.0**-10
    assert len(sums) == 36
    assert bool((sums.diff() > 0).all())
    best = fit_additive(w, importance, LIGHT, searched=True)
    for row, chosen in zip(w, best, strict=True):
        errors = [float((importance * (row - round_to(row, s, 4) * s) ** 2).sum()) for s in sums]
        assert errors[int(chosen)] == pytest.approx(min(errors), rel=1e-12)
    held = fit_additive(w, importance, LIGHT, searched=False)
    wide = sums[held] * 7 >= w.abs().amax(1)
    assert bool((wide | (held == 35)).all())
    assert bool((sums[(held - 1).clamp(min=0)] * 7 < w.abs().amax(1))[held > 0].all())


def test_channel_scales_keep_16_bits() -> None:
    """mult lies in 2^15..2^16-1, value and scale agree to 2^-16, zero rows get 0, and what is too large is refused."""
    scales = torch.cat([torch.logspace(-8, 1, 200), torch.tensor([1 - 2.0**-18, 0])]).double()
    made = encode.channel_scale(scales, 12, 10, "x")
    assert made.mult[-1] == 0
    assert int(made.mult[:-1].min()) >= 1 << 15
    assert int(made.mult.max()) < 1 << 16
    assert torch.allclose(encode.scale_value(made, 12, 10), scales, rtol=2.0**-16, atol=0)
    with pytest.raises(InputError, match="layer 3: a row has weights of"):
        encode.channel_scale(torch.tensor([1e9], dtype=torch.float64), 12, 12, "layer 3")
    rows = fit_channel(torch.tensor([[0.0, 0.0], [1.0, -127.0]]), torch.ones(2), FAST, searched=True)
    assert rows[0] == 0
    assert 0.5 <= float(rows[1]) <= 1


def test_parameters_are_nearest_in_the_least_shift() -> None:
    """Each parameter is within half a unit of its group's shift, which could not be smaller."""
    x = normal(4, 21) * 2.0 ** torch.arange(-8, 13, dtype=torch.float64)
    made = encode.parameter(x, 8, 8, 10, "x")
    assert made.q.shape == x.shape
    unit = 2.0 ** made.shift.double()
    assert bool(((made.value - x * 1024).abs() <= unit / 2 + 0.5).all())
    low, high = limits(8)
    assert int(made.q.min()) >= low
    assert int(made.q.max()) <= high
    least = (made.s == 0) | (torch.nn.functional.pad(made.q, (0, 3)).reshape(4, 3, 8).abs().amax(-1) >= 63)
    assert bool(least.all())
    assert encode.parameter(torch.tensor([127.6]), 8, 8, 0, "x").s.tolist() == [1]
    assert encode.parameter(torch.tensor([255.0]), 8, 8, 0, "x").s.tolist() == [2]  # 255 / 2 rounds to 128
    with pytest.raises(InputError, match="layer 1 A: found 1e"):
        encode.parameter(torch.tensor([1e12]), 8, 8, 10, "layer 1 A")


def test_compensation_lowers_the_error_of_results() -> None:
    """With correlated inputs the compensated matrix errs less than the nearest one; without, they are the same."""
    K = 200  # more than a block of columns, and a short last group
    x = normal(800, K) @ (normal(K, K, seed=2) * torch.logspace(0, -1.5, K, dtype=torch.float64))
    w = normal(40, K, seed=3) * 0.02
    inputs = inputs_of(x, x)
    place = Place("w", 10, 10)

    def error(weights: Method) -> float:
        made = quantize_linear(w, inputs, place, LIGHT, Options(weights=weights, damping=0.01))
        return float(((value(made) - w) @ x.T).norm())

    assert error("gptq") < 0.6 * error("mse") < error("rtn")
    factor = inverse_factor(damped(torch.eye(K, dtype=torch.float64), 0.01))
    scale = torch.full((40,), 0.01, dtype=torch.float64)
    nearest = round_to(w, scale[:, None], 4)
    assert torch.equal(compensate(w, factor, lambda *_: scale, 4, 128), nearest)


@pytest.mark.parametrize("split", [128, 130])
def test_compensation_carries_on_between_blocks(split: int) -> None:
    """Two inputs that are always equal share their error, whether they stand in one block of columns or not."""
    factor = torch.eye(256, dtype=torch.float64)
    factor[split - 1, split] = 1.0  # the error of the first goes to the second in full
    w = torch.zeros(1, 256, dtype=torch.float64)
    w[0, split - 1] = w[0, split] = 1.4
    q = compensate(w, factor, lambda *_: torch.ones(1, dtype=torch.float64), 4, 256)
    assert q[0, split - 1 : split + 1].tolist() == [1, 1]
    factor[split - 1, split] = -1.0
    assert compensate(w, factor, lambda *_: torch.ones(1, dtype=torch.float64), 4, 256)[0, split] == 2


def test_correction_aims_at_the_float_results() -> None:
    """Where the integer model's inputs are twice the float model's, the corrected matrix is half the float one."""
    x = normal(3000, 16)
    w = normal(8, 16, seed=3) * 0.04
    options = Options(damping=1e-6)
    corrected = value(quantize_linear(w, inputs_of(x, 2 * x), Place("w", 10, 10), LIGHT, options))
    assert float((corrected - w / 2).norm() / (w / 2).norm()) < 0.25
    plain = value(quantize_linear(w, inputs_of(x, 2 * x), Place("w", 10, 10), LIGHT, replace(options, correct=False)))
    assert float((plain - w).norm() / w.norm()) < 0.25
    few = value(quantize_linear(w, inputs_of(x[:4], 2 * x[:4]), Place("w", 10, 10), LIGHT, options))
    assert float((few - w).norm()) < float((few - w / 2).norm())  # four inputs say little about sixteen coefficients


def test_rows_of_zeros_stay_zero() -> None:
    """A row of zeros has weights of zero in both kinds of scale, also where inputs never occur."""
    inputs = Inputs(torch.zeros(8, 8, dtype=torch.float64), torch.zeros(8, 8, dtype=torch.float64), 1)
    for p in (LIGHT, FAST):
        made = quantize_linear(torch.zeros(2, 8), inputs, Place("w", 10, 10), p, Options())
        assert not bool(made.w.any())


@pytest.mark.parametrize("p", [LIGHT, FAST], ids=lambda p: p.name)
def test_fitted_biases_match_the_mean(p: profile.Mamba2Profile) -> None:
    """With the fitted dt_bias the mean softplus is the wanted one, and with the fitted A the mean decay, to a unit."""
    raw = (normal(500, 8) * 2.0**p.proj_frac).round().long()
    wanted = torch.nn.functional.softplus(raw.double() * 2.0**-p.proj_frac - 2)
    bias = fit.dt_bias(wanted, raw, torch.full((8,), -2.0), p)
    pot = encode.parameter(bias, 16, 8, p.proj_frac, "dt_bias")
    got = functions.softplus(raw + pot.value, p) * 2.0**-p.dt_frac
    assert torch.allclose(got.double().mean(0), wanted.mean(0), rtol=2e-3)
    A = -torch.arange(1.0, 9.0).double()
    rate = fit.decay_rate(torch.exp(wanted * A), raw, pot, A, p)
    dt = quantize(functions.softplus(raw + pot.value, p), p.ssm_bits, p.ssm_group, p.max_shift).value
    exponent = (dt.double() * 2.0**-p.dt_frac * rate * 2.0**p.exp_in_frac).floor().long()
    decay = functions.exponential(exponent, p) * 2.0**-p.decay_frac
    assert torch.allclose(decay.double().mean(0), torch.exp(wanted * A).mean(0), atol=3e-3)


@pytest.mark.parametrize("p", [LIGHT, FAST], ids=lambda p: p.name)
def test_fitted_conv_bias_matches_the_mean(p: profile.Mamba2Profile) -> None:
    """With the fitted bias SiLU has the mean of the float SiLU, although its table is read at the left edge of bins."""
    wanted = normal(2000, 4)
    unbiased = ((wanted - torch.tensor([1.0, 0.0, -0.5, 2.0])) * 2.0**p.proj_frac).round().long()
    bias = fit.conv_bias(wanted, unbiased, p)
    silu = functions.silu(unbiased + (bias * 2.0**p.proj_frac).round().long(), p) * 2.0**-p.act_frac
    assert torch.allclose(silu.double().mean(0), torch.nn.functional.silu(wanted).mean(0), atol=1e-3)


def test_match_mean_finds_the_nearest() -> None:
    """Between the two integers around the exact solution the nearer one is found; ends of the range hold."""
    wanted = torch.tensor([2.4, 2.6, -100.0, 100.0])
    low, high = torch.full((4,), -10), torch.full((4,), 10)
    assert fit.match_mean(lambda v: v.double(), wanted, low, high).tolist() == [2, 3, -10, 10]


def test_the_float_recurrence_is_the_integer_one_but_for_rounding(tmp_path: Path) -> None:
    """On the same integers, y of calibration and y of the block differ by the noise of a 16-bit state only."""
    cfg = Mamba2Config(d_model=32, n_layer=1, vocab_size=16, d_state=16, headdim=8, ngroups=2, chunk_size=8)
    model = store.load(synthetic.write(tmp_path / "m", cfg, FAST))
    zxbcdt = (normal(2, 21, cfg.d_in_proj) * 2.0**FAST.proj_frac).long()
    tap = checking(model)
    state, layer = initial_states(model, 2)[0], model.layers[0]
    exact, _ = block.mixer(zxbcdt, layer, state, model, tap)
    quick, _ = block.mixer(zxbcdt, layer, state, model, tap, float_scan)
    noise = (exact - quick).double()
    assert float(noise.norm() / exact.double().norm()) < 2e-3
    assert isinstance(state.ssm, Pot)
