# SPDX-License-Identifier: Apache-2.0
"""tern_head: golden's logits out of the region of the head, the sums of attn_dot and the scales of tokens."""

import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from golden.ternary.accel.layout import rows_section
from golden.ternary.integer.block import head
from golden.ternary.integer.profile import load
from golden.ternary.integer.scale import real
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import write
from tests.rtl.tern_gate_data import scale_word
from tests.rtl.tern_head_data import grouped, head_pass, machine, numbers, some_rows

CASES = [  # parameters, vocabulary, tokens, D
    ({"WIDE_W": 512, "Q_PAR": 4, "T_COLS": 4, "SLICES": 2, "LANES": 1}, 50, 3, 64),
    ({"WIDE_W": 4096, "Q_PAR": 2, "T_COLS": 4, "SLICES": 80, "LANES": 8}, 150, 3, 96),
    ({"WIDE_W": 512, "Q_PAR": 2, "T_COLS": 1, "SLICES": 4, "LANES": 2}, 24, 1, 128),
]
JOBS = 3


class Kept(dict[str, Any]):
    """A tap that keeps everything."""

    def __call__(self, name: str, x: Tensor) -> Tensor:
        self[name] = x
        return x

    def scale(self, name: str, s: Any, kind: str = "linear") -> Any:
        return self(name, s)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "vocab", "tokens", "width"), CASES)
def test_block(params: dict[str, int], vocab: int, tokens: int, width: int, sim: str, tmp_path: Path) -> None:
    """Job after job. Sums come for each tile when its last beat has gone to attn_dot; first ones are logits soon."""
    rng, wide = random.Random(derive_seed(f"tern_head/{params}")), machine(params["WIDE_W"])
    rows, profile = some_rows(rng, vocab, width), load()
    norm = torch.tensor([rng.randint(-(1 << 15), (1 << 15) - 1) for _ in range(width)])
    model: Any = SimpleNamespace(
        profile=profile, residual_frac=16, final_norm=norm, head_rows=rows, head_scale=real(2.0**-8), eps=lambda _: 99
    )
    streams: dict[str, list[int]] = {p: [] for p in ("h", "s", "l", "m_k", "m")}
    for _ in range(JOBS):
        x = [rng.choices((-(1 << 31), (1 << 31) - 1, *range(-(1 << 20), 1 << 20, 997)), k=width) for _ in range(tokens)]
        kept = Kept()
        logits = head(torch.tensor(x), model, kept)  # type: ignore[arg-type]
        told = head_pass(kept["head_act"], rows, params["Q_PAR"], wide)
        streams["h"] += numbers(rows_section(rows, wide))
        streams["m_k"] += told.beats()
        streams["s"] += told.sums(21 + (params["SLICES"] - 1).bit_length())
        streams["l"] += map(scale_word, kept["head_scale"].m.tolist(), kept["head_scale"].e.tolist())
        streams["m"] += grouped(logits, 32)
    slices, groups = width // 32, -(-tokens // params["Q_PAR"])
    tiles = len(streams["m_k"]) // slices
    path = write(
        tmp_path / "vectors.json",
        {p: streams[p] for p in ("h", "s", "l")},
        {p: streams[p] for p in ("m_k", "m")},
        {"c_vocab": vocab, "c_batch": tokens, "c_d_slices": slices, "c_logit_frac": profile.logit_frac},
        latency=[["s", groups * max(1, 2048 // params["WIDE_W"]) - 1, "m", 0, 14 + 8 // params["LANES"]]],
        after={"s": ["m_k", ([0] * (slices - 1) + [groups]) * tiles]},
        waits=["m_k", "m"],
    )
    check_module("tern_head", params, sim, "tests.rtl.cocotb_m2_block", path)
