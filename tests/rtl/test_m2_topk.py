# SPDX-License-Identifier: Apache-2.0
"""m2_topk: its contract header is true."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from golden.topk import topk
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.stream_vectors import pack

K = 8
IN, HEAD = 1, 3
FEEDBACK = 1 << 4


def signed_limits(width: int) -> tuple[int, int]:
    return -(1 << width - 1), (1 << width - 1) - 1


def logits(kind: str, size: int, width: int, rng: random.Random) -> Tensor:
    """Return adversarial logits [V]: everything enters, nothing enters, ties everywhere, extremes."""
    low, high = signed_limits(width)
    if kind == "ascending":
        return torch.arange(size) + (high - size + 1)
    if kind == "descending":
        return -torch.arange(size) + high
    if kind == "equal":
        return torch.full((size,), rng.choice((low, -1, 0, high)))
    if kind == "ties":
        return torch.tensor([rng.choice((low, -1, 0, 1, high)) for _ in range(size)])
    return torch.tensor([rng.randint(low, high) for _ in range(size)])


def beats(x: Tensor, width: int, rng: random.Random) -> list[int]:
    """Return the logits [V] as beats of 8, noise behind the last."""
    low, high = signed_limits(width)
    padded = [*x.tolist(), *(rng.choice((high, rng.randint(low, high))) for _ in range(-len(x) % 8))]
    return [pack(padded[at : at + 8], width) for at in range(0, len(padded), 8)]


def record(x: Tensor) -> int:
    """Return the record of the eight best of [V]."""
    indices, values = topk(x, K)
    pairs = torch.stack((indices, values), dim=1).flatten().tolist()
    return pack(pairs, 32)


def model(size: int, kinds: list[str], width: int, rng: random.Random) -> dict[str, Any]:
    """Return the case of one vocabulary: head jobs on logits of these kinds, other jobs between them."""
    case: dict[str, Any] = {"vocab": size, "jobs": [], "s": [], "rec": [], "tok": [], "quiet": None}
    for kind in kinds:
        x = logits(kind, size, width, rng)
        feedback = not case["rec"] or rng.random() < 0.5
        others = [rng.choice((0, IN, 2)) | rng.getrandbits(30) << 2 for _ in range(rng.randrange(3))]
        noise = rng.getrandbits(30) << 2 & ~FEEDBACK
        case["jobs"] += [*others, HEAD | noise | (FEEDBACK if feedback else 0)]
        if kind == "descending" and size > 24:
            case["quiet"] = [len(case["s"]) + 6, -(-size // 8) - 6]
        case["s"] += beats(x, width, rng)
        case["rec"].append(record(x))
        if feedback:
            case["tok"].append(int(topk(x, 1)[0]))
    return {
        key: [f"{beat:x}" for beat in value] if key in ("jobs", "s", "rec", "tok") else value
        for key, value in case.items()
    }


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("width", [32, 24])
def test_contract(width: int, sim: str, tmp_path: Path) -> None:
    """The eight best of ascending, equal, tied and random logits are golden's, for vocabularies from 8 on."""
    rng = random.Random(derive_seed(f"m2_topk/{width}"))
    every = ["random", "ascending", "ties", "equal", "descending", "random"]
    cases = [
        model(53, every, width, rng),
        model(8, every, width, rng),
        model(200, ["descending", "random", "ties"], width, rng),
        model(9, ["equal", "ascending", "ties"], width, rng),
    ]
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps(cases))
    check_module("m2_topk", {"VALUE_W": width}, sim, "tests.rtl.cocotb_m2_topk", path)
