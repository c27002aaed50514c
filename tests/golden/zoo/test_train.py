# SPDX-License-Identifier: Apache-2.0
"""The trainer: it learns, repeats itself, goes on where it stopped and keeps the best."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from golden import checkpoints
from golden.errors import InputError
from golden.zoo import corpus, train
from golden.zoo.recipes import RECIPES, Recipe

RECIPE = Recipe("", steps=12, batch=4, context=16, validate_every=6, matrix_rate=0.05, vector_rate=0.05)


class Bigram(nn.Module):
    """The smallest model that the trainer takes."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(256, 8)
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(8, 256)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(self.dropout(self.embed(tokens)))
        return logits

    def hf_config(self) -> dict[str, Any]:
        return {"model_type": "bigram"}

    def hf_tensors(self) -> dict[str, torch.Tensor]:
        return self.state_dict()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    text = corpus.heldout_tokens()
    monkeypatch.setattr(corpus, "load", lambda: corpus.Corpus(text[:2000], text[2000:2400], text[2400:2500]))


def fresh() -> Bigram:
    torch.manual_seed(4)
    return Bigram()


def test_it_learns_and_keeps_the_best(tmp_path: Path) -> None:
    """Loss falls below that of the uniform distribution; the checkpoint is the best validated state."""
    run = train.Run("bigram", RECIPE, tmp_path, fresh())
    best = run.train()
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert best == pytest.approx(min(entry["validation"] for entry in log), abs=1e-4)
    assert best < 8.0
    assert checkpoints.load(tmp_path / "checkpoint").config == {"model_type": "bigram"}


def test_interrupted_run_equals_the_whole_one(tmp_path: Path) -> None:
    """A run that stops after a saved state and starts anew ends with the same weights, dropout included."""
    whole = train.Run("bigram", RECIPE, tmp_path / "whole", fresh())
    whole.train()
    first = train.Run("bigram", RECIPE, tmp_path / "parts", fresh())
    for _ in range(6):
        first.step()
    first.validate()
    first.save({})
    second = train.Run("bigram", RECIPE, tmp_path / "parts", Bigram())
    assert second.at.step == 6
    second.train()
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(tensor, second.model.state_dict()[name]), name


def test_foreign_state_is_refused(tmp_path: Path) -> None:
    """A state file of something else is an InputError that says what to do."""
    (tmp_path / "state.pt").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match=r"state\.pt: not a state of bigram .*delete it"):
        train.Run("bigram", RECIPE, tmp_path, fresh())


def test_an_epoch_shows_every_byte_at_most_once() -> None:
    """Batches of one epoch are disjoint windows; two epochs cut the text at different places."""
    tokens = torch.arange(1000)
    steps = (1000 - 1 - 16) // 16 // 4
    epochs = [torch.cat([train.windows(tokens, RECIPE, e * steps + i) for i in range(steps)]) for e in range(2)]
    for epoch in epochs:
        inputs = epoch[:, :-1].flatten()
        assert len(inputs) == len(set(inputs.tolist()))
    assert set(epochs[0][:, 0].tolist()) != set(epochs[1][:, 0].tolist())


def test_rate_rises_holds_and_falls() -> None:
    """The schedule starts and ends at zero and holds the full rate between warm-up and decay."""
    recipe = replace(RECIPE, warmup=0.1, decay=0.5)
    assert [train.rate(p, recipe) for p in (0.0, 0.05, 0.1, 0.3, 0.5, 0.75, 1.0)] == [0, 0.5, 1, 1, 1, 0.5, 0]


@pytest.mark.parametrize(("setting", "message"), [("speed=3", "unknown key 'speed'"), ("batch=big", "not a number")])
def test_bad_settings_are_refused(setting: str, message: str) -> None:
    """An unknown key or a value that is no literal is an InputError."""
    with pytest.raises(InputError, match=message):
        RECIPES["bitnet-tiny"].changed([setting])
