# SPDX-License-Identifier: Apache-2.0
"""m2_vector_reader: the words of a job's tokens, wherever they lie."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from golden.errors import InputError
from harness.sim.runner import derive_seed, simulate
from tests.rtl.dut import SIMS, check_module, sources

CASES = [
    {"GROUP_W": 5, "BANKS": 4, "ADDR_W": 8},
    {"GROUP_W": 9, "BANKS": 1, "ADDR_W": 4},
    {"GROUP_W": 3, "BANKS": 2, "ADDR_W": 6},
]
TOKENS = 256
WORDS = 24
"""Words of a job, unless a single token has more."""


def powers(most: int) -> list[int]:
    """Return the powers of two up to `most`, and the numbers below them."""
    return sorted({n for k in range(most.bit_length()) for n in ((1 << k) - 1, 1 << k) if n})


def jobs(rng: random.Random, words: int, depth: int) -> Iterator[tuple[int, int, int]]:
    """Yield (base, first token, last token): each bit of each once 0 and once 1, as far as the RAM is that deep."""
    most = min(depth // words, TOKENS)
    firsts = {0, most - 1, *(1 << k for k in range(8) if 1 << k < most), rng.randrange(most)}
    for first in sorted(firsts):
        last = min(first + rng.randrange(max(WORDS // words, 1)), most - 1)
        yield rng.choice((0, depth - (last + 1) * words, rng.randint(0, depth - (last + 1) * words))), first, last


def run(rng: random.Random, params: dict[str, int], ram: list[int], words: int) -> dict[str, Any]:
    """Return jobs of tokens of so many words, the last one short, in vectors of any length."""
    banks, width = params["BANKS"], params["GROUP_W"]
    groups = words * banks - rng.randrange(banks)
    span = rng.randint(1, words)
    beats: list[int] = []
    starts, codes = [], []
    for base, first, last in jobs(rng, words, len(ram)):
        starts.append(len(beats))
        codes.append(first | last << 8 | base << 16)
        for token in range(first, last + 1):
            for word in range(words):
                kept = min(groups - word * banks, banks) * width
                end = word == words - 1 or (word + 1) % span == 0
                found = ram[base + token * words + word] & (1 << kept) - 1
                beats.append(found | end << banks * width)
    return {
        "static": {"c_words": words, "c_span": span, "c_groups": groups},
        "jobs": [f"{code:x}" for code in codes],
        "m": [f"{beat:x}" for beat in beats],
        "starts": starts,
    }


def runs(rng: random.Random, params: dict[str, int], ram: list[int]) -> list[dict[str, Any]]:
    """Return a run for each size of a token: the powers of two, and a word less."""
    return [run(rng, params, ram, words) for words in powers(min(len(ram), TOKENS))]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", CASES, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Tokens of any size, from any word and any token on, leave as they lie, in vectors of any length."""
    rng = random.Random(derive_seed(f"m2_vector_reader/{params}"))
    ram = [rng.getrandbits(params["BANKS"] * params["GROUP_W"]) for _ in range(1 << params["ADDR_W"])]
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"ram": [f"{word:x}" for word in ram], "runs": runs(rng, params, ram)}))
    check_module("m2_vector_reader", params, sim, "tests.rtl.cocotb_m2_vector_reader", vectors)


@pytest.mark.parametrize("sim", SIMS)
def test_illegal_parameters_stop_the_build(sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    files, module = sources("m2_vector_reader"), "tests.rtl.cocotb_m2_vector_reader"
    with pytest.raises(InputError, match="BANKS_must_be_a_power_of_two"):
        simulate("m2_vector_reader", files, {"BANKS": 3}, module, sim=sim)  # type: ignore[arg-type]
