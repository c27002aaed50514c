# SPDX-License-Identifier: Apache-2.0
"""Models made up from a seed: the same everywhere, and with activations as of a real model."""

from pathlib import Path

import pytest
import torch

from golden.errors import InputError
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import profile, store, synthetic
from golden.mamba2.integer.block import forward
from golden.mamba2.integer.taps import checking

CFG = Mamba2Config(d_model=96, n_layer=3, vocab_size=64, d_state=32, headdim=16)
CHOICES: list[tuple[str, dict[str, str | int]]] = [(name, {}) for name in profile.NAMES] + [
    ("lightmamba-w4a4", {"hadamard": "off"})
]


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize(("name", "choices"), CHOICES)
def test_activations_are_those_of_a_real_model(tmp_path: Path, name: str, choices: dict[str, str | int]) -> None:
    """After a few tokens states are filled, no tensor is mostly zero or saturated, and spreads are as intended."""
    p = profile.load(name, choices)
    model = store.load(synthetic.write(tmp_path / "model", CFG, p, seed=3))
    tap = checking(model, ("*",))
    logits, states = forward(torch.arange(12).reshape(2, 6), model, tap=tap)
    assert float((logits * 2.0**-p.proj_frac).double().square().mean().sqrt()) == pytest.approx(
        synthetic.LOGITS, rel=0.3
    )
    assert len({int(row.argmax()) for row in logits.flatten(0, 1)}) > 3

    def rms(tensor: str, frac: int) -> float:
        return float((tap.kept[f"layers.2.{tensor}"][0] * 2.0**-frac).double().square().mean().sqrt())

    assert rms("in_proj", p.proj_frac) == pytest.approx(1, rel=0.3)
    assert rms("residual", p.residual_frac) == pytest.approx(synthetic.GROWTH, rel=0.3)
    for tensor in ("x", "z", "B", "C", "dt", "decay", "y", "gate_norm", "in_act", "out_act"):
        values = tap.kept[f"layers.2.{tensor}"][0]
        assert float((values == 0).double().mean()) < 0.6, tensor
        assert len(torch.unique(values)) > 8, tensor
    for state in states:
        assert float((state.ssm.q != 0).double().mean()) > 0.9
        assert int(state.ssm.s.max()) < p.max_shift


def test_a_model_follows_from_its_seed(tmp_path: Path) -> None:
    """The same seed gives the same bytes, another seed other ones; layers differ from each other."""
    p = profile.load("lightmamba-w4a4")
    first, same, other = (files(synthetic.write(tmp_path / str(i), CFG, p, seed)) for i, seed in enumerate((1, 1, 2)))
    assert first == same
    assert all(first[name] != other[name] for name in first)
    assert first["layer-00000.safetensors"] != first["layer-00001.safetensors"]


def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    """A run that stops after a layer is taken up by the next; progress counts up to the number of files."""
    p, seen = profile.load("quamba-w4a8"), []

    def stop(done: int, total: int, what: str) -> None:
        seen.append((done, total, what))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synthetic.write(tmp_path / "model", CFG, p, progress=stop)
    assert seen == [(i, 4, f"write layer-0000{i}.safetensors") for i in range(3)]
    stamp = (tmp_path / "model" / "layer-00000.safetensors").stat().st_mtime_ns
    with pytest.raises(InputError, match="incomplete, 2 of 4"):
        store.load(tmp_path / "model")
    synthetic.write(tmp_path / "model", CFG, p)
    assert files(tmp_path / "model") == files(synthetic.write(tmp_path / "whole", CFG, p))
    assert (tmp_path / "model" / "layer-00000.safetensors").stat().st_mtime_ns == stamp


def test_odd_widths_pad_the_last_byte(tmp_path: Path) -> None:
    """The unused nibble behind a row of odd length is zero."""
    draw = synthetic._Draw(CFG, profile.load("lightmamba-w4a4"), 1)
    matrix = synthetic._Matrix("odd", torch.ones(5, dtype=torch.float64), 7, 10, 10, 1)
    packed = draw._weights(matrix, synthetic._levels(8, 2.5, 7))
    assert packed.shape == (5, 4)
    assert not bool((packed[:, -1] >> 4).any())


def test_shapes_that_the_profile_refuses_are_refused(tmp_path: Path) -> None:
    """Nothing is written for a shape that the profile can't take."""
    with pytest.raises(InputError, match="d_model is 20, expected a multiple of 8"):
        synthetic.write(tmp_path / "m", Mamba2Config(20, 1, 8, d_state=8, headdim=8), profile.load("lightmamba-w4a4"))
    assert not (tmp_path / "m").exists()
