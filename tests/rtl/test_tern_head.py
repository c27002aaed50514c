# SPDX-License-Identifier: Apache-2.0
"""tern_head: golden's logits out of the region of the head, the sums of its rows and the scales of tokens."""

import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from golden.ternary.accel.layout import rows_section, ternary_rows_section
from golden.ternary.integer import linear
from golden.ternary.integer.block import head
from golden.ternary.integer.profile import load
from golden.ternary.integer.scale import real
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import write
from tests.rtl.tern_gate_data import scale_word
from tests.rtl.tern_head_data import (
    grouped,
    head_pass,
    machine,
    numbers,
    some_rows,
    some_trits,
    trit_beats,
)

CASES = [  # parameters, vocabulary, tokens, D
    ({"WIDE_W": 512, "Q_PAR": 4, "T_COLS": 4, "SLICES": 2, "LANES": 1}, 50, 3, 64),
    ({"WIDE_W": 4096, "Q_PAR": 2, "T_COLS": 4, "SLICES": 80, "LANES": 8}, 150, 3, 96),
    ({"WIDE_W": 512, "Q_PAR": 2, "T_COLS": 1, "SLICES": 4, "LANES": 2}, 24, 1, 128),
]
JOBS = 3


def some_model(rng: random.Random, width: int) -> Any:
    """What `head` needs of a model, but for the rows."""
    norm = torch.tensor([rng.randint(-(1 << 15), (1 << 15) - 1) for _ in range(width)])
    return SimpleNamespace(
        profile=load(), residual_frac=16, final_norm=norm, head_rows=None, head_scale=real(2.0**-8), eps=lambda _: 99
    )


def some_tokens(rng: random.Random, tokens: int, width: int) -> Tensor:
    """The residual stream of some tokens, with ends."""
    ends = (-(1 << 31), (1 << 31) - 1, *range(-(1 << 20), 1 << 20, 997))
    return torch.tensor([rng.choices(ends, k=width) for _ in range(tokens)])


class Kept(dict[str, Any]):
    """A tap that keeps everything."""

    def __call__(self, name: str, x: Tensor) -> Tensor:
        self[name] = x
        return x

    def scale(self, name: str, s: Any, kind: str = "linear") -> Any:
        return self(name, s)


TRITS = [  # the same; D fills beats of tern_linear, or does not
    ({"WIDE_W": 512, "Q_PAR": 4, "T_COLS": 4, "SLICES": 2, "LANES": 1}, 50, 3, 96),
    ({"WIDE_W": 4096, "Q_PAR": 2, "T_COLS": 4, "SLICES": 80, "LANES": 8}, 150, 2, 320),
]


def jobs(model: Any, rng: random.Random, tokens: int, width: int, streams: dict[str, list[int]]) -> Iterator[Kept]:
    """What golden keeps of job after job, whose scales of tokens and logits join the streams."""
    for _ in range(JOBS):
        kept = Kept()
        logits = head(some_tokens(rng, tokens, width), model, kept)  # type: ignore[arg-type]
        streams["l"] += map(scale_word, kept["head_scale"].m.tolist(), kept["head_scale"].e.tolist())
        streams["m"] += grouped(logits, 32)
        yield kept


def play(
    params: dict[str, int],
    sim: str,
    folder: Path,
    streams: dict[str, list[int]],
    sizes: dict[str, int],
    ternary: bool,
    **order: Any,
) -> None:
    """Play the streams of one kind of head, those of the other kind idle; `order` as in `cocotb_m2_block`."""
    (products, sums), idle = ("m_w", "t"), ("m_k_ready", "s_valid")
    if not ternary:
        (products, sums), idle = ("m_k", "s"), ("m_w_ready", "t_valid")
    static = sizes | dict.fromkeys(idle, 0) | {"c_ternary": int(ternary), "c_logit_frac": load().logit_frac}
    sources, sinks = ({p: streams[p] for p in ports} for ports in (("h", sums, "l"), (products, "m")))
    path = write(folder / "vectors.json", sources, sinks, static, waits=[products, "m"], **order)
    check_module("tern_head", params, sim, "tests.rtl.cocotb_m2_block", path)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "vocab", "tokens", "width"), TRITS)
def test_ternary(params: dict[str, int], vocab: int, tokens: int, width: int, sim: str, tmp_path: Path) -> None:
    """Job after job; the sums of 8 rows and a token are a beat, and come when their tile has gone to tern_linear."""
    rng, wide = random.Random(derive_seed(f"tern_head/trits/{params}")), machine(params["WIDE_W"])
    rows, model = some_trits(rng, vocab, width), some_model(rng, width)
    model.head_rows = rows
    streams: dict[str, list[int]] = defaultdict(list)
    for kept in jobs(model, rng, tokens, width, streams):
        streams["h"] += numbers(ternary_rows_section(rows, wide))
        streams["m_w"] += trit_beats(rows, wide)
        streams["t"] += grouped(linear.rows(kept["head_act"], rows), 21)
    beats, outs = -(-width // 40), wide.wide_bytes // 8
    tiles = [-(-min(outs, vocab - at) // 8) * tokens for at in range(0, vocab, outs)]
    after = {"t": ["m_w", [n for each in tiles for n in (*[0] * (beats - 1), each)] * JOBS]}
    sizes = {"c_vocab": vocab, "c_batch": tokens, "c_beats": beats}
    play(params, sim, tmp_path, streams, sizes, True, after=after)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "vocab", "tokens", "width"), CASES)
def test_block(params: dict[str, int], vocab: int, tokens: int, width: int, sim: str, tmp_path: Path) -> None:
    """Job after job. Sums come for each tile when its last beat has gone to attn_dot; first ones are logits soon."""
    rng, wide = random.Random(derive_seed(f"tern_head/{params}")), machine(params["WIDE_W"])
    rows, model = some_rows(rng, vocab, width), some_model(rng, width)
    model.head_rows = rows
    streams: dict[str, list[int]] = defaultdict(list)
    for kept in jobs(model, rng, tokens, width, streams):
        told = head_pass(kept["head_act"], rows, params["Q_PAR"], wide)
        streams["h"] += numbers(rows_section(rows, wide))
        streams["m_k"] += told.beats()
        streams["s"] += told.sums(21 + (params["SLICES"] - 1).bit_length())
    slices, groups = width // 32, -(-tokens // params["Q_PAR"])
    tiles = len(streams["m_k"]) // slices
    latency = [["s", groups * max(1, 2048 // params["WIDE_W"]) - 1, "m", 0, 14 + 8 // params["LANES"]]]
    after = {"s": ["m_k", ([0] * (slices - 1) + [groups]) * tiles]}
    sizes = {"c_vocab": vocab, "c_batch": tokens, "c_beats": slices}
    play(params, sim, tmp_path, streams, sizes, False, latency=latency, after=after)
