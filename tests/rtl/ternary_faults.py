# SPDX-License-Identifier: Apache-2.0
"""One wrong bit for each family of unit of ternary_accel, as `tests.rtl.faults` has them for mamba2_accel."""

from tests.rtl.faults import Fault

FAULTS = {
    "table": Fault("tern_table", "low3_q <= {x1[7], x1};", "low3_q <= {x1[7], x1} ^ 9'd1;"),
    "decoder": Fault("tern_decode", "index_q <= rom[code[i*8+:8]];", "index_q <= rom[code[i*8+:8]] ^ 1'b1;"),
    "trits": Fault("tern_trits", "p0_h_q   <= code[7:5];", "p0_h_q   <= code[7:5] ^ 3'd1;"),
    "dot": Fault("tern_dot_row", "sum_q <= {a[W-2], a};", "sum_q <= {a[W-2], a} ^ 1'b1;", "tern_dot"),
    "accumulator": Fault("tern_linear_lane", "sums_q <= new_sums;", "sums_q <= new_sums ^ 1'b1;", "tern_linear"),
    "product": Fault("tern_scale_mul", "p0_b_q <= b[15:0];", "p0_b_q <= b[15:0] ^ 16'd16;"),
    "scale": Fault("tern_scale", "p2_shift_q <= p1_shift_q;", "p2_shift_q <= p1_shift_q ^ 1'b1;"),
    "quantizer": Fault("tern_act_quant", "p4_q_q <= rounded[7:0];", "p4_q_q <= rounded[7:0] ^ 8'd1;"),
    # The greatest that is kept: below it rounding hides the bit.
    "squares": Fault(
        "tern_act_squares", "p2_hh_q <= p1_hh_q[32:0];", "p2_hh_q <= p1_hh_q[32:0] ^ 33'h10000;", "tern_act"
    ),
    "pack": Fault(
        "tern_act_pack",
        "assign m_data    = {vec_last_q, col_last_q, out_q};",
        "assign m_data    = {vec_last_q, col_last_q, out_q ^ 1'b1};",
    ),
    "rope": Fault(
        "tern_rope_lane", "p4_y_q     <= rounded[Y_W-1:0];", "p4_y_q     <= rounded[Y_W-1:0] ^ 1'b1;", "tern_rope"
    ),
    "sigmoid": Fault("tern_sigmoid", "p5_a_q <= rounded[18:1];", "p5_a_q <= rounded[18:1] ^ 18'd64;"),
    "gate": Fault("tern_gate", "p0_up_q   <= up[i*SUM_W+:SUM_W];", "p0_up_q   <= up[i*SUM_W+:SUM_W] ^ 1'b1;"),
    "reciprocal": Fault("tern_reciprocal", "<= {side_q, quotient_q};", "<= {side_q, quotient_q ^ 1'b1};"),
    "head_quantizer": Fault(
        "tern_head_quant", "p3_z_q       <= rounded[X_W-1:0];", "p3_z_q       <= rounded[X_W-1:0] ^ 8'd64;"
    ),
    "logits": Fault("tern_logits", "p0_row_q     <= rows[i*32+:16];", "p0_row_q     <= rows[i*32+:16] ^ 16'd64;"),
    "embedding": Fault("tern_embed", "row_q   <= q_part;", "row_q   <= q_part ^ 1'b1;"),
    "cache": Fault(
        "tern_cache_store",
        "assign m_data  = {last_q, mark_q, lane_q, offset_q, word_q};",
        "assign m_data  = {last_q, mark_q, lane_q, offset_q, word_q ^ 1'b1};",
    ),
    "scores": Fault("attn_dot_lane", "p9_sums_q <= sums;", "p9_sums_q <= sums ^ 1'b1;", "attn_dot"),
    "score_scale": Fault(
        "attn_score_lane", "p5_rounded_q  <= half_up[21:1];", "p5_rounded_q  <= half_up[21:1] ^ 21'd1;", "attn_score"
    ),
    "exponential": Fault("attn_exp", "p1_z_q    <= top - n;", "p1_z_q    <= (top - n) ^ 1'b1;", "attn_weight"),
    "maximum": Fault("attn_max", "(left < right) ? right : left;", "(left > right) ? right : left;", "attn_score"),
    "total": Fault("attn_total", "total_q <= sums;", "total_q <= sums ^ 1'b1;", "attn_weight"),
    "values": Fault(
        "attn_value_row", "p2_product_q <= p1_product_q;", "p2_product_q <= p1_product_q ^ 1'b1;", "attn_value"
    ),
    "division": Fault("attn_divide", "p2_leading_q <= leading[15:0];", "p2_leading_q <= leading[15:0] ^ 16'd64;"),
}
