# SPDX-License-Identifier: Apache-2.0
"""Mamba2 checkpoint directories: a round trip is exact, transformers reads them, unsound ones are refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from golden import checkpoints
from golden.errors import InputError
from golden.mamba2 import checkpoint
from golden.mamba2.config import Mamba2Config
from golden.mamba2.model import forward
from golden.mamba2.module import Mamba2Model

CFG = Mamba2Config(d_model=16, n_layer=2, vocab_size=20, d_state=8, headdim=8, ngroups=2, chunk_size=8)
UNTIED = Mamba2Config(
    d_model=16, n_layer=1, vocab_size=20, d_state=8, headdim=8, dt_limit=(0.01, 0.5), tie_embeddings=False
)


def saved(folder: Path, cfg: Mamba2Config) -> Mamba2Model:
    torch.manual_seed(5)
    model = Mamba2Model(cfg)
    state = model.state_dict()
    checkpoints.save(folder, checkpoint.hf_config(cfg), {name: state[name] for name in checkpoint.tensor_shapes(cfg)})
    return model


@pytest.mark.parametrize("cfg", [CFG, UNTIED], ids=["tied", "untied"])
def test_what_is_saved_is_loaded(tmp_path: Path, cfg: Mamba2Config) -> None:
    """Config and weights survive the round trip exactly, and transformers loads every tensor of the directory."""
    from transformers import Mamba2ForCausalLM

    model = saved(tmp_path, cfg)
    loaded, weights = checkpoint.load(tmp_path)
    assert loaded == cfg
    tokens = torch.arange(20)[None]
    with torch.no_grad():
        assert torch.equal(forward(tokens, weights, loaded)[0], model(tokens))
    theirs, report = Mamba2ForCausalLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert theirs.config.time_step_limit == pytest.approx(cfg.dt_limit)


def config_change(**change: Any) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        config = checkpoints.read_config(folder) | change
        (folder / "config.json").write_text(json.dumps({k: v for k, v in config.items() if v != "absent"}))

    return apply


def nan_in_state(folder: Path) -> None:
    found = checkpoints.load(folder)
    found.tensors["backbone.layers.1.mixer.A_log"][0] = float("nan")
    checkpoints.save(folder, found.config, found.tensors)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (config_change(model_type="mamba"), "model_type is 'mamba', expected 'mamba2'"),
        (config_change(model_type="absent"), "model_type is None, expected 'mamba2'"),
        (config_change(use_bias=True), "use_bias is True, expected False"),
        (config_change(state_size="absent"), "key state_size is missing"),
        (config_change(state_size="8"), "state_size is '8', expected int"),
        (config_change(num_heads=3), "num_heads is 3, expected .* = 4"),
        (config_change(time_step_limit=[0.1]), "time_step_limit is .0.1., expected two numbers"),
        (config_change(n_groups=1), "in_proj.weight has shape .100, 16., expected .84, 16."),
        (config_change(num_hidden_layers=3), "tensor backbone.layers.2.* is missing"),
        (nan_in_state, "A_log holds NaN"),
    ],
)
def test_unsound_checkpoints_are_refused(tmp_path: Path, spoil: Callable[[Path], None], says: str) -> None:
    """What contradicts the published block, or itself, is refused in one line that names the file and the key."""
    saved(tmp_path, CFG)
    spoil(tmp_path)
    with pytest.raises(InputError, match=says) as caught:
        checkpoint.verify(checkpoint.load(tmp_path)[1])
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)
