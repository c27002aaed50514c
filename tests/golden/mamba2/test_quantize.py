# SPDX-License-Identifier: Apache-2.0
"""The quantizer as a whole: integers close to the float model, the same on every run, and no half-written models."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from golden.errors import InputError, MachineError
from golden.mamba2 import checkpoint
from golden.mamba2.config import Mamba2Config, ModelWeights
from golden.mamba2.integer import block, profile, store
from golden.mamba2.model import forward
from golden.mamba2.module import Mamba2Model
from golden.mamba2.quantize import Options, quantize
from golden.zoo import corpus

CFG = Mamba2Config(d_model=48, n_layer=2, vocab_size=32, d_state=16, headdim=16, ngroups=2, chunk_size=16)
TOKENS = torch.randint(0, CFG.vocab_size, (6, 32), generator=torch.Generator().manual_seed(3))
CHOICES: list[tuple[str, dict[str, str | int], float]] = [
    ("lightmamba-w4a4", {}, 0.45),
    ("lightmamba-w4a4", {"hadamard": "off"}, 0.45),
    ("quamba-w4a8", {}, 0.25),
    ("fastmamba-w8a8", {}, 0.05),
    ("fastmamba-w8a8", {"hadamard": "off"}, 0.05),
]
GOALS = {"fastmamba-w8a8": 0.01, "quamba-w4a8": 0.04, "lightmamba-w4a4": 0.08}
"""Bits per byte that a profile may lose against float, as shares."""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small tensors and a loaded machine: a second thread costs more than it gives."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def weights(cfg: Mamba2Config = CFG) -> ModelWeights:
    torch.manual_seed(4)
    w = Mamba2Model(cfg).requires_grad_(False).weights()
    ramp, gate = torch.linspace(0.5, 2, cfg.d_model), torch.linspace(2, 0.5, cfg.d_inner)
    layers = (replace(layer, norm=layer.norm * ramp, gate_norm=layer.gate_norm * gate) for layer in w.layers)
    return ModelWeights(w.embedding, tuple(layers), w.norm_f * 0.7, w.head)


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize(("name", "choices", "most"), CHOICES)
def test_integers_follow_the_float_model(tmp_path: Path, name: str, choices: dict[str, str | int], most: float) -> None:
    """On other text than it was calibrated on, the logits' relative error is that of the format's few bits."""
    w = weights()
    p = profile.load(name, choices)
    model = store.load(quantize(CFG, w, p, TOKENS, Options(), tmp_path / "model"))
    tokens = torch.randint(0, CFG.vocab_size, (4, 24), generator=torch.Generator().manual_seed(9))
    exact = forward(tokens, w, CFG)[0].double()
    logits, _ = block.forward(tokens, model)
    error = (logits.double() * 2.0**-p.proj_frac - exact).norm() / exact.norm()
    assert float(error) < most


@pytest.mark.parametrize("rotate", [True, False])
@pytest.mark.parametrize("method", ["rtn", "mse", "gptq"])
def test_every_option_makes_a_model(tmp_path: Path, method: str, rotate: bool) -> None:
    """Each method of rounding, rotated or not, gives a model that loads and whose logits resemble the float model's."""
    w, p = weights(), profile.load("lightmamba-w4a4")
    options = Options(weights=method, rotate=rotate, fit=rotate, correct=not rotate)  # type: ignore[arg-type]
    model = store.load(quantize(CFG, w, p, TOKENS, options, tmp_path / "model"))
    exact = forward(TOKENS[:2], w, CFG)[0].double()
    logits = block.forward(TOKENS[:2], model)[0].double() * 2.0**-p.proj_frac
    assert float(torch.corrcoef(torch.stack([logits.flatten(), exact.flatten()]))[0, 1]) > 0.85


def test_an_interrupted_run_goes_on_to_the_same_model(tmp_path: Path) -> None:
    """A run that dies is taken up where it stopped: kept files stay untouched, and the end is the same to the byte."""
    w, p = weights(), profile.load("quamba-w4a8")
    seen: list[tuple[int, int, str]] = []

    def die(done: int, total: int, what: str) -> None:
        seen.append((done, total, what))
        if what == "quantize layer 1":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quantize(CFG, w, p, TOKENS, Options(), tmp_path / "model", die)
    assert [step[0] for step in seen] == [0, 1, 2, 3, 4, 5]
    assert {step[1] for step in seen} == {7}
    with pytest.raises(InputError, match="incomplete, 1 of 3 files are written"):
        store.load(tmp_path / "model")
    stamp = (tmp_path / "model" / store.layer_file(0)).stat().st_mtime_ns
    seen.clear()
    quantize(CFG, w, p, TOKENS, Options(), tmp_path / "model", lambda *step: seen.append(step))
    assert seen[-1] == (7, 7, "done")
    assert "measure layer 0" not in [step[2] for step in seen]
    assert (tmp_path / "model" / store.layer_file(0)).stat().st_mtime_ns == stamp
    assert files(tmp_path / "model") == files(quantize(CFG, w, p, TOKENS, Options(), tmp_path / "whole"))


