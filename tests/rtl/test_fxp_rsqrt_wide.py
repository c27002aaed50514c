# SPDX-License-Identifier: Apache-2.0
"""fxp_rsqrt_wide: its contract header is true."""

import json
import random
from pathlib import Path

import pytest
import torch

from golden.errors import InputError
from golden.fixed.wide import WORD, Wide, rsqrt_wide
from harness.sim.runner import derive_seed, simulate
from tests.rtl.dut import SIMS, check_module, sources


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("v_w", [32, 62, 77])
def test_contract(v_w: int, sim: str, tmp_path: Path) -> None:
    """m and e are golden's: next to powers of two and for numbers of any length."""
    rng = random.Random(derive_seed("fxp_rsqrt_wide"))
    near = [(1 << k) + d for k in range(v_w) for d in (-1, 0, 1)] + [(1 << v_w) - 1, (1 << v_w) - 2]
    near += [rng.getrandbits(rng.randint(1, v_w)) for _ in range(300)]
    v = [x for x in near if 0 < x < 1 << v_w]
    rng.shuffle(v)
    wide = Wide(torch.tensor([x >> WORD for x in v]), torch.tensor([x % (1 << WORD) for x in v]))
    m, e = rsqrt_wide(wide)
    vectors = tmp_path / "vectors.json"
    rows = list(zip(v, m.tolist(), e.tolist(), strict=True))
    vectors.write_text(json.dumps({"inputs": ["v"], "outputs": ["m", "e"], "rows": rows}))
    check_module("fxp_rsqrt_wide", {"V_W": v_w}, sim, "tests.rtl.cocotb_function_unit", vectors)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("v_w", [31, 78])
def test_illegal_parameters_stop_the_build(v_w: int, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match="V_W_must_be_32_to_77"):
        simulate("fxp_rsqrt_wide", sources("fxp_rsqrt_wide"), {"V_W": v_w}, "tests.rtl.cocotb_function_unit", sim=sim)  # type: ignore[arg-type]
