# SPDX-License-Identifier: Apache-2.0
"""`lightmamba-w4a4` with `hadamard = off` is LightMamba's released model to the last bit, at its real dimensions."""

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

from golden.fixed import norm_tables, tables
from golden.fixed.pot import Pot
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import block, profile
from golden.mamba2.integer.model import AdditiveScale, IntegerModel, IntegerState, Layer, Linear, initial_states
from golden.mamba2.integer.taps import checking
from tests.golden.mamba2 import lightmamba_layers as layers
from tests.golden.mamba2 import lightmamba_oracle as oracle

DIMS = layers.RELEASED
CASES = layers.released_cases()


def tensor(values: object) -> Tensor:
    return torch.as_tensor(values, dtype=torch.int64)


def linear(w: object, s1: object, s2: object) -> Linear:
    return Linear(tensor(w).to(torch.int8), AdditiveScale(tensor(s1).to(torch.uint8), tensor(s2).to(torch.uint8)))


def model_of(a: layers.LayerArrays, dims: layers.Dims) -> IntegerModel:
    """The generated layer as an integer model of one layer; embedding and head are not used."""
    cfg = Mamba2Config(dims.d_model, 1, vocab_size=8, d_state=dims.d_state, headdim=dims.headdim)
    layer = Layer(
        norm=tensor(a.norm_w),
        in_proj=linear(a.in_w, a.in_s1, a.in_s2),
        conv_weight=Pot(tensor(a.conv_w).T.contiguous(), tensor(a.conv_ws).T.contiguous(), 8),
        conv_bias=Pot(tensor(a.conv_b), tensor(a.conv_bs), 8),
        dt_bias=Pot(tensor(a.dt_bias), tensor(a.dt_bias_s), 8),
        A=Pot(tensor(a.A), tensor(a.A_s), 8),
        D=Pot(tensor(a.D), tensor(a.D_s), 8),
        gate_norm=tensor(a.gate_w),
        out_proj=linear(a.out_w, a.out_s1, a.out_s2),
    )
    spec = profile.load("lightmamba-w4a4", {"hadamard": "off"})
    profile.check(cfg, spec)
    unused = torch.zeros(8, dims.d_model, dtype=torch.int16)
    return IntegerModel(cfg, spec, unused, (layer,), tensor(a.norm_w), layer.out_proj)


def step(model: IntegerModel, r: Tensor, state: IntegerState) -> tuple[Mapping[str, Tensor], IntegerState]:
    """One token through the layer: what it gives, under the oracle's names."""
    tap = checking(model, wanted=("*",))
    _, state = block.block(r, model.layers[0], state, model, tap)
    kept = {name: values[0] for name, values in tap.kept.items()}
    found = {name: kept[ours] for name, ours in NAMES.items()}
    for part in ("q", "s"):
        found |= {f"{name}_{part}": kept[f"{ours}.{part}"] for name, ours in QUANTIZED.items()}
        found[f"silu_{part}"] = torch.cat([kept[f"{ours}.{part}"] for ours in ("x", "B", "C", "z")], dim=-1)
    return found, state


NAMES = {
    "rms1": "norm", "zxbcdt": "in_proj", "conv": "conv", "dta": "decay_exponent", "h_new": "state_sum", "xd": "skip",
    "htc": "readout", "y": "y_sum", "yz": "gate", "rms2": "gate_norm", "out": "out_proj", "residual": "residual",
}  # fmt: skip
QUANTIZED = {
    "rms1": "in_act", "xbc": "xBC", "dt": "dt", "da": "decay", "db": "dB", "h": "state", "g": "state_read", "y": "y",
    "rms2": "out_act",
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"seed{c.seed}{'-extreme' if c.extreme else ''}")
def test_every_intermediate_equals_the_released_model(case: layers.ReleasedCase) -> None:
    """All intermediates of all tokens have the digests of what the authors' C++ model computed on the same layer."""
    arrays = layers.random_arrays(case.seed, DIMS, extreme=case.extreme)
    inputs = layers.random_inputs(case.seed, DIMS, len(case.digests), extreme=case.extreme)
    assert layers.stimuli_digest(arrays, inputs) == case.stimuli
    model = model_of(arrays, DIMS)
    (state,) = initial_states(model, 1)
    for token, (r, want) in enumerate(zip(inputs, case.digests, strict=True)):
        found, state = step(model, tensor(r)[None, None], state)
        got = {name: layers.digest(value.numpy()) for name, value in found.items()}
        assert got.keys() == want.keys()
        assert [name for name in want if got[name] != want[name]] == [], f"token {token}"


def test_tables_are_those_of_the_release() -> None:
    """Every entry of the five tables that golden computes from formulas is the released one."""
    found = {
        "silu": tables.silu_table().values,
        "softplus": tables.softplus_table().values,
        "exp": tables.exp_table().values,
        "rms1": norm_tables.rms1_table(DIMS.d_model).values,
        "rms2": norm_tables.rms2_table(DIMS.d_inner).values,
    }
    assert {name: layers.digest(values.numpy()) for name, values in found.items()} == layers.released_tables()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "dims",
    [layers.Dims(24, 48, 8, 16), layers.Dims(136, 272, 16, 8), layers.Dims(64, 128, 32, 64)],
    ids=["short groups of heads", "short group of inputs", "two heads"],
)
def test_general_dimensions_equal_the_oracle(dims: layers.Dims, seed: int) -> None:
    """At other dimensions, short groups included, the block is what was written apart from it in plain integers."""
    arrays = layers.random_arrays(seed, dims)
    model = model_of(arrays, dims)
    (state,), expected = initial_states(model, 1), oracle.OracleState.zero(dims)
    for token, r in enumerate(layers.random_inputs(seed, dims, 4)):
        want = oracle.step(arrays.lists(), dims, r, expected).values
        found, state = step(model, tensor(r)[None, None], state)
        assert [name for name in want if found[name].flatten().tolist() != want[name]] == [], f"token {token}"
