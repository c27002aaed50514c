# SPDX-License-Identifier: Apache-2.0
"""The fake-quantized rung: equal to the float model where nothing is lost, and the papers' schemes as they say."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from golden.fixed.pot import quantize as pot_quantize
from golden.mamba2 import fake
from golden.mamba2.config import Mamba2Config, ModelWeights
from golden.mamba2.integer import profile as profiles
from golden.mamba2.model import forward
from golden.mamba2.module import Mamba2Model
from golden.mamba2.schemes import SCHEMES, Format, Scheme, of_profile

CFG = Mamba2Config(d_model=48, n_layer=2, vocab_size=40, d_state=16, headdim=16, chunk_size=16)
ALL = {scheme.name: scheme for scheme in (*SCHEMES, *(of_profile(profiles.load(name)) for name in profiles.NAMES))}


@pytest.fixture(scope="module")
def weights() -> ModelWeights:
    """Random weights in float64; norms vary and some channels of the residual stream stand out."""
    torch.manual_seed(3)
    model = Mamba2Model(CFG)
    with torch.no_grad():
        for key, value in model.named_parameters():
            if "norm" in key:
                value += 0.3 * torch.randn_like(value)
            if "embeddings" in key:
                value *= 50
                value[:, ::13] *= 20
    return model.double().requires_grad_(False).weights()


@pytest.fixture(scope="module")
def tokens() -> Tensor:
    return torch.randint(CFG.vocab_size, (3, 37), generator=torch.Generator().manual_seed(5))


def distance(got: Tensor, want: Tensor) -> float:
    """max|got - want| / max|want|."""
    return float((got - want).abs().max() / want.abs().max())


@pytest.mark.parametrize("name", ALL)
def test_many_bits_lose_nothing(name: str, weights: ModelWeights, tokens: Tensor) -> None:
    """With 24 bits in place of its own every scheme gives the float model's logits within 1e-4."""
    scheme = ALL[name]
    wide = replace(scheme, weight=Format(24, scheme.weight.group), act=replace(scheme.act, bits=24))
    got = fake.prepare(weights, CFG, wide, tokens).logits(tokens)
    assert distance(got, forward(tokens, weights, CFG)[0]) < 1e-4


@pytest.mark.parametrize("name", ALL)
def test_few_bits_lose_something(name: str, weights: ModelWeights, tokens: Tensor) -> None:
    """With its own formats every scheme changes the logits, the 4-bit ones more than 1e-2."""
    scheme = ALL[name]
    lost = distance(fake.prepare(weights, CFG, scheme, tokens).logits(tokens), forward(tokens, weights, CFG)[0])
    assert (1e-2 if scheme.act.bits == 4 else 1e-4) < lost < 1


def test_the_residual_rotation_keeps_the_function(weights: ModelWeights, tokens: Tensor) -> None:
    """Rotated weights give the same logits in another basis: norms without weight, embedding and matrices changed."""
    rotated = fake.rotate_residual(weights)
    assert distance(forward(tokens, rotated, CFG)[0], forward(tokens, weights, CFG)[0]) < 1e-10
    assert distance(rotated.embedding, weights.embedding) > 0.1
    spread = [float(e.abs().amax() / e.square().mean().sqrt()) for e in (weights.embedding, rotated.embedding)]
    assert spread[1] < spread[0] / 2


def test_a_basis_is_undone_and_its_weights_fit() -> None:
    """W' x' = W x and back(into(x)) = x, with SmoothQuant's scales and Hadamard blocks."""
    torch.manual_seed(0)
    x, matrix = torch.randn(5, 24, dtype=torch.float64), torch.randn(7, 24, dtype=torch.float64)
    for basis in (fake.Basis(), fake.Basis(block=8), fake.Basis(torch.rand(24, dtype=torch.float64) + 0.1, 8)):
        assert distance(basis.back(basis.into(x)), x) < 1e-12
        changed = basis.into(x) @ basis.for_weights().into(matrix).T
        assert distance(changed, x @ matrix.T) < 1e-12


class TestQuantize:
    def test_absmax_by_hand(self) -> None:
        """Groups of two at 3 bits: units 3/3 and 6/3; the peak is kept exactly."""
        x = torch.tensor([3.0, 1.4, -6.0, 2.9, 0.4])
        assert fake.quantize(x, Format(3, 2)).tolist() == pytest.approx([3.0, 1.0, -6.0, 2.0, 0.4])

    def test_pot_equals_the_integer_quantizer(self) -> None:
        """On integers whose groups need a shift, the float rounding is `golden.fixed.pot.quantize` to the last bit."""
        torch.manual_seed(1)
        x = torch.cat([torch.randint(-(2**bits), 2**bits, (50, 27)) for bits in (9, 10, 20)])  # the first have ties
        x[:, 0] = x.abs().amax(1) + 128  # every group of the first eight needs a shift
        x[0, :3] = torch.tensor([2**19, -(2**18), 1])
        want = pot_quantize(x, 8, 8, 31).value
        got = fake.quantize(x.double(), Format(8, 8, "pot"))
        assert torch.equal(got, want.double())

    def test_additive_pot_takes_the_best_unit(self) -> None:
        """The unit is one of (2^s1 + 2^s2) / 2^10, and no other such unit leaves less squared error."""
        torch.manual_seed(2)
        x = 0.05 * torch.randn(1, 128, dtype=torch.float64)
        got = fake.quantize(x, Format(4, 128, "additive_pot", 10))
        units = [(2**a + 2**b) / 1024 for a in range(8) for b in range(8)]
        errors = [float(((x / u).round().clamp(-8, 7) * u - x).square().sum()) for u in units]
        assert float((got - x).square().sum()) == pytest.approx(min(errors))

    def test_a_static_scale_clips(self) -> None:
        """What exceeds the calibrated peak saturates."""
        got = fake.quantize(torch.tensor([5.0, 1.0, -9.0]), Format(8, "tensor"), peak=torch.tensor(2.0))
        assert got.tolist() == pytest.approx([2.0, 1.0, -2.0], abs=0.01)

    def test_zeros_stay_zeros(self) -> None:
        for form in (Format(4, 8), Format(4, 8, "pot"), Format(4, 8, "additive_pot", 10)):
            assert fake.quantize(torch.zeros(2, 16), form).abs().max() == 0


def outlier_loss(scheme: Scheme, weights: ModelWeights, tokens: Tensor) -> float:
    want = forward(tokens, weights, CFG)[0]
    got = fake.prepare(weights, CFG, scheme, tokens).logits(tokens)
    return float((got - want).norm() / want.norm())


@pytest.mark.parametrize(
    ("plain", "better"),
    [
        ("w8a8-static", "w8a8-static-smooth"),
        ("w8a8-static", "w8a8-static-hadamard"),
        ("w8a8-token", "w8a8-token-hadamard"),
        ("w4a4-rtn", "w4a4-rotated"),
    ],
)
def test_outliers_are_what_the_schemes_are_for(plain: str, better: str, weights: ModelWeights, tokens: Tensor) -> None:
    """Where a few channels stand out, each remedy loses less than plain rounding in the same formats."""
    gain = 1 + 30 * (torch.arange(48) % 16 == 3)
    layers = tuple(replace(w, norm=w.norm * gain, in_proj=w.in_proj / gain) for w in weights.layers)
    heavy = replace(weights, layers=layers)  # the same function, large activations on small weights
    assert outlier_loss(ALL[better], heavy, tokens) < 0.8 * outlier_loss(ALL[plain], heavy, tokens)
