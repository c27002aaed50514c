# SPDX-License-Identifier: Apache-2.0
"""mamba2-tiny: its committed checkpoint is the model that was asked for, transformers agrees, and it has learned."""

import math
from functools import cache
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch reader expects
from torch import Tensor

import golden.zoo.mamba2 as recipe
from golden import checkpoints
from golden.mamba2 import checkpoint
from golden.mamba2.config import Mamba2Config, ModelWeights
from golden.mamba2.generate import generate
from golden.mamba2.model import forward, ssd_recurrent
from golden.zoo import corpus

FOLDER = Path(corpus.__file__).parent / "mamba2-tiny"
EXCERPT = slice(0, 8192)
EXCERPT_BITS = 1.9507  # bits per byte on the excerpt, state carried over all of it


@cache
def loaded() -> tuple[Mamba2Config, ModelWeights]:
    return checkpoint.load(FOLDER)


def heldout() -> Tensor:
    return corpus.heldout_tokens().to(torch.int64)[EXCERPT]


def test_the_checkpoint_has_the_shape_asked_for() -> None:
    """d_model 128, 4 layers, d_state 64, headdim 32, expand 2, one group, 4 taps, bytes, tied; at most 4 MB."""
    cfg, _ = loaded()
    assert cfg == recipe.TINY
    shape = (cfg.d_model, cfg.n_layer, cfg.d_state, cfg.headdim, cfg.expand, cfg.ngroups, cfg.d_conv, cfg.vocab_size)
    assert shape == (128, 4, 64, 32, 2, 1, 4, 256)
    assert cfg.tie_embeddings
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= 4_000_000


def test_transformers_runs_it_with_the_same_logits() -> None:
    """transformers loads every tensor and gives our logits on held-out text: 1e-5 of the largest, in both forms."""
    from transformers import AutoModelForCausalLM

    theirs, report = AutoModelForCausalLM.from_pretrained(FOLDER, output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    cfg, weights = loaded()
    tokens = heldout()[:600].reshape(2, 300)
    with torch.no_grad():
        want = theirs.eval()(tokens).logits
    for scan in (None, ssd_recurrent):
        got, _ = forward(tokens, weights, cfg) if scan is None else forward(tokens, weights, cfg, scan=scan)
        assert float((got - want).abs().max()) <= 1e-5 * float(want.abs().max())


def test_it_has_learned_the_heldout_text() -> None:
    """Bits per byte on 8 KiB of held-out text, state carried throughout, are those of the README to 0.001."""
    cfg, weights = loaded()
    tokens = heldout()
    bits = recipe.carried_bits_per_byte(tokens, weights, cfg)
    assert bits == pytest.approx(EXCERPT_BITS, abs=1e-3)
    logits, _ = forward(tokens[None, :-1], weights, cfg)
    whole = float(F.cross_entropy(logits[0].double(), tokens[1:])) / math.log(2)
    assert bits == pytest.approx(whole, abs=1e-6)  # in pieces with carried state, or at once


def test_its_text_is_legible() -> None:
    """Of the words of a greedy text and of a sample, at least 80 % stand in the held-out text too."""
    cfg, weights = loaded()
    known = set(words(corpus.heldout_tokens()))
    prompt = corpus.to_tokens("\fReturn the ").to(torch.int64)
    for temperature in (0.0, 0.5):
        text = generate(prompt, 400, weights, cfg, temperature, torch.Generator().manual_seed(1))
        found = words(text.to(torch.uint8))[:-1]  # the last one may be cut
        assert len(found) > 30
        assert sum(w in known for w in found) >= 0.8 * len(found), bytes(text.tolist()).decode(errors="replace")


def words(tokens: Tensor) -> list[str]:
    letters = "".join(c if c.isalpha() else " " for c in bytes(tokens.tolist()).decode("utf-8", errors="replace"))
    return letters.lower().split()


def test_the_trained_network_is_the_reference() -> None:
    """The trainable module gives the reference's logits in evaluation and without dropout, others with dropout."""
    tokens = heldout()[:96].reshape(2, 48)
    model = recipe.build(seed=3, dropout=0.25)
    want, _ = forward(tokens, model.weights(), model.cfg)
    assert torch.equal(model.eval()(tokens), want)
    dropped = model.train()(tokens)
    assert not torch.allclose(dropped, want, atol=1e-2)
    model.dropout = 0.0
    assert torch.equal(model(tokens), want)


def test_dropout_leaves_the_network_alone_where_it_drops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every mask all ones, the path that training takes with dropout gives the reference's logits."""
    model = recipe.build(seed=4, dropout=0.5)
    tokens = heldout()[:64].reshape(2, 32)
    want, _ = forward(tokens, model.weights(), model.cfg)
    monkeypatch.setattr(F, "dropout", lambda x, p: x)
    assert torch.equal(model.train()(tokens), want)


def test_the_written_checkpoint_is_the_trained_network(tmp_path: Path) -> None:
    """What the trainer writes loads as the same network, and its config makes text start with the start symbol."""
    model = recipe.build(seed=5, dropout=0.0)
    checkpoints.save(tmp_path, model.hf_config(), model.hf_tensors())
    cfg, weights = checkpoint.load(tmp_path)
    tokens = heldout()[:50][None]
    assert torch.equal(forward(tokens, weights, cfg)[0], model(tokens))
    assert checkpoints.read_config(tmp_path)["bos_token_id"] == corpus.START
