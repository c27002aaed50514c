# SPDX-License-Identifier: Apache-2.0
"""The BitNet float model: equal to transformers, honest about its quantizers, strict about its checkpoint."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from golden import checkpoints
from golden.errors import InputError
from golden.ternary.config import hf_config, linear_shapes, tensor_shapes
from golden.ternary.model import BitNet, bit_linear, capture_linears, forward, load
from golden.ternary.quant import dequantize, quantize_activation, quantize_weight
from golden.zoo import corpus
from golden.zoo.bitnet import TINY, TrainableBitNet

CHECKPOINT = Path(corpus.__file__).parent / "bitnet-tiny"
# Where an activation lies within float32's error of a rounding tie, two correct evaluations may round it apart; that
# moves logits by up to 1 % from there on. Such positions are allowed to be few, everything else agrees to 1e-5.
TOLERANCE, TIED, TIED_SHARE = 1e-5, 0.02, 0.1


@pytest.fixture(autouse=True)
def single_thread() -> Iterator[None]:
    """Such small products gain nothing from threads, and lose where other tests run beside them."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def model() -> BitNet:
    return load(CHECKPOINT)


@pytest.fixture(scope="module")
def windows() -> torch.Tensor:
    """Held-out text, int64 [4, 64]."""
    tokens = corpus.heldout_tokens().to(torch.int64)
    return torch.stack([tokens[start : start + 64] for start in range(0, 4 * 25_600, 25_600)])


def theirs(**change: Any) -> Any:
    from transformers import BitNetForCausalLM

    return BitNetForCausalLM.from_pretrained(CHECKPOINT, attn_implementation="eager", **change)


def difference(theirs: Any, model: BitNet, windows: torch.Tensor) -> torch.Tensor:
    """Largest difference of logits at each position over the window's largest logit, [B, L]."""
    with torch.no_grad(), torch.compiler.set_stance("force_eager"):
        ours = torch.stack([forward(model, row) for row in windows])
        return (theirs(windows).logits - ours).abs().amax(-1) / ours.abs().amax((1, 2))[:, None]


def test_logits_equal_those_of_transformers(model: BitNet, windows: torch.Tensor) -> None:
    """On held-out text our logits are those of transformers with its quantizers at work, near ties apart."""
    from transformers.integrations.bitnet import AutoBitLinear

    network = theirs()
    quantizing = [n for n, m in network.named_modules() if isinstance(m, AutoBitLinear) and m.online_quant]
    assert sorted(quantizing) == sorted(linear_shapes(model.config))
    found = difference(network, model, windows)
    assert float((found > TOLERANCE).float().mean()) <= TIED_SHARE
    assert float(found.max()) <= TIED


def test_every_projection_equals_that_of_transformers(model: BitNet, windows: torch.Tensor) -> None:
    """From equal inputs, each projection alone gives the output of transformers' layer: no scale hides in a norm."""
    network = theirs()
    modules = dict(network.named_modules())

    def both(name: str, x: torch.Tensor) -> torch.Tensor:
        ours = bit_linear(x, model.tensors[f"{name}.weight"])
        torch.testing.assert_close(modules[name](x), ours, rtol=0, atol=1e-5 * float(ours.abs().max()))
        return ours

    with torch.no_grad(), torch.compiler.set_stance("force_eager"):
        forward(model, windows[0], both)


def test_without_quantization_config_the_logits_differ(model: BitNet, windows: torch.Tensor) -> None:
    """The quantization_config does the quantizing: transformers without it computes something else everywhere."""
    from transformers import BitNetConfig

    config = BitNetConfig.from_pretrained(CHECKPOINT)
    del config.quantization_config
    assert float(difference(theirs(config=config), model, windows[:2]).min()) > TIED


def test_weights_are_ternary_and_products_integer(model: BitNet, windows: torch.Tensor) -> None:
    """Every projection uses exactly the weights -1, 0, 1, and its output is the integer product over both scales."""
    calls = capture_linears(model, windows[0])
    assert {call.name: tuple(call.w_ternary.shape) for call in calls} == linear_shapes(model.config)
    for call in calls:
        assert call.w_ternary.unique().tolist() == [-1, 0, 1]
        assert call.x_int8.shape == (call.w_ternary.shape[1], 64)
        assert call.x_int8.abs().amax(0).eq(127).all()  # absmax of every token fills the range
    call = calls[-1]
    exact = (call.w_ternary.long() @ call.x_int8.long()).double() / (call.w_scale * call.x_scale).double()
    x = dequantize(call.x_int8.T, call.x_scale[:, None])
    ours = bit_linear(x, model.tensors[f"{call.name}.weight"]).T.double()
    assert float((ours - exact).abs().max()) <= 1e-5 * float(exact.abs().max())


