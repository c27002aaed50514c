# SPDX-License-Identifier: Apache-2.0
"""The integer model: one law however a text is cut, batched or shared; near the float model; strict about its input."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from golden.errors import CheckError, InputError
from golden.ternary.integer.block import Text, decode, prefill, visible
from golden.ternary.integer.model import Cache, IntegerModel, Requests, empty_cache
from golden.ternary.integer.taps import Tap, checking
from golden.ternary.model import forward
from tests.golden.ternary.integer.models import SHAPES, float_model, random_model, ternary_head

LENGTH = 24


def text(model: IntegerModel, length: int = LENGTH, seed: int = 5) -> Tensor:
    return torch.randint(model.cfg.vocab_size, (length,), generator=torch.Generator().manual_seed(seed))


def same_cache(a: Cache, b: Cache) -> bool:
    return all(torch.equal(getattr(x, n), getattr(y, n)) for x, y in zip(a, b, strict=True) for n in vars(x))


def models() -> list[IntegerModel]:
    return [*map(random_model, SHAPES), ternary_head(random_model("squared-relu"))]


@pytest.fixture(params=range(len(SHAPES) + 1), ids=[*SHAPES, "ternary-head"])
def model(request: pytest.FixtureRequest) -> IntegerModel:
    return models()[request.param]


def test_decode_equals_prefill_bit_for_bit(model: IntegerModel) -> None:
    """Token by token, after a prefill of any length, come the logits and the cache of one prefill."""
    tokens = text(model)
    wanted, cache = prefill(tokens, model)
    for start in (1, 7, LENGTH - 1):
        first, before = prefill(tokens[:start], model)
        assert torch.equal(first, wanted[:start])
        requests = Requests(empty_cache(model), (before,))
        for at in range(start, LENGTH):
            logits, requests = decode(tokens[at : at + 1], model, requests)
            assert torch.equal(logits[0], wanted[at])
        assert same_cache(requests.own[0], cache)


def test_prefill_may_be_cut_anywhere(model: IntegerModel) -> None:
    """Pieces of a prompt behind each other give the integers of the whole."""
    tokens = text(model)
    wanted, cache = prefill(tokens, model)
    pieces, found = [], empty_cache(model)
    for part in torch.split(tokens, [1, 10, 2, 11]):
        logits, found = prefill(part, model, found)
        pieces.append(logits)
    assert torch.equal(torch.cat(pieces), wanted)
    assert same_cache(found, cache)


def test_shared_prefix_equals_separate_requests(model: IntegerModel) -> None:
    """Four requests behind one prefix, their suffixes of different lengths, decode as each one alone."""
    prefix, suffixes = text(model, 9), [text(model, length, length) for length in (1, 4, 2, 6)]
    _, shared = prefill(prefix, model)
    alone, own = [], []
    for suffix in suffixes:
        _, whole = prefill(torch.cat((prefix, suffix)), model)
        alone.append(whole)
        own.append(tuple(cut(layer, len(prefix)) for layer in whole))
    together = Requests(shared, tuple(own))
    assert together.positions.tolist() == [9 + len(suffix) for suffix in suffixes]
    for step in range(3):
        tokens = text(model, 4, 100 + step)
        logits, together = decode(tokens, model, together)
        for index, cache in enumerate(alone):
            expected, single = decode(tokens[index : index + 1], model, Requests(empty_cache(model), (cache,)))
            assert torch.equal(logits[index], expected[0])
            alone[index] = single.own[0]
    for index, cache in enumerate(alone):
        joined = tuple(a.join(b) for a, b in zip(shared, together.own[index], strict=True))
        assert same_cache(joined, cache)


def test_shared_parts_are_read_once() -> None:
    """The prefix is one part for all rows; a request's own positions are seen by its rows alone, new ones causally."""
    model = random_model("squared-relu")
    shared, first = (prefill(text(model, n), model)[1][0] for n in (5, 3))
    texts = [Text(slice(0, 2), (shared, first)), Text(slice(2, 4), (shared,))]
    added = [prefill(text(model, 2, seed), model)[1][0] for seed in (1, 2)]
    parts = visible(texts, added, 3)
    assert [len(part.cache) for part in parts] == [5, 3, 2, 2]
    assert all(part.seen.shape == (3 * 4, len(part.cache)) for part in parts)
    assert bool(parts[0].seen.all())
    assert parts[1].seen.all(1).tolist() == parts[1].seen.any(1).tolist() == [True, True, False, False] * 3
    assert parts[3].seen[8:].tolist() == [[False, False], [False, False], [True, False], [True, True]]


