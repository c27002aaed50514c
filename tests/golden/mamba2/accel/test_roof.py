# SPDX-License-Identifier: Apache-2.0
"""Roofs against hand calculation and against the packed image, which can only be larger."""

import pytest

from golden.mamba2.accel import image
from golden.mamba2.accel.quoted import quoted
from golden.mamba2.accel.roof import layer_macs, layers_on_chip, step_bytes
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.profile import load
from golden.mamba2.published import published
from golden.spec import load_config

BIG = published("mamba2-2.7b")


@pytest.mark.parametrize(
    ("profile", "gbs", "rate"),
    [("lightmamba-w4a4", 460.0, 315.0), ("lightmamba-w4a4", 25.6, 17.5), ("fastmamba-w8a8", 25.6, 8.9)],
)
def test_roofs_of_the_targets(profile: str, gbs: float, rate: float) -> None:
    """2.7B: 315 tok/s on U280, 17.5 on VCK190, 8.9 on VC709, to the last digit given, all state in memory."""
    assert step_bytes(BIG, load(profile)).rate(gbs) == pytest.approx(rate, rel=0.004)


def test_bytes_by_hand() -> None:
    """A layer of D 64, H 4, P 32, N 16, V 100 in 4 bits: every term counted on paper."""
    cfg = Mamba2Config(d_model=64, n_layer=2, vocab_size=100, d_state=16, headdim=32)
    found = step_bytes(cfg, load("lightmamba-w4a4"), on_chip=1)
    rows = 2 * 128 + 2 * 16 + 4
    assert found.linear == 2 * (rows * 64 + 64 * 128) / 2
    assert found.head == 100 * 64 / 2
    assert found.scales == (2 * (rows + 64) + 100) * 6 / 8
    assert found.embedding == 128
    assert found.state == 2 * 128 * 16 * 8.5 / 8
    conv, heads = 160 * 5 * (8 + 5 / 8), 4 * (load("lightmamba-w4a4").a_bits + 16 + 15 / 8)
    assert found.parameters == (2 * ((64 + 128) * 16 + conv + heads) + 64 * 16) / 8
    assert layer_macs(cfg) == 2 * (rows * 64 + 64 * 128)


@pytest.mark.parametrize("config", ["u280", "vck190", "vc709"])
def test_nothing_fits_under_the_roof(config: str) -> None:
    """What the image holds for a step is at least the minimum, and at most 4 % more on the 2.7B model."""
    machine = load_config("mamba2_accel", config)
    sizes, profile = image.sections(BIG, load(machine.profile), machine), load(machine.profile)
    packed = (sizes.weights(BIG.n_layer) + sizes.parameters(BIG.n_layer) + sizes.row) * machine.wide_bytes
    least = step_bytes(BIG, profile, on_chip=BIG.n_layer)
    assert least.state == 0
    assert least.total <= packed <= 1.04 * least.total


def test_layers_on_chip() -> None:
    """The U280's RAM holds six layers of 2.7B, the small build all of the tiny model; none without a RAM."""
    u280, vck190 = load_config("mamba2_accel", "u280"), load_config("mamba2_accel", "vck190")
    assert layers_on_chip(BIG, u280.state_depth, u280.tiles) == 6
    assert layers_on_chip(BIG, vck190.state_depth, vck190.tiles) == 0
    tiny = Mamba2Config(d_model=128, n_layer=4, vocab_size=256, d_state=64, headdim=32)
    assert layers_on_chip(tiny, 1024, 1) == 4


def test_quoted_speeds_have_a_paper() -> None:
    """Each board's own design is found by board, model, bits and work, with its paper; nothing else is claimed."""
    printed = {
        ("u280", "mamba2-2.7b", 4, "decode"): (93.0, "LightMamba, arXiv 2502.15260"),
        ("vck190", "mamba2-2.7b", 4, "decode"): (7.21, "LightMamba, arXiv 2502.15260"),
        ("vck190", "mamba2-2.7b", 8, "decode"): (3.61, "LightMamba, arXiv 2502.15260"),
        ("vc709", "mamba2-2.7b", 8, "decode"): (5.68, "FastMamba, arXiv 2505.18975"),
        ("vc709", "mamba2-130m", 8, "prefill"): (4260.0, "FastMamba, arXiv 2505.18975"),
    }
    for key, found in printed.items():
        speed = quoted(*key)
        assert speed is not None
        assert (speed.rate, speed.paper) == found
    assert quoted("u280", "mamba2-130m", 4, "decode") is None
    assert quoted("vck190", "mamba2-2.7b", 4, "prefill") is None
