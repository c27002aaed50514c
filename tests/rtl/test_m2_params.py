# SPDX-License-Identifier: Apache-2.0
"""m2_params: sections of golden.mamba2.accel come apart into what the layer holds."""

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from golden.errors import InputError
from golden.mamba2.accel.image import parameters
from golden.mamba2.accel.layout import conv_records, head_records
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.profile import NAMES, load
from harness.sim.runner import derive_seed, simulate
from tests.golden.mamba2.integer_models import make
from tests.rtl.dut import SIMS, check_module, sources
from tests.rtl.stream_vectors import pack

MOST = {"D_MAX": 128, "I_MAX": 256, "H_MAX": 32, "CONVS": 64}
CASES = [
    {"PROFILE": 0, "WIDE_W": 512, "NL": 8} | MOST,
    {"PROFILE": 1, "WIDE_W": 512, "NL": 8} | MOST,
    {"PROFILE": 1, "WIDE_W": 2048, "NL": 32} | MOST,
]
MODELS = [  # each bit of each count is once 0 and once 1
    Mamba2Config(d_model=40, n_layer=2, vocab_size=16, d_state=16, headdim=16, ngroups=1, d_conv=3),
    Mamba2Config(d_model=128, n_layer=1, vocab_size=16, d_state=40, headdim=8, ngroups=2),
    Mamba2Config(d_model=80, n_layer=1, vocab_size=16, d_state=168, headdim=16, ngroups=1),
    Mamba2Config(d_model=20, n_layer=1, vocab_size=16, d_state=8, headdim=8, ngroups=1),
]
EMBED, IN, OUT, HEAD = range(4)


@dataclass(frozen=True)
class Machine:
    """What the layout asks of a configuration."""

    wide_bytes: int
    inputs: int = 32
    rows: int = 1


@dataclass
class Beats:
    """Streams of a run, by port."""

    job: list[int] = field(default_factory=list)
    p: list[int] = field(default_factory=list)
    nd: list[int] = field(default_factory=list)
    ni: list[int] = field(default_factory=list)
    head: list[int] = field(default_factory=list)
    conv: list[int] = field(default_factory=list)

    def hex(self, *names: str) -> dict[str, list[str]]:
        return {name: [f"{beat:x}" for beat in getattr(self, name)] for name in names}


def words(beats: Tensor) -> list[int]:
    """Bytes [n, bytes] as n numbers."""
    return [int.from_bytes(bytes(row), "little") for row in beats.tolist()]


def weights(norm: Tensor, lanes: int, width: int) -> list[int]:
    """Norm weights as beats of `lanes`, zeros behind the last."""
    return [pack(part.tolist(), width) for part in norm.split(lanes)]


def run(params: dict[str, int], cfg: Mamba2Config, rng: random.Random) -> dict[str, Any]:
    """Return the traffic of two passes through a random model, the first without the head."""
    p, lanes = load(NAMES[params["PROFILE"]]), params["NL"]
    width = 16 if p.norm == "table" else 24
    model = make(p, "random", rng.getrandbits(32), cfg)
    sections = [words(beats) for beats in parameters(model, Machine(params["WIDE_W"] // 8))]
    beats = Beats()
    for head in (False, True):
        beats.job.append(EMBED | rng.getrandbits(11) << 3)
        for i, layer in enumerate(model.layers):
            beats.job += [IN | i << 14, OUT | i << 14]
            beats.p += sections[2 * i] + sections[2 * i + 1]
            beats.nd += weights(layer.norm, lanes, width)
            beats.ni += weights(layer.gate_norm, lanes, width)
            beats.head += words(head_records(layer, p))
            beats.conv += words(conv_records(layer, cfg, p))
        if head:
            beats.job.append(HEAD)
            beats.p += sections[-1]
            beats.nd += weights(model.norm_f, lanes, width)
    static = {
        "c_dn": -(-cfg.d_model // lanes),
        "c_in": -(-cfg.d_inner // lanes),
        "c_hg": -(-cfg.nheads // 8),
        "c_bn8": cfg.ngroups * cfg.d_state // 8,
        "c_i8": cfg.d_inner // 8,
    }
    one_unit = lanes * (16 if p.norm == "table" else 32) <= 512
    return {
        "static": static,
        "sources": beats.hex("job", "p"),
        "sinks": beats.hex("nd", "ni", "head", "conv"),
        "rates": [["nd", 0, static["c_dn"] - 1], ["ni", 0, static["c_in"] - 1]] if one_unit else [],
    }


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", CASES, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Norm weights, head and convolution records leave as golden's layers have them, without the sections' padding."""
    rng = random.Random(derive_seed("m2_params"))
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"runs": [run(params, cfg, rng) for cfg in MODELS]}))
    check_module("m2_params", params, sim, "tests.rtl.cocotb_many_streams", vectors)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("params", "message"),
    [({"WIDE_W": 256}, "WIDE_W_a_multiple"), ({"NL": 4}, "NL_must_be_8"), ({"H_MAX": 0}, "H_MAX_must_be_1_to_65535")],
)
def test_illegal_parameters_stop_the_build(params: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match=message):
        simulate("m2_params", sources("m2_params"), params, "tests.rtl.cocotb_many_streams", sim=sim)  # type: ignore[arg-type]
