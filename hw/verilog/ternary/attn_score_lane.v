// SPDX-License-Identifier: Apache-2.0
//
// attn_score_lane - one score: a product of q and k with the sum of their exponents.
//
// Function     : t = sat(round(x * 2^(20 - base + e_k))), where base is 10 - e_q.
// Format       : x signed SUM_W bits; base signed 9 bits, e_k signed 8 bits; t signed 20 bits (Q9.10), rounded half up.
// Latency      : 6
// Throughput   : 1
// Back-pressure: none; it never stalls.
// Golden       : golden.ternary.integer.functions.scores
// Test         : tests/rtl/test_attn_score.py
//
// Why: x stands 20 places to the left, where all but 0 saturates, so every shift goes right; one by 44 leaves 0.

`default_nettype none
`include "kr_tern_widths.vh"

module attn_score_lane #(
    parameter SUM_W = 23  // width of a product of q and k [bits], 9..24
) (
    input  wire             clk,
    input  wire [SUM_W-1:0] x,
    input  wire [      8:0] base,
    input  wire [      7:0] e_k,
    output wire [     19:0] t
);

  localparam FAR = 44;  // shift that leaves 0
  localparam LEFT_W = SUM_W + 21;  // 20 places, and one below the rounding
  localparam COARSE_W = 20 + 1 + 7;

  // Places to the right, within 0..FAR.
  reg signed [9:0] p1_places_q;
  reg [5:0] p2_places_q;
  reg [2*SUM_W-1:0] x_q;  // of both stages, last highest
  wire beyond = |p1_places_q[8:6] || p1_places_q[5:0] > FAR[5:0];

  always @(posedge clk) begin
    p1_places_q <= {base[8], base} - {{2{e_k[7]}}, e_k};
    p2_places_q <= p1_places_q[9] ? 6'd0 : beyond ? FAR[5:0] : p1_places_q[5:0];
    x_q         <= {x_q[SUM_W-1:0], x};
  end

  // The shift in two steps. What is cut off above must be copies of the sign.
  wire signed [LEFT_W-1:0] left = {x_q[2*SUM_W-1:SUM_W], 21'd0};
  wire signed [LEFT_W-1:0] coarse = left >>> {p2_places_q[5:3], 3'd0};
  reg signed [COARSE_W-1:0] p3_coarse_q;
  reg p3_fits_q;
  reg p3_negative_q;
  reg [2:0] p3_fine_q;
  wire signed [COARSE_W-1:0] fine = p3_coarse_q >>> p3_fine_q;
  reg [20:0] p4_fine_q;
  reg p4_fits_q;
  reg p4_negative_q;

  always @(posedge clk) begin
    p3_coarse_q   <= coarse[COARSE_W-1:0];
    p3_fits_q     <= coarse[LEFT_W-1:COARSE_W-1] == {LEFT_W - COARSE_W + 1{coarse[LEFT_W-1]}};
    p3_negative_q <= left[LEFT_W-1];
    p3_fine_q     <= p2_places_q[2:0];
    p4_fine_q     <= fine[20:0];
    p4_fits_q     <= p3_fits_q && fine[COARSE_W-1:20] == {COARSE_W - 20{fine[20]}};
    p4_negative_q <= p3_negative_q;
  end

  // Half up, then saturation.
  wire [21:0] half_up = {p4_fine_q[20], p4_fine_q} + 22'd1;
  reg [20:0] p5_rounded_q;
  reg p5_fits_q;
  reg p5_negative_q;
  wire fits = p5_fits_q && p5_rounded_q[20] == p5_rounded_q[19];
  reg [19:0] p6_score_q;

  assign t = p6_score_q;

  always @(posedge clk) begin
    p5_rounded_q  <= half_up[21:1];
    p5_fits_q     <= p4_fits_q;
    p5_negative_q <= p4_negative_q;
    p6_score_q    <= fits ? p5_rounded_q[19:0] : {p5_negative_q, {19{!p5_negative_q}}};
  end

  wire unused_half = half_up[0];

  generate
    if (SUM_W < 9 || SUM_W > 24) begin : g_bad_size
      attn_score_lane_SUM_W_must_be_9_to_24 u_error ();
    end
    if (`KR_TERN_SCORE_W != 20 || `KR_TERN_CFG_SCORE_FRAC != 10 || `KR_TERN_K_EXPONENT_W != 8 ||
        `KR_TERN_Q_EXPONENT_W != 8) begin : g_bad_format
      attn_score_lane_is_made_for_scores_Q9_10_and_exponents_of_8_bits u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
