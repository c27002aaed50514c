# SPDX-License-Identifier: Apache-2.0
"""The float model against Hugging Face transformers with its quantizers at work, on random models and every form."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from golden import checkpoints
from golden.ternary import checkpoint, two_bit
from golden.ternary.config import BitNetConfig, Form, hf_config, linear_shapes
from golden.ternary.model import KVCache, empty_cache, forward, quantized, step
from golden.ternary.quant import quantize_weight
from golden.ternary.weights import BitNet
from tests.golden.ternary.random_models import SHAPES, random_tensors, theirs

# In float64 both do the same float32 operations inside, on inputs that differ by 1e-15: no rounding goes another way.
TOLERANCE = 1e-9
FORMS: tuple[Form, ...] = ("online", "autobitlinear", "bitlinear")
LENGTHS = (1, 2, 17, 61)


def write(path: Path, c: BitNetConfig, form: Form, seed: int) -> None:
    """A random checkpoint; scales of ternary weights are bfloat16, as published ones are."""
    tensors = random_tensors(c, seed)
    for name in linear_shapes(c) if form != "online" else ():
        q, scale = quantize_weight(tensors[f"{name}.weight"])
        tensors[f"{name}.weight"] = two_bit.pack(q)
        tensors[f"{name}.weight_scale"] = (1 / scale if form == "autobitlinear" else scale).reshape(1).bfloat16()
    checkpoints.save(path, hf_config(c, form), tensors)


@dataclass(frozen=True)
class Pair:
    """One random model, ours and theirs, and one text."""

    ours: BitNet
    theirs: Any
    tokens: Tensor  # [61]


def pair_of(path: Path, shape: str, form: Form, dtype: torch.dtype) -> Pair:
    c = SHAPES[shape]
    seed = sum(map(ord, shape + form))
    write(path, c, form, seed)
    ours = checkpoint.load(path, dtype)
    assert ours.config == c
    tokens = torch.randint(c.vocab_size, (max(LENGTHS),), generator=torch.Generator().manual_seed(seed))
    return Pair(checkpoint.in_memory(ours), theirs(path, dtype), tokens)


@pytest.fixture(params=[(shape, form) for shape in SHAPES for form in FORMS], ids="-".join)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    return pair_of(tmp_path / "model", *request.param, torch.float64)


@pytest.fixture(autouse=True)
def eager() -> Iterator[None]:
    """transformers compiles its quantizers: minutes for nothing at these sizes."""
    with torch.no_grad(), torch.compiler.set_stance("force_eager"):
        yield


def assert_close(found: Tensor, expected: Tensor) -> None:
    worst = float((found - expected).abs().max() / expected.abs().max())
    assert worst <= TOLERANCE, f"differs by {worst:.1e} of the largest logit"


def test_logits_equal(pair: Pair) -> None:
    """Every projection quantizes in theirs, and our logits are theirs at all lengths, lazily quantized or ahead."""
    from transformers.integrations.bitnet import AutoBitLinear, BitLinear

    quantizing = [name for name, m in pair.theirs.named_modules() if isinstance(m, AutoBitLinear | BitLinear)]
    assert sorted(quantizing) == sorted(linear_shapes(pair.ours.config))
    ready = quantized(pair.ours)
    assert not any("_proj" in name for name in ready.tensors)
    for length in LENGTHS:
        tokens = pair.tokens[:length]
        expected = pair.theirs(tokens[None]).logits[0]
        assert_close(forward(pair.ours, tokens), expected)
        assert torch.equal(forward(ready, tokens), forward(pair.ours, tokens))


def test_cached_decode_equals(pair: Pair) -> None:
    """Prefill in pieces, then token by token: logits and cache are those of transformers cut at the same places."""
    cache, past = empty_cache(pair.ours), None
    for piece in torch.split(pair.tokens[:32], [1, 13, 9, *[1] * 9]):
        logits, cache = step(pair.ours, piece, cache)
        out = pair.theirs(piece[None], past_key_values=past, use_cache=True)
        past = out.past_key_values
        assert_close(logits, out.logits[0])
    assert len(cache) == 32
    for layer, (key, value) in enumerate(zip(cache.keys, cache.values, strict=True)):
        assert_close(key, past.layers[layer].keys[0])
        assert_close(value, past.layers[layer].values[0])


def test_float32_agrees_near_ties_apart(tmp_path: Path) -> None:
    """In float32 two correct evaluations may round an activation apart; the median position agrees to 1e-5."""
    for shape in SHAPES:
        found = pair_of(tmp_path / shape, shape, "online", torch.float32)
        expected = found.theirs(found.tokens[None]).logits[0]
        worst = (forward(found.ours, found.tokens) - expected).abs().amax(-1) / expected.abs().max()
        assert float(worst.median()) <= 1e-5, shape
        assert float(worst.max()) <= 0.1, shape


def plain(model: BitNet) -> Any:
    """Projections without quantizers, so that nothing can round apart."""
    return lambda name, x: x @ model.tensors[f"{name}.weight"].T


@pytest.mark.parametrize("shape", SHAPES)
def test_chunked_prefill_equals_whole(tmp_path: Path, shape: str) -> None:
    """Cut anywhere, logits and cache are those of one prefill: exactly in law, to float32 of the softmax in numbers."""
    write(tmp_path / "model", SHAPES[shape], "online", 5)
    model = checkpoint.in_memory(checkpoint.load(tmp_path / "model", torch.float64))
    tokens = torch.randint(SHAPES[shape].vocab_size, (48,), generator=torch.Generator().manual_seed(6))
    whole, end = step(model, tokens, empty_cache(model), plain(model))
    for cuts in ([48], [47, 1], [1, 47], [16, 16, 16], [5, 1, 1, 30, 11], [1] * 48):
        cache, logits = empty_cache(model), []
        for piece in torch.split(tokens, cuts):
            part, cache = step(model, piece, cache, plain(model))
            logits.append(part)
        assert float((torch.cat(logits) - whole).abs().max() / whole.abs().max()) <= 1e-5
        for ours, theirs_ in zip((*cache.keys, *cache.values), (*end.keys, *end.values), strict=True):
            assert float((ours - theirs_).abs().max()) <= 1e-5 * float(theirs_.abs().max())


def test_a_step_leaves_its_cache_alone(tmp_path: Path) -> None:
    """Two continuations of one cache do not see each other."""
    write(tmp_path / "model", SHAPES["swiglu"], "autobitlinear", 7)
    model = checkpoint.in_memory(checkpoint.load(tmp_path / "model"))
    _, shared = step(model, torch.arange(9), empty_cache(model))
    before = KVCache(tuple(k.clone() for k in shared.keys), tuple(v.clone() for v in shared.values))
    first = step(model, torch.tensor([3]), shared)[0]
    step(model, torch.tensor([4, 5]), shared)
    assert torch.equal(step(model, torch.tensor([3]), shared)[0], first)
    assert all(torch.equal(a, b) for a, b in zip(shared.keys + shared.values, before.keys + before.values, strict=True))


def test_taps_see_and_replace(tmp_path: Path) -> None:
    """A tap sees each intermediate once by its name, and what it returns goes on."""
    write(tmp_path / "model", SHAPES["squared-relu"], "online", 8)
    model = checkpoint.in_memory(checkpoint.load(tmp_path / "model"))
    seen: list[str] = []

    def tap(name: str, x: Tensor) -> Tensor:
        seen.append(name)
        return torch.zeros_like(x) if name == "norm" else x

    assert not forward(model, torch.arange(4), tap=tap).any()
    assert len(seen) == len(set(seen)) == 2 * 17 + 2
    assert {"layers.0.q", "layers.1.ffn_sub_norm", "layers.1.residual", "norm", "logits"} <= set(seen)
