# SPDX-License-Identifier: Apache-2.0
"""m2_ssm_tile: its contract header is true."""

import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from golden.fixed.pot import Pot, quantize
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.block import scan
from golden.mamba2.integer.profile import load
from golden.mamba2.integer.taps import Tap
from golden.mamba2.integer.widths import limits
from harness.sim.runner import derive_seed
from tests.rtl import stream_vectors
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_beats import beat
from tests.rtl.m2_data import groups
from tests.rtl.stream_vectors import Traffic

FAST = {"BITS": 16, "C_BITS": 16, "DBX_FRAC": 16, "DBX_W": 38, "DECAY_FRAC": 14, "DECAYED_W": 31, "STATE_W": 32}
LIGHT = {"BITS": 8, "C_BITS": 8, "DBX_FRAC": 11, "DBX_W": 29, "DECAY_FRAC": 6, "DECAYED_W": 23, "STATE_W": 29}
CASES = {
    "fastmamba-w8a8": {"LANES": 4, "STATES": 2, "Y_W": 57, "TAG_W": 3, **FAST},
    "lightmamba-w4a4": {"LANES": 4, "STATES": 8, "Y_W": 43, "TAG_W": 1, **LIGHT},
}
LARGEST = Mamba2Config(d_model=2560, n_layer=64, vocab_size=50288)
TILES = 64


def shifted(rng: random.Random, value: Tensor) -> Pot:
    """Return the values >= 0 with shifts of their own where they have zeros at the end, [n] -> [n, 1]."""
    s = [rng.randint(0, (int(v) & -int(v)).bit_length() - 1) if v else rng.randint(0, 15) for v in value]
    shift = torch.tensor(s)[:, None]
    return Pot(value[:, None] >> shift, shift, 8)


def tiles(name: str, rng: random.Random) -> Traffic:
    """Return tiles at random and at the ends of what each input can be, through one token of the golden recurrence."""
    p, params = load(name), CASES[name]
    lanes, states, bits, c_bits, tag_w = (params[key] for key in ("LANES", "STATES", "BITS", "C_BITS", "TAG_W"))
    bounds = limits(p, LARGEST)

    def values(name: str, *shape: int) -> Tensor:
        low, high = bounds[name]
        x = groups(rng, TILES * shape[0], shape[-1], max(abs(low), high).bit_length() + 1).clamp(low, high)
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(rng.getrandbits(32)))
        return x[order].reshape(TILES, *shape)

    x, dt = quantize(values("silu", 1, lanes), bits), quantize(values("softplus", 1, 1), bits)
    B, C = (quantize(values("silu", 1, states), c_bits) for _ in range(2))
    h = quantize(values("state_sum", states, lanes), bits)
    dA = shifted(rng, values("exp", 1, 1).flatten())
    cfg: Any = SimpleNamespace(ngroups=1, d_state=states, nheads=1, headdim=lanes, d_inner=lanes)
    model: Any = SimpleNamespace(cfg=cfg, profile=p)
    tap = Tap(bounds, ("dB", "readout_product"))
    _, new = scan(x.value, dt.value, dA.value[:, None], B.value, C.value, h, model, tap)
    y = tap.kept["readout_product"][0].sum(-1)
    tags = [rng.getrandbits(tag_w) for _ in range(TILES)]
    dB_q, dB_s = tap.kept["dB.q"][0], tap.kept["dB.s"][0]
    ins = [(h.q, bits), (h.s, 4), (dB_q, bits), (dB_s, 4), (x.q, bits), (x.s, 4), (dA.q, bits), (dA.s, 4)]
    ins += [(C.q, c_bits), (C.s, 4), (torch.tensor(tags), tag_w)]
    outs = [(new.q, bits), (new.s, 4), (y, params["Y_W"]), (torch.tensor(tags), tag_w)]
    in_beats, out_beats = ([beat([(v[k], width) for v, width in part]) for k in range(TILES)] for part in (ins, outs))
    return stream_vectors.traffic(in_beats, out_beats)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("name", CASES)
def test_contract(name: str, sim: str, tmp_path: Path) -> None:
    """New state and read-out of each tile are those of golden.mamba2.integer.block.scan; tags stay with their tile."""
    vectors = stream_vectors.write(tmp_path / "vectors.json", tiles(name, random.Random(derive_seed("m2_ssm_tile"))))
    check_module("m2_ssm_tile", CASES[name], sim, "tests.rtl.cocotb_stream_unit", vectors)
