# SPDX-License-Identifier: Apache-2.0
"""Derived ranges: they hold for parameters at their bounds, fit the golden computation, and refuse what does not."""

from dataclasses import replace

import pytest
import torch

from golden.errors import InputError
from golden.ternary.config import BitNetConfig
from golden.ternary.integer import extremes, profile, widths
from golden.ternary.integer.block import prefill
from golden.ternary.integer.parameters import check_ends, check_layer
from golden.ternary.integer.taps import checking
from tests.golden.ternary.integer.models import random_model

SMALL = BitNetConfig(20, 16, 40, 2, 4, 2, 1e4, 64)


@pytest.mark.parametrize("act", ["relu2", "silu"])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("style", extremes.STYLES)
def test_extreme_models_keep_their_ranges(style: extremes.Style, seed: int, act: str) -> None:
    """Parameters anywhere within their bounds, scales of 2^-80 to 2^96: no intermediate leaves its range."""
    model = extremes.make(style, seed, replace(SMALL, hidden_act=act))
    check_ends(model)
    for layer in model.layers:
        check_layer(layer, model.profile)
    tap = checking(model, ("*",))
    prefill(torch.arange(20), model, tap=tap)
    assert set(tap.kept) >= {"embedding", "layers.1.attention", "logits"}


def test_every_tap_has_a_row_and_fits() -> None:
    """At the largest sizes every row fits int64, linear layers' sums float32's integers, others float64's."""
    rows = {row.name: row for row in widths.derive(profile.load())}
    model = random_model("swiglu")
    tap = checking(model, ("*",))
    prefill(torch.arange(3), model, tap=tap)
    seen = {name.split(".", 2)[-1] if name.startswith("layers") else name for name in tap.kept}
    assert {name for name in seen if not name.endswith((".m", ".e"))} <= rows.keys()
    assert all(row.bits <= 64 for name, row in rows.items() if name != "square_sum")
    assert all(rows[f"{name}_proj"].bits <= 25 for name in ("q", "o", "gate", "down"))
    assert all(rows[name].bits <= 54 for name in ("score_acc", "attention_acc", "head_sum"))
    assert rows["exponent"].bits == 11
    assert rows["square_sum"].high == 16384 << 62
    assert rows["squared_relu_wide"].bits <= 62  # the rounding's half is added within int64


def test_sums_reach_their_bounds() -> None:
    """A bound is no loose guess: weights and activations of one sign attain the sums' range."""
    row = {row.name: row for row in widths.derive(profile.load(), 40, 64, 8, 16)}
    assert (row["q_proj"].low, row["q_proj"].high) == (-127 * 40, 127 * 40)
    assert row["down_proj"].high == 127 * 64
    assert row["attention_acc"].low == -128 * 16 * ((1 << 24) - 1)
    assert row["score_acc"].high == 128 * 128 * 8


def test_models_beyond_the_derivation_are_refused() -> None:
    """A size that int64 sums do not bear is named, by the profile for a model and by the derivation for itself."""
    for change, message in (
        ({"hidden_size": 8200, "num_attention_heads": 50, "num_key_value_heads": 50}, "hidden_size is 8200"),
        ({"intermediate_size": 20000}, "intermediate_size is 20000, expected at most 16384"),
        ({"hidden_size": 1024, "num_attention_heads": 2}, "head_dim is 512"),
        ({"max_position_embeddings": 10000}, "max_position_embeddings is 10000"),
        ({"sub_norms": False}, "sub_norms is False"),
    ):
        with pytest.raises(InputError, match=f"profile ternary-b158: {message}"):
            profile.check(replace(SMALL, **change))  # type: ignore[arg-type]  # each a field's value
    with pytest.raises(InputError, match="squared_relu_wide needs 65 bits"):
        widths.derive(profile.load(), 20000)


def test_unknown_choices_are_refused() -> None:
    """A choice that is none of the arithmetic's, or a value that is not offered, is one line."""
    with pytest.raises(InputError, match="found choice 'hadamard', expected one of value_bits"):
        profile.load({"hadamard": 1})
    with pytest.raises(InputError, match="cache_bits: found 12, expected one of 8, 16"):
        profile.load({"cache_bits": 12})
