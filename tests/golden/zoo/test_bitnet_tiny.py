# SPDX-License-Identifier: Apache-2.0
"""bitnet-tiny: its committed checkpoint is the model that was asked for, has learned, and writes legibly."""

import re
from pathlib import Path

import pytest
import torch

from golden.ternary.model import BitNet, forward, load
from golden.zoo import corpus, evaluate
from golden.zoo.bitnet import TINY, TrainableBitNet
from golden.zoo.measure import bits_per_byte

FOLDER = Path(corpus.__file__).parent
EXCERPT, EXCERPT_BITS = slice(40_000, 56_000), 1.7011


@pytest.fixture(scope="module")
def model() -> BitNet:
    return load(FOLDER / "bitnet-tiny")


def published(name: str) -> float:
    row = re.search(rf"^\| {name} \|.*\|$", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert row, f"no row {name} in the table of the zoo's README"
    return float(row[0].split("|")[4])


def test_the_checkpoint_has_the_shape_asked_for(model: BitNet) -> None:
    """Hidden 128, FFN 352, 4 layers, 4 heads, 2 KV heads, bytes; at most 4 MB."""
    c = model.config
    assert c == TINY
    assert (c.hidden_size, c.intermediate_size, c.num_hidden_layers) == (128, 352, 4)
    assert (c.num_attention_heads, c.num_key_value_heads, c.vocab_size) == (4, 2, 256)
    assert sum(file.stat().st_size for file in (FOLDER / "bitnet-tiny").iterdir()) <= 4_000_000


def bits(model: BitNet, tokens: torch.Tensor) -> float:
    network = TrainableBitNet(model.config).eval()
    network.load_state_dict(model.tensors)
    return bits_per_byte(network, tokens, evaluate.CONTEXT, evaluate.STRIDE)


def test_it_has_learned(model: BitNet) -> None:
    """On an excerpt of the held-out text, the bits per byte are those measured when the checkpoint was adopted."""
    assert bits(model, corpus.heldout_tokens()[EXCERPT]) == pytest.approx(EXCERPT_BITS, abs=2e-3)


@pytest.mark.slow
def test_published_figure_is_this_checkpoints(model: BitNet) -> None:
    """The README's held-out figure is this checkpoint's."""
    assert bits(model, corpus.heldout_tokens()) == pytest.approx(published("`bitnet-tiny`"), abs=1e-3)


def test_goal_is_reached() -> None:
    """The published figure is within 5 % of the n-gram's or better."""
    assert published("`bitnet-tiny`") <= 1.05 * published(r"interpolated \d+-gram")


def test_generated_text_is_legible(model: BitNet) -> None:
    """At least nine in ten words of generated text are words of the held-out text."""
    known = set(re.findall(r"[a-z]+", corpus.HELDOUT.read_text(encoding="utf-8").lower()))
    text = evaluate.sample(
        lambda tokens: torch.stack([forward(model, row) for row in tokens]), "\fReturn the ", 200, seed=5
    )
    words = re.findall(r"[a-z]+", text.lower())[:-1]
    assert len(words) >= 20
    assert sum(word in known for word in words) >= 0.9 * len(words), text
