# SPDX-License-Identifier: Apache-2.0
"""The float model against Hugging Face transformers, which nobody here wrote, and its forms against each other."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from torch import Tensor

from golden.errors import InputError
from golden.mamba2.config import Mamba2Config, ModelWeights
from golden.mamba2.model import Scan, forward, initial_states, ssd_chunked, ssd_recurrent
from golden.mamba2.module import Mamba2Model

TOLERANCE = {torch.float32: 1e-5, torch.float64: 2e-6}  # transformers keeps float32 inside its float64 model
SHAPES = {
    "one-group": Mamba2Config(d_model=32, n_layer=2, vocab_size=40, d_state=16, headdim=8, chunk_size=16),
    "two-groups": Mamba2Config(
        d_model=48, n_layer=3, vocab_size=31, d_state=8, headdim=16, ngroups=2, chunk_size=8, tie_embeddings=False
    ),
    "eight-groups": Mamba2Config(
        d_model=64, n_layer=2, vocab_size=64, d_state=4, headdim=16, ngroups=8, d_conv=3, chunk_size=32
    ),
    "wide": Mamba2Config(d_model=40, n_layer=1, vocab_size=17, d_state=32, headdim=40, expand=3, chunk_size=64),
}
LENGTHS = (1, 2, 16, 37, 64, 131)


@dataclass(frozen=True)
class Pair:
    """One random model, ours and theirs, and one text."""

    cfg: Mamba2Config
    weights: ModelWeights
    theirs: Any
    tokens: Tensor  # [2, 131]


@pytest.fixture(params=[(n, d) for n in SHAPES for d in TOLERANCE], ids=lambda p: f"{p[0]}-{str(p[1])[-7:]}")
def pair(request: pytest.FixtureRequest) -> Pair:
    name, dtype = request.param
    torch.manual_seed(sum(map(ord, name)))
    cfg = SHAPES[name]
    ours = Mamba2Model(cfg)
    with torch.no_grad():
        for key, value in ours.named_parameters():
            if value.dim() == 1 and "A_log" not in key:  # norms, biases, D: nothing stays at its neutral start
                value += 0.3 * torch.randn_like(value)
            if "embeddings" in key:
                value *= 50
    theirs = as_transformers(ours).to(dtype)
    tokens = torch.randint(cfg.vocab_size, (2, max(LENGTHS)))
    return Pair(cfg, ours.to(dtype).requires_grad_(False).weights(), theirs, tokens)


def as_transformers(ours: Mamba2Model) -> Any:
    from transformers import Mamba2Config as TheirConfig
    from transformers import Mamba2ForCausalLM

    c = ours.cfg
    config = TheirConfig(
        hidden_size=c.d_model,
        num_hidden_layers=c.n_layer,
        vocab_size=c.vocab_size,
        state_size=c.d_state,
        num_heads=c.nheads,
        head_dim=c.headdim,
        expand=c.expand,
        n_groups=c.ngroups,
        conv_kernel=c.d_conv,
        chunk_size=c.chunk_size,
        layer_norm_epsilon=c.norm_eps,
        tie_word_embeddings=c.tie_embeddings,
    )
    theirs = Mamba2ForCausalLM(config).eval()
    theirs.load_state_dict(ours.state_dict())
    return theirs


def assert_near(got: Tensor, want: Tensor, tolerance: float) -> None:
    """max|got - want| <= tolerance * max|want|, with the measured ratio in the message."""
    ratio = float((got - want).abs().max() / want.abs().max())
    assert got.shape == want.shape
    assert ratio <= tolerance, f"max|a-b| = {ratio:.2e} max|b|, expected at most {tolerance:.0e}"


@pytest.mark.parametrize("scan", [ssd_chunked, ssd_recurrent], ids=["chunked", "recurrent"])
def test_logits_equal_transformers(pair: Pair, scan: Scan) -> None:
    """Both forms give the logits of transformers, at lengths that are and are not multiples of the chunk."""
    for length in LENGTHS:
        tokens = pair.tokens[:, :length]
        got, _ = forward(tokens, pair.weights, pair.cfg, scan=scan)
        with torch.no_grad():
            want = pair.theirs(tokens).logits
        assert_near(got, want, TOLERANCE[got.dtype])


def test_cached_decode_equals_transformers(pair: Pair) -> None:
    """Prefill of 21 tokens, then one token at a time: each logit equals transformers' own cached decode."""
    with torch.no_grad():
        theirs = pair.theirs(pair.tokens[:, :21], use_cache=True)
    ours, states = forward(pair.tokens[:, :21], pair.weights, pair.cfg)
    for t in range(21, 30):
        token = pair.tokens[:, t : t + 1]
        with torch.no_grad():
            theirs = pair.theirs(token, cache_params=theirs.cache_params, use_cache=True)
        ours, states = forward(token, pair.weights, pair.cfg, states, scan=ssd_recurrent)
        assert_near(ours, theirs.logits, TOLERANCE[ours.dtype])


