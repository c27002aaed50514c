# SPDX-License-Identifier: Apache-2.0
"""Printed figures of BitNet: found by board and model, of the prompts that the paper names alone."""

from golden.ternary.accel.quoted import quoted_first_token, quoted_rate


def test_figures_are_found_where_they_were_printed() -> None:
    """TeLLMe v2 on the KV260: up to 25 tok/s, 0.45 s and 0.96 s to the first token."""
    rate = quoted_rate("kv260", "bitnet-0.73b")
    first = [quoted_first_token("kv260", "bitnet-0.73b", prompt) for prompt in (64, 128)]
    assert rate is not None
    assert [each and each.value for each in (rate, *first)] == [25.0, 0.45, 0.96]
    assert "2510.15926" in rate.paper


def test_nothing_else_is_claimed() -> None:
    """No other board, model or prompt has a figure."""
    assert quoted_rate("u280", "bitnet-0.73b") is None
    assert quoted_rate("kv260", "bitnet-2b-4t") is None
    assert quoted_first_token("kv260", "bitnet-0.73b", 96) is None