def cut(layer: object, start: int) -> object:
    return type(layer)(*(x[:, start:] for x in vars(layer).values()))


@pytest.mark.parametrize("changes", [{}, {"query_bits": 16, "cache_bits": 16}])
@pytest.mark.parametrize("shape", SHAPES)
def test_logits_are_near_those_of_the_float_model(shape: str, changes: dict[str, int]) -> None:
    """Random models, nothing in them trained to bear noise: within 6 % of the logits' size over all positions."""
    source = float_model(shape)
    model = random_model(shape, changes=changes)
    tokens = text(model, 48)
    with torch.no_grad():
        wanted = forward(source, tokens).double()
    found = prefill(tokens, model)[0].double() / 2.0**model.profile.logit_frac
    error = (found - wanted).square().mean().sqrt() / wanted.square().mean().sqrt()
    assert float(error) < 0.06


def test_attention_is_causal(model: IntegerModel) -> None:
    """A later token changes no earlier logit, and changes its own."""
    tokens = text(model)
    changed = tokens.clone()
    changed[15] = (changed[15] + 1) % model.cfg.vocab_size
    before, after = prefill(tokens, model)[0], prefill(changed, model)[0]
    assert torch.equal(before[:15], after[:15])
    assert not torch.equal(before[15], after[15])


def test_taps_see_every_intermediate() -> None:
    """By layer and name, in the order of the computation, once for each call; scales as mantissa and exponent."""
    model = random_model("swiglu")
    tap = checking(model, ("*",))
    prefill(text(model, 5), model, tap=tap)
    names = list(tap.kept)
    assert names[0] == "embedding"
    assert names[-1] == "logits"
    assert tap.kept["layers.2.sigmoid"][0].shape == (5, model.cfg.intermediate_size)
    assert tap.kept["layers.0.o_proj_scale.m"][0].shape == (5,)
    order = ["attention_act", "q_proj", "q_rotated", "k", "score", "attention", "o_act", "product", "residual"]
    places = [names.index(f"layers.1.{name}") for name in order]
    assert places[:-1] == sorted(places[:-1])
    assert len(tap.kept["layers.0.residual"]) == 2


def test_a_value_outside_its_derived_range_is_named() -> None:
    """Bounds are asserted at every tap."""
    model = random_model("squared-relu")
    bounds = {**checking(model).bounds, "product": (-5, 5)}
    with pytest.raises(CheckError, match=r"layers.0.product: found .*, outside the derived -5 .. 5"):
        prefill(text(model), model, tap=Tap(bounds))
    with pytest.raises(CheckError, match=r"layers.0.attention_act_scale: linear_exponent .*, outside 5 .. 6"):
        prefill(text(model), model, tap=Tap({**checking(model).bounds, "linear_exponent": (5, 6)}))


def test_bad_input_is_one_line() -> None:
    """Tokens outside the vocabulary, none, positions beyond the model's, batches beyond four, tokens per request."""
    model = random_model("squared-relu")
    vocab = model.cfg.vocab_size
    short = replace(model, cfg=replace(model.cfg, max_position_embeddings=4))
    four = prefill(torch.tensor([1, 2, 3, 4]), short)[1]
    nothing = empty_cache(model)
    for call, message in (
        (lambda: prefill(torch.tensor([vocab]), model), f"tokens: found {vocab} .. {vocab}, expected one or more, 0.."),
        (lambda: prefill(torch.tensor([-1, 3]), model), "tokens: found -1 .. 3"),
        (lambda: prefill(torch.tensor([], dtype=torch.int64), model), "tokens: found none"),
        (lambda: prefill(torch.arange(5), short), "cache: 5 positions, expected at most 4"),
        (lambda: prefill(torch.tensor([1]), short, four), "cache: 5 positions, expected at most 4"),
        (lambda: decode(torch.tensor([1]), short, Requests(four, (empty_cache(short),))), "cache: 5 positions"),
        (lambda: decode(torch.arange(5), model, Requests(nothing, (nothing,) * 5)), "expected as many, 1..4"),
        (lambda: decode(torch.arange(2), model, Requests(nothing, (nothing,))), "2 tokens of 1 requests"),
        (lambda: decode(torch.arange(0), model, Requests(nothing, ())), "0 tokens of 0 requests"),
    ):
        with pytest.raises(InputError) as found:
            call()
        assert message in str(found.value)
        assert "\n" not in str(found.value)
