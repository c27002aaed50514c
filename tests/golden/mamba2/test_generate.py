# SPDX-License-Identifier: Apache-2.0
"""Generation: greedy text equals that of transformers, samples repeat with their seed."""

import pytest
import torch

from golden.mamba2.config import Mamba2Config
from golden.mamba2.generate import generate
from golden.mamba2.module import Mamba2Model
from tests.golden.mamba2.test_model import as_transformers

CFG = Mamba2Config(d_model=32, n_layer=2, vocab_size=60, d_state=16, headdim=8, chunk_size=16, tie_embeddings=False)


def test_greedy_text_equals_transformers() -> None:
    """20 greedy tokens after a prompt are the tokens that transformers' own `generate` chooses."""
    torch.manual_seed(11)
    model = Mamba2Model(CFG).requires_grad_(False)
    model.backbone.embeddings.weight.mul_(50)
    prompt = torch.randint(60, (21,))
    got = generate(prompt, 20, model.weights(), CFG)
    want = as_transformers(model).generate(prompt[None], max_new_tokens=20, do_sample=False, eos_token_id=-1)
    assert torch.equal(got, want[0, 21:])
    assert len(set(got.tolist())) > 3


def test_samples_follow_their_seed_and_temperature() -> None:
    """The same seed gives the same text, another seed another; a low temperature is greedy; no seed is refused."""
    torch.manual_seed(12)
    model = Mamba2Model(CFG).requires_grad_(False)
    w, prompt = model.weights(), torch.tensor([1, 2, 3])

    def sample(seed: int, temperature: float) -> list[int]:
        return generate(prompt, 30, w, CFG, temperature, torch.Generator().manual_seed(seed)).tolist()

    assert sample(1, 1.0) == sample(1, 1.0)
    assert sample(1, 1.0) != sample(2, 1.0)
    assert sample(1, 1e-6) == generate(prompt, 30, w, CFG).tolist()
    assert generate(prompt, 0, w, CFG).tolist() == []
    with pytest.raises(ValueError, match="generator"):
        generate(prompt, 1, w, CFG, temperature=1.0)
