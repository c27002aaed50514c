# SPDX-License-Identifier: Apache-2.0
"""Illegal parameters stop the build of common modules and units, and the tool's message says what is wrong."""

import pytest

from golden.errors import InputError
from harness.sim.runner import simulate
from tests.rtl.dut import SIMS, sources

BAD = [
    ("strm_skid", {"DATA_W": 0}, "DATA_W_must_be_at_least_1"),
    ("strm_fifo", {"DEPTH": 48}, "DEPTH_must_be_a_power_of_two"),
    ("strm_upsize", {"RATIO": 0}, "needs_DATA_W_and_RATIO_at_least_1"),
    ("strm_downsize", {"RATIO": 0}, "needs_DATA_W_and_RATIO_at_least_1"),
    ("strm_fork", {"N": 0}, "needs_DATA_W_and_N_at_least_1"),
    ("strm_join", {"N": 0}, "needs_DATA_W_and_N_at_least_1"),
    ("mem_sdp", {"DEPTH": 1}, "DEPTH_at_least_2"),
    ("mem_lutram", {"DEPTH": 1}, "DEPTH_at_least_2"),
    ("fxp_round_sat", {"ROUND": 3}, "ROUND_0_1_or_2"),
    ("fxp_round_sat", {"IN_W": 8, "FRAC": 8}, "FRAC_from_0_to_below_IN_W"),
    ("fxp_sum_tree", {"N": 0}, "needs_N_and_IN_W_at_least_1|Width of bit extract must be positive"),
    ("perf_counter", {"W": 0}, "W_must_be_at_least_1"),
    ("fxp_rsqrt", {"V_W": 64}, "V_W_must_be_2_to_63"),
    ("m2_lut_act", {"FUNCTION": 3}, "FUNCTION_must_be_0_1_or_2"),
    ("m2_nau", {"IN_FRAC": 33, "IN_W": 40}, "IN_FRAC_4_to_32"),
    ("m2_silu", {"IN_FRAC": 4}, "IN_FRAC_5_to_32"),
    ("m2_norm_table", {"WIDTH": 1792, "SUM_W": 46}, "1_3_or_5_times_a_power_of_two"),
    ("m2_norm_table", {"SUM_W": 45}, "SUM_W_must_be_10_more"),
    ("m2_norm_scale", {"U_W": 44}, "U_W_2_to_X_W_M_W_LEFT"),
    ("m2_norm_sum", {"ROOT_W": 22}, "at_least_half_of_SUM_W"),
    ("m2_norm", {"DEPTH": 256}, "DEPTH_must_hold_the_widest_vector"),
    ("attn_value", {"WIDE_W": 768}, "WIDE_W_from_256_on_and_Q_PAR_powers_of_two|POS_a_power_of_two"),
    ("attn_value", {"Q_PAR": 3}, "WIDE_W_from_256_on_and_Q_PAR_powers_of_two|ROWS_a_power_of_two"),
    ("attn_value", {"GROUPS_MAX": 17}, "GROUPS_MAX_must_be_1_to_16"),
    ("attn_value", {"VALUE_LUTS": 3}, "LUTS_must_be_0_to_POS"),
    ("attn_weight", {"WIDE_W": 768}, "WIDE_W_from_256_on_and_Q_PAR_powers_of_two"),
    ("attn_weight", {"Q_PAR": 3}, "WIDE_W_from_256_on_and_Q_PAR_powers_of_two"),
    ("attn_weight", {"GROUPS_MAX": 17}, "GROUPS_MAX_must_be_1_to_16|m2_exit_queue_DEPTH_must_be"),
    ("tern_linear", {"WIDE_W": 1536}, "WIDE_W_must_be_a_power_of_two_from_512"),
    ("tern_linear", {"T_COLS": 6, "T_PAR": 2}, "T_COLS_must_be_T_PAR_times_a_power_of_two|PASSES_a_power_of_two"),
    ("tern_linear", {"BEATS": 48}, "BEATS_must_be_a_power_of_two_from_2"),
    ("tern_reciprocal", {"SIDE_W": 0}, "SIDE_W_must_be_at_least_1"),
    ("tern_reciprocal", {"Q_W": 17}, "an_even_Q_W_from_4"),
    ("attn_dot", {"WIDE_W": 384}, "WIDE_W_must_be_a_multiple_of_256"),
    ("attn_dot", {"BEATS": 0}, "needs_SLICES_and_GROUPS_and_BEATS_at_least_1"),
    ("attn_dot", {"Q_PAR": 3}, "needs_an_even_Q_PAR"),
    ("attn_score", {"GROUPS": 17}, "GROUPS_at_most_16"),
    ("attn_score", {"SUM_W": 25}, "SUM_W_must_be_9_to_24"),
    ("tern_scale", {"X_W": 49}, "X_W_7_to_48"),
    ("tern_scale", {"EACH": 2}, "EACH_0_or_1"),
    ("tern_scale_mul", {"E_W": 5}, "E_W_must_be_6_to_16"),
    ("tern_cache_reads", {"WIDE_W": 768}, "WIDE_W_must_be_256_times_a_power_of_two"),
    ("tern_cache_new", {"T_COLS": 257}, "T_COLS_1_to_256"),
    ("tern_cache_feed", {"WIDE_W": 1280}, "WIDE_W_256_times_a_power_of_two"),
    ("tern_cache_store", {"WIDE_W": 768}, "WIDE_W_must_be_256_times_a_power_of_two"),
    ("tern_route", {"WIDE_W": 768}, "WIDE_W_must_be_a_power_of_two_from_512"),
    ("tern_route", {"LANES": 4}, "LANES_must_be_8_16_or_32"),
    ("tern_fetch", {"WIDE_W": 768}, "WIDE_W_must_be_256_times_a_power_of_two"),
    ("tern_fetch", {"SLICE": 1024}, "needs_SLICE_from_1_to_DEPTH"),
    ("tern_eps", {"SIGMOID": 2}, "SIGMOID_must_be_0_or_1"),
    ("tern_scales", {"T_COLS": 257}, "T_COLS_must_be_1_to_256"),
    ("tern_topk", {"COLS": 17}, "COLS_must_be_1_to_16"),
    ("tern_store", {"WIDE_W": 1536}, "WIDE_W_512_times_a_power_of_two"),
    ("tern_store", {"DEPTH": 8}, "DEPTH_must_be_16_or_32"),
    ("tern_rope", {"P_MAX": 96}, "P_MAX_32_to_256"),
    ("tern_rope", {"SLOTS": 3}, "SLOTS_1_or_2"),
    ("tern_rows", {"T_COLS": 257}, "T_COLS_1_to_256"),
    ("tern_rows", {"WORDS": 24}, "WORDS_a_power_of_two"),
    ("tern_embed", {"WIDE_W": 768}, "WIDE_W_must_be_256_times_a_power_of_two"),
    ("tern_queries", {"SLICES": 257}, "SLICES_1_to_256"),
    ("tern_head_feed", {"WIDE_W": 768}, "WIDE_W_must_be_256_times_a_power_of_two|DEPTH_must_be_a_power_of_two"),
    ("tern_head_gather", {"T_COLS": 257}, "T_COLS_1_to_256"),
    ("tern_logits", {"LANES": 3}, "LANES_must_be_1_2_4_or_8"),
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("module", "params", "message"), BAD)
def test_illegal_parameters_stop_the_build(module: str, params: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match=message):
        simulate(module, sources(module), params, "tests.rtl.cocotb_strm", sim=sim)  # type: ignore[arg-type]
