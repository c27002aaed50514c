# SPDX-License-Identifier: Apache-2.0
"""Roofs of ternary models against hand calculation, the target and the packed image, which can only be larger."""

import pytest

from golden.ternary.accel import image
from golden.ternary.accel.roof import attention_macs, layer_macs, position_bytes, step_bytes
from golden.ternary.config import BitNetConfig
from golden.ternary.integer.profile import load
from golden.ternary.published import NAMES, published
from tests.golden.ternary.machine import Machine

P = load()
SMALL = BitNetConfig(100, 64, 160, 2, 4, 2, 1e4, 128)


def test_the_roof_of_the_target() -> None:
    """0.73B, 1,024 tokens, 19.2 GB/s: 73.7 tok/s by weights, head and cache alone; scales and norms take 0.6 %."""
    step = step_bytes(published("bitnet-0.73b"), P, [1024])
    bare = 679_477_248 / 5 + 32002 * 1536 + 2 * 24 * 1024 * 1536
    assert 19.2e9 / bare == pytest.approx(73.7, abs=0.05)
    assert bare < step.total < 1.006 * bare
    assert step.rate(19.2) == pytest.approx(73.3, abs=0.05)


def test_bytes_by_hand() -> None:
    """Two layers of D 64, F 160, 4 heads of 16 on 2 KV heads, V 100: every term counted on paper."""
    step = step_bytes(SMALL, P, [10, 3], prefix=5)
    layer = 64 * 64 * 2 + 2 * 32 * 64 + 3 * 160 * 64
    assert layer_macs(SMALL) == 2 * layer
    assert step.linear == 2 * (layer / 5 + 7 * 3)
    assert step.head == 100 * (64 + 3)
    assert position_bytes(SMALL, P) == 2 * 2 * 2 * 17
    assert step.cache == (5 + 10 + 3 + 2) * 136
    assert step.rest == (2 * (3 * 64 + 160) + 64) * 2 + 2 * (64 + 3 + 16 * 2)
    assert step.total == step.linear + step.head + step.cache + step.rest
    assert step_bytes(SMALL, P, [1], ternary_head=True).head == 100 * (64 / 5 + 3)


def test_a_shared_prefix_is_read_once() -> None:
    """Four requests behind 1,024 shared tokens: their cache is at most 1.1 times one's for 24 own tokens each."""
    cfg = published("bitnet-2b-4t")
    one = step_bytes(cfg, P, [24], prefix=1024)
    four = step_bytes(cfg, P, [24] * 4, prefix=1024)
    assert four.cache - one.cache == 3 * 25 * position_bytes(cfg, P)
    assert four.cache <= 1.1 * one.cache
    assert four.linear == one.linear
    assert four.head == one.head


def test_the_lower_triangle() -> None:
    """Each token of a prompt sees itself and what is before it, in scores and in values."""
    assert attention_macs(SMALL, 0, 3) == 2 * 2 * 64 * (1 + 2 + 3)
    assert attention_macs(SMALL, 7, 2) == 2 * 2 * 64 * (8 + 9)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wide", [64, 128, 2048])
def test_the_image_is_near_the_roof(name: str, wide: int) -> None:
    """What a step reads of the packed model and a cache of 1,024 tokens is at most 0.8 % above the minimum."""
    cfg, machine = published(name), Machine(wide)
    size = image.sections(cfg, machine)
    cache = cfg.num_hidden_layers * image.layer_cache_beats(cfg, 1024, machine)
    packed = (size.weights(cfg.num_hidden_layers) + size.rows + cache) * wide
    step = step_bytes(cfg, P, [1024])
    least = step.total - position_bytes(cfg, P) - cfg.hidden_size - 3 - 2 * cfg.head_dim
    assert least <= packed <= 1.008 * least
