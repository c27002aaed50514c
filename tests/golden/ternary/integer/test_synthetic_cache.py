# SPDX-License-Identifier: Apache-2.0
"""Caches made up from a seed: of the declared shape, the same each time, in the range of real ones, usable."""

import torch

from golden.ternary.config import BitNetConfig
from golden.ternary.integer.block import decode
from golden.ternary.integer.model import Requests, empty_cache
from golden.ternary.integer.synthetic import EXPONENTS, SPREAD, cache
from tests.golden.ternary.integer.models import SHAPES, random_model

CFG = BitNetConfig(40, 128, 96, 3, 4, 2, 1e4, 64)


def test_shapes_and_ranges() -> None:
    """int8 [J, N, P] with int8 exponents [J, N] of each layer; keys, values and layers differ."""
    found = cache(CFG, 50)
    assert len(found) == 3
    for layer in found:
        assert (layer.k.shape, layer.k_exp.shape, layer.v.shape, layer.v_exp.shape) == 2 * ((2, 50, 32), (2, 50))
        assert {each.dtype for each in vars(layer).values()} == {torch.int8}
        assert set(layer.k_exp.unique().tolist()) == set(EXPONENTS)
        assert abs(float(layer.k.double().std()) - SPREAD) < 2
        assert int(layer.v.abs().max()) <= 127
        assert not torch.equal(layer.k, layer.v)
    assert not torch.equal(found[0].k, found[1].k)


def test_a_seed_and_a_name_stand_for_one_cache() -> None:
    """Both count, and nothing else does."""
    first = cache(CFG, 7, 2, "a")
    assert torch.equal(first[1].v, cache(CFG, 7, 2, "a")[1].v)
    assert not torch.equal(first[1].v, cache(CFG, 7, 3, "a")[1].v)
    assert not torch.equal(first[1].v, cache(CFG, 7, 2, "b")[1].v)
    assert [len(layer) for layer in cache(CFG, 0)] == [0, 0, 0]


def test_models_decode_behind_it() -> None:
    """No intermediate leaves its width, and the cache has its say in the logits."""
    for name in SHAPES:
        model = random_model(name)
        token = torch.tensor([1])
        behind = decode(token, model, Requests(cache(model.cfg, 9), (cache(model.cfg, 4, name="own"),)))[0]
        alone = decode(token, model, Requests(empty_cache(model), (cache(model.cfg, 4, name="own"),)))[0]
        assert not torch.equal(behind, alone)
