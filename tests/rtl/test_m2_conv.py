# SPDX-License-Identifier: Apache-2.0
"""m2_conv: its contract header is true."""

import random
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from golden.fixed import limits
from golden.fixed.pot import Pot, quantize
from golden.mamba2.integer.block import convolve
from golden.mamba2.integer.profile import load
from golden.mamba2.integer.taps import Tap
from harness.sim.runner import derive_seed
from tests.rtl import stream_vectors
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_beats import beat
from tests.rtl.m2_data import groups
from tests.rtl.stream_vectors import pack

PARAMS = [  # fastmamba-w8a8's, and one that reaches the greatest shifts
    {"TAPS": 4, "LANES": 8, "BITS": 16, "PRODUCT_W": 43, "PARAM_FRAC": 12, "OUT_W": 24},
    {"TAPS": 3, "LANES": 2, "BITS": 8, "PRODUCT_W": 58, "PARAM_FRAC": 10, "OUT_W": 32},
]
FREE = Tap(dict.fromkeys(("xBC", "conv_product", "conv"), (-(1 << 62), 1 << 62)))
WEIGHTS, TOKENS = 14, 8


def beats(params: dict[str, int], rng: random.Random) -> tuple[list[int], list[int]]:
    """Return beats in and out: TOKENS tokens with histories of their own, at one random set of weights."""
    taps, lanes, bits, wide = (params[key] for key in ("TAPS", "LANES", "BITS", "PRODUCT_W"))
    profile = replace(
        load("fastmamba-w8a8"), ssm_bits=bits, param_frac=params["PARAM_FRAC"], value_bits=params["OUT_W"]
    )
    x = groups(rng, TOKENS * taps, lanes, params["OUT_W"]).reshape(TOKENS, taps, lanes)
    x = x[:, torch.tensor(rng.sample(range(taps), taps))]
    x8 = quantize(x, bits)
    room = wide - params["OUT_W"] - bits
    low, high = limits(bits)

    def parameter(*shape: int, shift: int) -> Pot:
        q = [rng.choice((low, high, 0, rng.randint(low, high))) for _ in range(lanes * (shape[0] if shape else 1))]
        s = torch.tensor([rng.randint(0, min(31, shift)) for _ in range(shape[0] if shape else 1)])
        return Pot(torch.tensor(q).reshape(*shape, lanes), s.reshape(*shape, 1), 8)

    w, bias = parameter(taps, shift=room), parameter(shift=wide - bits)
    layer = SimpleNamespace(conv_weight=w, conv_bias=bias)
    model = SimpleNamespace(profile=profile, cfg=SimpleNamespace(d_conv=taps))
    y, _ = convolve(x[:, -1:], layer, Pot(x8.q[:, :-1], x8.s[:, :-1], 8), model, FREE)  # type: ignore[arg-type]
    fixed = [(w.q, bits), (w.s, 5), (bias.q, bits), (bias.s, 5)]
    return [beat([(q, bits), (s, 4), *fixed]) for q, s in zip(x8.q, x8.s, strict=True)], [
        pack(out, params["OUT_W"]) for out in y[:, 0].tolist()
    ]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Each beat leaves as golden.mamba2.integer.block.convolve makes it of a token and the tokens before it."""
    rng = random.Random(derive_seed("m2_conv"))
    pairs = [beats(params, rng) for _ in range(WEIGHTS)]
    traffic = stream_vectors.traffic([b for ins, _ in pairs for b in ins], [b for _, outs in pairs for b in outs])
    vectors = stream_vectors.write(tmp_path / "vectors.json", traffic)
    check_module("m2_conv", params, sim, "tests.rtl.cocotb_stream_unit", vectors)