@pytest.mark.parametrize("cuts", [(1, 2, 3), (16,), (5, 36, 37), (130,)], ids=str)
def test_a_text_may_be_cut_anywhere(pair: Pair, cuts: tuple[int, ...]) -> None:
    """Prefill in pieces with carried state gives the logits and the states of one prefill."""
    whole, end = forward(pair.tokens, pair.weights, pair.cfg)
    states, logits = None, []
    for piece in pair.tokens.tensor_split(cuts, dim=1):
        part, states = forward(piece, pair.weights, pair.cfg, states)
        logits.append(part)
    assert_near(torch.cat(logits, dim=1), whole, TOLERANCE[whole.dtype])
    assert states is not None
    for got, want in zip(states, end, strict=True):
        assert_near(got.ssm, want.ssm, TOLERANCE[whole.dtype])
        assert_near(got.conv, want.conv, TOLERANCE[whole.dtype])


def test_chunked_equals_recurrent_to_rounding(pair: Pair) -> None:
    """In float64 the two forms, and any two chunk sizes, differ by rounding only: 1e-12 of the largest logit."""
    weights = to_double(pair.weights)
    want, _ = forward(pair.tokens, weights, pair.cfg, scan=ssd_recurrent)
    for chunk in (1, 7, 64, 200):
        got, _ = forward(pair.tokens, weights, replace(pair.cfg, chunk_size=chunk))
        assert_near(got, want, 1e-12)


def to_double(w: ModelWeights) -> ModelWeights:
    layers = tuple(replace(y, **{k: v.double() for k, v in vars(y).items()}) for y in w.layers)
    return ModelWeights(w.embedding.double(), layers, w.norm_f.double(), w.head.double())


def test_the_step_limit_holds_in_every_form() -> None:
    """A finite dt_limit clamps dt in the chunked and in the recurrent form alike (transformers drops it in decode)."""
    torch.manual_seed(3)
    cfg = replace(SHAPES["one-group"], dt_limit=(0.02, 0.05))
    w = Mamba2Model(cfg).double().requires_grad_(False).weights()
    tokens = torch.randint(cfg.vocab_size, (1, 50))
    got, want = (forward(tokens, w, cfg, scan=scan)[0] for scan in (ssd_chunked, ssd_recurrent))
    assert_near(got, want, 1e-12)
    free, _ = forward(tokens, w, replace(cfg, dt_limit=(0.0, float("inf"))))
    assert float((free - want).abs().max()) > 1e-3


def test_the_initial_weights_are_the_published_ones() -> None:
    """A in [1, 16], softplus(dt_bias) in [1e-3, 1e-1], D = 1, norms 1, zero states, and the embedding tied."""
    cfg = SHAPES["one-group"]
    model = Mamba2Model(cfg)
    for layer in model.weights().layers:
        assert ((layer.A_log.exp() >= 1 - 1e-6) & (layer.A_log.exp() <= 16 + 1e-5)).all()
        dt = torch.nn.functional.softplus(layer.dt_bias)
        assert ((dt >= 0.99e-3) & (dt <= 1.01e-1)).all()
        assert (layer.D == 1).all()
        assert (layer.gate_norm == 1).all()
    assert model.lm_head.weight is model.backbone.embeddings.weight
    assert not any(s.conv.any() or s.ssm.any() for s in initial_states(model.weights(), cfg, 2))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"headdim": 7}, "headdim 7 does not divide d_inner 64"),
        ({"ngroups": 3}, "ngroups 3 does not divide the 8 heads"),
        ({"n_layer": 0}, "n_layer is 0, expected at least 1"),
        ({"d_conv": 1}, "d_conv is 1, expected at least 2"),
    ],
)
def test_impossible_shapes_are_refused(change: dict[str, int], says: str) -> None:
    """A shape that no model can have is refused with the key, the value and what was expected."""
    with pytest.raises(InputError, match=says):
        replace(SHAPES["one-group"], **change)
