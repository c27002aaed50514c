# SPDX-License-Identifier: Apache-2.0
"""Generation: greedy text equals that of transformers, samples repeat with their seed."""

from pathlib import Path

import pytest
import torch

from golden import checkpoints
from golden.ternary.checkpoint import in_memory, load
from golden.ternary.config import hf_config
from golden.ternary.generate import generate
from golden.ternary.weights import BitNet
from tests.golden.ternary.random_models import SHAPES, random_tensors, theirs


@pytest.mark.parametrize("shape", ["one-kv-head", "llama"])
def test_greedy_text_equals_transformers(tmp_path: Path, shape: str) -> None:
    """20 greedy tokens after a prompt are the tokens that transformers' own `generate` chooses, in float64."""
    c = SHAPES[shape]
    checkpoints.save(tmp_path, hf_config(c), random_tensors(c, 21))
    prompt = torch.randint(c.vocab_size, (21,), generator=torch.Generator().manual_seed(2))
    got = generate(prompt, 20, in_memory(load(tmp_path, torch.float64)))
    with torch.no_grad(), torch.compiler.set_stance("force_eager"):
        network = theirs(tmp_path, torch.float64)
        want = network.generate(prompt[None], max_new_tokens=20, do_sample=False, eos_token_id=-1)
    assert torch.equal(got, want[0, 21:])
    assert len(set(got.tolist())) > 3


def test_samples_follow_their_seed_and_temperature() -> None:
    """The same seed gives the same text, another seed another; a low temperature is greedy; no seed is refused."""
    model, prompt = BitNet(SHAPES["llama"], random_tensors(SHAPES["llama"], 12)), torch.tensor([1, 2, 3])

    def sample(seed: int, temperature: float) -> list[int]:
        return generate(prompt, 30, model, temperature, torch.Generator().manual_seed(seed)).tolist()

    assert sample(1, 1.0) == sample(1, 1.0)
    assert sample(1, 1.0) != sample(2, 1.0)
    assert sample(1, 1e-6) == generate(prompt, 30, model).tolist()
    assert generate(prompt, 0, model).tolist() == []
    with pytest.raises(ValueError, match="generator"):
        generate(prompt, 1, model, temperature=1.0)
