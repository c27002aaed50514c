# SPDX-License-Identifier: Apache-2.0
"""tern_eps: its contract header is true."""

import random
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from golden.fixed.wide import BITS, WORD
from golden.ternary.integer.functions import product_eps
from golden.ternary.integer.profile import load
from golden.ternary.integer.scale import MANTISSA, Scale
from harness.sim.runner import derive_seed
from tests.rtl import stream_vectors
from tests.rtl.dut import SIMS, check_module
from tests.rtl.tern_gate_data import scale_word

MANTISSAS = LOW, HIGH = 1 << MANTISSA - 1, (1 << MANTISSA) - 1
LINEAR = -256, 255
"""Exponents of a linear layer's scale."""
TOKENS = 120, 120, 120, 120, 120, 40, 40
"""Of each layer."""
LEAST, MOST = 1, (1 << BITS - 1) - (1 << BITS - 1 - MANTISSA)

Pair = tuple[int, int]


@dataclass(frozen=True)
class Layer:
    """Mantissas and exponents: scales of gate and up, F eps."""

    gate: Pair
    up: Pair
    eps: Pair


LAYERS = [
    Layer((43210, -14), (51234, -15), (45612, -20)),
    Layer((LOW, -80), (LOW, 80), (HIGH, 80)),
    Layer((HIGH, 80), (HIGH, 80), (LOW, -80)),
    Layer((HIGH, 10), (LOW, -10), (0, 0)),
    Layer((0, 0), (HIGH, -20), (HIGH, 60)),
    Layer((HIGH, 5), (50123, 3), (45612, 500)),
    Layer((LOW, -9), (HIGH, -6), (61111, -500)),
]
CASES = [(0, False), (0, True), (1, False), (2, True), (3, False), (4, True), (5, False), (6, True)]
"""Layer, whether it has a sigmoid."""


def one(m: int, e: int) -> Scale:
    """A scale."""
    return Scale(torch.tensor(m), torch.tensor(e))


def product(t: Scale, layer: Layer, drop: int, sigmoid: bool) -> Scale:
    """Scale of the MLP's product."""
    gate, up = t * one(*layer.gate), t * one(*layer.up)
    return (gate * up).left(drop - load().sigmoid_frac) if sigmoid else (gate * gate * up).left(drop)


def token(rng: random.Random, layer: Layer, sigmoid: bool) -> tuple[int, int, int]:
    """A token's mantissa, exponent and drop: at ends, or where eps lies between its own ends."""
    m = rng.choice((0, *MANTISSAS, LOW + 1, *(rng.randint(*MANTISSAS) for _ in range(6))))
    drop = rng.choice((0, 31, rng.randint(0, 31), rng.randint(0, 31)))
    exponents = layer.gate[1], layer.up[1]
    low, high = LINEAR[0] - 15 - min(exponents), LINEAR[1] - 16 - max(exponents)
    if rng.random() < 0.15:
        return m, rng.choice((low, high)), drop
    wanted = rng.randint(-MANTISSA - 2, BITS - MANTISSA + 1)  # exponent of eps
    s = (layer.eps[1] - 31 - wanted) / 2 - drop
    if sigmoid:
        e = (s + 15 - layer.gate[1] - layer.up[1] - 3 * 15.5) / 2
    else:
        e = (s - 2 * layer.gate[1] - layer.up[1] - 5 * 15.5) / 3
    return m, min(max(round(e), low), high), drop


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("layer", "sigmoid"), CASES)
def test_contract(layer: int, sigmoid: bool, sim: str, tmp_path: Path) -> None:
    """Golden's product_eps of the product's scale: zeros, exponents at both ends, eps of every length."""
    ins, outs = beats(LAYERS[layer], sigmoid)
    static = {f"c_{name}": scale_word(*getattr(LAYERS[layer], name)) for name in ("gate", "up", "eps")}
    traffic = stream_vectors.traffic(ins, outs)
    path = stream_vectors.write(tmp_path / "vectors.json", traffic, traffic.head(20), static)
    check_module("tern_eps", {"SIGMOID": int(sigmoid)}, sim, "tests.rtl.cocotb_stream_unit", path)


def beats(layer: Layer, sigmoid: bool) -> tuple[list[int], list[int]]:
    """Tokens of a layer, and eps of each."""
    rng = random.Random(derive_seed(f"tern_eps/{layer}/{sigmoid}"))
    ins, outs = [], []
    for _ in range(TOKENS[LAYERS.index(layer)]):
        m, e, drop = token(rng, layer, sigmoid)
        eps = product_eps(one(*layer.eps), product(one(m, e), layer, drop, sigmoid))
        ins.append(scale_word(m, e) | drop << 32)
        outs.append(int(eps.high) << WORD | int(eps.low))
    return ins, outs


@pytest.mark.parametrize("sigmoid", [False, True])
def test_stimuli_reach_every_length(sigmoid: bool) -> None:
    """Eps of a common layer is at its ends, and of most lengths between; sums' scales keep their exponents."""
    _, outs = beats(LAYERS[0], sigmoid)
    assert {LEAST, MOST} < set(outs)
    assert len({y.bit_length() for y in outs}) > 40
    for layer in LAYERS:
        for word in beats(layer, sigmoid)[0]:
            t = one(word & HIGH, ((word >> MANTISSA & 1023) ^ 512) - 512)
            for factor in (layer.gate, layer.up):
                assert LINEAR[0] <= int((t * one(*factor)).e) <= LINEAR[1]