def test_a_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    """Other weights, text, options or profile never mix with files that stand already."""
    w, p, out = weights(), profile.load("fastmamba-w8a8"), tmp_path / "model"
    quantize(CFG, w, p, TOKENS, Options(), out)
    before = files(out)
    quantize(CFG, w, p, TOKENS, Options(), out)
    other = replace(w, norm_f=w.norm_f * 1.01)
    for arguments, says in [
        ((CFG, other, p, TOKENS, Options()), "source"),
        ((CFG, w, p, TOKENS[:5], Options()), "calibration"),
        ((CFG, w, p, TOKENS, Options(seed=2)), "options.seed 1, not 2"),
        ((CFG, w, profile.load("quamba-w4a8"), TOKENS, Options()), "profile 'fastmamba-w8a8', not 'quamba-w4a8'"),
    ]:
        with pytest.raises(InputError, match=says):
            quantize(*arguments, out)
    assert files(out) == before


def spoil(field: str, number: float) -> Callable[[ModelWeights], ModelWeights]:
    def apply(w: ModelWeights) -> ModelWeights:
        spoilt = getattr(w.layers[1], field).clone()
        spoilt.flatten()[0] = number
        return replace(w, layers=(w.layers[0], replace(w.layers[1], **{field: spoilt})))

    return apply


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (spoil("in_proj", float("nan")), r"layers\.1\.in_proj: holds NaN or infinity"),
        (spoil("D", float("inf")), r"layers\.1\.D: holds NaN or infinity"),
        (spoil("D", 1e9), r"D: found .*too large|layers\.1\.D.*found raw integers"),
    ],
)
def test_weights_that_cannot_be_quantized_are_refused(
    tmp_path: Path, change: Callable[[ModelWeights], ModelWeights], says: str
) -> None:
    """NaN, infinity and parameters beyond their bounds are named in one line, and no model stands in the folder."""
    with pytest.raises(InputError, match=says) as caught:
        quantize(CFG, change(weights()), profile.load("lightmamba-w4a4"), TOKENS, Options(), tmp_path / "model")
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError):
        store.load(tmp_path / "model")


@pytest.mark.parametrize(
    ("tokens", "says"),
    [
        (TOKENS[:0], r"found int64 \[0, 32\], expected int64 \[texts, tokens\]"),
        (TOKENS[0], r"found int64 \[32\]"),
        (TOKENS.int(), r"found int32 \[6, 32\]"),
        (TOKENS + 1, r"found tokens 1 \.\. 32, expected 0 \.\. 31"),
    ],
)
def test_calibration_text_must_be_tokens_of_the_model(tmp_path: Path, tokens: torch.Tensor, says: str) -> None:
    """What is no batch of the model's tokens is refused before anything is written."""
    with pytest.raises(InputError, match=f"calibration text: {says}"):
        quantize(CFG, weights(), profile.load("lightmamba-w4a4"), tokens, Options(), tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_shapes_and_folders_that_cannot_be_are_refused(tmp_path: Path) -> None:
    """A shape that the profile can't take is the input's fault, a folder that can't be written the machine's."""
    cfg, p = replace(CFG, d_model=44, headdim=8, ngroups=1), profile.load("lightmamba-w4a4")
    with pytest.raises(InputError, match="d_model is 44, expected a multiple of 8"):
        quantize(cfg, weights(cfg), p, TOKENS, Options(), tmp_path / "model")
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot be written"):
        quantize(CFG, weights(), p, TOKENS, Options(), tmp_path / "file")


@pytest.mark.parametrize(
    ("bad", "says"), [({"weights": "awq"}, "weights"), ({"damping": 0.0}, "damping"), ({"seed": -1}, "seed")]
)
def test_options_are_checked(bad: dict[str, float | str], says: str) -> None:
    """An option outside its range is named."""
    with pytest.raises(InputError, match=f"quantize: {says} is"):
        Options(**bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", profile.NAMES)
def test_the_zoo_keeps_its_loss_within_the_goal(tmp_path: Path, name: str) -> None:
    """mamba2-tiny, calibrated on training text, loses at most the goal's share of bits per byte on held-out text."""
    cfg, w = checkpoint.load(Path(corpus.__file__).parent / "mamba2-tiny")
    text = corpus.load()
    calibration = text.train[: 8 * 24000].reshape(8, -1)[:, :256].long()
    p = profile.load(name)
    model = store.load(quantize(cfg, w, p, calibration, Options(), tmp_path / "model"), resident=True)
    windows = torch.stack([text.heldout[i * 7000 : i * 7000 + 129] for i in range(16)]).long()

    def loss(logits: torch.Tensor) -> float:
        return float(torch.nn.functional.cross_entropy(logits.double().transpose(1, 2), windows[:, 1:]))

    exact = loss(forward(windows[:, :-1], w, cfg)[0])
    assert loss(block.forward(windows[:, :-1], model)[0] * 2.0**-p.proj_frac) < exact * (1 + GOALS[name])
