# SPDX-License-Identifier: Apache-2.0
"""How starts of `ternary_accel` are compared: its counters, and what every text has cached behind the prefix."""

from collections.abc import Iterator
from dataclasses import fields

from golden.spec.gen.ternary_accel import ErrorCode
from golden.ternary.integer.model import Cache, LayerCache
from harness.uvm.model_compare import share
from harness.uvm.model_scoreboard import Comparison, ModelPredictor, ModelScoreboard
from harness.uvm.ternary.items import Stimulus
from harness.uvm.ternary.streams import left_out, segments, traffic

NAMES = {"k": "key", "k_exp": "exponent of the key", "v": "value", "v_exp": "exponent of the value"}


def caches(s: Stimulus) -> tuple[Cache, ...]:
    """Every text's cache behind the prefix."""
    return s.golden.requests.own


def divergences(s: Stimulus, expected: tuple[Cache, ...], found: tuple[Cache, ...]) -> Iterator[str | None]:
    """Yield a line for each text's layer whose cache differs."""
    for text, cache in enumerate(expected):
        for layer, each in enumerate(cache):
            yield cache_divergence(text, layer, each, found[text][layer])


def cache_divergence(text: int, layer: int, expected: LayerCache, found: LayerCache) -> str | None:
    """Return one line about the first number of a text's layer that differs, None if none does."""
    for field in fields(LayerCache):
        golden, rtl = getattr(expected, field.name), getattr(found, field.name)
        different = (golden != rtl).nonzero()
        if len(different):
            at = tuple(int(i) for i in different[0])
            names = zip(("KV head", "own position", "dim"), at, strict=False)
            where = ", ".join(f"{name} {index}" for name, index in names)
            place = f"cache of text {text}, layer {layer}, {where}"
            numbers = f"golden {int(golden[at])}, RTL {int(rtl[at])}"
            return f"{place}, {NAMES[field.name]}: {numbers}; {share(different, golden)}"
    return None


COMPARISON = Comparison(
    errors=ErrorCode,
    refused=("WEIGHT_BEATS", "WINDOW", "CACHE_BEATS", "TOKENS_DONE", "TOKENS_RUN", "LAYERS_DONE", "TAP_BEATS"),
    bounded=("STALL_CACHE", "CACHE_BEATS"),
    segments=segments,
    traffic=traffic,
    kept=caches,
    divergences=divergences,
    left_out=left_out,
)


class Predictor(ModelPredictor):
    """Of `ternary_accel`."""

    COMPARISON = COMPARISON


class Scoreboard(ModelScoreboard):
    """Of `ternary_accel`."""

    COMPARISON = COMPARISON