def test_rounding_is_half_to_even_and_small_inputs_are_bounded() -> None:
    """Ties go to the even neighbour; an all-zero token has the scale 127 / 1e-5 and no NaN."""
    q, scale = quantize_activation(torch.tensor([[127.0, 0.5, 1.5, 2.5, -0.5, -127.0], [0.0] * 6]))
    assert q.tolist() == [[127, 0, 2, 2, 0, -127], [0] * 6]
    assert scale.flatten().tolist() == pytest.approx([1.0, 127 / 1e-5])
    q, scale = quantize_weight(torch.tensor([[0.5, 1.5, -1.5, -0.5]]))  # mean |W| = 1
    assert q.tolist() == [[0, 1, -1, 0]]
    assert float(scale) == 1.0
    assert quantize_weight(torch.zeros(2, 2))[0].tolist() == [[0, 0], [0, 0]]


def test_quantizers_equal_those_of_transformers() -> None:
    """Bit for bit, on random weights and activations of several magnitudes."""
    from transformers.integrations.bitnet import ActQuant, WeightQuant

    generator = torch.Generator().manual_seed(3)
    with torch.compiler.set_stance("force_eager"):
        for scale in (1e-7, 1e-3, 1.0, 300.0):
            x = torch.randn(40, 96, generator=generator) * scale
            assert torch.equal(dequantize(*quantize_activation(x)), ActQuant.apply(x))
            assert torch.equal(dequantize(*quantize_weight(x)), WeightQuant.apply(x))


def test_attention_is_causal(model: BitNet, windows: torch.Tensor) -> None:
    """A later token changes no earlier logit, and changes its own."""
    changed = windows[0].clone()
    changed[40] = (changed[40] + 1) % 256
    before, after = forward(model, windows[0]), forward(model, changed)
    assert torch.equal(before[:40], after[:40])
    assert not torch.equal(before[40], after[40])


def test_trained_network_is_the_reference(model: BitNet, windows: torch.Tensor) -> None:
    """The trainer's network computes the reference's logits in float32, near ties apart."""
    trainable = TrainableBitNet(model.config).eval()
    trainable.load_state_dict(model.tensors)
    with torch.no_grad():
        ours = torch.stack([forward(model, row) for row in windows])
        found = (trainable(windows) - ours).abs().amax(-1) / ours.abs().amax((1, 2))[:, None]
    assert float(found.median()) <= TOLERANCE
    assert float(found.max()) <= TIED
    assert trainable.hf_config() == checkpoints.read_config(CHECKPOINT)


def edited(**change: Any) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        config = checkpoints.read_config(folder) | change
        (folder / "config.json").write_text(json.dumps({k: v for k, v in config.items() if v != "absent"}))

    return apply


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (edited(hidden_act="gelu"), "hidden_act is 'gelu', expected 'relu2' or 'silu'"),
        (edited(hidden_size="absent"), "hidden_size is missing"),
        (edited(sliding_window=4), "unknown key sliding_window"),
        (edited(num_key_value_heads=3), "no multiple of 3"),
        (edited(hidden_size=-128), "hidden_size is -128"),
        (edited(hidden_size=128.5), "hidden_size is 128.5"),
        (edited(rope_parameters={"rope_type": "default"}), "rope_theta is None"),
        (edited(rope_parameters=7), "rope_parameters is 7"),
        (edited(intermediate_size=256), r"shape \[352, 128\], expected \[256, 128\]"),
        (edited(num_hidden_layers=5), "model.layers.4.* is missing"),
        (edited(num_hidden_layers=3), "unexpected tensor model.layers.3"),
    ],
)
def test_unsound_checkpoints_are_refused(tmp_path: Path, spoil: Callable[[Path], None], message: str) -> None:
    """A config that is not this model, or not of these weights, is one InputError that says what and where."""
    shutil.copytree(CHECKPOINT, tmp_path / "model")
    spoil(tmp_path / "model")
    with pytest.raises(InputError, match=message):
        load(tmp_path / "model")


def test_config_round_trip(tmp_path: Path) -> None:
    """Another model of the same kind is saved and loaded unchanged."""
    config = replace(TINY, hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=2)
    tensors = {name: torch.full(shape, 0.5) for name, shape in tensor_shapes(config).items()}
    checkpoints.save(tmp_path, hf_config(config), tensors)
    loaded = load(tmp_path)
    assert loaded.config == config
    assert all(torch.equal(loaded.tensors[name], tensors[name]) for name in tensors)
